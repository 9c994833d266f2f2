import { generatePrimeSync } from 'node:crypto';

/**
 * An RSA private key in PKCS#1, of about so many bits, whose two factors are products of small primes: no secret, but made
 * in no time, while a real one of that length takes a minute.
 */
export function largeRsaKey(bits: number): string {
  const e = 65_537n;
  for (;;) {
    const [p, q] = [factor(bits / 2), factor(bits / 2)];
    const n = p.product * q.product;
    if (p.order % e === 0n || q.order % e === 0n) continue;
    const [dp, dq] = [inverse(e, p.order), inverse(e, q.order)];
    const d = inverse(e, p.order * q.order);
    const numbers = [0n, n, e, d, p.product, q.product, dp, dq, inverse(q.product, p.product)];
    const body = Buffer.concat(numbers.map(integer));
    const lines =
      tagged(0x30, body)
        .toString('base64')
        .match(/.{1,64}/g) ?? [];
    return ['-----BEGIN RSA PRIVATE KEY-----', ...lines, '-----END RSA PRIVATE KEY-----', ''].join('\n');
  }
}

/** A product of primes, and how many numbers below it are coprime to it. */
function factor(bits: number): { product: bigint; order: bigint } {
  const count = Math.ceil(bits / 512);
  const primes = Array.from({ length: count }, () =>
    generatePrimeSync(Math.ceil(bits / count), { bigint: true }),
  );
  const times = (numbers: readonly bigint[]): bigint => numbers.reduce((all, one) => all * one);
  return { product: times(primes), order: times(primes.map((prime) => prime - 1n)) };
}

function inverse(of: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [((of % modulus) + modulus) % modulus, modulus, 1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b, x, y] = [b, a - quotient * b, y, x - quotient * y];
  }
  return ((x % modulus) + modulus) % modulus;
}

function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const octets = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
  return tagged(0x02, octets[0]! & 0x80 ? Buffer.concat([Buffer.of(0), octets]) : octets);
}

function tagged(tag: number, content: Buffer): Buffer {
  const length = content.length;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}
