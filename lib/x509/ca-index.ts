import type { RevocationReason } from './crl.js';
import { parseTime } from './der-time.js';

/**
 * The index of a CA in the form of `openssl ca` (index.txt): one certificate a line, six fields between tabs (openssl-ca(1), and
 * TXT_DB in crypto/txt_db). Status, expiry, revocation, serial, file and subject.
 */

/** One line of it. */
export interface IndexEntry {
  /** `V` valid, `R` revoked, `E` expired, as openssl has last marked it. */
  readonly status: 'V' | 'R' | 'E';
  readonly notAfter: Date;
  /** Undefined for a certificate that was not revoked. */
  readonly revocation: Revocation | undefined;
  /** Upper-case hexadecimal, an even number of digits. */
  readonly serial: string;
  /** `unknown`, as openssl writes it, or a path. */
  readonly file: string;
  /** As openssl prints it in one line: `/O=Example/CN=alice`. */
  readonly subject: string;
}

export interface Revocation {
  readonly at: Date;
  /** Undefined where none was given. */
  readonly reason: RevocationReason | undefined;
}

/** The reasons that a certificate can be revoked for (RFC 5280 §5.3.1), as openssl spells them. */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'CACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
] as const satisfies readonly RevocationReason[];

/** A line that is none of an index. */
export class IndexFault extends Error {
  override readonly name = 'IndexFault';
  /** Counted from 1. */
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** Reads an index. Throws `IndexFault`. */
export function parseIndex(text: string): IndexEntry[] {
  return [...indexEntries(text)];
}

/** The same one after the other: an index may be long. */
export function* indexEntries(text: string): Generator<IndexEntry> {
  if (text !== '' && !text.endsWith('\n'))
    throw new IndexFault(text.split('\n').length, 'its last line is cut off');
  for (let start = 0, at = 1; start < text.length; at++) {
    const valid = validAt(text, start);
    if (valid) {
      start = validLine.lastIndex;
      yield valid;
      continue;
    }
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end);
    start = end + 1;
    if (line === '' || line.startsWith('#')) continue; // as TXT_DB_read
    yield entryOf(line, at);
  }
}

/** As most lines are: an index can have a hundred thousand of them. */
const validLine = /([VE])\t(\d{12}(?:\d\d)?Z)\t\t((?:[0-9A-F]{2})+)\t([^\t\n]*)\t([^\t\n]*)\n/y;

/** The certificate in the line that begins there; undefined for one that was revoked, and for any other line. */
function validAt(text: string, start: number): IndexEntry | undefined {
  validLine.lastIndex = start;
  const [, status, date = '', serial = '', file = '', subject = ''] = validLine.exec(text) ?? [];
  const notAfter = status === undefined ? undefined : parseTime(date);
  return notAfter && { status: status as 'V' | 'E', notAfter, revocation: undefined, serial, file, subject };
}

function entryOf(line: string, at: number): IndexEntry {
  const [status, notAfter, revoked, serial, file, subject, ...more] = line.split('\t');
  const refuse = (why: string): never => {
    throw new IndexFault(at, why);
  };
  if (notAfter === undefined || revoked === undefined || serial === undefined)
    return refuse('a field is missing');
  if (file === undefined || subject === undefined || more.length > 0)
    return refuse('it does not have six fields');
  if (status !== 'V' && status !== 'R' && status !== 'E') return refuse('it begins with none of V, R and E');
  if (!/^(?:[0-9A-F]{2})+$/.test(serial)) return refuse('its serial number is not hexadecimal');
  if ((revoked !== '') !== (status === 'R')) return refuse('its revocation contradicts its status');
  const revocation = revoked === '' ? undefined : revocationOf(revoked, refuse);
  return { status, notAfter: dateOf(notAfter, refuse), revocation, serial, file, subject };
}

type RefuseLine = (why: string) => never;

function revocationOf(text: string, refuse: RefuseLine): Revocation {
  const [date = '', reason] = text.split(',');
  const known = revocationReasons.find((one) => one.toLowerCase() === reason?.toLowerCase());
  return { at: dateOf(date, refuse), reason: known };
}

function dateOf(text: string, refuse: RefuseLine): Date {
  return parseTime(text) ?? refuse('its date is none');
}

/** The text of an index: the reverse of `parseIndex`. */
export function formatIndex(entries: readonly IndexEntry[]): string {
  return entries.map((entry) => `${formatEntry(entry)}\n`).join('');
}

function formatEntry({ status, notAfter, revocation, serial, file, subject }: IndexEntry): string {
  const { at, reason } = revocation ?? {};
  const revoked =
    at === undefined ? '' : [formatDate(at), ...(reason === undefined ? [] : [reason])].join(',');
  return [status, formatDate(notAfter), revoked, serial, file, subject].join('\t');
}

function formatDate(date: Date): string {
  const digits = `${date.toISOString().slice(0, 19).replace(/\D/g, '')}Z`;
  const year = date.getUTCFullYear();
  return year >= 1950 && year < 2050 ? digits.slice(2) : digits;
}

/** A name in one line as X509_NAME_oneline writes it: octets that are not printable ASCII as `\xC3`. */
export function onelineName(
  attributes: readonly { readonly type: string; readonly octets: Buffer }[],
): string {
  return attributes
    .map(({ type, octets }) => {
      const value = Array.from(octets, (octet) =>
        octet < 0x20 || octet > 0x7e
          ? `\\x${octet.toString(16).toUpperCase().padStart(2, '0')}`
          : String.fromCharCode(octet),
      );
      return `/${type}=${value.join('')}`;
    })
    .join('');
}
