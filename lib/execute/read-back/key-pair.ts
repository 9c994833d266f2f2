import { sign, verify, type JsonWebKey, type KeyObject } from 'node:crypto';

/**
 * Whether the private half of a key belongs to its public half: openssl and Node take the public half as it stands in the file,
 * and a key that does not belong to it signs what nobody can verify.
 */
export function belongsTogether(key: KeyObject, publicKey: KeyObject): boolean {
  if (key.asymmetricKeyType === 'rsa') return isRsa(key.export({ format: 'jwk' }));
  const message = Buffer.from('docker-tls-openssl');
  const digest = key.asymmetricKeyType === 'ec' ? 'sha256' : null;
  return verify(digest, message, publicKey, sign(digest, message, key));
}

/** The relations of RFC 8017 §3.2 between the numbers of a key of two primes. */
function isRsa(jwk: JsonWebKey): boolean {
  const read = (text: string | undefined): bigint =>
    BigInt(`0x${Buffer.from(text ?? '', 'base64url').toString('hex') || '0'}`);
  const [n, e, d, p, q, dp, dq, qi] = [jwk.n, jwk.e, jwk.d, jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi].map(
    read,
  ) as [...[bigint, bigint, bigint, bigint], ...[bigint, bigint, bigint, bigint]];
  if (p <= 1n || q <= 1n || n !== p * q) return false;
  return (
    (e * d) % (p - 1n) === 1n &&
    (e * d) % (q - 1n) === 1n &&
    dp === d % (p - 1n) &&
    dq === d % (q - 1n) &&
    (qi * q) % p === 1n
  );
}
