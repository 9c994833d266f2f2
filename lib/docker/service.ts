import { basename, join } from 'node:path';
import { ConfigurationError } from '../errors.js';
import { bare, hasOwnFlags, readText, readUnit, splitCommand, wordsOf, type Unit } from './unit.js';

/** What starts the daemon on a host, and with which flags. */
export interface Service {
  readonly manager: 'systemd' | 'openrc' | 'none';
  /** The sockets that its command line names with `-H`: dockerd refuses to start where daemon.json names some, too. */
  readonly hosts: readonly string[];
  /** Whether its command line has flags for TLS. */
  readonly flagsTls: boolean;
  /** What takes those flags out of the command line; undefined where there are none. */
  readonly dropIn: DropIn | undefined;
  /** What makes a new configuration hold. Empty where nobody knows who starts the daemon. */
  readonly restart: readonly (readonly string[])[];
}

export interface DropIn {
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

const none: Service = { manager: 'none', hosts: [], flagsTls: false, dropIn: undefined, restart: [] };

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
  if (basename(unit.from) > DROP_IN_NAME && unit.from !== unit.path) {
    throw new ConfigurationError(unit.from, `${unit.from} comes after ${DROP_IN_NAME}, and would undo it`, {
      hint: 'nothing was changed; give it a name that comes earlier, and run the same command again',
    });
  }
  for (const { path, name, value } of await variablesUsed(root, unit, line)) refuseFlagsIn(path, name, value);
  const { rest, hosts, removed, flags } = splitCommand(line, unit.from);
  const file = configurationFile(rest);
  if (file !== undefined && file !== '/etc/docker/daemon.json') {
    throw new ConfigurationError(
      unit.from,
      `${unit.from} lets the daemon read ${file}, and not /etc/docker/daemon.json`,
      {
        hint: 'nothing was changed; take --config-file out of it, and what it says into /etc/docker/daemon.json',
      },
    );
  }
  return {
    manager: 'systemd',
    hosts,
    flagsTls: flags.some(({ name }) => name !== 'host'),
    dropIn: removed.length === 0 ? undefined : { removed, content: dropInText(rest, hosts.length > 0) },
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
  const script = await readText(join(root, 'etc/init.d/docker'));
  if (script?.includes('openrc-run') !== true) return undefined;
  const conf = join(root, 'etc/conf.d/docker');
  const value = variablesOf((await readText(conf)) ?? '').get('DOCKER_OPTS');
  if (value !== undefined) refuseFlagsIn(conf, 'DOCKER_OPTS', value);
  const restart = [['rc-service', 'docker', 'restart']];
  return { ...none, manager: 'openrc', restart };
}

/** The file that a command line names in the place of daemon.json. */
function configurationFile(line: string): string | undefined {
  const words = wordsOf(line).map(bare);
  const at = words.findIndex((word) => /^--config-file(=|$)/.test(word));
  return at < 0 ? undefined : (/=(.*)$/s.exec(words[at] ?? '')?.[1] ?? words[at + 1]);
}

/** A variable that a command line uses, and where it is set. */
export interface UsedVariable {
  readonly path: string;
  readonly name: string;
  readonly value: string;
}

/** What stands in the variables of a unit's command line. Errors: `ERR_CONFIGURATION` where only systemd knows; `ERR_FILE`. */
export async function variablesUsed(root: string, unit: Unit, line: string): Promise<UsedVariable[]> {
  const used = new Set([...line.matchAll(/\$\{?([A-Za-z_]\w*)\}?/g)].map(([, name]) => name));
  if (used.size === 0) return [];
  const odd = unit.environmentFiles.find((file) => /[*?[%]/.test(file));
  if (odd !== undefined) {
    throw new ConfigurationError(
      unit.from,
      `${unit.from}: which files EnvironmentFile=${odd} means is not known here`,
      {
        hint: 'nothing was changed; name the file itself there, and run the same command again',
      },
    );
  }
  const words = unit.environment.flatMap((value) => wordsOf(value).map(bare)).join('\n');
  const sources = [
    { path: unit.from, text: words },
    ...(await Promise.all(
      unit.environmentFiles.map(async (file) => ({
        path: join(root, file),
        text: (await readText(join(root, file))) ?? '',
      })),
    )),
  ];
  return sources.flatMap(({ path, text }) =>
    [...variablesOf(text)].flatMap(([name, value]) => (used.has(name) ? [{ path, name, value }] : [])),
  );
}

/** Flags in a variable are somebody's own: they are not changed, and with them dockerd would not start. */
function refuseFlagsIn(path: string, name: string, value: string): void {
  if (!hasOwnFlags(value) && configurationFile(value) === undefined) return;
  throw new ConfigurationError(path, `${path}: ${name} has flags that daemon.json is to have: ${value}`, {
    hint: `nothing was changed; take -H, --host, --config-file and --tls… out of ${name} there, and run the same command again`,
  });
}

/** Lines `NAME=value`, with quotes or without; a backslash at the end goes on in the next. The last of a name holds. */
function variablesOf(text: string): Map<string, string> {
  const found = text.replace(/\\\r?\n/g, ' ').matchAll(/^[ \t]*(?:export[ \t]+)?["']?([A-Za-z_]\w*)=(.*)$/gm);
  return new Map(
    [...found].map(([, name = '', value = '']) => [name, value.trim().replace(/^["']|["']$/g, '')]),
  );
}
