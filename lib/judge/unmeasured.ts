import type { CertificateDetails, PublicKeyDetails } from '../x509/certificate-details.js';
import type { CertificateView } from './certificate-view.js';
import { unclearConstraint } from './constraint-forms.js';
import { caRules } from './rules/ca.js';
import { unmeasuredTrusted } from './trusted-itself.js';

/** The elliptic curves with which every client was measured. */
const curves: ReadonlySet<string> = new Set([
  ...['prime256v1', 'secp384r1', 'secp521r1'],
  ...['secp256k1', 'brainpoolP256r1'],
]);

/** The signature algorithms with which every client was measured, by object identifier (RFC 4055, RFC 5758, RFC 8410). */
const signatures: ReadonlySet<string> = new Set([
  // RSA with SHA-1, SHA-256, SHA-384 and SHA-512
  ...['1.2.840.113549.1.1.5', '1.2.840.113549.1.1.11', '1.2.840.113549.1.1.12', '1.2.840.113549.1.1.13'],
  // ECDSA with the same
  ...['1.2.840.10045.4.1', '1.2.840.10045.4.3.2', '1.2.840.10045.4.3.3', '1.2.840.10045.4.3.4'],
  '1.3.101.112',
]);

/**
 * The reason why a client's verdict on a certificate is not known: the CA that it trusts is not here, nobody has measured one of
 * its algorithms, or its intermediate CA has a flaw, which some clients judge otherwise than in a trusted CA. Undefined where
 * all of it was measured.
 */
export function unmeasured(view: CertificateView): string | undefined {
  const { certificate, between, ca, trustUnknown, form, caForm } = view;
  if (trustUnknown !== undefined) return trustUnknown;
  if ([form, caForm].includes('TRUSTED with settings'))
    return 'no client was measured with what this TRUSTED CERTIFICATE is trusted for';
  for (const { publicKey } of [certificate, ...between, ca])
    if (!isMeasured(publicKey)) return `no client was measured with a key of ${keyName(publicKey)}`;
  for (const { signatureAlgorithm, digest } of [certificate, ...between])
    if (!signatures.has(signatureAlgorithm))
      return `no client was measured with a signature of ${digest ?? signatureAlgorithm}`;
  // Against RFC 5280 section 4.2.1.3.
  if (certificate.keyUsage?.usages.length === 0) return 'no client was measured with an empty keyUsage';
  const unclear = unclearConstraint(view);
  if (unclear !== undefined) return `no client was measured with ${unclear}`;
  const own = unmeasuredTrusted(view);
  if (own !== undefined)
    return `no client was measured with a certificate that is its own CA, and of which this holds: ${own}`;
  const flaw = between.flatMap((each) => caRules.filter((rule) => isFlawed(rule, view, each)))[0];
  return flaw && `no client was measured with an intermediate CA of which this holds: ${flaw.what}`;
}

/** As `unmeasured`, for the program that loads a certificate with its key, and does not ask who signed it. */
export function unmeasuredPair(view: CertificateView): string | undefined {
  const { publicKey } = view.certificate;
  if (view.role === 'client' && publicKey.type === 'rsa' && (publicKey.bits ?? 0) > 8192)
    return `no client was measured with a pair of ${keyName(publicKey)}`;
  return unmeasured({ ...view, trustUnknown: undefined });
}

function isFlawed(
  { ofTrusted, applies }: (typeof caRules)[number],
  view: CertificateView,
  ca: CertificateDetails,
): boolean {
  return ofTrusted !== true && applies({ ...view, ca, between: [] });
}

function isMeasured({ type, bits, curve }: PublicKeyDetails): boolean {
  if (type === 'rsa') return (bits ?? 0) >= 1024;
  if (type === 'ec') return curve !== undefined && curves.has(curve);
  return type === 'ed25519';
}

function keyName({ type, bits, curve }: PublicKeyDetails): string {
  if (type === 'rsa') return `RSA with ${bits ?? 'unknown'} bits`;
  if (type === 'ec') return curve ?? 'a curve with parameters of its own';
  return type ?? 'an unknown kind';
}
