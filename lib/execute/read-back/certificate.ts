import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import {
  addedByItself,
  askedExtensions,
  type AskedExtension,
  type Parties,
} from '../../x509/asked-extensions.js';
import { notAfter, notBefore } from '../../x509/certificate.js';
import { extensionIds } from '../../x509/certificate-details.js';
import {
  certificateFields,
  EXTENSIONS,
  keyOctets,
  type CertificateFields,
} from '../../x509/certificate-fields.js';
import {
  content,
  DerError,
  derFault,
  derValue,
  integer,
  objectIdentifier,
  parts,
  TAG,
} from '../../x509/der.js';
import { oneObject } from '../../x509/one-object.js';
import { confValue } from '../../x509/openssl-conf.js';
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
  const refuse = (what: string, cause?: unknown, hint?: string): never => {
    throw unexpected(shown, what, hint, cause);
  };
  const found = oneObject(text);
  if ('wrong' in found) return refuse(`it is not a certificate: ${found.wrong}`);
  if (found.label !== 'CERTIFICATE') refuse(`it is not a certificate: it holds ${found.label}`);
  const [certificate, fields] = parsed(text, refuse);
  if (!found.der?.equals(certificate.raw)) refuse('it is not one value in DER');
  for (const compare of [formOf, keyOf, signedBy, subjectOf, serialOf, datesOf, algorithmOf, extensionsOf]) {
    const difference = compare(asked, fields, certificate);
    if (difference !== undefined) refuse(difference, undefined, hintFor(compare, asked));
  }
  return certificate;
}

function hintFor(compare: Compare, { version }: Asked): string | undefined {
  if (compare === datesOf) return clockOrNotOpenssl;
  return compare === algorithmOf && signsWithSha1(version) ? newerOpenssl : undefined;
}

type Compare = (asked: Asked, fields: CertificateFields, certificate: X509Certificate) => string | undefined;

function parsed(
  text: string,
  refuse: (what: string, cause?: unknown) => never,
): [X509Certificate, CertificateFields] {
  try {
    const certificate = new X509Certificate(text);
    return [certificate, certificateFields(certificate.raw)];
  } catch (error) {
    return refuse('it is not a certificate', error);
  }
}

/** What openssl and Node read, and Go and others do not. */
const formOf: Compare = (_, { spki, extensions }, { raw }) => {
  const known = extensions.filter(({ id }) => /^(?:2\.5\.29|1\.3\.6\.1\.5\.5\.7\.1)\./.test(id));
  const fault = [raw, ...known.map(({ value }) => value)].map(faultIn).find((found) => found !== undefined);
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

const signedBy: Compare = ({ ca }, { issuer, subject }, certificate) => {
  const signer = ca ? ca.certificate : certificate;
  // A CA that could not be read is not known; openssl read it all the same.
  if (!signer) return undefined;
  const name = ca?.certificate ? fieldsOf(ca.certificate).subject : subject;
  const difference = nameDifference(issuer, name, 'issuer');
  if (difference !== undefined) return difference;
  const key = publicKeyOf(signer);
  const by = ca ? ca.shown : 'its own key';
  return key && !isSigned(certificate, key) ? `it is not signed by ${by}` : undefined;
};

function isSigned(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.verify(key);
  } catch {
    return false;
  }
}

function publicKeyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey;
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
const datesOf: Compare = ({ step, began }, _, certificate) => {
  const now = Date.now();
  const days = Number(wordAfter(step, '-days') ?? DEFAULT_DAYS);
  const [from, to] = [Math.min(began, now) - MINUTE_MS, Math.max(began, now) + MINUTE_MS];
  const within = (date: Date, after: number): boolean =>
    date.getTime() >= from + after && date.getTime() <= to + after;
  const [begins, ends] = [notBefore(certificate), notAfter(certificate)];
  if (!within(begins, 0)) return `it begins on ${moment(begins)}, and not now, on ${moment(new Date(now))}`;
  return within(ends, days * DAY_MS)
    ? undefined
    : `it ends on ${moment(ends)}, and not after ${days} days, on ${moment(new Date(now + days * DAY_MS))}`;
};

const algorithmOf: Compare = ({ step, conf, ca, key }, { spki, algorithm }) => {
  const signer = ca ? ca.certificate && publicKeyOf(ca.certificate) : (key?.publicKey ?? keyIn(spki));
  return algorithmDifference(signatureAlgorithm(algorithm), signer, digestOf(step, conf));
};

function keyIn(spki: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

const extensionsOf: Compare = (asked, fields, certificate) => {
  if (fields.optional.some(({ tag }) => tag !== EXTENSIONS))
    return 'it has a unique identifier, which was not asked for';
  // Version 1 is what 1.1.1 and 3.0 make where there are no extensions (openssl-x509(1), openssl-req(1)).
  const versions = fields.extensions.length > 0 ? [3] : [1, 3];
  if (!versions.includes(fields.version))
    return `it has version ${fields.version}, not ${versions.join(' or ')}`;
  const wanted = wantedExtensions(asked, fields, certificate);
  return wanted && extensionDifference(fields.extensions, wanted);
};

/** Undefined where they stand in what the configuration takes in from elsewhere. */
function wantedExtensions(
  { step, conf, ca, of, copied = [] }: Asked,
  fields: CertificateFields,
  certificate: X509Certificate,
): AskedExtension[] | undefined {
  if (conf.includes) return undefined;
  if (ca && !ca.certificate) return undefined;
  const parties = partiesOf(fields, ca?.certificate ?? certificate, !ca);
  const section = sectionOf(step, conf);
  if (section === undefined) return addedByItself(parties);
  const taken = (of?.csr?.extensions ?? []).flatMap(({ id, critical, value }) =>
    copied.includes(id) ? [{ id, critical, values: [value], optional: false }] : [],
  );
  const asked = [...askedExtensions(conf, section, parties), ...taken];
  // Without -extfile, what our own configuration says is read from 4.0 on, and is the same that 3.2 to 3.6 add.
  const own = step.command === 'x509' && !hasFlag(step, '-extfile') && of !== undefined;
  return own ? asked.map((one) => ({ ...one, optional: true })) : asked;
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

function partiesOf(fields: CertificateFields, issuer: X509Certificate, isSelfSigned: boolean): Parties {
  const of = fieldsOf(issuer);
  const identifier = of.extensions.find(({ id }) => id === extensionIds.subjectKeyIdentifier)?.value;
  return {
    key: keyOctets(fields.spki),
    isSelfSigned,
    issuer: {
      key: keyOctets(of.spki),
      identifier: identifier && content(derValue(identifier), TAG.octetString),
      issuer: of.issuer.octets,
      serial: integer(of.serial),
    },
  };
}
