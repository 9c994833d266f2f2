// Makes an RSA key for the tests: `node make-rsa-key.js BITS NUMBER FOLDER` writes FOLDER/BITS-NUMBER.pem. No two numbers
// give the same key, but they share their primes, of which few are made: finding those is what takes long.
import { createPrivateKey, generatePrimeSync } from 'node:crypto';
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [bits, number, folder] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const E = 65537n;

/** The pair of that number, of few: 0 1, 0 2, 1 2, 0 3 and so on. */
function pair(number) {
  let high = 1;
  while (number >= (high * (high + 1)) / 2) high++;
  return [high, number - (high * (high - 1)) / 2];
}

/** Another process may make the same one: the first stays. */
function prime(which) {
  const path = join(folder, `prime-${bits}-${which}`);
  if (!existsSync(path)) {
    let found;
    do found = generatePrimeSync(bits / 2, { bigint: true });
    while ((found - 1n) % E === 0n);
    writeFileSync(`${path}.${process.pid}`, String(found));
    try {
      linkSync(`${path}.${process.pid}`, path);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    rmSync(`${path}.${process.pid}`);
  }
  return BigInt(readFileSync(path, 'utf8'));
}

function inverse(of, modulus) {
  let [r, next, s, after] = [modulus, of % modulus, 0n, 1n];
  while (next !== 0n) {
    const quotient = r / next;
    [r, next] = [next, r - quotient * next];
    [s, after] = [after, s - quotient * after];
  }
  return ((s % modulus) + modulus) % modulus;
}

const [p, q] = pair(number)
  .map(prime)
  .sort((one, other) => (one > other ? -1 : 1));
const d = inverse(E, (p - 1n) * (q - 1n));
const text = (value) => {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
};
const parts = { n: p * q, e: E, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
const key = Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, text(value)]));
const pem = createPrivateKey({ key: { kty: 'RSA', ...key }, format: 'jwk' }).export({
  type: 'pkcs8',
  format: 'pem',
});
const path = join(folder, `${bits}-${number}.pem`);
// Whichever comes last stays, and each is whole.
writeFileSync(`${path}.${process.pid}`, pem, { mode: 0o600 });
renameSync(`${path}.${process.pid}`, path);
