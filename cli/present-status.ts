/** Every word about what certificates are and how long they live. The voice is that of present.ts. */
import { join, relative } from 'node:path';
import {
  certificateStates,
  statusWarnings,
  type CertificateState,
  type InspectedCertificate,
  type InspectedKey,
  type Within,
} from '../lib/internal.js';
import type { CertificateStatus, Inspection, Status } from '../lib/index.js';
import { counted } from './present.js';
import { visible, type Style } from './streams.js';

export const statusWords = {
  jsonAndFormat: (format: string) => `--json and --format ${format} cannot be combined`,
  htmlAlone: '--html cannot be combined with --json, --format or --output',
} as const;

export const inspectWords = {
  jsonAndGraph: '--json and --graph cannot be combined',
} as const;

/** How each state is shown. */
const stateColours = {
  ok: 'green',
  due: 'yellow',
  'not-yet-valid': 'red',
  expired: 'red',
  broken: 'red',
} as const satisfies Record<CertificateState, keyof Style>;

const BAR = 10;

/** How much of a life is gone: with signs for a terminal that has colours, else in plain ASCII. */
function bar(gone: number, signs: boolean): string {
  // What is not over leaves a blank, and what has begun a mark, however little it is.
  const full = gone >= 1 ? BAR : Math.min(BAR - 1, Math.floor(gone * BAR));
  const [done, open] = signs ? ['█', '░'] : ['#', '-'];
  const cells = done.repeat(full) + open.repeat(BAR - full);
  return signs ? cells : `[${cells}]`;
}

/** A line for each certificate, that which ends first above; then what is broken; then how many are in which state. */
export function describeStatus(status: Status, style: Style, signs: boolean): string[] {
  const rows = [
    ...status.certificates.map((one) => rowOf(one, signs)),
    ...status.broken.map(({ directory, path, why }): Row => ({
      state: 'broken',
      cells: ['broken', '', '', '', ''],
      tail: `${visible(shownPath(directory, path))}: ${visible(why)}`,
    })),
  ];
  const heading = ['STATE', 'LIFE', 'DAYS', 'ENDS', 'ROLE'];
  const widths = heading.map((word, at) =>
    rows.reduce((most, { cells }) => Math.max(most, cells[at]?.length ?? 0), word.length),
  );
  const line = (cells: readonly string[], tail: string, paint = (text: string) => text): string => {
    const padded = cells.map((cell, at) =>
      at === DAYS ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
    );
    const [first = '', ...rest] = padded;
    return [paint(first), ...rest, tail].join('  ');
  };
  return [
    style.bold(line(heading, 'FILE')),
    ...rows.map(({ state, cells, tail }) => line(cells, tail, style[stateColours[state]])),
    '',
    summary(status, style),
  ];
}

/** The column of numbers. */
const DAYS = 2;

interface Row {
  readonly state: CertificateState;
  readonly cells: readonly string[];
  /** The last column, which is as long as it is. */
  readonly tail: string;
}

function rowOf(one: CertificateStatus, signs: boolean): Row {
  const { directory, alsoIn, state, role, commonName, daysLeft, lifeGone, notAfter } = one;
  const more = alsoIn.length === 0 ? '' : ` and ${counted(alsoIn.length, 'more file')}`;
  const name = commonName === undefined ? '' : ` '${commonName}'`;
  return {
    state,
    cells: [state, bar(lifeGone, signs), String(daysLeft), notAfter.toISOString().slice(0, 10), role],
    tail: visible(`${shownPath(directory, placeOf(one))}${name}${more}`),
  };
}

function summary({ counts, state, within, certificates, broken }: Status, style: Style): string {
  const span = [
    ...('days' in within ? [counted(within.days, 'day')] : []),
    ...('percent' in within && !isLong(certificates, within) ? [`${within.percent}% of its life`] : []),
  ].join(' or ');
  const parts = certificateStates
    .filter((one) => counts[one] > 0)
    .map(
      (one) =>
        `${counts[one]} ${one.replaceAll('-', ' ')}${one === 'due' ? ` (less than ${span} left)` : ''}`,
    );
  const total = counted(certificates.length + broken.length, 'certificate');
  return `${total}: ${style[stateColours[state]](parts.join(', '))}.`;
}

/** Whether for each of them the days are what counts. */
function isLong(certificates: Status['certificates'], within: Within): boolean {
  if (!('days' in within && 'percent' in within)) return false;
  const shortestMs = (within.days * 86_400_000 * 100) / within.percent;
  return certificates.every(
    ({ notBefore, notAfter }) => notAfter.getTime() - notBefore.getTime() >= shortestMs,
  );
}

/** A file, and which of its certificates where it is not the first: `bundle.pem#2`. */
function placeOf({ path, index }: { readonly path: string; readonly index: number }): string {
  return index === 0 ? path : `${path}#${index + 1}`;
}

/** As a person would name it here. */
function shownPath(directory: string, path: string): string {
  const whole = join(directory, path);
  const near = relative('', whole);
  return near.startsWith('..') ? whole : near;
}

/** The object that --json prints: docs/json.md describes it. */
export function statusAsJson(status: Status): object {
  const { now, within, state, counts, certificates, broken } = status;
  return {
    ok: state === 'ok',
    command: 'status',
    now,
    within,
    state,
    counts,
    certificates: certificates.map(({ commonName, ...one }) => ({ ...one, commonName: commonName ?? null })),
    broken,
    warnings: statusWarnings(status),
  };
}

/** A paragraph for each certificate, then what belongs to none, and what cannot be read. */
export function describeInspection(inspection: Inspection, style: Style): string[] {
  const { directory, certificates, strayKeys, damaged, now } = inspection;
  const paragraphs = [
    ...certificates.map((one) => describeCertificate(one, now, style)),
    ...(strayKeys.length === 0
      ? []
      : [
          [style.bold('Private keys that belong to no certificate here:'), ...strayKeys.map(describeKeyLine)],
        ]),
    ...(damaged.length === 0
      ? []
      : [
          [
            style.bold(style.red('Unreadable:')),
            ...damaged.map(({ path, why }) => `  ${visible(path)}: ${visible(why)}`),
          ],
        ]),
  ];
  return [`In ${visible(directory)}:`, ...paragraphs.flatMap((lines) => ['', ...lines])];
}

function describeKeyLine(key: InspectedKey): string {
  return `  ${describeKey(key)}`;
}

function describeKey({ path, encrypted, uri }: InspectedKey): string {
  if (uri !== undefined) return `in a token: ${visible(uri)} (${visible(path)})`;
  return `${visible(path)}${encrypted ? ', encrypted' : ''}`;
}

const roleWords = { ca: 'CA', server: 'server', client: 'client' } as const;

function describeCertificate(one: InspectedCertificate, now: Date, style: Style): string[] {
  const paint = one.validity === 'valid' ? (text: string) => text : style.red;
  const rows: readonly (readonly [title: string, text: string, paint?: (text: string) => string])[] = [
    ['also in', one.alsoIn.join(', ')],
    ['subject', one.subject || '(empty)'],
    ['issuer', one.issuer || '(empty)'],
    ['names', one.names.join(', ') || 'none'],
    ['usage', usageWords(one)],
    ['signs for', one.nameConstraints?.join(', ') ?? ''],
    ['key', keyWords(one.publicKey)],
    ['signature', one.signature.digest ?? signatureNames[one.signature.algorithm] ?? one.signature.algorithm],
    ['serial', one.serial],
    ['dates', datesWords(one, now), paint],
    ['SHA-256', one.fingerprint256],
    ['private key', one.privateKey ? describeKey(one.privateKey) : 'not here'],
    ['signed by', signerWords(one)],
  ];
  const width = Math.max(...rows.map(([title]) => title.length));
  return [
    `${style.bold(visible(placeOf(one)))} (${roleWords[one.role]})`,
    ...rows
      .filter(([, text]) => text !== '')
      .map(
        ([title, text, colour = (plain: string) => plain]) =>
          `  ${title.padEnd(width)}  ${colour(visible(text))}`,
      ),
  ];
}

function signerWords({ signedBy, issuer }: InspectedCertificate): string {
  if (!signedBy) return issuer === '' ? 'an issuer that is not here' : `${issuer} (not here)`;
  return signedBy.itself ? 'itself' : signedBy.path;
}

function usageWords({ ca, keyUsage, extendedKeyUsage, version }: InspectedCertificate): string {
  const words = [ca ? 'CA' : 'not a CA', ...(keyUsage ?? []), ...(extendedKeyUsage ?? [])];
  if (version < 3) words.push(`version ${version}`);
  return words.join(', ');
}

/** Curves as people call them; openssl's name for the rest. */
const curves: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

const keyTypes: Readonly<Record<string, string>> = {
  rsa: 'RSA',
  'rsa-pss': 'RSA-PSS',
  dsa: 'DSA',
  ec: 'EC',
  ed25519: 'Ed25519',
  ed448: 'Ed448',
};

function keyWords({ type, bits, curve }: InspectedCertificate['publicKey']): string {
  if (type === undefined) return 'of a kind that is not known';
  const detail = bits ?? (curve === undefined ? undefined : (curves[curve] ?? curve));
  return [keyTypes[type] ?? type, detail].filter((word) => word !== undefined).join(' ');
}

/** Signatures without a digest of their own. */
const signatureNames: Readonly<Record<string, string>> = {
  '1.3.101.112': 'Ed25519',
  '1.3.101.113': 'Ed448',
  '1.2.840.113549.1.1.10': 'RSA-PSS',
};

function datesWords({ notBefore, notAfter, validity, daysLeft }: InspectedCertificate, now: Date): string {
  const [start, end] = [notBefore, notAfter].map((date) => date.toISOString().slice(0, 10));
  const span = `valid from ${start ?? ''} to ${end ?? ''}`;
  if (validity === 'not-yet-valid')
    return `not valid before ${notBefore.toISOString().slice(0, 19).replace('T', ' ')} UTC; ${span}`;
  if (validity === 'valid')
    return `${span}, ${daysLeft === 0 ? 'less than a day' : counted(daysLeft, 'day')} left`;
  const ago = now.getTime() - notAfter.getTime() < 86_400_000 ? 'less than a day' : counted(-daysLeft, 'day');
  return `expired ${ago} ago; ${span.replace('valid', 'was valid')}`;
}

/** The object that --json prints: docs/json.md describes it. */
export function inspectionAsJson({ directory, now, certificates, strayKeys, damaged }: Inspection): object {
  return {
    ok: true,
    command: 'inspect',
    directory,
    now,
    certificates: certificates.map((one) => ({
      ...one,
      commonName: one.commonName ?? null,
      keyUsage: one.keyUsage ?? null,
      extendedKeyUsage: one.extendedKeyUsage ?? null,
      nameConstraints: one.nameConstraints ?? null,
      publicKey: {
        type: one.publicKey.type ?? null,
        bits: one.publicKey.bits ?? null,
        curve: one.publicKey.curve ?? null,
      },
      signature: { ...one.signature, digest: one.signature.digest ?? null },
      privateKey: one.privateKey ?? null,
      signedBy: one.signedBy ?? null,
    })),
    strayKeys,
    damaged,
  };
}
