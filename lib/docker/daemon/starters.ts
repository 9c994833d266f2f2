import { runDocker } from '../run.js';
import { existsOnHost } from './host-file.js';
import { readInitScript, type InitScript } from './init-script.js';
import { UNIT, type DaemonPlaces } from './places.js';
import { enabledUnits } from './socket-units.js';
import { readUnit, type AssumedDropIn, type Unit } from './unit.js';

/** The commands that let systemd start the daemon with a new configuration. */
export function unitRestart({ unitFlags, unit }: DaemonPlaces): string[][] {
  return [
    ['systemctl', ...unitFlags, 'daemon-reload'],
    ['systemctl', ...unitFlags, 'restart', unit],
  ];
}

/** Everything below a root that can start the daemon, as it is written there. */
export interface Starters {
  readonly unit: Unit | undefined;
  readonly script: InitScript | undefined;
  /** systemd is what starts it. */
  readonly booted: boolean;
  /** The units that are enabled, or active now. */
  readonly on: ReadonlySet<string>;
}

/** Reads what starts the daemon below `root`. `assumed`: for the unit's drop-ins. Errors: `ERR_FILE`. */
export async function readStarters(root: string, assumed?: AssumedDropIn): Promise<Starters> {
  const [unit, script, enabled] = await Promise.all([
    readUnit(root, UNIT, assumed),
    readInitScript(root),
    enabledUnits(root),
  ]);
  const booted = await isBooted(root, script !== undefined);
  const active = booted && root === '/' ? await activeUnits() : [];
  return { unit, script, booted, on: new Set([...enabled, ...active]) };
}

/** An image counts as booted by systemd, unless it has another way to start the daemon and no systemd. */
async function isBooted(root: string, hasScript: boolean): Promise<boolean> {
  return (root !== '/' && !hasScript) || hasSystemd(root);
}

/** Whether systemd is what starts the services of the host, or of an image. */
export async function hasSystemd(root: string): Promise<boolean> {
  if (root === '/') return existsOnHost(root, 'run/systemd/system');
  const programs = ['usr/lib/systemd/systemd', 'lib/systemd/systemd'];
  return (await Promise.all(programs.map((path) => existsOnHost(root, path)))).includes(true);
}

/** The units that are active now, which need not be enabled. */
async function activeUnits(): Promise<string[]> {
  const argv = ['list-units', '--state=active', '--plain', '--no-legend', '--no-pager', '--full'];
  const patterns = [UNIT, '*.socket'];
  const result = await runDocker({ file: 'systemctl', argv: [...argv, ...patterns] });
  return result.stdout.split('\n').map((line) => line.trim().split(/\s+/)[0] ?? '');
}
