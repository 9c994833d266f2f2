import { existsSync } from 'node:fs';
import { DirectoryError, DockerError, InputError } from '../errors.js';
import { givenOneOf } from '../given.js';
import { shellWord } from '../plan/command-line.js';
import { dockerSucceeds } from '../docker/run.js';
import { lookAtPlaces, placeFiles, type PlacedFile } from '../store/place-files.js';

/** Who starts it: systemd, or cron. */
export const timerKinds = ['systemd', 'cron'] as const;
export type TimerKind = (typeof timerKinds)[number];

/** A file of a timer. */
export interface TimerFile {
  /** Where it belongs. */
  readonly path: string;
  readonly content: string;
}

const unitName = 'docker-tls-openssl-renew';
const unitFolder = '/etc/systemd/system';

/**
 * What runs a command once a day: two units of systemd, or a file for `/etc/cron.d`. `argv` is the program by its full path,
 * with its arguments. Errors: `ERR_INPUT`.
 */
export function timerFiles(kind: TimerKind, argv: readonly string[]): TimerFile[] {
  const odd = argv.find((word) => /[\0-\x1f\x7f]/.test(word));
  if (odd !== undefined)
    throw new InputError('timer', `a timer cannot hold ${JSON.stringify(odd)}: it has a control character`);
  if (givenOneOf(timerKinds, kind, 'timer') === 'cron') {
    // In a crontab % ends the command (crontab(5)). Some crons take a backslash away before another one, some do not.
    const read = argv.find((word) => /\\[\\%]/.test(word));
    if (read !== undefined)
      throw new InputError('timer', `not every cron reads ${JSON.stringify(read)} as it is meant`, {
        hint: 'put the command into a script, and name that',
      });
    const line = argv.map(shellWord).join(' ').replaceAll('%', '\\%');
    return [
      {
        path: `/etc/cron.d/${unitName}`,
        content: `# Renews the certificates for Docker that are due.\n17 3 * * * root ${line}\n`,
      },
    ];
  }
  return [
    {
      path: `${unitFolder}/${unitName}.service`,
      content: `[Unit]
Description=Renew the certificates for Docker that are due

[Service]
Type=oneshot
ExecStart=${argv.map(systemdWord).join(' ')}
`,
    },
    {
      path: `${unitFolder}/${unitName}.timer`,
      content: `[Unit]
Description=Renew the certificates for Docker that are due, once a day

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

/** A word as systemd reads it (systemd.service(5), COMMAND LINES). */
function systemdWord(word: string): string {
  const plain = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w@%+=:,./-]+$/.test(plain)
    ? plain
    : `"${plain.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Whether systemd runs this machine (sd_booted(3)). */
export function hasSystemd(): boolean {
  return existsSync('/run/systemd/system');
}

/**
 * Puts systemd's units in their place, and starts the timer. Errors: `ERR_EXISTS` where another timer is there; `ERR_DOCKER_NOT_FOUND`
 * where systemd does not run this machine, `ERR_DOCKER_FAILED` for what systemctl says; `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function installTimer(
  argv: readonly string[],
  { now = new Date(), signal }: { readonly now?: Date; readonly signal?: AbortSignal | undefined } = {},
): Promise<PlacedFile[]> {
  const files = timerFiles('systemd', argv);
  if (!hasSystemd()) {
    throw new DockerError(
      'ERR_DOCKER_NOT_FOUND',
      'systemd does not run this machine: no timer was installed',
      {
        hint: `print one for cron with --print-timer cron, and put it into /etc/cron.d/${unitName}`,
      },
    );
  }
  const units = files.map(({ path, content }) => ({
    name: path.slice(unitFolder.length + 1),
    content: Buffer.from(content),
    mode: 0o644,
  }));
  const other = (await lookAtPlaces(unitFolder, units)).find(({ state }) => state === 'differs');
  if (other) {
    throw new DirectoryError('ERR_EXISTS', other.path, `another timer is there: ${other.path}`, {
      hint: 'nothing was changed; it may be that of another directory: print this one with --print-timer systemd, and install it by another name',
    });
  }
  const placed = await placeFiles(unitFolder, units, {
    aside: `before-${now.toISOString().slice(0, 19).replaceAll(':', '-')}Z`,
    signal,
  });
  for (const words of [['daemon-reload'], ['enable', '--now', `${unitName}.timer`]])
    await dockerSucceeds({ file: 'systemctl', argv: words, signal });
  return placed;
}
