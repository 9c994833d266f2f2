import { generateKeyPairSync, sign, type X509Certificate } from 'node:crypto';

/** A certificate and its key, in PEM. */
export interface Forgery {
  readonly certificate: string;
  readonly key: string;
}

/**
 * A certificate that says all that the given one says, and is signed by a key of its own: what anybody can make who has seen
 * it. Its issuer is the same, or with `ownIssuer` itself. All in memory: it is worth nothing afterwards.
 */
export function forge(certificate: X509Certificate, ownIssuer = false): Forgery {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const tbs = inside(inside(certificate.raw)[0] ?? Buffer.alloc(0));
  // TBSCertificate (RFC 5280 §4.1); its version is left out where it is 1.
  const first = tbs[0]?.[0] === VERSION ? 1 : 0;
  const subject = tbs[first + 4];
  if (ownIssuer && subject) tbs[first + 2] = subject;
  tbs[first + 1] = ecdsaWithSha256;
  tbs[first + 5] = publicKey.export({ type: 'spki', format: 'der' });
  const signed = element(SEQUENCE, ...tbs);
  const signature = element(BIT_STRING, Buffer.of(0), sign('sha256', signed, privateKey));
  const der = element(SEQUENCE, signed, ecdsaWithSha256, signature);
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

// As much of DER (ITU-T X.690) as that takes.
const BIT_STRING = 0x03;
const SEQUENCE = 0x30;
const VERSION = 0xa0;
/** AlgorithmIdentifier of 1.2.840.10045.4.3.2. */
const ecdsaWithSha256 = Buffer.from('300a06082a8648ce3d040302', 'hex');

function element(tag: number, ...content: readonly Buffer[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  const digits = length.toString(16);
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return Buffer.concat([
    Buffer.of(tag),
    length < 0x80 ? Buffer.of(length) : Buffer.concat([Buffer.of(0x80 | bytes.length), bytes]),
    ...content,
  ]);
}

/** The elements that an element consists of. */
function inside(whole: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = contentOf(whole, 0).start, end = at; at < whole.length; at = end) {
    ({ end } = contentOf(whole, at));
    parts.push(whole.subarray(at, end));
  }
  return parts;
}

function contentOf(bytes: Buffer, at: number): { start: number; end: number } {
  const length = bytes[at + 1] ?? 0;
  const more = length < 0x80 ? 0 : length & 0x7f;
  const start = at + 2 + more;
  return { start, end: start + (more === 0 ? length : bytes.readUIntBE(at + 2, more)) };
}
