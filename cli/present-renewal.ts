/** The words of `renew` and `rollback`; their voice is that of present.ts. */
import { basename, dirname, join } from 'node:path';
import { type CallPart, type HookResult, type HostChange, type InstalledRenewal } from '../lib/internal.js';
import { type Renewal, type RenewedCa, type Rollback } from '../lib/index.js';
import { describeArchive } from './present-archive.js';
import { callLine, ownLine, spelled } from './own-command.js';
import type { Style } from './streams.js';

export const renewWords = {
  applyAlone: '--apply needs --install-timer or --remove-timer',
  timerAsksNobody: (path: string) =>
    `a timer cannot ask for the passphrase of ${path}: put it in a file that only root can read`,
  removeAlone: '--remove-timer takes only --apply, --dry-run, --json and --quiet',
  timerInstalls:
    'install daemon set up the daemon of this host from these files: the timer uses --install, which restarts it after a renewal of its certificate',
  timerWithout:
    'install daemon set up the daemon of this host with a copy of these files: add --install to renew that, too',
  timerOfNpx: (path: string) =>
    `npx runs this program from a cache that can be cleared: ${path}; install it first with npm install -g docker-tls-openssl`,
  timerOfOthers: (why: string) => `the timer depends on what another user can change: ${why}`,
  timerPrinted: (kind: string) => `: print it with --print-timer ${kind}`,
  timerGone: (path: string) => `a timer cannot run ${path}: it does not exist`,
  timerAsksNobodyHint:
    'add --passphrase-file FILE; or renew by hand, and let a timer run `status` to warn you',
} as const;

/** A result, or what a plan of it knows beforehand. */
export type Shown<Result> = Omit<
  Result,
  'made' | 'commands' | 'openssl' | 'certificates' | 'pem' | 'installed'
>;

const day = (date: Date): string => date.toISOString().slice(0, 10);

/** What was renewed, what could not be, and what to do with it. */
export function describeRenewal(renewal: Shown<Renewal>, style: Style, daemon: ForTheDaemon = {}): string[] {
  const { directory, renewed, skipped, archive, next } = renewal;
  const lines: string[] = [];
  if (renewed.length > 0) {
    const width = Math.max(...renewed.map(({ path }) => path.length));
    lines.push(
      `${style.green('Renewed')} in ${directory}:`,
      ...renewed.map(
        ({ path, days, endedOn, newKey }) =>
          `  ${path.padEnd(width)}  for ${days} days; replaces the one until ${day(endedOn)}${newKey === undefined ? '' : `; new key: ${newKey}`}`,
      ),
      ...(archive === undefined ? [] : [describeArchive(directory, archive)]),
    );
  }
  if (skipped.length > 0)
    lines.push(
      `${style.red('Not renewed')}:`,
      ...skipped.map(({ path, endsOn, words }) => `  ${path} (expires on ${day(endsOn)}): ${spelled(words)}`),
    );
  if (renewed.length === 0 && skipped.length === 0)
    lines.push(
      `Nothing to do in ${directory}.${next === undefined ? '' : ` Next: ${next.path} expires on ${day(next.endsOn)}.`}`,
    );
  if (renewed.some(({ role }) => role === 'server') && !daemon.installed)
    lines.push(
      '',
      daemon.command === undefined
        ? 'The daemon reads its certificate only when it starts: copy the new one to its host, and restart it.'
        : `The daemon of this host uses a copy: update it, and restart the daemon, with \`${callLine(daemon.command)}\`.`,
    );
  if (renewed.some(({ role }) => role === 'client'))
    lines.push(
      '',
      `A docker context keeps its own copy: update it with \`${ownLine('context', 'NAME', '--apply', '--dir', directory)}\`.`,
    );
  return lines;
}

/** What is known of the daemon that a renewal is for. */
export interface ForTheDaemon {
  /** Whether it was brought its files. */
  readonly installed?: boolean;
  /** What brings them to it, where `install daemon` has set it up on this host. */
  readonly command?: CallPart | undefined;
}

/** What became of the daemon's own copy. Where something went wrong, what state each is in. */
export function describeInstalled(
  installed: InstalledRenewal,
  { directory, renewed }: { readonly directory: string; readonly renewed: boolean },
  style: Style,
): string[] {
  const { to, ok, changes, restarted, error } = installed;
  if (ok) {
    const names = changes.map(({ path }) => (dirname(path) === to ? basename(path) : path)).join(', ');
    if (changes.length > 0)
      return [
        `${style.green('Installed')} in ${to}: ${names}.${restarted ? ' The daemon was restarted.' : ''}`,
      ];
    return [
      restarted
        ? `The files in ${to} were current, but the daemon still served others: it was restarted.`
        : `The daemon's files in ${to} are current.`,
    ];
  }
  return [
    `${style.red('error:')} ${stateOf(installed, directory, renewed)}: ${error?.message ?? ''}`,
    ...(error?.remedy === undefined ? [] : [`${style.bold('hint:')} ${spelled(error.remedy)}`]),
    installed.current === true && installed.serves === 'nothing'
      ? `${style.bold('hint:')} the files are in place: start the daemon once that is fixed`
      : `${style.bold('hint:')} then run the same command again to finish`,
  ];
}

function stateOf({ to, current, serves }: InstalledRenewal, directory: string, renewed: boolean): string {
  const set = renewed
    ? `the certificates in ${directory} are renewed`
    : `nothing was renewed in ${directory}`;
  const copies = {
    true: `${to} holds the same`,
    false: `${to} holds the previous ones`,
    undefined: `the files in ${to} could not be compared`,
  };
  const daemon = {
    new: 'the daemon serves the current certificate',
    other: 'the daemon still serves the previous one',
    nothing: 'no daemon answers at its TCP socket',
    'not-looked': undefined,
  };
  return [set, copies[`${current}`], daemon[serves]].filter((part) => part !== undefined).join('; ');
}

/** What `--install` would do beside what follows from the renewal. */
export function describeInstallPlan(changes: readonly HostChange[], style: Style): string[] {
  if (changes.length === 0)
    return ["The daemon's copy is current; renewed files would be copied there, too."];
  return [
    `${style.yellow('Then')} these files would be updated, beside the renewed ones:`,
    ...changes.map(({ path, what }) => `  ${path}  ${what}`.trimEnd()),
  ];
}

/** What became of the CA, and what comes next. */
export function describeCaRenewal(
  renewed: Shown<RenewedCa>,
  style: Style,
  { installed = false, command }: ForTheDaemon = {},
): string[] {
  const { directory, stage, path, role, copies, archive, endedOn, endsOn, ofTheOldCa } = renewed;
  const to = copyTo(path, role);
  const ofRole = role === undefined ? [] : ['--role', role];
  const copied = copies.length === 0 ? '' : ` (and its copies ${copies.join(', ')})`;
  const kept = describeArchive(directory, archive);
  const here =
    installed || command === undefined
      ? []
      : [`On this host \`${callLine(command)}\` does that for the daemon.`];
  switch (stage) {
    case 'renewed':
      return [
        `${style.green('Renewed')}: ${join(directory, path)}${copied}: valid until ${day(endsOn)}; the previous one until ${day(endedOn)}.`,
        'The key is the same: every certificate that it signed stays valid.',
        kept,
        '',
        `${to.where}${endedOn > new Date() ? ` before ${day(endedOn)}` : ' now: theirs has expired'}${to.restart}.`,
        ...here,
      ];
    case 'rolling-over':
      return [
        `${style.green('Started')}: ${join(directory, path)}${copied} holds the new CA, valid until ${day(endsOn)}, and the old one, until ${day(endedOn)}.`,
        kept,
        '',
        'Next, in this order:',
        `  1. ${to.where}${to.restart}: they trust both CAs then.`,
        ...here.map((line) => `     ${line}`),
        ofTheOldCa.length === 0
          ? '  2. Nothing to renew here.'
          : `  2. ${ownLine('renew', role ?? '--all', '--dir', directory)}, and copy each new certificate to its ${role === undefined ? 'host or client' : role === 'server' ? 'host' : 'client'}.`,
        `  3. ${ownLine('renew', 'ca', ...ofRole, '--finish', '--dir', directory)}, and copy ${path} ${role === undefined ? 'everywhere' : 'there'} once more.`,
      ];
    case 'finished':
      return [
        `${style.green('Finished')}: ${join(directory, path)}${copied} holds the new CA alone, valid until ${day(endsOn)}.`,
        kept,
        '',
        `${to.where}${to.restart}: the old CA is trusted until then.`,
        ...here,
      ];
  }
}

/** Where a CA has to be copied: to everyone who trusts it. */
function copyTo(path: string, role: RenewedCa['role']): { readonly where: string; readonly restart: string } {
  const restart = ', and restart the daemons';
  switch (role) {
    case 'client':
      return { where: `Copy ${path} as ca.pem to every host`, restart };
    case 'server':
      return { where: `Copy ${path} to every client`, restart: '' };
    default:
      return { where: `Copy ${path} to every host and client`, restart };
  }
}

export function describeRollback(
  { directory, files, from, replacedAt, archive }: Rollback,
  style: Style,
): string[] {
  return [
    `${style.green('Restored')} in ${directory}, as it was before ${replacedAt.toISOString().slice(0, 19).replace('T', ' ')} UTC:`,
    ...files.map((path) => `  ${path}`),
    `The files came from ${join(directory, from)}; those they replace are in ${join(directory, archive)}.`,
  ];
}

/** What a command of the user's made of it. */
export function describeHook({ command, ok, why, stdout, stderr }: HookResult, style: Style): string[] {
  const said = [stdout, stderr]
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.trim() !== '')
    .map((line) => style.dim(`  ${line}`));
  if (ok) return [`Ran: ${command}`, ...said];
  return [
    `${style.red('error:')} the --exec command failed, ${why ?? ''}: ${command}`,
    ...said,
    `${style.bold('hint:')} the certificates were renewed; run the command again by hand`,
  ];
}
