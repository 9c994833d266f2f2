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

const day = (date: Date): string => {
  const number = Math.floor(date.getTime() / DAY_MS);
  const known = days.get(number) ?? date.toISOString().slice(0, 10);
  days.set(number, known);
  return known;
};

const DAY_MS = 86_400_000;
/** Of a long list most have been written before. */
const days = new Map<number, string>();

/** A table of what was issued, line by line: it may be long. */
export function* describeIssuedList({ certificates, recorded }: WalkedList, style: Style): Generator<string> {
  const states: IssuedCertificate['state'][] = [];
  const [ends, roles, serials, names]: [string[], string[], string[], string[]] = [[], [], [], []];
  const widths = { state: 5, role: 4, serial: 6 };
  const counts = new Map<IssuedCertificate['state'], number>();
  for (const one of certificates) {
    const { state, serial, role = '?', revokedAt, reason } = one;
    const revoked = revokedAt ? `, revoked on ${day(revokedAt)}${reason ? ` (${reason})` : ''}` : '';
    states.push(state);
    ends.push(day(one.notAfter));
    roles.push(role);
    serials.push(serial);
    names.push(nameOf(one) + revoked);
    widths.state = Math.max(widths.state, state.length);
    widths.role = Math.max(widths.role, role.length);
    widths.serial = Math.max(widths.serial, serial.length);
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  const line = (state: string, end: string, role: string, serial: string, name: string): string =>
    `${state.padEnd(widths.state)}  ${end.padEnd(10)}  ${role.padEnd(widths.role)}  ${serial.padEnd(widths.serial)}  ${name}`;
  const colour: Partial<Record<IssuedCertificate['state'], (text: string) => string>> = {
    due: style.yellow,
    expired: style.dim,
    revoked: style.red,
  };
  if (states.length > 0) yield line('STATE', 'ENDS', 'ROLE', 'SERIAL', 'NAME');
  for (const [at, state] of states.entries()) {
    const text = line(state, ends[at] ?? '', roles[at] ?? '', serials[at] ?? '', names[at] ?? '');
    yield colour[state]?.(text) ?? text;
  }
  if (states.length > 0) yield '';
  yield `${counted(states.length, 'certificate')}${summary(counts)}.`;
  if (!recorded) yield `${style.yellow('note:')} ${indexWords.notRecorded}`;
}

function summary(counts: ReadonlyMap<IssuedCertificate['state'], number>): string {
  const states = ['valid', 'due', 'not-yet-valid', 'expired', 'revoked'] as const;
  const words = states.flatMap((state) => {
    const count = counts.get(state) ?? 0;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return words.length === 0 ? '' : `: ${words.join(', ')}`;
}

function nameOf({ commonName, subject, path }: IssuedCertificate): string {
  return `'${commonName ?? subject}'${path === undefined ? '' : ` ${path}`}`;
}

/** The object that `issued --json` prints. */
export function issuedListAsJson({ directory, recorded, certificates }: WalkedList): object {
  return {
    ok: true,
    command: 'issued',
    directory,
    recorded,
    certificates: Array.from(certificates, (one) => ({
      serial: one.serial,
      state: one.state,
      role: one.role ?? null,
      subject: one.subject,
      commonName: one.commonName ?? null,
      names: one.names,
      notBefore: one.notBefore?.toISOString() ?? null,
      notAfter: one.notAfter.toISOString(),
      path: one.path ?? null,
      fingerprint256: one.fingerprint256 ?? null,
      revokedAt: one.revokedAt?.toISOString() ?? null,
      reason: one.reason ?? null,
    })),
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
