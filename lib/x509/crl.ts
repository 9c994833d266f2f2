import type { X509Certificate } from 'node:crypto';
import { certificateDetails } from './certificate-details.js';
import { exactly, readExtensions, type Extension } from './certificate-fields.js';
import {
  bitStringOctets,
  content,
  contextTag,
  DerError,
  derValue,
  hexadecimal,
  integer,
  parts,
  TAG,
  type DerValue,
} from './der.js';
import { time, timeTags } from './der-time.js';
import { isSignatureOf } from './is-signature-of.js';
import { signatureAlgorithm, type SignatureAlgorithm } from './signature-algorithm.js';

/** A certificate revocation list (RFC 5280 §5). */
export interface Crl {
  /** The issuer's distinguished name in DER, as `CertificateDetails` has it: two that are written alike are equal. */
  readonly issuer: Buffer;
  /** Its cRLNumber; undefined if it has none, as a CRL of version 1. */
  readonly number: bigint | undefined;
  readonly thisUpdate: Date;
  /** When the next CRL is due at the latest; undefined if the CRL does not say. */
  readonly nextUpdate: Date | undefined;
  /** In the order of the CRL. */
  readonly revoked: readonly RevokedCertificate[];
  /**
   * Object identifiers of critical extensions that this reader does not handle, such as those of delta CRLs and indirect CRLs. Such
   * a CRL does not say that a certificate is good (RFC 5280 §5.2): its list is partial, or of other issuers as well.
   */
  readonly unhandled: readonly string[];
}

export interface RevokedCertificate {
  /** Upper-case hexadecimal, as node:crypto writes it. */
  readonly serial: string;
  readonly date: Date;
  /** Undefined if the CRL gives none, which means `unspecified`. */
  readonly reason: RevocationReason | undefined;
}

/** RFC 5280 §5.3.1, at the place of its number. 7 is not used. */
const reasons = [
  'unspecified',
  'keyCompromise',
  'CACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  undefined,
  'removeFromCRL',
  'privilegeWithdrawn',
  'AACompromise',
] as const;

/** As openssl names them. */
export type RevocationReason = Exclude<(typeof reasons)[number], undefined>;

const CRL_NUMBER = '2.5.29.20';
const REASON = '2.5.29.21';
/** The tag of the CRL's own extensions. */
const EXTENSIONS = contextTag(0, true);

/** Reads a CRL in DER. Its signature is not checked: see `isCrlOf`. Throws `DerError`. */
export function readCrl(der: Buffer): Crl {
  const { list } = signedList(der);
  const fields = parts(list);
  const version = fields[0]?.tag === TAG.integer ? integer(fields.shift()) : 0n;
  if (version !== 0n && version !== 1n) throw new DerError('it is of an unknown version');
  const [, issuer, thisUpdate, ...rest] = fields;
  const nextUpdate = timeTags.includes(rest[0]?.tag ?? 0) ? rest.shift() : undefined;
  const entries = rest[0]?.tag === TAG.sequence ? parts(rest.shift()) : [];
  const last = rest[0]?.tag === EXTENSIONS ? rest.shift() : undefined;
  if (rest.length > 0) throw new DerError('what follows its entries is none of its');
  const extensions = (last ? exactly(1, parts(last, EXTENSIONS)) : []).flatMap(readExtensions);
  const read = entries.map(readEntry);
  const critical = [...extensions, ...read.flatMap((entry) => entry.extensions)].filter(isUnhandled);
  const number = extensions.find(({ id }) => id === CRL_NUMBER);
  return {
    issuer: content(issuer, TAG.sequence),
    number: number && integer(derValue(number.value)),
    thisUpdate: time(thisUpdate),
    nextUpdate: nextUpdate && time(nextUpdate),
    revoked: read.map(({ revoked }) => revoked),
    unhandled: [...new Set(critical.map(({ id }) => id))],
  };
}

/** Tells whether a CA issued a CRL: by name and signature. False for a CA whose key this Node cannot read. Throws `DerError`. */
export function isCrlOf(ca: X509Certificate, der: Buffer): boolean {
  const { list, algorithm, signature } = signedList(der);
  if (!readCrl(der).issuer.equals(certificateDetails(ca).subject)) return false;
  try {
    return isSignatureOf(list.octets, algorithm, ca.publicKey, signature) === true;
  } catch {
    return false;
  }
}

function signedList(der: Buffer): { list: DerValue; algorithm: SignatureAlgorithm; signature: Buffer } {
  const [list, algorithm, signature] = exactly(3, parts(derValue(der)));
  if (!list) throw new DerError('a field is missing');
  return { list, algorithm: signatureAlgorithm(algorithm), signature: bitStringOctets(signature) };
}

function readEntry(entry: DerValue): { revoked: RevokedCertificate; extensions: readonly Extension[] } {
  const [serial, date, list, ...more] = parts(entry);
  if (more.length > 0) throw new DerError('an entry has at most three parts');
  const extensions = list ? readExtensions(list) : [];
  const reason = extensions.find(({ id }) => id === REASON);
  return {
    revoked: {
      serial: hexadecimal(integer(serial)),
      date: time(date),
      reason: reason && reasonOf(derValue(reason.value)),
    },
    extensions,
  };
}

function reasonOf(value: DerValue): RevocationReason {
  const [octet = 0xff, ...more] = content(value, TAG.enumerated);
  const reason = more.length === 0 ? reasons[octet] : undefined;
  if (reason === undefined) throw new DerError('it gives an unknown reason');
  return reason;
}

function isUnhandled({ id, critical }: Extension): boolean {
  return critical && id !== CRL_NUMBER && id !== REASON;
}
