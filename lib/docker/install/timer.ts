import { existsSync } from 'node:fs';
import { lstat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectoryError, DockerError, DockerTlsError } from '../../errors.js';
import { fileError, systemCode } from '../../file-error.js';
import { givenOneOf } from '../../given.js';
import { cronCommand } from '../../shell/cron.js';
import { systemdCommand } from '../../shell/systemd.js';
import { dockerSucceeds } from '../run.js';
import { lookAtPlaces, placeFiles, type PlacedFile } from '../../store/place-files.js';
import { readRegular } from '../../store/read-regular.js';
import { Rooted } from '../../store/rooted.js';
import { call, words, type Text } from '../../words.js';

/** Who starts it: systemd, or cron. */
export const timerKinds = ['systemd', 'cron'] as const;
export type TimerKind = (typeof timerKinds)[number];

/** A file of a timer. */
export interface TimerFile {
  /** Where it belongs. */
  readonly path: string;
  readonly content: string;
}

/** What a timer does, each with files of its own. */
const tasks = {
  renew: {
    unitName: 'docker-tls-openssl-renew',
    description: 'Renew the certificates for Docker that are due',
    comment: 'Renews the certificates for Docker that are due.',
  },
  crl: {
    unitName: 'docker-tls-openssl-crl',
    description: 'Sign the list of revoked certificates for Docker that is due',
    comment: 'Signs the list of revoked certificates for Docker that is due.',
  },
} as const;
export type TimerTask = keyof typeof tasks;

const unitFolder = '/etc/systemd/system';
const cronFileOf = (task: TimerTask): string => `/etc/cron.d/${tasks[task].unitName}`;
/** The first line of each file of ours: what does not have it is somebody else's. */
const marker = '# Made by docker-tls-openssl.';

/**
 * What runs a command once a day: two units of systemd, or a file for `/etc/cron.d`. `argv` is the program by its full path,
 * with its arguments. Errors: `ERR_INPUT`.
 */
export function timerFiles(kind: TimerKind, argv: readonly string[], task: TimerTask = 'renew'): TimerFile[] {
  const { unitName, description, comment } = tasks[task];
  if (givenOneOf(timerKinds, kind, 'timer') === 'cron') {
    const line = cronCommand(argv, 'timer');
    return [
      {
        path: cronFileOf(task),
        content: `${marker}\n# ${comment}\n17 3 * * * root ${line}\n`,
      },
    ];
  }
  return [
    {
      path: `${unitFolder}/${unitName}.service`,
      content: `${marker}
[Unit]
Description=${description}

[Service]
Type=oneshot
ExecStart=${systemdCommand(argv, 'timer')}
`,
    },
    {
      path: `${unitFolder}/${unitName}.timer`,
      content: `${marker}
[Unit]
Description=${description}, once a day

[Timer]
OnCalendar=daily
RandomizedDelaySec=1h
Persistent=true

[Install]
WantedBy=timers.target
`,
    },
  ];
}

/** Whether systemd runs this machine (sd_booted(3)). */
function hasSystemd(): boolean {
  return existsSync('/run/systemd/system');
}

/** What became of systemd's units. */
export interface InstalledTimer {
  readonly files: readonly PlacedFile[];
  /** Whether they took the place of a timer of ours. */
  readonly replaced: boolean;
}

export interface TimerOptions {
  /** Stands in the names of what is kept aside. Default: now. */
  readonly now?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whose timer it is. Default: that of `renew`. */
  readonly task?: TimerTask | undefined;
}

/**
 * Puts systemd's units in their place, in that of ours where some are there, and starts the timer. One that was changed by hand is kept
 * beside them. Errors: `ERR_EXISTS` where somebody else's is there; `ERR_DOCKER_NOT_FOUND` where systemd does not run this
 * machine, `ERR_DOCKER_FAILED` for what systemctl says; `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function installTimer(
  argv: readonly string[],
  { now = new Date(), signal, task = 'renew' }: TimerOptions = {},
): Promise<InstalledTimer> {
  const { unitName } = tasks[task];
  const wanted = timerFiles('systemd', argv, task);
  if (!hasSystemd()) {
    throw new DockerError(
      'ERR_DOCKER_NOT_FOUND',
      'systemd does not run on this machine: no timer was installed',
      { hint: `let cron run it instead, from ${cronFileOf(task)}` },
    );
  }
  const units = wanted.map(({ path, content }) => ({
    name: path.slice(unitFolder.length + 1),
    content: Buffer.from(content),
    mode: 0o644,
  }));
  const before = await Promise.all(wanted.map(({ path }) => textOf(path)));
  const foreign = wanted.find((_, at) => isForeign(before[at]));
  if (foreign) throw another(foreign.path, 'install this one by hand, under another name');
  await lookAtPlaces(unitFolder, units);
  const aside = `before-${now.toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
  const { files: placed } = await placeFiles(unitFolder, units, { aside, signal });
  const files: PlacedFile[] = [];
  for (const [at, file] of placed.entries()) {
    // Kept is what somebody has written, and not another command of ours.
    const isOurs = withoutCommand(before[at] ?? '') === withoutCommand(wanted[at]?.content ?? '');
    if (file.aside !== undefined && isOurs) await removeFile(join(unitFolder, file.aside));
    files.push(isOurs ? { ...file, aside: undefined } : file);
  }
  try {
    await systemctl(['daemon-reload'], signal);
    await systemctl(['enable', '--now', `${unitName}.timer`], signal);
  } catch (error) {
    if (!(error instanceof DockerTlsError)) throw error;
    throw new DockerError('ERR_DOCKER_FAILED', `the timer was installed, but not started: ${error.message}`, {
      cause: error,
      hint: words`try again, or remove it with \`${call(task === 'crl' ? 'removeCrlTimer' : 'removeTimer')}\``,
    });
  }
  return { files, replaced: before.some((text) => text !== undefined) };
}

/** What is there of a timer of ours. */
export interface FoundTimer {
  /** Absolute. */
  readonly files: readonly string[];
  /** Drop-ins that somebody gave the units: they are left. */
  readonly dropIns: readonly string[];
  /** The file for cron, which is its owner's to remove. */
  readonly cron: string | undefined;
}

/** Looks for systemd's units, and for the file of cron. Errors: `ERR_EXISTS` for units of somebody else; `ERR_FILE`. */
export async function findTimer(root = '/', task: TimerTask = 'renew'): Promise<FoundTimer> {
  const { unitName } = tasks[task];
  const cronFile = cronFileOf(task);
  const host = await Rooted.open(root);
  try {
    const files: string[] = [];
    const dropIns: string[] = [];
    for (const kind of ['timer', 'service']) {
      const path = join(unitFolder, `${unitName}.${kind}`);
      const text = await host.readText(path);
      if (isForeign(text)) throw another(host.show(path), 'remove it yourself if you do not need it');
      if (text !== undefined) files.push(host.show(path));
      if ((await host.list(`${path}.d`)).length > 0) dropIns.push(host.show(`${path}.d`));
    }
    const link = await host.place(`${unitFolder}/timers.target.wants/${unitName}.timer`);
    if (link && (await lstat(link.path).catch(() => undefined))) files.push(link.shown);
    const isThere = (await host.readText(cronFile))?.startsWith(marker) === true;
    return { files, dropIns, cron: isThere ? host.show(cronFile) : undefined };
  } finally {
    await host.close();
  }
}

/**
 * Stops and disables the timer, and removes its units; nothing where none is there. It gives what it found, and can be run again after an
 * error. Errors: those of `findTimer`; `ERR_DOCKER_FAILED`.
 */
export async function removeTimer({
  signal,
  task = 'renew',
}: Omit<TimerOptions, 'now'> = {}): Promise<FoundTimer> {
  const { unitName } = tasks[task];
  const found = await findTimer('/', task);
  if (found.files.length === 0) return found;
  const runs = hasSystemd();
  const isUnit = found.files.includes(join(unitFolder, `${unitName}.timer`));
  if (runs && isUnit) await systemctl(['disable', '--now', `${unitName}.timer`], signal);
  for (const path of found.files) await removeFile(path);
  if (runs) {
    await systemctl(['daemon-reload'], signal);
    // A run that failed would be listed for ever. One that did not is none that systemctl knows.
    await systemctl(['reset-failed', `${unitName}.service`], signal).catch(() => undefined);
  }
  return found;
}

/** A note on our timer, which stays when the daemon's configuration is removed. Never fails. */
export async function timerNotes(root: string): Promise<Text[]> {
  const { files, cron } = await findTimer(root).catch(() => ({ files: [], cron: undefined }));
  const [path = cron] = files;
  if (path === undefined) return [];
  const remedy = path === cron ? `remove ${path}` : words`\`${call('removeTimer')}\` removes it`;
  return [words`a timer still renews the certificates once a day: ${remedy}`];
}

async function systemctl(argv: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  await dockerSucceeds({ file: 'systemctl', argv, signal });
}

function isForeign(text: string | undefined): boolean {
  return text !== undefined && !text.startsWith(marker);
}

function another(path: string, what: string): DirectoryError {
  return new DirectoryError(
    'ERR_EXISTS',
    path,
    `another timer already exists, which this program did not create: ${path}`,
    {
      hint: `nothing was changed; ${what}`,
    },
  );
}

function withoutCommand(unit: string): string {
  return unit.replace(/^ExecStart=.*$/m, '');
}

/** Undefined where nothing is. Errors: `ERR_FILE`. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await readRegular(path)).bytes.toString('utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error instanceof DirectoryError ? error : fileError(path, 'read', error);
  }
}

async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw fileError(path, 'remove', error);
  }
}
