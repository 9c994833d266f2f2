import {
  bits,
  boolean,
  content,
  contextTag,
  DerError,
  derValue,
  integer,
  objectIdentifier,
  parts,
  TAG,
  type DerValue,
} from './der.js';

/** The little that tells which certificate it is, what it is for, and until when. */
export interface CertificateSummary {
  /** The subject's first common name. */
  readonly commonName: string | undefined;
  /** Upper-case hexadecimal, as node:crypto writes it. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly ca: boolean;
  /** Object identifiers; undefined where it has none, which allows everything. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly hasAltNames: boolean;
}

/**
 * Reads a certificate in DER without its public key, which node:crypto parses first, and which takes ten times as long as
 * all of this. What has not the form of a certificate (RFC 5280 §4.1) from its first octet to its last is refused, and so
 * are dates that are none. Throws `DerError`.
 */
export function certificateSummary(der: Buffer): CertificateSummary {
  const [tbs, algorithm, signature] = exactly(3, parts(derValue(der)));
  const fields = parts(tbs);
  if (fields[0]?.tag === contextTag(0, true)) integer(parts(fields.shift(), contextTag(0, true))[0]);
  const [serial, inner, issuer, validity, subject, publicKey, ...optional] = fields;
  for (const each of [algorithm, inner]) checkAlgorithm(each);
  const [keyAlgorithm, key] = exactly(2, parts(publicKey));
  checkAlgorithm(keyAlgorithm);
  for (const each of [key, signature]) bitString(each);
  attributes(issuer);
  const [start, end] = exactly(2, parts(validity));
  const extensions = extensionsOf(optional);
  return {
    commonName: commonName(attributes(subject)),
    serial: hexadecimal(serial),
    notBefore: time(start),
    notAfter: time(end),
    ca: isCa(extensions),
    extendedKeyUsage: readAs(extensions.get('551d25'), (value) => parts(value).map(objectIdentifier)),
    hasAltNames: extensions.has('551d11'),
  };
}

function exactly(count: number, values: DerValue[]): DerValue[] {
  if (values.length !== count) throw new DerError(`${values.length} values are there, and not ${count}`);
  return values;
}

function checkAlgorithm(value: DerValue | undefined): void {
  const [id, , ...more] = parts(value);
  content(id, TAG.objectIdentifier);
  if (more.length > 0) throw new DerError('an algorithm has one parameter');
}

function bitString(value: DerValue | undefined): void {
  const [unused] = content(value, TAG.bitString);
  if (unused === undefined || unused > 7) throw new DerError('it is no bit string');
}

interface Attribute {
  readonly id: Buffer;
  readonly value: DerValue | undefined;
}

function attributes(name: DerValue | undefined): Attribute[] {
  return parts(name).flatMap((set) =>
    parts(set, TAG.set).map((attribute) => {
      const [id, value] = exactly(2, parts(attribute));
      return { id: content(id, TAG.objectIdentifier), value };
    }),
  );
}

const commonNameId = Buffer.from('550403', 'hex');

function commonName(list: readonly Attribute[]): string | undefined {
  const found = list.find(({ id }) => id.equals(commonNameId))?.value;
  if (!found) return undefined;
  if (found.tag === 0x0c) return found.content.toString('utf8');
  // BMPString: its octets the other way round. Every other kind that names are made of is one octet a character.
  if (found.tag === 0x1e && found.content.length % 2 === 0)
    return Buffer.from(found.content).swap16().toString('utf16le');
  return found.content.toString('latin1');
}

function hexadecimal(serial: DerValue | undefined): string {
  const number = integer(serial);
  const digits = (number < 0n ? -number : number).toString(16).toUpperCase();
  return `${number < 0n ? '-' : ''}${digits.length % 2 === 0 ? '' : '0'}${digits}`;
}

/** UTCTime and GeneralizedTime (RFC 5280 §4.1.2.5). */
function time(value: DerValue | undefined): Date {
  const text = value?.content.toString('latin1') ?? '';
  const form =
    value?.tag === 0x17 ? /^(\d\d)(\d{10})Z$/ : value?.tag === 0x18 ? /^(\d{4})(\d{10})Z$/ : /(?!)/;
  const [, year = '', rest = ''] = form.exec(text) ?? [];
  const full = year.length === 2 ? `${Number(year) < 50 ? '20' : '19'}${year}` : year;
  const [month = '', date = '', hour = '', minute = '', second = ''] = rest.match(/\d\d/g) ?? [];
  const iso = `${full}-${month}-${date}T${hour}:${minute}:${second}.000Z`;
  const parsed = new Date(iso);
  // The 30th of February is none, though the clock of a program can be set to it.
  if (Number.isNaN(parsed.getTime()) || parsed.toISOString() !== iso)
    throw new DerError('its dates are none');
  return parsed;
}

/** Their values in DER, by their object identifiers in hexadecimal. */
function extensionsOf(optional: readonly DerValue[]): Map<string, Buffer> {
  const list = optional.find(({ tag }) => tag === contextTag(3, true));
  if (!list) return new Map();
  const [sequence] = exactly(1, parts(list, list.tag));
  return new Map(
    parts(sequence).map((extension) => {
      const [id, ...rest] = parts(extension);
      if (rest.length > 2) throw new DerError('an extension has at most three parts');
      if (rest.length === 2) boolean(rest[0]);
      return [
        content(id, TAG.objectIdentifier).toString('hex'),
        content(rest.at(-1), TAG.octetString),
      ] as const;
    }),
  );
}

/** An extension can be malformed in a certificate that has its form: then it says nothing. */
function readAs<T>(value: Buffer | undefined, read: (value: DerValue) => T): T | undefined {
  try {
    return value && read(derValue(value));
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** As node:crypto has it: one that may not sign certificates by its keyUsage is none. */
function isCa(extensions: ReadonlyMap<string, Buffer>): boolean {
  const says = readAs(extensions.get('551d13'), (value) => {
    const [first] = parts(value);
    return first?.tag === TAG.boolean && boolean(first);
  });
  const usages = readAs(extensions.get('551d0f'), bits);
  return says === true && (usages?.includes(KEY_CERT_SIGN) ?? true);
}

const KEY_CERT_SIGN = 5;
