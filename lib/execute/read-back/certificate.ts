import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import {
  addedByItself,
  askedExtensions,
  extensionsOfMany,
  type AskedExtension,
  type Parties,
} from '../../x509/asked-extensions.js';
import { extensionIds } from '../../x509/certificate-details.js';
import {
  certificateFields,
  EXTENSIONS,
  keyOctets,
  type CertificateFields,
} from '../../x509/certificate-fields.js';
import {
  bitStringOctets,
  content,
  DerError,
  derFault,
  derValue,
  integer,
  objectIdentifier,
  parts,
  TAG,
  type DerValue,
} from '../../x509/der.js';
import { time } from '../../x509/der-time.js';
import { isSignatureOf } from '../../x509/is-signature-of.js';
import { oneObject } from '../../x509/one-object.js';
import { confValue, type Conf } from '../../x509/openssl-conf.js';
import { signatureAlgorithm } from '../../x509/signature-algorithm.js';
import { DAY_MS, moment } from '../../x509/validity.js';
import type { Asked } from './asked.js';
import { askedSubject, nameDifference, subjectDifference } from './asked-subject.js';
import { digestOf, isKey } from './csr.js';
import { signsWithSha1 } from '../../openssl/capabilities.js';
import { DEFAULT_DAYS } from './defaults.js';
import { extensionDifference } from './extensions.js';
import { clockOrNotOpenssl, newerOpenssl, unexpected } from './refusal.js';
import { algorithmDifference } from './signature.js';
import { hasFlag, wordAfter } from './words.js';

const MINUTE_MS = 60_000;

/** Compares a certificate with what the command asks for. Throws `ERR_READ_BACK` with the first difference. */
export function checkCertificateOf(text: string, shown: string, asked: Asked): X509Certificate {
  const refuse = refusing(shown);
  const der = derIn(text, refuse);
  const certificate = parsed(() => new X509Certificate(text), refuse);
  if (!der?.equals(certificate.raw)) return refuse('it is not one value in DER');
  compare(asked, { ...fieldsOf(certificate), isSignedBy: (key) => certificate.verify(key) }, refuse);
  return certificate;
}

/**
 * The same, of one of many that are signed together, which an \`openssl verify\` of the plan reads once more: node:crypto takes
 * longer to parse it than all of this.
 */
export function checkManyOf(text: string, shown: string, asked: Asked): CertificateFields {
  const refuse = refusing(shown);
  const der = derIn(text, refuse);
  if (!der) return refuse('it is not one value in DER');
  const fields = parsed(() => certificateFields(der), refuse);
  const isSignedBy = (key: KeyObject): boolean =>
    fields.algorithm.octets.equals(fields.signedAlgorithm.octets) &&
    isSignatureOf(
      fields.signed,
      signatureAlgorithm(fields.algorithm),
      key,
      bitStringOctets(fields.signature),
    ) === true;
  compare(asked, { ...fields, isSignedBy }, refuse);
  return fields;
}

type RefuseCertificate = (what: string, cause?: unknown, hint?: string) => never;

function refusing(shown: string): RefuseCertificate {
  return (what, cause, hint) => {
    throw unexpected(shown, what, hint, cause);
  };
}

/** The one certificate in a file. */
function derIn(text: string, refuse: RefuseCertificate): Buffer | undefined {
  const found = oneObject(text);
  if ('wrong' in found) return refuse(`it is not a certificate: ${found.wrong}`);
  if (found.label !== 'CERTIFICATE') refuse(`it is not a certificate: it holds ${found.label}`);
  return found.der;
}

function compare(asked: Asked, read: ReadCertificate, refuse: RefuseCertificate): void {
  for (const compareOne of [
    formOf,
    keyOf,
    signedBy,
    subjectOf,
    serialOf,
    datesOf,
    algorithmOf,
    extensionsOf,
  ]) {
    const difference = parsed(() => compareOne(asked, read), refuse, DerError);
    if (difference !== undefined) refuse(difference, undefined, hintFor(compareOne, asked));
  }
}

function hintFor(compareOne: Compare, { version }: Asked): string | undefined {
  if (compareOne === datesOf) return clockOrNotOpenssl;
  return compareOne === algorithmOf && signsWithSha1(version) ? newerOpenssl : undefined;
}

/** A certificate as it was read. */
interface ReadCertificate extends CertificateFields {
  readonly isSignedBy: (key: KeyObject) => boolean;
}

type Compare = (asked: Asked, read: ReadCertificate) => string | undefined;

function parsed<T>(read: () => T, refuse: RefuseCertificate, wrong: new () => Error = Error): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof wrong)) throw error;
    return refuse('it is not a certificate', error);
  }
}

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

const signedBy: Compare = ({ ca }, read) => {
  // A CA that could not be read is not known; openssl read it all the same.
  if (ca && !ca.certificate) return undefined;
  const name = ca?.certificate ? fieldsOf(ca.certificate).subject : read.subject;
  const difference = nameDifference(read.issuer, name, 'issuer');
  if (difference !== undefined) return difference;
  const key = ca?.certificate ? publicKeyOf(ca.certificate) : keyIn(read.spki);
  const by = ca ? ca.shown : 'its own key';
  return key && !isSigned(read, key) ? `it is not signed by ${by}` : undefined;
};

function isSigned({ isSignedBy }: ReadCertificate, key: KeyObject): boolean {
  try {
    return isSignedBy(key);
  } catch {
    return false;
  }
}

const publicKeys = new WeakMap<X509Certificate, KeyObject>();

/** That of a certificate that signs many. */
function publicKeyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    const key = publicKeys.get(certificate) ?? certificate.publicKey;
    publicKeys.set(certificate, key);
    return key;
  } catch {
    return undefined;
  }
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
    ? ca.certificate && publicKeyOf(ca.certificate)?.asymmetricKeyType
    : (key?.publicKey.kind ?? keyIn(spki)?.asymmetricKeyType);
  return algorithmDifference(signatureAlgorithm(algorithm), kind, digestOf(step, conf));
};

function keyIn(spki: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

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

/** Undefined where they stand in what the configuration takes in from elsewhere. */
function wantedExtensions(
  { step, conf, ca, of, copied = [] }: Asked,
  fields: CertificateFields,
): AskedExtension[] | undefined {
  if (conf.includes) return undefined;
  if (ca && !ca.certificate) return undefined;
  const section = sectionOf(step, conf);
  const listed = (): AskedExtension[] => {
    if (ca?.certificate) return ofMany(conf, section, ca.certificate)(keyOctets(fields.spki));
    const parties = partiesOf(fields);
    return section === undefined ? addedByItself(parties) : askedExtensions(conf, section, parties);
  };
  if (section === undefined) return listed();
  const taken = (of?.csr?.extensions ?? []).flatMap(({ id, critical, value }) =>
    copied.includes(id) ? [{ id, critical, values: [value], optional: false }] : [],
  );
  const asked = [...listed(), ...taken];
  // Without -extfile, what our own configuration says is read from 4.0 on, and is the same that 3.2 to 3.6 add.
  const own = step.command === 'x509' && !hasFlag(step, '-extfile') && of !== undefined;
  return own ? asked.map((one) => ({ ...one, optional: true })) : asked;
}

type OfMany = ReturnType<typeof extensionsOfMany>;
const lists = new WeakMap<X509Certificate, { conf: Conf; section: string | undefined; of: OfMany }>();

/** What one command asks for: for each of the certificates that it signs the same. */
function ofMany(conf: Conf, section: string | undefined, ca: X509Certificate): OfMany {
  const last = lists.get(ca);
  if (last?.conf === conf && last.section === section) return last.of;
  const of = extensionsOfMany(conf, section, issuerOf(fieldsOf(ca)));
  lists.set(ca, { conf, section, of });
  return of;
}

const known = new WeakMap<X509Certificate, CertificateFields>();

/** Those of a certificate that signs many. */
function fieldsOf(certificate: X509Certificate): CertificateFields {
  const fields = known.get(certificate) ?? certificateFields(certificate.raw);
  known.set(certificate, fields);
  return fields;
}

function sectionOf(step: Asked['step'], conf: Asked['conf']): string | undefined {
  const named = wordAfter(step, '-extensions');
  if (named !== undefined) return named;
  return step.command === 'req'
    ? confValue(conf, 'req', 'x509_extensions')
    : (confValue(conf, 'default', 'extensions') ?? 'default');
}

/** Of a certificate that signs itself. */
function partiesOf(fields: CertificateFields): Parties {
  return { key: keyOctets(fields.spki), isSelfSigned: true, issuer: issuerOf(fields) };
}

function issuerOf({ extensions, spki, issuer, serial }: CertificateFields): Parties['issuer'] {
  const identifier = extensions.find(({ id }) => id === extensionIds.subjectKeyIdentifier)?.value;
  return {
    key: keyOctets(spki),
    identifier: identifier && content(derValue(identifier), TAG.octetString),
    issuer: issuer.octets,
    serial: integer(serial),
  };
}
