import { readdir, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readCommand, type CommandFlag } from './dockerd-command.js';
import { daemonJsonPath } from './daemon-json.js';
import { ownFlags, parseFlags } from './dockerd-flags.js';
import { existsOnHost, readHostFile } from './host-file.js';
import { otherDaemons } from './other-daemons.js';
import { daemonPlaces, UNIT, type DaemonPlaces } from './places.js';
import { readRegular } from '../../store/read-regular.js';
import { isTcpStream, readSocketUnits, type SocketUnit } from './socket-units.js';
import { readStarters } from './starters.js';
import { readUnit, type AssumedDropIn, type Unit } from './unit.js';

/** How the daemon of a host is started, as far as its files tell. */
export interface DaemonStart {
  /** The starter: `docker.service`, `/etc/init.d/docker`, …; undefined where none is found. */
  readonly by: string | undefined;
  readonly flags: readonly CommandFlag[];
  /** The configuration file that it reads, as the host has it. */
  readonly configFile: string;
  /** TCP sockets that socket units pass to it. */
  readonly passed: readonly PassedSocket[];
  /** Why its command line, or a part of it, is not known; undefined where it is. */
  readonly unknown: string | undefined;
  /** A file with flags that nothing reads. */
  readonly ignored: string | undefined;
}

/** A TCP socket that systemd opens for the daemon. */
export interface PassedSocket {
  /** As `ListenStream=` has it. */
  readonly stream: string;
  readonly unit: string;
  /** False for a unit that is neither enabled nor pulled in by another. */
  readonly on: boolean;
}

/**
 * Reads how the daemon below `root` is started. `assumed`: a drop-in of its unit, as it would be. Changes nothing. Errors:
 * `ERR_FILE`.
 */
export async function readDaemonStart(
  root: string,
  assumed?: AssumedDropIn,
  places: DaemonPlaces = daemonPlaces('system'),
): Promise<DaemonStart> {
  if (places.kind === 'rootless') return readRootlessStart(root, places, assumed);
  const { unit, script, booted, on } = await readStarters(root, assumed);
  // A unit without systemd, and with nothing else, is for a machine that this will be.
  if (unit && (booted || !script)) {
    const sockets = await readSocketUnits(root, unit, on);
    const passed = passedTo(sockets);
    if (unit.masked)
      return { ...nothing, by: UNIT, passed, unknown: `${UNIT} is masked: systemd does not start it` };
    const known = { by: UNIT, passed, ignored: await ignoredFile(root, unit) };
    return startOf(root, unit, places, { ...nothing, ...known });
  }
  if (script) {
    const flags = parseFlags(script.words).map(({ name, value }) => ({ name, value }));
    const open = flags.find(({ name, value }) => ownFlags.has(name) && value?.includes('$'));
    return {
      ...nothing,
      by: script.path,
      flags: flags.filter(({ value }) => !value?.includes('$')),
      configFile: configFileOf(flags) ?? daemonJsonPath,
      unknown: open && `${script.path}: the value of --${open.name} is ${open.value ?? ''}`,
    };
  }
  const [other] = await otherDaemons(root);
  if (other) {
    const { by, configFile = daemonJsonPath, home, refusal } = other;
    if (home !== undefined) return readRootlessStart(root, daemonPlaces('rootless', home));
    const unread = `the flags with which ${by} starts dockerd are not read`;
    return { ...nothing, by, configFile, unknown: other.configFile === undefined ? refusal.why : unread };
  }
  const unknown = 'nothing is found here that starts dockerd';
  return { ...nothing, unknown: (await existsOnHost(root, daemonJsonPath)) ? unknown : undefined };
}

/** Of a daemon that a user runs. */
async function readRootlessStart(
  root: string,
  places: DaemonPlaces,
  assumed?: AssumedDropIn,
): Promise<DaemonStart> {
  const { home = '', daemonJson = daemonJsonPath, units } = places;
  const known = { ...nothing, by: `${UNIT} in ${home}`, configFile: daemonJson };
  const unit = await readUnit(root, UNIT, assumed, units);
  if (!unit || unit.masked)
    return { ...known, unknown: `${UNIT} of the user is ${unit ? 'masked' : 'missing'}` };
  return startOf(root, unit, places, known);
}

/** By the command line of its unit. `known`: what is known without that. */
async function startOf(
  root: string,
  unit: Unit,
  places: DaemonPlaces,
  known: DaemonStart,
): Promise<DaemonStart> {
  const command = await readCommand(root, unit, places);
  if ('why' in command) return { ...known, unknown: command.why };
  const { flags, configFile = known.configFile, refusals } = command;
  return { ...known, flags, configFile, unknown: refusals.find(({ isUnknown }) => isUnknown)?.why };
}

const nothing: DaemonStart = {
  by: undefined,
  flags: [],
  configFile: daemonJsonPath,
  passed: [],
  unknown: undefined,
  ignored: undefined,
};

function configFileOf(flags: readonly CommandFlag[]): string | undefined {
  return flags.find(({ name }) => name === 'config-file')?.value;
}

/** Lists the TCP sockets that socket units have for docker.service. */
export function passedTo(sockets: readonly SocketUnit[]): PassedSocket[] {
  return sockets
    .filter(({ forDocker, masked }) => forDocker && !masked)
    .flatMap(({ name, streams, on }) =>
      streams.flatMap(({ value }) => (isTcpStream(value) ? [{ stream: value, unit: name, on }] : [])),
    );
}

/** Debian's file for sysvinit, which systemd does not read: many have put their flags there in vain. */
async function ignoredFile(root: string, { settings }: Unit): Promise<string | undefined> {
  const path = 'etc/default/docker';
  const isRead = settings.some(({ key, value }) => key === 'EnvironmentFile' && value.includes(path));
  const text = isRead ? undefined : await readHostFile(root, path);
  return text !== undefined && /^\s*(?:export\s+)?DOCKER_OPTS=/m.test(text) ? `/${path}` : undefined;
}

/** A dockerd that runs now, on this machine and outside containers. */
export interface RunningDaemon {
  readonly pid: number;
  readonly flags: readonly CommandFlag[];
  /** Undefined where its command line names none. */
  readonly configFile: string | undefined;
}

async function commandLineOf(pid: string): Promise<string[]> {
  const { bytes } = await readRegular(join('/proc', pid, 'cmdline'));
  return bytes.toString('utf8').split('\0');
}

/** Finds the daemons that run here, by /proc; none where it cannot be read. */
export async function runningDaemons(): Promise<RunningDaemon[]> {
  const own = await readlink('/proc/self/ns/net').catch(() => undefined);
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid): Promise<RunningDaemon[]> => {
      try {
        const [program = '', ...words] = await commandLineOf(pid);
        if (!/^dockerd(?:-[a-z]+)?$/.test(basename(program))) return [];
        // Docker in Docker has a network of its own.
        if ((await readlink(join('/proc', pid, 'ns/net'))) !== own) return [];
        const flags = parseFlags(words).map(({ name, value }) => ({ name, value }));
        return [{ pid: Number(pid), flags, configFile: configFileOf(flags) }];
      } catch {
        return []; // it has ended, or is another user's
      }
    }),
  );
  return found.flat();
}
