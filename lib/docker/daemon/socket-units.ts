import { join } from 'node:path';
import { listHostFolder } from './host-file.js';
import type { Refusal } from './refusal.js';
import { listOf, readUnit, unitFolders, valueOf, type Setting, type Unit } from './unit.js';

/** A socket unit of a host. */
export interface SocketUnit {
  readonly name: string;
  readonly path: string;
  readonly masked: boolean;
  /** systemd opens it: it is enabled, docker.service pulls it in, or it is active now. */
  readonly on: boolean;
  /** It passes its sockets to docker.service, which takes them with `-H fd://`. */
  readonly forDocker: boolean;
  /** Its `ListenStream=` lines. */
  readonly streams: readonly Setting[];
}

/** Lists the units that are enabled below `root`: those that a `.wants` or `.requires` directory names. Errors: `ERR_FILE`. */
export async function enabledUnits(root: string): Promise<Set<string>> {
  const lists = unitFolders.map(async (folder) => {
    const directories = (await listHostFolder(root, folder)).filter((name) =>
      /\.(wants|requires)$/.test(name),
    );
    return Promise.all(directories.map((name) => listHostFolder(root, join(folder, name))));
  });
  return new Set((await Promise.all(lists)).flat(2));
}

/** Reads the socket units below `root`. `on`: the units that are enabled or active. Errors: `ERR_FILE`. */
export async function readSocketUnits(
  root: string,
  docker: Unit,
  on: ReadonlySet<string>,
): Promise<SocketUnit[]> {
  const listed = await Promise.all(unitFolders.map((folder) => listHostFolder(root, folder)));
  const names = [...new Set(listed.flat())].filter((name) => name.endsWith('.socket')).sort();
  const pulled = new Set(socketsOf(docker));
  const units = await Promise.all(names.map((name) => readUnit(root, name)));
  return units.flatMap((unit) => {
    if (!unit) return [];
    const { name, path, masked } = unit;
    const service = valueOf(unit, 'Socket', 'Service') ?? name.replace(/socket$/, 'service');
    const accept = /^(yes|true|on|1)$/i.test(valueOf(unit, 'Socket', 'Accept') ?? '');
    const streams = listOf(unit, 'Socket', 'ListenStream');
    const forDocker = service === docker.name && !accept;
    return [{ name, path, masked, forDocker, streams, on: !masked && (on.has(name) || pulled.has(name)) }];
  });
}

/** Tells whether a `ListenStream=` is a TCP port: a number, or an address with one (systemd.socket(5)). */
export function isTcpStream(value: string): boolean {
  return /^(?:(?:\[.*\]|[\w.:-]+):)?\d+$/.test(value) && !value.startsWith('vsock:');
}

/** The socket units that systemd starts with docker.service. */
function socketsOf(docker: Unit): string[] {
  const settings = [
    ...dependencies(docker, 'Requires', 'Wants', 'BindsTo'),
    ...listOf(docker, 'Service', 'Sockets'),
  ];
  return settings.flatMap(({ value }) => value.split(/\s+/)).filter((name) => name.endsWith('.socket'));
}

/** Dependencies add up: an empty value does not clear them. */
function dependencies({ settings }: Unit, ...keys: readonly string[]): Setting[] {
  return settings.filter(({ section, key }) => section === 'Unit' && keys.includes(key));
}

/** Refuses a docker.service that requires a socket unit which systemd cannot start. */
export function missingRequirements(docker: Unit, sockets: readonly SocketUnit[]): Refusal[] {
  return dependencies(docker, 'Requires', 'BindsTo').flatMap(({ value, file, line }) =>
    value.split(/\s+/).flatMap((name): Refusal[] => {
      const unit = sockets.find((each) => each.name === name);
      if (!name.endsWith('.socket') || unit?.masked === false) return [];
      const why = `docker.service requires ${name}, which is ${unit ? 'masked' : 'not there'}: systemd does not start the daemon`;
      return [{ why, hint: `${remedyFor(name, unit)}, then run the same command again`, file, line }];
    }),
  );
}

/** Says why `fd://` gets no sockets from systemd; empty where it gets some. */
export function withoutDescriptors(docker: Unit, sockets: readonly SocketUnit[]): Refusal[] {
  const ours = sockets.filter(({ forDocker }) => forDocker);
  if (ours.some(({ on }) => on)) return [];
  const name = 'docker.socket';
  const unit = sockets.find((each) => each.name === name) ?? ours[0];
  const state = !unit
    ? 'not there'
    : unit.masked
      ? 'masked'
      : !unit.forDocker
        ? 'not for docker.service'
        : 'disabled';
  return [
    {
      why: `fd:// takes the sockets of ${unit?.name ?? name}, which is ${state}: dockerd would not start`,
      hint: `${remedyFor(unit?.name ?? name, unit)}, or replace fd:// by unix:///var/run/docker.sock where it is set, then run the same command again`,
      file: unit?.path ?? docker.path,
    },
  ];
}

function remedyFor(name: string, unit: SocketUnit | undefined): string {
  if (!unit) return `install ${name}, which comes with Docker's packages`;
  return unit.masked ? `run \`systemctl unmask ${name}\`` : `run \`systemctl enable --now ${name}\``;
}
