import type { X509Certificate } from 'node:crypto';
import { extensionIds, readGeneralName } from './certificate-details.js';
import { certificateFields, keyOctets, type CertificateFields } from './certificate-fields.js';
import { summaryOf, type CertificateSummary } from './certificate-summary.js';
import { content, contextTag, DerError, derValue, objectIdentifier, parts, TAG } from './der.js';

/** What a certificate of a server or a client says about its names, its key and its CA, read without node:crypto. */
export interface LeafFacts extends CertificateSummary {
  /** All of it, in DER. */
  readonly der: Buffer;
  /** `DNS:host`, `IP:address`, as `formatAltName` writes them; a name of another kind as `other:` and its octets. */
  readonly names: readonly string[];
  /** Its public key (SPKI in DER). */
  readonly spki: Buffer;
  /** `rsa:4096`, `ec:p256`, `ed25519`; undefined for a key of another kind. */
  readonly keyType: string | undefined;
  /** The name of its CA, in DER. */
  readonly issuer: Buffer;
  /** The identifier of its CA's key; undefined where it has none. */
  readonly issuerKey: Buffer | undefined;
}

/** Reads a certificate in DER: of thousands, in a second. Throws `DerError`. */
export function leafFacts(der: Buffer): LeafFacts {
  return leafFactsOf(certificateFields(der));
}

/** The same, of a certificate whose fields are known. Throws `DerError`. */
export function leafFactsOf(fields: CertificateFields): LeafFacts {
  return {
    ...summaryOf(fields),
    der: fields.der,
    names: namesIn(extensionOf(fields, extensionIds.subjectAltName)),
    spki: fields.spki,
    keyType: keyTypeIn(fields.spki),
    issuer: fields.issuer.octets,
    issuerKey: issuerKeyIn(extensionOf(fields, extensionIds.authorityKeyIdentifier)),
  };
}

/** A CA as its leaves name it. */
export interface IssuerFacts {
  readonly name: Buffer;
  readonly key: Buffer | undefined;
}

export function issuerFacts(ca: X509Certificate): IssuerFacts {
  const fields = certificateFields(ca.raw);
  const identifier = extensionOf(fields, extensionIds.subjectKeyIdentifier);
  return {
    name: fields.subject.octets,
    key: identifier && content(derValue(identifier), TAG.octetString),
  };
}

/**
 * Whether a certificate names a CA as its issuer, by name and by key where both say it. The signature is not verified: `verify` does
 * that, and everything that signs.
 */
export function namesIssuer({ issuer, issuerKey }: LeafFacts, ca: IssuerFacts): boolean {
  const isKey = issuerKey === undefined || ca.key === undefined || issuerKey.equals(ca.key);
  return isKey && issuer.equals(ca.name);
}

function extensionOf({ extensions }: CertificateFields, id: string): Buffer | undefined {
  return extensions.find((one) => one.id === id)?.value;
}

function namesIn(extension: Buffer | undefined): string[] {
  if (!extension) return [];
  return parts(derValue(extension))
    .map(readGeneralName)
    .map(({ type, value }) => `${type}:${value}`);
}

function issuerKeyIn(value: Buffer | undefined): Buffer | undefined {
  return value && parts(derValue(value)).find(({ tag }) => tag === contextTag(0))?.content;
}

const RSA = '1.2.840.113549.1.1.1';
const EC = '1.2.840.10045.2.1';
const ED25519 = '1.3.101.112';

const curves: Readonly<Record<string, string>> = {
  '1.2.840.10045.3.1.7': 'ec:p256',
  '1.3.132.0.34': 'ec:p384',
};

/** The name of a key's type, told from its public half. */
function keyTypeIn(spki: Buffer): string | undefined {
  try {
    const [id, parameter] = parts(parts(derValue(spki))[0]);
    const algorithm = objectIdentifier(id);
    if (algorithm === ED25519) return 'ed25519';
    if (algorithm === EC) return curves[objectIdentifier(parameter)];
    return algorithm === RSA ? `rsa:${modulusBits(spki)}` : undefined;
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function modulusBits(spki: Buffer): number {
  const octets = content(parts(derValue(keyOctets(spki)))[0], TAG.integer);
  const start = octets.findIndex((octet) => octet !== 0);
  const first = octets[start] ?? 0;
  return (octets.length - start - 1) * 8 + (32 - Math.clz32(first));
}
