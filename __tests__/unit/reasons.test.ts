import { describe, expect, test } from '@jest/globals';
import type { OpensslReason, TokenReason } from '../../lib/errors.js';
import { opensslFailure, reasonOf } from '../../lib/openssl/reasons.js';
import { failures } from './openssl-failures.js';

const run = { exitCode: 1, signal: undefined, stdout: '', stderr: '' };

describe('the reason is told from the words of openssl', () => {
  test.each(failures)('$reason: $what, $openssl', ({ lines, reason }) => {
    expect(reasonOf(lines.join('\n'))).toBe(reason);
  });

  test('for each reason that there is', () => {
    const all: Record<Exclude<OpensslReason, TokenReason>, true> = {
      'wrong-passphrase': true,
      'no-passphrase': true,
      'outdated-encryption': true,
      'not-a-key': true,
      'not-a-certificate': true,
      'not-a-csr': true,
      'key-mismatch': true,
      'disk-full': true,
      'no-such-file': true,
      'permission-denied': true,
      'string-too-long': true,
      'bad-country': true,
      'string-too-short': true,
      'illegal-characters': true,
      'unknown-option': true,
      'bad-config': true,
      'not-verified': true,
    };
    expect([...new Set(failures.map(({ reason }) => reason))].sort()).toEqual(Object.keys(all).sort());
  });
});

test.each([
  '',
  'writing RSA key',
  'Signature ok\nsubject=CN = l\nGetting CA Private Key',
  'Certificate request self-signature ok\nsubject=CN=l',
  'Generating RSA private key, 2048 bit long modulus (2 primes)\n.....+++++\ne is 65537 (0x010001)',
  'Segmentation fault',
])('words that explain nothing give no reason: %j', (stderr) => {
  expect(reasonOf(stderr)).toBeUndefined();
});

describe('a failed run as an error', () => {
  const stderr = failures.find(({ reason }) => reason === 'key-mismatch')!.lines.join('\n');
  const error = opensslFailure(
    'certificate of the server',
    'openssl x509 -req',
    { ...run, stderr },
    reasonOf(stderr),
  );

  test('says what failed, why and what to do', () => {
    expect(error.message).toMatch(/^certificate of the server.*: .*do not belong together$/);
    expect(error.hint).toBe('give the key that the certificate was made for');
  });

  test('holds the facts', () => {
    expect(error).toMatchObject({
      code: 'ERR_OPENSSL_FAILED',
      reason: 'key-mismatch',
      command: 'openssl x509 -req',
      exitCode: 1,
      signal: undefined,
      stderr,
    });
    expect(error.queue.map(({ text }) => text)).toContain('key values mismatch');
  });

  test.each([
    [{ ...run, exitCode: 7 }, 'openssl exited with 7'],
    [{ ...run, exitCode: undefined, signal: 'SIGSEGV' }, 'openssl was ended by SIGSEGV'],
  ])('without known words says how it ended: %j', (result, ended) => {
    const unknown = opensslFailure('private key', 'openssl genrsa', result, reasonOf(result.stderr));
    expect(unknown.message).toMatch(new RegExp(`^private key.*: ${ended}$`));
    expect(unknown).toMatchObject({
      reason: undefined,
      signal: result.signal,
      exitCode: result.exitCode,
      queue: [],
    });
    expect(unknown.hint).toBe(
      'openssl gave no reason; check that it works, or name another one with `openssl`',
    );
  });
});
