import { X509Certificate, type KeyObject } from 'node:crypto';
import {
  certificateFields,
  EXTENSIONS,
  keyOctets,
  type CertificateFields,
} from '../../x509/certificate-fields.js';
import {
  bitStringOctets,
  DerError,
  derFault,
  derValue,
  integer,
  objectIdentifier,
  parts,
  type DerValue,
} from '../../x509/der.js';
import { time } from '../../x509/der-time.js';
import { isSignatureOf } from '../../x509/is-signature-of.js';
import { oneObject } from '../../x509/one-object.js';
import { signatureAlgorithm } from '../../x509/signature-algorithm.js';
import { keyIn } from '../../x509/spki.js';
import { DAY_MS, moment } from '../../x509/validity.js';
import type { Asked } from './asked.js';
import { askedSubject, nameDifference, subjectDifference } from './asked-subject.js';
import { digestOf, isKey } from './csr.js';
import { signsWithSha1 } from '../../openssl/capabilities.js';
import { DEFAULT_DAYS } from './defaults.js';
import { extensionDifference } from './extensions.js';
import { clockOrNotOpenssl, newerOpenssl, unexpected } from './refusal.js';
import { algorithmDifference } from './signature.js';
import { wantedExtensions } from './wanted-extensions.js';
import { wordAfter } from './words.js';

const MINUTE_MS = 60_000;

/**
 * Compares a certificate with what the command asks for. It is read without node:crypto, which takes longer to parse one than all of
 * this. Throws `ERR_READ_BACK` with the first difference.
 */
export function checkCertificateOf(text: string, shown: string, asked: Asked): CertificateFields {
  const refuse = (what: string, cause?: unknown, hint?: string): never => {
    throw unexpected(shown, what, hint, cause);
  };
  const readable = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      if (error instanceof DerError) return refuse('it is not a certificate', error);
      throw error;
    }
  };
  const found = oneObject(text);
  if ('wrong' in found) return refuse(`it is not a certificate: ${found.wrong}`);
  const { label, der } = found;
  if (label !== 'CERTIFICATE' || !der) return refuse(`it is not a certificate: it holds ${label}`);
  const fields = readable(() => certificateFields(der));
  for (const compare of [formOf, keyOf, signedBy, subjectOf, serialOf, datesOf, algorithmOf, extensionsOf]) {
    const difference = readable(() => compare(asked, fields));
    if (difference !== undefined) refuse(difference, undefined, hintFor(compare, asked));
  }
  return fields;
}

function hintFor(compare: Compare, { version }: Asked): string | undefined {
  if (compare === datesOf) return clockOrNotOpenssl;
  return compare === algorithmOf && signsWithSha1(version) ? newerOpenssl : undefined;
}

type Compare = (asked: Asked, fields: CertificateFields) => string | undefined;

/** What openssl and Node read, and Go and others do not. */
const formOf: Compare = (_, { der, spki, extensions }) => {
  const known = extensions.filter(({ id }) => /^(?:2\.5\.29|1\.3\.6\.1\.5\.5\.7\.1)\./.test(id));
  const fault = [der, ...known.map(({ value }) => value)].map(faultIn).find((found) => found !== undefined);
  if (fault !== undefined) return `it is not in DER: ${fault}`;
  // RFC 5480 §2.2: the point begins with 4 where it is whole.
  return isEc(spki) && keyOctets(spki)[0] !== 4
    ? 'its key is a compressed point, which many clients do not read'
    : undefined;
};

/** Whether a public key is on an elliptic curve whose points can be compressed (id-ecPublicKey, RFC 5480 §2.1.1). */
function isEc(spki: Buffer): boolean {
  const [algorithm] = parts(derValue(spki));
  return objectIdentifier(parts(algorithm)[0]) === '1.2.840.10045.2.1';
}

function faultIn(octets: Buffer): string | undefined {
  try {
    return derFault(octets);
  } catch (error) {
    if (error instanceof DerError) return error.message;
    throw error;
  }
}

const keyOf: Compare = ({ key, of }, { spki }) => {
  if (key && !isKey(spki, key.publicKey)) return `it does not belong to the key ${key.shown}`;
  return of?.csr && !of.csr.spki.equals(spki) ? `it does not belong to the key of ${of.shown}` : undefined;
};

const signedBy: Compare = ({ ca }, fields) => {
  // A CA that could not be read is not known; openssl read it all the same.
  if (ca && !ca.certificate) return undefined;
  const { name, key } = ca?.certificate
    ? signerIn(ca.certificate)
    : { name: fields.subject, key: keyIn(fields.spki) };
  const difference = nameDifference(fields.issuer, name, 'issuer');
  if (difference !== undefined) return difference;
  return key && !isSigned(fields, key) ? `it is not signed by ${ca ? ca.shown : 'its own key'}` : undefined;
};

function isSigned(
  { der, signed, algorithm, signedAlgorithm, signature }: CertificateFields,
  key: KeyObject,
): boolean {
  if (!algorithm.octets.equals(signedAlgorithm.octets)) return false;
  const isSignature = isSignatureOf(signed, signatureAlgorithm(algorithm), key, bitStringOctets(signature));
  return isSignature ?? isVerified(der, key);
}

/** By node:crypto alone, which knows further algorithms. */
function isVerified(der: Buffer, key: KeyObject): boolean {
  try {
    return new X509Certificate(der).verify(key);
  } catch {
    return false;
  }
}

interface NameAndKey {
  readonly name: DerValue;
  /** Undefined for one of a kind that node:crypto does not know. */
  readonly key: KeyObject | undefined;
}

const signers = new WeakMap<X509Certificate, NameAndKey>();

/** What a certificate that signs many has to say for each of them. */
function signerIn(certificate: X509Certificate): NameAndKey {
  const known = signers.get(certificate);
  if (known) return known;
  const { subject, spki } = certificateFields(certificate.raw);
  const signer = { name: subject, key: keyIn(spki) };
  signers.set(certificate, signer);
  return signer;
}

const subjectOf: Compare = ({ step, conf, of }, { subject }) => {
  if (of?.csr) return nameDifference(subject, of.csr.subject, 'subject');
  if (of?.certificate)
    return nameDifference(subject, certificateFields(of.certificate.raw).subject, 'subject');
  const asked = step.command === 'req' ? askedSubject(step, conf) : undefined;
  return asked && subjectDifference(subject, asked);
};

const serialOf: Compare = ({ of, serial: asked }, fields) => {
  // Of one that is made of a certificate, which gives it its own, whatever that is.
  if (of?.certificate) return undefined;
  const serial = integer(fields.serial);
  const hex = (number: bigint): string => number.toString(16).toUpperCase();
  if (asked !== undefined && serial !== asked) return `its serial is ${hex(serial)}, not ${hex(asked)}`;
  return serial <= 0n || serial >= 1n << 159n
    ? `its serial is ${hex(serial)}, which no certificate may have`
    : undefined;
};

/** By the machine's clock, which openssl reads too. */
const datesOf: Compare = ({ step, began }, { validity }) => {
  const now = Date.now();
  const days = Number(wordAfter(step, '-days') ?? DEFAULT_DAYS);
  const [from, to] = [Math.min(began, now) - MINUTE_MS, Math.max(began, now) + MINUTE_MS];
  const within = (date: Date, after: number): boolean =>
    date.getTime() >= from + after && date.getTime() <= to + after;
  const [begins, ends] = lifetimeIn(validity);
  if (!within(begins, 0)) return `it begins on ${moment(begins)}, and not now, on ${moment(new Date(now))}`;
  return within(ends, days * DAY_MS)
    ? undefined
    : `it ends on ${moment(ends)}, and not after ${days} days, on ${moment(new Date(now + days * DAY_MS))}`;
};

function lifetimeIn(validity: DerValue): [begins: Date, ends: Date] {
  const [begins, ends] = parts(validity);
  return [time(begins), time(ends)];
}

const algorithmOf: Compare = ({ step, conf, ca, key }, { spki, algorithm }) => {
  const kind = ca
    ? ca.certificate && signerIn(ca.certificate).key?.asymmetricKeyType
    : (key?.publicKey.kind ?? keyIn(spki)?.asymmetricKeyType);
  return algorithmDifference(signatureAlgorithm(algorithm), kind, digestOf(step, conf));
};

const extensionsOf: Compare = (asked, fields) => {
  if (fields.optional.some(({ tag }) => tag !== EXTENSIONS))
    return 'it has a unique identifier, which was not asked for';
  // Version 1 is what 1.1.1 and 3.0 make where there are no extensions (openssl-x509(1), openssl-req(1)).
  const versions = fields.extensions.length > 0 ? [3] : [1, 3];
  if (!versions.includes(fields.version))
    return `it has version ${fields.version}, not ${versions.join(' or ')}`;
  const wanted = wantedExtensions(asked, fields);
  return wanted && extensionDifference(fields.extensions, wanted);
};
