import type { KeyObject } from 'node:crypto';
import { InputError } from '../errors.js';
import { formatAltName, parseAltName, type AltName } from './alt-names.js';
import { extensionIds } from './certificate-details.js';
import { isSelfSigned, readCsr } from './csr.js';
import { DerError, derFault, derValue, objectIdentifier, parts, TAG, type DerValue } from './der.js';
import { readName, typeNameOf } from './distinguished-name.js';
import { keyTypeNameOf } from './key-type.js';
import { namesInSubjectAltName, type ConstrainedName } from './name-constraints.js';
import { oneObject } from './one-object.js';
import { pemOf } from './pem.js';
import { roleUsage, type LeafRole } from './role.js';
import { addressOf } from './socket-address.js';
import { isP256, keyIn } from './spki.js';
import { rdn, type AttributeType, type Subject } from './subject.js';

/** A certificate signing request (RFC 2986) that was checked: its own key signed it, and the key is one that clients accept. */
export interface SigningRequest {
  /** In PEM, without anything around it. */
  readonly pem: string;
  /** Its subject, which the certificate gets: openssl copies it. */
  readonly subject: Subject;
  /** Whether `openssl ca` takes its subject as it is: a string in ASCII has no other characters than its type allows, and there is no e-mail address. */
  readonly fitsCa: boolean;
  readonly commonName: string;
  /** The names that it asks for. */
  readonly names: readonly AltName[];
  /** The role that it asks for by its extendedKeyUsage; undefined where it asks for none, or for both. */
  readonly role: LeafRole | undefined;
  /** Its public key (SPKI in DER), in base64. */
  readonly spki: string;
  /** The type of its key: `rsa:4096`, `ec:p256`, `ed25519`. */
  readonly keyType: string;
}

/** A certificate signing request that nothing is signed for, and why. */
export class RequestFault extends Error {
  override readonly name = 'RequestFault';
}

const LEAST_RSA_BITS = 2048;
/** OpenSSL verifies no signature of a longer key (OPENSSL_RSA_MAX_MODULUS_BITS). */
const MOST_RSA_BITS = 16_384;

/** Reads and checks a CSR in PEM; text may stand before it, as `openssl req -text` writes it. Throws `RequestFault`. */
export function readSigningRequest(text: string): SigningRequest {
  const found = oneObject(text, true);
  if ('wrong' in found) throw new RequestFault(found.wrong);
  const { label, der } = found;
  if (!der || !/^(?:NEW )?CERTIFICATE REQUEST$/.test(label)) throw new RequestFault(`it holds ${label}`);
  try {
    return checked(der);
  } catch (error) {
    if (!(error instanceof DerError || error instanceof TypeError)) throw error;
    throw new RequestFault('it cannot be parsed', { cause: error });
  }
}

function checked(der: Buffer): SigningRequest {
  const form = derFault(der);
  if (form !== undefined) throw new RequestFault(`it is not in DER: ${form}`);
  const csr = readCsr(der);
  const { subject: name, spki, algorithm, extensions } = csr;
  const publicKey = keyIn(csr.spki);
  if (!publicKey) throw new RequestFault('its key cannot be read');
  const fault = isP256(spki) ? undefined : keyFault(publicKey);
  if (fault !== undefined) throw new RequestFault(fault);
  if (isSelfSigned(csr, publicKey) !== true)
    throw new RequestFault(
      'its signature is not that of its own key: it was changed, or made for another key',
    );
  if (algorithm.digest === 'md5' || algorithm.digest === 'sha1')
    throw new RequestFault(`it is signed with ${algorithm.digest.toUpperCase()}, which can be forged`);
  const subject = subjectOf(name);
  const [commonName, ...more] = subject.filter(({ type }) => type === 'CN');
  if (!commonName || more.length > 0)
    throw new RequestFault(`its subject has ${commonName ? 'several common names' : 'no common name'} (CN)`);
  const valuesOf = (id: string): Buffer[] =>
    extensions.filter((one) => one.id === id).map(({ value }) => value);
  const names = valuesOf(extensionIds.subjectAltName).flatMap((value) => {
    const list = namesInSubjectAltName(value);
    if (list.length === 0) throw new RequestFault('the names that it asks for cannot be parsed');
    return list.map(altNameOf);
  });
  const usages = valuesOf(extensionIds.extendedKeyUsage).flatMap((value) =>
    parts(derValue(value)).map(objectIdentifier),
  );
  const [server, client] = (['server', 'client'] as const).map((role) => usages.includes(roleUsage[role]));
  return {
    pem: pemOf('CERTIFICATE REQUEST', der),
    subject,
    fitsCa: readName(name).flat().every(fitsCa),
    commonName: commonName.value,
    names: [...new Map(names.map((one) => [formatAltName(one), one])).values()],
    role: server === client ? undefined : server ? 'server' : 'client',
    spki: spki.toString('base64'),
    keyType: isP256(spki) ? 'ec:p256' : keyTypeNameOf(publicKey),
  };
}

/** A subject that we would write ourselves: attributes that are known, one to an RDN, and nothing invisible in them. */
function subjectOf(name: DerValue): Subject {
  return readName(name).map((attributes) => {
    const [attribute, ...joined] = attributes;
    if (!attribute || joined.length > 0) throw new RequestFault('its subject joins attributes with +');
    const { id, value, tag } = attribute;
    const type = typeNameOf(id) ?? id;
    if (!strings.has(tag)) throw new RequestFault(`its ${type} is in a form of text that is out of use`);
    try {
      return rdn(type as AttributeType, value);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new RequestFault(`its subject cannot be used: ${error.message}`, { cause: error });
    }
  });
}

/** The forms of text that a subject may have (RFC 5280 §4.1.2.4, and IA5String for an e-mail address). */
const strings: ReadonlySet<number> = new Set([TAG.utf8String, TAG.printableString, TAG.ia5String]);

/** As certify of apps/ca.c looks at it. */
function fitsCa({ id, value, tag }: ReturnType<typeof readName>[number][number]): boolean {
  if (typeNameOf(id) === 'emailAddress') return false;
  return tag === TAG.utf8String || /^[A-Za-z0-9 '()+,./:=?-]*$/.test(value);
}

/** Why no certificate is made for a key; undefined for one that docker and today's clients accept. */
function keyFault({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string | undefined {
  if (type === 'ed25519') return undefined;
  if (type === 'ec') {
    const curve = details?.namedCurve ?? 'explicit parameters';
    return ['prime256v1', 'secp384r1', 'secp521r1'].includes(curve)
      ? undefined
      : `its key is on the curve ${curve}, which docker does not accept`;
  }
  if (type !== 'rsa') return `its key is of the type ${type ?? 'unknown'}, which docker does not accept`;
  const bits = details?.modulusLength ?? 0;
  if (bits < LEAST_RSA_BITS)
    return `its RSA key of ${bits} bits is too weak: at least ${LEAST_RSA_BITS} are needed`;
  if (bits > MOST_RSA_BITS) return `its RSA key of ${bits} bits is too long: at most ${MOST_RSA_BITS} work`;
  const exponent = details?.publicExponent ?? 0n;
  // FIPS 186-5 §5.1: odd, greater than 2^16; Go refuses one of more than 31 bits.
  if (exponent <= 65_536n || exponent % 2n === 0n || exponent >= 2n ** 31n)
    return `the public exponent of its RSA key, ${exponent}, is not safe`;
  return undefined;
}

function altNameOf({ type, octets }: ConstrainedName): AltName {
  const text = type === 'IP' ? addressOf(octets) : type === 'DNS' ? octets.toString('latin1') : undefined;
  if (text === undefined)
    throw new RequestFault(`it asks for a name of another kind than DNS and IP: ${type}`);
  try {
    const name = parseAltName(text);
    if (name.type === type) return name;
  } catch (cause) {
    throw new RequestFault(`it asks for ${JSON.stringify(text)}, which no host can have`, { cause });
  }
  throw new RequestFault(`it asks for the address ${text} as a host name`);
}
