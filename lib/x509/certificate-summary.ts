import { isUtf8 } from 'node:buffer';
import { extensionIds } from './certificate-details.js';
import { certificateFields, exactly, EXTENSIONS, type CertificateFields } from './certificate-fields.js';
import {
  bits,
  boolean,
  content,
  contextTag,
  DerError,
  derValue,
  hexadecimal,
  integer,
  objectIdentifier,
  parts,
  TAG,
  type DerValue,
} from './der.js';
import { time } from './der-time.js';

/**
 * The little that tells which certificate it is, what it is for, and until when: of one that nothing has parsed before, so that
 * thousands of files can be looked through. `CertificateDetails` has the rest, of one that openssl has parsed.
 */
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
  return summaryOf(certificateFields(der));
}

/** The same, of a certificate whose fields are known. Throws `DerError`. */
export function summaryOf(fields: CertificateFields): CertificateSummary {
  const { optional, extensions } = fields;
  for (const each of [fields.algorithm, fields.signedAlgorithm]) checkAlgorithm(each);
  const [keyAlgorithm, key] = exactly(2, parts(derValue(fields.spki)));
  checkAlgorithm(keyAlgorithm);
  for (const each of [key, fields.signature]) bitString(each);
  attributes(fields.issuer);
  const [start, end] = exactly(2, parts(fields.validity));
  const order = optional.map(({ tag }) => optionalTags.indexOf(tag));
  if (order.some((place, at) => place <= (order[at - 1] ?? -1)))
    throw new DerError('what follows the key is none of its');
  const valueOf = (id: string): Buffer | undefined => extensions.findLast((each) => each.id === id)?.value;
  return {
    commonName: commonName(attributes(fields.subject)),
    serial: hexadecimal(integer(fields.serial)),
    notBefore: time(start),
    notAfter: time(end),
    ca: isCa(valueOf),
    extendedKeyUsage: readAs(valueOf(extensionIds.extendedKeyUsage), (value) =>
      parts(value).map(objectIdentifier),
    ),
    hasAltNames: valueOf(extensionIds.subjectAltName) !== undefined,
  };
}

/** The unique identifiers, which nobody has, and the extensions. */
const optionalTags: readonly number[] = [contextTag(1), contextTag(2), EXTENSIONS];

const NULL = 0x05;

function checkAlgorithm(value: DerValue | undefined): void {
  const [id, parameter, ...more] = parts(value);
  objectIdentifier(id);
  if (parameter?.tag === TAG.objectIdentifier) objectIdentifier(parameter);
  else if (parameter?.tag === TAG.sequence) parts(parameter);
  else if (parameter && !(parameter.tag === NULL && parameter.content.length === 0))
    throw new DerError('an algorithm has no such parameter');
  if (more.length > 0) throw new DerError('an algorithm has one parameter');
}

function bitString(value: DerValue | undefined): void {
  const [unused] = content(value, TAG.bitString);
  if (unused === undefined || unused > 7) throw new DerError('it is no bit string');
}

const UTF8 = 0x0c;
const BMP = 0x1e;

interface Attribute {
  readonly id: string;
  readonly value: DerValue;
}

function attributes(name: DerValue | undefined): Attribute[] {
  return parts(name).flatMap((set) =>
    parts(set, TAG.set).map((attribute) => {
      const [id, value] = exactly(2, parts(attribute));
      return { id: objectIdentifier(id), value: string(value) };
    }),
  );
}

/** UTF8String, BMPString, and those of one octet a character. */
const strings: readonly number[] = [UTF8, BMP, 0x12, 0x13, 0x14, 0x15, 0x16, 0x19, 0x1a, 0x1b, 0x1c];

function string(value: DerValue | undefined): DerValue {
  if (!value || !strings.includes(value.tag) || (value.tag === UTF8 && !isUtf8(value.content)))
    throw new DerError('it is no string');
  return value;
}

const COMMON_NAME = '2.5.4.3';

function commonName(list: readonly Attribute[]): string | undefined {
  const found = list.find(({ id }) => id === COMMON_NAME)?.value;
  if (!found) return undefined;
  if (found.tag === UTF8) return found.content.toString('utf8');
  if (found.tag === BMP && found.content.length % 2 === 0)
    return Buffer.from(found.content).swap16().toString('utf16le');
  return found.content.toString('latin1');
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
function isCa(valueOf: (id: string) => Buffer | undefined): boolean {
  const says = readAs(valueOf(extensionIds.basicConstraints), (value) => {
    const [first] = parts(value);
    return first?.tag === TAG.boolean && boolean(first);
  });
  const usages = readAs(valueOf(extensionIds.keyUsage), bits);
  return says === true && (usages?.includes(KEY_CERT_SIGN) ?? true);
}

const KEY_CERT_SIGN = 5;
