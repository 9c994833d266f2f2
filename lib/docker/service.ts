import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError, fileError, systemCode } from '../errors.js';
import { hasOwnFlags, readUnit, splitCommand } from './unit.js';

/** What starts the daemon on a host, and with which flags. */
export interface Service {
  readonly manager: 'systemd' | 'openrc' | 'none';
  /** The sockets that its command line names with `-H`: dockerd refuses to start where daemon.json names some, too. */
  readonly hosts: readonly string[];
  /** What takes those flags out of the command line; undefined where there are none. */
  readonly dropIn: DropIn | undefined;
  /** What makes a new configuration hold. Empty where nobody knows who starts the daemon. */
  readonly restart: readonly (readonly string[])[];
}

export interface DropIn {
  /** As the host has it, without `root`. */
  readonly path: string;
  readonly content: string;
  /** The flags that it takes out. */
  readonly removed: readonly string[];
}

/** Named so that it comes after those that others have made. */
const DROP_IN_NAME = 'zz-docker-tls-openssl.conf';
export const dropInFolder = '/etc/systemd/system/docker.service.d';
export const dropInPath = `${dropInFolder}/${DROP_IN_NAME}`;

/**
 * Looks at what starts the daemon below `root`. Errors: `ERR_CONFIGURATION` where its flags cannot be taken out of it: they
 * stand in a variable, or it does not start dockerd itself; `ERR_FILE`.
 */
export async function readService(root: string): Promise<Service> {
  return (await systemd(root)) ?? (await openrc(root)) ?? none;
}

const none: Service = { manager: 'none', hosts: [], dropIn: undefined, restart: [] };

async function systemd(root: string): Promise<Service | undefined> {
  const unit = await readUnit(root, DROP_IN_NAME);
  if (!unit) return undefined;
  const [line] = unit.execStart;
  if (line === undefined || unit.execStart.length > 1) {
    throw new ConfigurationError(
      unit.from,
      `${unit.from} has ${line === undefined ? 'no command line' : 'several command lines'} (ExecStart)`,
      { hint: 'nothing was changed; is the service masked? See `systemctl cat docker.service`' },
    );
  }
  const variables = [...line.matchAll(/\$\{?([A-Za-z_]\w*)\}?/g)].map(([, name]) => name);
  for (const file of unit.environmentFiles)
    refuseFlagsIn(join(root, file), await readVariables(join(root, file)), variables);
  refuseFlagsIn(unit.from, variablesOf(unit.environment.join('\n')), variables);
  const { rest, hosts, removed } = splitCommand(line, unit.from);
  return {
    manager: 'systemd',
    hosts,
    dropIn:
      removed.length === 0
        ? undefined
        : { path: dropInPath, removed, content: dropInText(rest, hosts.length > 0) },
    restart: [
      ['systemctl', 'daemon-reload'],
      ['systemctl', 'restart', 'docker.service'],
    ],
  };
}

function dropInText(line: string, withHosts: boolean): string {
  return [
    `# Made by docker-tls-openssl. ${withHosts ? 'The sockets are' : 'TLS is'} configured in /etc/docker/daemon.json, and dockerd`,
    '# refuses to start where its command line names them, too. This is the command line of the unit without those flags.',
    '[Service]',
    'ExecStart=',
    `ExecStart=${line}`,
    '',
  ].join('\n');
}

async function openrc(root: string): Promise<Service | undefined> {
  const script = await readIfThere(join(root, 'etc/init.d/docker'));
  if (!script?.includes('openrc-run')) return undefined;
  const conf = join(root, 'etc/conf.d/docker');
  refuseFlagsIn(conf, await readVariables(conf), ['DOCKER_OPTS']);
  return { manager: 'openrc', hosts: [], dropIn: undefined, restart: [['rc-service', 'docker', 'restart']] };
}

/** Flags in a variable are somebody's own: they are not changed, and with them dockerd would not start. */
function refuseFlagsIn(
  path: string,
  values: ReadonlyMap<string, string>,
  used: readonly (string | undefined)[],
): void {
  for (const [name, value] of values) {
    if (!used.includes(name) || !hasOwnFlags(value)) continue;
    throw new ConfigurationError(path, `${path}: ${name} has flags that daemon.json is to have: ${value}`, {
      hint: `nothing was changed; take -H, --host and --tls… out of ${name} there, and run the same command again`,
    });
  }
}

async function readVariables(path: string): Promise<Map<string, string>> {
  return variablesOf((await readIfThere(path)) ?? '');
}

/** Lines `NAME=value`, with quotes or without. The last of a name holds. */
function variablesOf(text: string): Map<string, string> {
  const found = text.matchAll(/^[ \t]*(?:export[ \t]+)?["']?([A-Za-z_]\w*)=(.*)$/gm);
  return new Map(
    [...found].map(([, name = '', value = '']) => [name, value.trim().replace(/^["']|["']$/g, '')]),
  );
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw fileError(path, 'read', error);
  }
}
