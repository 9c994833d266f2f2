import { setTimeout as sleep } from 'node:timers/promises';
import { aborted, DockerError, DockerTlsError, InputError } from '../../errors.js';
import { shellWord } from '../../shell/sh.js';
import { isSocket, readListening, whyNotUp, type Listening } from './daemon-up.js';
import type { HostChange, HostOptions } from './host.js';
import { lastWords, markJournal } from './journal.js';
import type { UnitPlace } from './places.js';
import { dockerSucceeds, runDocker } from '../run.js';
import type { Service } from './service.js';
import { readUnit } from './unit.js';
import { option, words } from '../../words.js';

/** Lists the commands that let the daemon read its new configuration, or end it where its unit goes, as lines for a shell. */
export function restartLines(
  { restart, withdraw, places }: Service,
  changes: readonly HostChange[],
): string[] {
  const isGone = changes.some(({ path, action }) => path === places.dropIn && action === 'remove');
  const commands = isGone && withdraw.length > 0 ? withdraw : restart;
  return commands.map((words) => words.map(shellWord).join(' '));
}

/** Refuses a restart that nobody knows how to do; called before anything is changed. Throws `ERR_INPUT`. */
export function refuseRestart(service: Service, { restart }: Pick<HostOptions, 'restart'>): void {
  if (restart !== true || service.restart.length > 0) return;
  throw new InputError('restart', 'it is unknown what starts the daemon: no init system here does', {
    hint: words`nothing was changed; leave out ${option('restart')}, and restart dockerd yourself`,
  });
}

/** Whether the unit of a service is gone, which is the whole of it. Errors: `ERR_FILE`. */
export async function isWithdrawn({ withdraw: commands, places }: Service): Promise<boolean> {
  return commands.length > 0 && !(await readUnit('/', places.unit, undefined, places.units));
}

/** Ends it, and lets systemd forget how it ended. A second time, systemd knows no such unit. */
async function withdraw(
  { withdraw: commands, places }: Service,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const [file = '', ...argv] of [...commands, ['systemctl', 'reset-failed', places.unit]])
    await runDocker({ file, argv, signal, timeoutMs: RESTART_MS });
}

/** Containers are given time to end. */
const RESTART_MS = 300_000;
/** For a daemon that its init system calls started before it answers. */
const UP_MS = 60_000;
const POLL_MS = 100;

/**
 * Restarts the daemon of this host, and waits until it is up: its service runs, its API answers on every local socket, and every
 * TCP port listens. A daemon that kept crashing before is given a new chance; so this can be called again after an error. A service
 * whose unit is gone is ended instead. Errors: `ERR_DOCKER_FAILED` with the daemon's own words, `ERR_ABORTED`.
 */
export async function restartDaemon(
  service: Service,
  { signal }: Pick<HostOptions, 'signal'>,
): Promise<void> {
  if (await isWithdrawn(service)) return withdraw(service, signal);
  const isSystemd = service.manager === 'systemd';
  const { places } = service;
  const { program } = places;
  const mark = isSystemd ? await markJournal(places, signal) : undefined;
  const listening = await readListening(service);
  const run = async (commands: Service['restart']): Promise<void> => {
    for (const [file = '', ...argv] of commands)
      await dockerSucceeds({ file, argv, signal, timeoutMs: RESTART_MS });
  };
  const last = service.restart.slice(-1);
  try {
    await run(service.restart.slice(0, -1));
    if (isSystemd) {
      await forgetFailures(places, listening, signal);
      await reopenSockets(places, listening, signal);
    }
    await run(last);
    // A daemon that listened on the socket's own path has removed it when it ended.
    if (isSystemd && (await reopenSockets(places, listening, signal))) await run(last);
    await untilUp(isSystemd ? places : undefined, listening, signal);
  } catch (error) {
    if (!(error instanceof DockerTlsError) || error.code === 'ERR_ABORTED') throw error;
    const said = isSystemd ? await lastWords(places, mark, signal) : undefined;
    const why = said === undefined ? error.message : `${program} says: ${said}`;
    throw new DockerError('ERR_DOCKER_FAILED', `the daemon did not start: ${why}`, {
      cause: error,
      ...(said === undefined ? {} : { stderr: said }),
      hint: isSystemd
        ? `see what ${program} says: ${journalLine(service)}`
        : 'see what dockerd says in its log, often /var/log/docker.log',
    });
  }
}

/** The line that shows what the daemon wrote. */
export function journalLine({ places }: Service): string {
  return ['journalctl', ...places.unitFlags, '-u', places.unit].join(' ');
}

/** systemd counts failed starts, and starts nothing that has failed too often. */
async function forgetFailures(
  { unit, unitFlags }: UnitPlace,
  { sockets }: Listening,
  signal: AbortSignal | undefined,
): Promise<void> {
  const units = [unit, ...sockets.map(({ name }) => name)];
  // It fails for a unit that never ran.
  await runDocker({ file: 'systemctl', argv: [...unitFlags, 'reset-failed', ...units], signal });
}

/** Opens sockets again that systemd has given up, or whose path is gone. Tells whether there were any. */
async function reopenSockets(
  { unit, unitFlags }: UnitPlace,
  { sockets }: Listening,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const closed: string[] = [];
  for (const { name, paths } of sockets) {
    const { exitCode } = await runDocker({
      file: 'systemctl',
      argv: [...unitFlags, 'is-active', '--quiet', name],
      signal,
    });
    if (exitCode !== 0 || !(await Promise.all(paths.map(isSocket))).every(Boolean)) closed.push(name);
  }
  if (closed.length === 0) return false;
  // systemd opens no socket of a service that runs.
  const stop = [...unitFlags, 'stop', unit];
  await dockerSucceeds({ file: 'systemctl', argv: stop, signal, timeoutMs: RESTART_MS });
  await dockerSucceeds({ file: 'systemctl', argv: [...unitFlags, 'restart', ...closed], signal });
  return true;
}

async function untilUp(
  place: UnitPlace | undefined,
  listening: Listening,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = Date.now() + UP_MS;
  for (;;) {
    const why = (place ? await whyNotRunning(place, signal) : undefined) ?? (await whyNotUp(listening));
    if (why === undefined) return;
    if (why.final || Date.now() > deadline)
      throw new DockerError('ERR_DOCKER_FAILED', why.text, { command: place?.unit ?? 'dockerd' });
    await sleep(POLL_MS, undefined, signal ? { signal } : {}).catch(() => {
      throw aborted(signal, 'stopped before the daemon was up');
    });
  }
}

async function whyNotRunning(
  { unit, unitFlags }: UnitPlace,
  signal: AbortSignal | undefined,
): Promise<{ text: string; final: boolean } | undefined> {
  const argv = [...unitFlags, 'show', '--property=ActiveState,SubState', unit];
  const { stdout } = await dockerSucceeds({ file: 'systemctl', argv, signal });
  const [, active = 'unknown'] = /^ActiveState=(.*)$/m.exec(stdout) ?? [];
  const [, sub = ''] = /^SubState=(.*)$/m.exec(stdout) ?? [];
  if (active === 'active') return undefined;
  const final = active === 'failed' || active === 'inactive' || sub === 'auto-restart';
  return { text: `${unit} is ${active} (${sub})`, final };
}
