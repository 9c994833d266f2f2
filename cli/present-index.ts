/** The words about what a CA has issued and revoked; their voice is that of present.ts. */
import { join } from 'node:path';
import { type IssuedCertificate, type MadeCrl, type Plan, type Revocations } from '../lib/index.js';
import { artifactsOf, type RebuiltIndex, type WalkedList } from '../lib/internal.js';
import { ownLine } from './own-command.js';
import { madeAsJson, planAsJson } from './present-authority.js';
import { counted, spelledNotes } from './present.js';
import type { Style } from './streams.js';

export const indexWords = {
  confirm: (count: number) => (count === 1 ? 'Revoke it?' : `Revoke these ${count}?`),
  unconfirmed: 'a revocation cannot be taken back, and there is no terminal to ask at',
  unconfirmedHint: 'look at what it does with --dry-run, then add --yes',
  notRevoked: 'nothing was revoked',
  notRecorded: 'there is no index yet: this list is of the certificates in the directory and its archive',
} as const;

const DAY_MS = 86_400_000;

/** Texts of dates and of times of the day: in a long list most have been written before. */
const [days, times] = [new Map<number, string>(), new Map<number, string>()];

function once(texts: Map<number, string>, number: number, write: () => string): string {
  const known = texts.get(number) ?? write();
  texts.set(number, known);
  return known;
}

function day(date: Date): string {
  return once(days, Math.floor(date.getTime() / DAY_MS), () => date.toISOString().replace(/T.*/, ''));
}

/** As `toISOString` writes it. */
function second(date: Date): string {
  const ms = date.getTime();
  const time = ms - DAY_MS * Math.floor(ms / DAY_MS);
  return `${day(date)}${once(times, time, () => date.toISOString().replace(/^[^T]*/, ''))}`;
}

/**
 * A table of what was issued, in texts of up to a thousand lines: it may be long, and a hundred thousand texts would take longer to keep
 * than to make. Nothing is given before all of it was read.
 */
export function* describeIssuedList({ certificates, recorded }: WalkedList, style: Style): Generator<string> {
  const counts = new Map<IssuedCertificate['state'], number>();
  const parts: { text: string; made: Widths }[] = [];
  let widths: Widths = { state: 5, role: 4, serial: 6 };
  let rows: string[] = [];
  const add = (): void => {
    if (rows.length > 0) parts.push({ text: rows.join('\n'), made: widths });
    rows = [];
  };
  for (const one of certificates) {
    const { state, serial, role = '?' } = one;
    counts.set(state, (counts.get(state) ?? 0) + 1);
    const isWide = state.length > widths.state || role.length > widths.role || serial.length > widths.serial;
    if (isWide || rows.length === 1000) add();
    if (isWide) widths = widest(widths, { state: state.length, role: role.length, serial: serial.length });
    rows.push(lineOf({ state, end: day(one.notAfter), role, serial, name: nameOf(one) }, widths));
  }
  add();
  if (parts.length > 0)
    yield lineOf({ state: 'STATE', end: 'ENDS', role: 'ROLE', serial: 'SERIAL', name: 'NAME' }, widths);
  const colours = coloursIn(style);
  for (const { text, made } of parts) {
    if (isSame(made, widths) && colours.size === 0) yield text;
    else
      yield text
        .split('\n')
        .map((row) => coloured(widened(row, made, widths), colours))
        .join('\n');
  }
  const count = [...counts.values()].reduce((sum, one) => sum + one, 0);
  if (count > 0) yield '';
  yield `${counted(count, 'certificate')}${summary(counts)}.`;
  if (!recorded) yield `${style.yellow('note:')} ${indexWords.notRecorded}`;
}

type Colours = ReadonlyMap<string, (line: string) => string>;

/** Of rows, by their states. None where the style has no colours. */
function coloursIn({ isColorSupported, yellow, dim, red }: Style): Colours {
  if (!isColorSupported) return new Map();
  return new Map([
    ['due', yellow],
    ['expired', dim],
    ['revoked', red],
  ]);
}

function coloured(line: string, colours: Colours): string {
  return colours.get(line.slice(0, line.indexOf(' ')))?.(line) ?? line;
}

/** Of the columns that are padded. */
interface Widths {
  readonly state: number;
  readonly role: number;
  readonly serial: number;
}

function widest(one: Widths, other: Widths): Widths {
  return {
    state: Math.max(one.state, other.state),
    role: Math.max(one.role, other.role),
    serial: Math.max(one.serial, other.serial),
  };
}

function isSame(one: Widths, other: Widths): boolean {
  return one.state === other.state && one.role === other.role && one.serial === other.serial;
}

type Row = Readonly<Record<'state' | 'end' | 'role' | 'serial' | 'name', string>>;

function lineOf({ state, end, role, serial, name }: Row, widths: Widths): string {
  return `${state.padEnd(widths.state)}  ${end.padEnd(10)}  ${role.padEnd(widths.role)}  ${serial.padEnd(widths.serial)}  ${name}`;
}

/** A line whose columns were narrower when it was made. */
function widened(line: string, from: Widths, to: Widths): string {
  const roleAt = from.state + 14;
  const serialAt = roleAt + from.role + 2;
  const serialEnd = serialAt + from.serial;
  return [
    line.slice(0, from.state).padEnd(to.state) + line.slice(from.state, roleAt),
    line.slice(roleAt, serialAt).padEnd(to.role + 2),
    line.slice(serialAt, serialEnd).padEnd(to.serial) + line.slice(serialEnd),
  ].join('');
}

function summary(counts: ReadonlyMap<IssuedCertificate['state'], number>): string {
  const states = ['valid', 'due', 'not-yet-valid', 'expired', 'revoked'] as const;
  const words = states.flatMap((state) => {
    const count = counts.get(state) ?? 0;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return words.length === 0 ? '' : `: ${words.join(', ')}`;
}

/** Whom it is for, where it lies, and whether it was revoked; in one line, as a line end is shown. */
function nameOf({ commonName, subject, path, revokedAt, reason }: IssuedCertificate): string {
  const place = path === undefined ? '' : ` ${path}`;
  const revoked = revokedAt ? `, revoked on ${day(revokedAt)}${reason ? ` (${reason})` : ''}` : '';
  return `'${commonName ?? subject}'${place}${revoked}`.replaceAll('\n', '\\u000a');
}

/** The object that `issued --json` prints, without its `certificates`. */
export function issuedListAsJson({ directory, recorded }: WalkedList): object {
  return { ok: true, command: 'issued', directory, recorded };
}

/** One of its `certificates`. */
export function issuedAsJson(one: IssuedCertificate): object {
  return {
    serial: one.serial,
    state: one.state,
    role: one.role ?? null,
    subject: one.subject,
    commonName: one.commonName ?? null,
    names: one.names,
    notBefore: one.notBefore ? second(one.notBefore) : null,
    notAfter: second(one.notAfter),
    path: one.path ?? null,
    fingerprint256: one.fingerprint256 ?? null,
    revokedAt: one.revokedAt ? second(one.revokedAt) : null,
    reason: one.reason ?? null,
  };
}

/** The certificates that a revocation is about. */
export function describeToRevoke(certificates: Revocations['certificates']): string[] {
  return certificates.map(
    ({ serial, subject, path, notAfter, before }) =>
      `  ${serial}  ${subject}${path === undefined ? '' : ` (${path})`}, valid until ${day(notAfter)}${before ? ', revoked before' : ''}`,
  );
}

/** What was revoked, what that means, and what locks the client out. */
export function describeRevocation(
  { directory, crl, role, certificates, nextUpdate }: Omit<Revocations, 'plan'>,
  style: Style,
): string[] {
  return [
    `${style.green('Revoked')}:`,
    ...describeToRevoke(certificates),
    certificates.every(({ listed }) => listed)
      ? `${join(directory, crl)} lists ${certificates.length === 1 ? 'it' : 'them'}; the next list is due on ${day(nextUpdate)}.`
      : `${join(directory, crl)} lists ${counted(certificates.filter(({ listed }) => listed).length, 'certificate')} of these; the next list is due on ${day(nextUpdate)}.`,
    '',
    ...waysOut(directory, role, style),
  ];
}

/** What locks out the holder of a revoked certificate. */
function waysOut(directory: string, role: Revocations['role'], style: Style): string[] {
  const ofRole = role === undefined ? [] : ['--role', role];
  const rollOver = `  ${ownLine('renew', 'ca', ...ofRole, '--new-key', '--dir', directory)}`;
  if (role === 'server')
    return [
      style.bold('docker checks no revocation: it still trusts a revoked server.') +
        ' A roll-over locks it out:',
      '',
      'Roll over to a new server CA, and renew only the servers that you still trust. No client changes but for its ca.pem:',
      rollOver,
    ];
  return [
    style.bold('dockerd checks no revocation: it still lets a revoked client in.') + ' Two ways lock it out:',
    '',
    'Put a proxy before dockerd that checks the list, and let dockerd listen on its socket alone:',
    `  ${ownLine('snippet', 'nginx', '--dir', directory)}`,
    role === undefined
      ? 'Or roll over to a new CA, and renew only the certificates that you still trust:'
      : "Or roll over to a new client CA, and renew only the clients that you still trust. No server's certificate changes:",
    rollOver,
  ];
}

/** The list that was signed. */
export function describeCrl(
  { directory, crl, role, number, revoked, nextUpdate, made }: Omit<MadeCrl, 'plan'>,
  style: Style,
): string[] {
  const path = join(directory, crl);
  const list = `list ${number}, ${counted(revoked.length, 'certificate')} revoked; the next one is due on ${day(nextUpdate)}`;
  if (made.length === 0) return [`Nothing to do: ${path} is not due. It is ${list}.`];
  if (role === 'server') return [`${style.green('Signed')} ${path}: ${list}.`];
  return [
    `${style.green('Signed')} ${path}: ${list}.`,
    '',
    'Copy it to each proxy that checks it, and reload that. To sign the next one in time:',
    `  ${ownLine('crl', '--install-timer', '--apply', '--dir', directory)}`,
  ];
}

/** The object that `crl --json` prints. */
export function crlAsJson(
  made: Pick<MadeCrl, 'directory' | 'crl' | 'role' | 'number' | 'revoked' | 'nextUpdate' | 'notes'> &
    Partial<MadeCrl>,
  plan?: Plan,
  command = 'crl',
): object {
  const { directory, crl, role, number, revoked, nextUpdate, notes, commands = [], openssl } = made;
  return {
    ok: true,
    command,
    dryRun: plan !== undefined,
    directory,
    crl,
    ...(role && { role }),
    number: String(number),
    revoked,
    nextUpdate: nextUpdate.toISOString(),
    made: madeAsJson(plan ? artifactsOf(plan) : (made.made ?? [])),
    notes: spelledNotes(notes),
    ...planAsJson(commands, plan),
    openssl: openssl ? { path: openssl.path, version: openssl.version.text } : null,
  };
}

/** The object that `revoke --json` prints. */
export function revocationAsJson(
  revoked: Pick<Revocations, 'certificates'> & Parameters<typeof crlAsJson>[0],
  plan?: Plan,
): object {
  return {
    ...crlAsJson(revoked, plan, 'revoke'),
    certificates: revoked.certificates.map(({ serial, subject, path, notAfter, before, listed }) => ({
      ...{ serial, subject, path: path ?? null, notAfter: notAfter.toISOString(), before, listed },
    })),
    dockerdChecks: false,
  };
}

/** What became of the index. */
export function describeRebuilt(
  { directory, certificates, added, lost, made }: RebuiltIndex,
  style: Style,
  dryRun = false,
): string[] {
  const whole = `${counted(certificates, 'certificate')} in ${join(directory, 'authority/index.txt')}`;
  if (made.length === 0) return [`Nothing to do: ${whole}, as in the files.`];
  return [
    dryRun
      ? `Preview: the index would have ${whole}, ${added} added.`
      : `${style.green('Rebuilt')} the index: ${whole}, ${added} added.`,
    ...(lost > 0
      ? [`${counted(lost, 'line')} could not be read; the old files are kept beside it, as .old.`]
      : []),
  ];
}

/** The object that `authority rebuild --json` prints. */
export function rebuiltAsJson(
  { directory, certificates, added, lost, made }: RebuiltIndex,
  dryRun = false,
): object {
  return {
    ok: true,
    command: 'authority rebuild',
    dryRun,
    directory,
    certificates,
    added,
    lost,
    made: made.map(({ path }) => path),
  };
}
