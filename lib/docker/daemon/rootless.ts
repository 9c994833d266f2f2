import { join } from 'node:path';
import { endpointUrl, formatEndpoint, parseEndpoint } from '../../x509/endpoint.js';
import { environmentOf, readCommand, type DaemonCommand } from './dockerd-command.js';
import { overruled } from './drop-in.js';
import type { Variable } from './exec-line.js';
import { ownerOnHost } from './host-file.js';
import { UNIT, type DaemonPlaces } from './places.js';
import type { Refusal } from './refusal.js';
import type { Service, WantedService } from './service.js';
import { unitRestart } from './starters.js';
import { listOf, readUnit, type Unit } from './unit.js';

/*
 * A user's daemon runs in a network of its own. What it listens on is not reached from outside, unless RootlessKit publishes the
 * port: with -p ADDRESS:PORT:PORT/tcp in a variable that dockerd-rootless.sh reads.
 */

const VARIABLE = 'DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS';

/** The socket for daemon.json: within the daemon's own network there is none of the host's addresses. */
export function insideSocket({ kind }: Pick<DaemonPlaces, 'kind'>, listen: string): string {
  return kind === 'rootless' ? endpointUrl({ host: '0.0.0.0', port: parseEndpoint(listen).port }) : listen;
}

/**
 * Finds out how a user's daemon is started. `wanted`: its address and port are those of the host to publish. Errors: `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function readRootlessService(
  root: string,
  places: DaemonPlaces,
  wanted?: WantedService,
): Promise<Service> {
  const { home = '', dropIn = '', units } = places;
  const service: Service = {
    manager: 'systemd',
    ...{ hosts: [], flagsTls: false, dropIn: undefined, sockets: [], places },
    local: `unix:///run/user/${(await ownerOnHost(root, home)) ?? process.getuid?.() ?? 0}/docker.sock`,
    restart: unitRestart(places),
    withdraw: [],
    ...{ refusals: [], withoutDescriptors: [] },
  };
  const refused = (...refusals: readonly Refusal[]): Service => ({ ...service, refusals });
  const unit = await readUnit(root, UNIT, { path: dropIn.slice(1), content: undefined }, units);
  if (!unit || unit.masked) return refused(noUnit(root, places, unit));
  const command = await readCommand(root, unit, places);
  if ('why' in command) return refused(command);
  const { environment, refusals } = await environmentOf(root, unit, new Set([VARIABLE]));
  const variable = environment.get(VARIABLE);
  const { hosts, flags, removed } = command;
  const known = { ...service, hosts, flagsTls: flags.some(({ name }) => name !== 'host') };
  const port = wanted === undefined ? undefined : parseEndpoint(wanted.listen);
  const spec = port && `-p ${formatEndpoint(port)}:${port.port}/tcp`;
  const before = (variable?.value ?? '').trim();
  const isPublished = spec === undefined || publishes(before, spec.slice(3));
  const taken = isPublished ? [] : [...takenPorts(variable, port?.port), ...fromFile(unit, variable, spec)];
  const value = isPublished ? undefined : `${before} ${spec}`.trim();
  const content = value === undefined && removed.length === 0 ? undefined : dropInText(command, value);
  const ours = value === undefined ? undefined : { name: VARIABLE, value };
  const undone = content === undefined ? [] : await overruled(root, places, command, content, ours);
  return {
    ...known,
    dropIn:
      content === undefined
        ? undefined
        : { content, what: whatOf(removed, value === undefined ? undefined : spec) },
    refusals: [...command.refusals, ...refusals, ...taken, ...undone],
  };
}

/** Lists where a user's daemon can be called over TCP, as its unit and our drop-in publish it: `tcp://0.0.0.0:2376`. Errors: `ERR_FILE`. */
export async function publishedSockets(root: string, { units }: DaemonPlaces): Promise<string[]> {
  const unit = await readUnit(root, UNIT, undefined, units);
  if (!unit) return [];
  const variable = (await environmentOf(root, unit, new Set([VARIABLE]))).environment.get(VARIABLE);
  return specsIn(variable).flatMap(({ address, outer }) => [`tcp://${address}:${outer}`]);
}

function noUnit(root: string, { home = '', units }: DaemonPlaces, unit: Unit | undefined): Refusal {
  const file = unit?.path ?? join(root, units[1] ?? '', UNIT);
  if (unit) {
    const hint = `run \`systemctl --user unmask ${UNIT}\`, and run the same command again`;
    return { why: `${unit.path}: ${UNIT} of the user is masked, and systemd does not start it`, hint, file };
  }
  return {
    why: `no ${UNIT} of a user without root is found in ${home}`,
    hint: 'run this as the user whose daemon it is, without sudo; dockerd-rootless-setuptool.sh install makes the unit',
    file,
  };
}

/** Whether RootlessKit's flags have this port, at this very address. */
function publishes(flags: string, spec: string): boolean {
  return flags.split(/[\s=]+/).some((word) => word === spec || word === `-p${spec}`);
}

interface PublishedPort {
  readonly address: string;
  readonly outer: number;
}

/** Reads `-p 0.0.0.0:2376:2376/tcp` and its other spellings. */
function specsIn(variable: Variable | undefined): PublishedPort[] {
  const found = (variable?.value ?? '').matchAll(
    /(?:^|\s)(?:-p|--publish)[\s=]*(?:(\[[^\]]*\]|[\d.]+):)?(\d+):\d+(?:\/tcp[46]?)?(?=\s|$)/g,
  );
  return [...found].map(([, address = '0.0.0.0', outer]) => ({ address, outer: Number(outer) }));
}

/** RootlessKit does not start where one port is published twice. */
function takenPorts(variable: Variable | undefined, port: number | undefined): Refusal[] {
  const taken = specsIn(variable).find(({ outer }) => outer === port);
  if (!variable || !taken) return [];
  const { file, line } = variable;
  return [
    {
      why: `${file}: ${VARIABLE} publishes port ${taken.outer} at ${taken.address} already`,
      hint: `take -p with that port out of ${VARIABLE} there, and run the same command again`,
      ...{ file, line },
    },
  ];
}

/** What stands in a file of variables has precedence over any drop-in (systemd.exec(5)). */
function fromFile(unit: Unit, variable: Variable | undefined, wanted: string): Refusal[] {
  if (!variable || listOf(unit, 'Service', 'Environment').some(({ file }) => file === variable.file))
    return [];
  const { file, line } = variable;
  const hint = `add ${wanted} to ${VARIABLE} there, and run the same command again`;
  return [{ why: `${file} sets ${VARIABLE}, which no drop-in can change`, hint, file, line }];
}

function whatOf(removed: readonly string[], wanted: string | undefined): string {
  return [
    ...(wanted === undefined ? [] : [`the port, published with ${wanted}`]),
    ...(removed.length === 0 ? [] : [`the unit's command line without ${removed.join(' ')}`]),
  ].join('; ');
}

function dropInText({ rest, removed }: DaemonCommand, value: string | undefined): string {
  return [
    '# Made by docker-tls-openssl. A daemon without root is reached at the ports that RootlessKit publishes; its sockets and TLS are',
    '# configured in ~/.config/docker/daemon.json.',
    '[Service]',
    // Specifiers are kept: they were read as they are written.
    ...(value === undefined ? [] : [`Environment="${VARIABLE}=${value.replace(/[\\"]/g, String.raw`\$&`)}"`]),
    ...(removed.length === 0 ? [] : ['ExecStart=', `ExecStart=${rest}`]),
    '',
  ].join('\n');
}
