import { join } from 'node:path';
import { DockerTlsError } from '../../errors.js';
import { existsOnHost } from '../daemon/host-file.js';
import { runDocker } from '../run.js';
import { readDaemonJson } from '../daemon/daemon-json.js';
import { faultsIn, settingNames } from '../daemon/daemon-settings.js';
import { readDaemonStart, runningDaemons, type DaemonStart } from '../daemon/daemon-start.js';
import { settingsOf, tlsOf, type Settings } from '../daemon/daemon-tls.js';
import { call, words } from '../../words.js';
import { daemonFileFindings } from './daemon-files.js';
import type { Found } from './finding.js';
import { overTcp } from './over-tcp.js';

/** Checks how the daemon is configured: by its file, by its command line, by socket units, and by all of them together. */
export async function configurationFindings(
  root: string,
  now: Date,
  running: { readonly timeoutMs?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<Found[]> {
  const start = await readDaemonStart(root).catch((error: unknown) => {
    if (!(error instanceof DockerTlsError)) throw error;
    return error;
  });
  if (start instanceof DockerTlsError)
    return [{ id: 'start', title: 'The start of the daemon', state: 'unknown', detail: start.message }];
  const path = join(root, start.configFile);
  const seen = { id: 'daemon-json', title: path } as const;
  const ofStart = startFindings(start);
  try {
    const twice: Found[] = [];
    const file = await readDaemonJson(root, start.configFile, ({ message }) => {
      const fix = 'leave one of them: dockerd takes the last';
      twice.push({ ...seen, state: 'warning', detail: message, fix });
    });
    const inFile: Settings = file?.value ?? {};
    const inFlags = settingsOf(start.flags);
    const own = faultsIn(file?.value ?? {});
    const isThere = file !== undefined || (await existsOnHost(root, start.configFile));
    const said = isThere && own.length === 0 && root === '/' ? await validated(path, running) : 'unknown';
    const faults = said === 'unknown' || said === 'accepted' ? own : [said.refused];
    const { passed, by, unknown } = start;
    const listening = { hosts: { ...inFile, ...inFlags }.hosts, passed, isPartly: unknown !== undefined };
    const tls = tlsOf(inFile, inFlags);
    return [
      ...(faults.length > 0
        ? faults.map((detail): Found => ({ ...seen, state: 'problem', detail, fix: correct }))
        : twice.length > 0
          ? twice
          : [{ ...seen, ...(isThere ? fileFinding(file && inFile, said) : missing) }]),
      ...(by === undefined || unknown !== undefined ? [] : [conflict(inFile, inFlags, by)]),
      ...ofStart,
      ...(faults.length > 0
        ? [notChecked('dockerd does not start with its configuration file')]
        : [
            ...(file || by !== undefined ? [overTcp(TCP, listening, tls)] : []),
            ...(tls.on ? await daemonFileFindings(root, tls, now) : []),
          ]),
      ...(root === '/' ? await runningFindings() : []),
    ];
  } catch (error) {
    if (!(error instanceof DockerTlsError)) throw error;
    const isUnread = error.code === 'ERR_FILE';
    const fix = isUnread ? 'run this as root' : correct;
    return [
      { ...seen, state: isUnread ? 'unknown' : 'problem', detail: error.message, fix },
      ...ofStart,
      notChecked('its configuration file cannot be read'),
    ];
  }
}

const TCP = 'The daemon over TCP';

function notChecked(why: string): Found {
  return { id: 'tcp', title: TCP, state: 'unknown', detail: `not checked: ${why}` };
}

/** The answer of dockerd about its file; `unknown` where it cannot check one, or there is none to ask. */
type Said = 'accepted' | 'unknown' | { readonly refused: string };

/** Asks dockerd itself, where there is one of 23.0 or later. */
async function validated(
  path: string,
  running: { readonly timeoutMs?: number; readonly signal?: AbortSignal | undefined },
): Promise<Said> {
  try {
    const argv = ['--validate', '--config-file', path];
    const { exitCode, stderr } = await runDocker({ file: 'dockerd', argv, ...running });
    if (exitCode === 0) return 'accepted';
    if (/unknown flag: --validate|permission denied|must be root/i.test(stderr)) return 'unknown';
    return { refused: `dockerd refuses it: ${stderr.trim().split('\n').at(-1) ?? ''}` };
  } catch (error) {
    if (error instanceof DockerTlsError && error.code !== 'ERR_ABORTED') return 'unknown';
    throw error;
  }
}

const correct = 'correct the file: dockerd does not start with it';

const missing = { state: 'absent', detail: 'missing' } as const;

/** Describes a file without faults. `file`: undefined for an empty one. */
function fileFinding(file: Settings | undefined, said: Said): Pick<Found, 'state' | 'detail' | 'fix'> {
  const accepted = said === 'accepted' ? '; dockerd accepts it' : '';
  if (file) return { state: 'ok', detail: `${namesOf(file)}${accepted}` };
  if (said === 'accepted') return { state: 'ok', detail: `empty${accepted}` };
  return {
    state: 'warning',
    detail: 'it is empty: dockerd 20.10 does not start with it, 28.5 does',
    fix: 'write {} into it, or remove it',
  };
}

function namesOf(file: Settings): string {
  const there = settingNames.filter((setting) => setting in file);
  return there.length === 0 ? 'sets neither hosts nor TLS' : `sets ${there.join(', ')}`;
}

/** What is not known of the start, and what is written where nothing reads it. */
function startFindings({ by, unknown, ignored }: DaemonStart): Found[] {
  const title = by === undefined ? 'The start of the daemon' : `The start of the daemon by ${by}`;
  return [
    ...(unknown === undefined
      ? []
      : [
          {
            ...({ id: 'start', title, state: 'unknown' } as const),
            detail: `its sockets and TLS flags were not checked: ${unknown}`,
          },
        ]),
    ...(ignored === undefined
      ? []
      : [
          {
            ...({ id: 'start', title: ignored, state: 'warning' } as const),
            detail: `DOCKER_OPTS there has no effect: systemd starts the daemon, and ${by ?? 'its unit'} does not read this file`,
            fix: 'put the settings into daemon.json',
          },
        ]),
  ];
}

/** dockerd does not start if a setting is in both, even with the same value. */
function conflict(inFile: Settings, inFlags: Settings, by: string): Found {
  const finding = { id: 'conflict', title: `daemon.json beside ${by}` } as const;
  const both = settingNames.filter((setting) => setting in inFile && setting in inFlags);
  if (both.length === 0) return { ...finding, state: 'ok', detail: 'they do not contradict each other' };
  return {
    ...finding,
    state: 'problem',
    detail: `dockerd does not start: ${both.join(', ')} ${both.length === 1 ? 'is' : 'are'} set in both`,
    fix: by.includes('/')
      ? `set it in one place only: remove it from ${by} and the files that it reads`
      : words`${call('installDaemon', { apply: true })} removes them from the unit, and keeps the rest of its command line`,
  };
}

/** What runs now can have been started in another way, or before the files were changed. */
async function runningFindings(): Promise<Found[]> {
  const found = (await runningDaemons()).map(async ({ pid, flags, configFile }): Promise<Found[]> => {
    const inFlags = settingsOf(flags);
    const file = await readDaemonJson('/', configFile).catch(() => undefined);
    const inFile: Settings = file?.value ?? {};
    const listening = { hosts: { ...inFile, ...inFlags }.hosts, passed: [], isPartly: false };
    const finding = overTcp(`The daemon that runs, process ${pid}`, listening, tlsOf(inFile, inFlags));
    return finding.state === 'problem' ? [finding] : [];
  });
  return (await Promise.all(found)).flat();
}
