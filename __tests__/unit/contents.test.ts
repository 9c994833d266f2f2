import { describe, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { isCsr, mistaken } from '../../lib/x509/contents.js';
import { clientCertificate } from './certificates.js';

type Wanted = Parameters<typeof mistaken>[1];

const certificate = clientCertificate.toString();
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
const key = String(ec.privateKey.export({ type: 'pkcs8', format: 'pem' }));
const encryption = { cipher: 'aes-256-cbc', passphrase: 'correct horse' } as const;
const block = (label: string): string => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');

const backup = /bring the right file back from a backup/;
const mixedUp = /look whether two files are mixed up/;
const both = ['a certificate', 'a private key'] as const;

/** What the file that should be this holds; why it is none; what helps. */
type Row = readonly [what: string, holds: string | Uint8Array, why: RegExp, hint: RegExp];

const told = (wanted: Wanted, rows: readonly Row[]): void => {
  test.each(rows)('%s', (_, holds, why, hint) => {
    const found = mistaken(Buffer.from(holds), wanted);
    expect(found.why).toMatch(why);
    expect(found.hint).toMatch(hint);
  });
};

describe('what may be anything', () => {
  const der = ec.privateKey.export({ type: 'pkcs8', format: 'der' });
  const inDer = (what: string): RegExp => new RegExp(`^it holds ${what} in its binary form \\(DER\\)$`);
  told(undefined, [
    ['a key in DER', der, inDer('a private key'), /^PEM is needed: openssl pkey -inform DER /],
    ['a certificate in DER', clientCertificate.raw, inDer('a certificate'), /openssl x509 -inform DER /],
    ['a letter', 'Dear Sir or Madam,\n', /^it has no line that begins with '-----BEGIN'$/, backup],
  ]);
});

describe.each(both)('what should be %s', (wanted) => {
  const right = wanted === 'a certificate' ? certificate : key;
  const unparsed = new RegExp(`^it holds ${wanted} that cannot be parsed$`);
  told(wanted, [
    ['nothing', '', /^it is empty$/, backup],
    ['blanks', ' \r\n\t\n', /^it is empty$/, backup],
    ['its first line', `${right.split('\n', 1)[0]}\n`, /^it is cut off$/, backup],
    ['its first half', right.slice(0, right.length / 2), /^it is cut off$/, backup],
    ['all but its last line', right.replace(/-----END.*\n/, ''), /^it is cut off$/, backup],
    ['all but the end of its last line', right.slice(0, -3), /^it is cut off$/, backup],
    [
      'all but its first line',
      right.slice(right.indexOf('\n') + 1),
      /^it has no line that begins with '-----BEGIN'$/,
      backup,
    ],
    [
      'lines that are indented',
      right.replace(/^/gm, ' '),
      /^it has no line that begins with '-----BEGIN'$/,
      backup,
    ],
    [
      'a first line that is damaged at its end',
      right.replace(/-\n/, '\n'),
      /^its line that begins with '-----BEGIN' is damaged$/,
      backup,
    ],
    ['a letter', 'Dear Sir or Madam,\n', /^it has no line that begins with '-----BEGIN'$/, backup],
    [
      'a letter in another script',
      'Sehr geehrte Dämen und Herren,\n',
      /no line that begins with '-----BEGIN'|binary data/,
      backup,
    ],
    ['what is no base64', right.replace(/(?<=\n.{9})./, '!'), unparsed, backup],
    ['NUL between its letters', right.replace(/(?<=\n.{9})/, '\0'), unparsed, backup],
    ['its lines, in one', right.replaceAll('\n', '\\n'), unparsed, backup],
    ['another DER in its block', right.replace(/\n[^-]{8}/, '\nAAAAAAAA'), unparsed, backup],
    ['line ends of an old Mac', right.replaceAll('\n', '\r'), /cannot be parsed|line end/, backup],
    [
      'random bytes',
      Uint8Array.from({ length: 99 }, (_, at) => (at * 211) % 256),
      /^it is binary data$/,
      backup,
    ],
    ['a program', '\x7fELF\x02\x01\x01\0\0', /^it is binary data$/, backup],
    ['NUL', Buffer.alloc(9), /^it is binary data$/, backup],
    ['a byte order mark before it', `\ufeff${right}`, /byte order mark/, /.\b/],
    ['itself in UTF-16', utf16(right), /UTF-16/, /.\b/],
    ['itself in UTF-16, the other order', utf16(right).swap16(), /UTF-16/, /.\b/],
    ['a CSR', block('CERTIFICATE REQUEST'), /^it holds a certificate signing request$/, mixedUp],
    [
      'a CSR by its old name',
      block('NEW CERTIFICATE REQUEST'),
      /^it holds a certificate signing request$/,
      mixedUp,
    ],
    ['a public key', block('PUBLIC KEY'), /^it holds a public key$/, mixedUp],
    ['a public key of RSA', block('RSA PUBLIC KEY'), /^it holds a public key$/, mixedUp],
    ['a revocation list', block('X509 CRL'), /^it holds a revocation list$/, mixedUp],
    ['a key of OpenSSH', block('OPENSSH PRIVATE KEY'), /^it holds a key in OpenSSH's own form$/, mixedUp],
    ['parameters', block('DH PARAMETERS'), /^it holds '?DH parameters'?$/i, mixedUp],
    ['a message', block('PGP MESSAGE'), /^it holds 'PGP MESSAGE'$/, mixedUp],
  ]);
});

describe('what should be a certificate', () => {
  const inDer = /^it holds a certificate in its binary form \(DER\)$/;
  told('a certificate', [
    ['it in DER', clientCertificate.raw, inDer, /openssl x509 -inform DER/],
    ['a key', key, /^it holds a private key$/, mixedUp],
    ['a key of EC', block('EC PRIVATE KEY'), /^it holds a private key$/, mixedUp],
    ['a key of RSA', block('RSA PRIVATE KEY'), /^it holds a private key$/, mixedUp],
    ['an encrypted key', block('ENCRYPTED PRIVATE KEY'), /^it holds a private key$/, mixedUp],
    [
      'a key in DER',
      ec.privateKey.export({ type: 'pkcs8', format: 'der' }),
      /^it holds a private key/,
      mixedUp,
    ],
    [
      'a key of EC in DER',
      ec.privateKey.export({ type: 'sec1', format: 'der' }),
      /^it holds a private key/,
      mixedUp,
    ],
    [
      'it by a name that docker does not know',
      certificate.replaceAll(' CERT', ' TRUSTED CERT'),
      /TRUSTED CERTIFICATE/,
      /.\b/,
    ],
    ['it by its old name', certificate.replaceAll(' CERT', ' X509 CERT'), /X509 CERTIFICATE/, /.\b/],
  ]);
});

describe('what should be a private key', () => {
  const inDer = /^it holds a private key in its binary form \(DER\)$/;
  const convert = /openssl pkey -inform DER/;
  told('a private key', [
    ['it in DER', ec.privateKey.export({ type: 'pkcs8', format: 'der' }), inDer, convert],
    ['it in DER, of EC', ec.privateKey.export({ type: 'sec1', format: 'der' }), inDer, convert],
    ['it in DER, of RSA', rsa.privateKey.export({ type: 'pkcs1', format: 'der' }), inDer, convert],
    [
      'it in DER, encrypted',
      ec.privateKey.export({ type: 'pkcs8', format: 'der', ...encryption }),
      /binary/,
      /.\b/,
    ],
    [
      'a public key in DER',
      ec.publicKey.export({ type: 'spki', format: 'der' }),
      /^it is binary data$/,
      backup,
    ],
    ['a certificate', certificate, /^it holds a certificate$/, mixedUp],
    ['a certificate in DER', clientCertificate.raw, /^it holds a certificate/, mixedUp],
    [
      'a damaged key of EC',
      block('EC PRIVATE KEY'),
      /^it holds a private key that cannot be parsed$/,
      backup,
    ],
  ]);
});

test.each(both)('a hint is one line that goes on in a sentence: %s', (wanted) => {
  for (const holds of ['', certificate, key, 'a', '\0', block('X509 CRL'), clientCertificate.raw]) {
    const { why, hint } = mistaken(Buffer.from(holds), wanted);
    for (const words of [why, hint]) {
      expect(words).toMatch(/^[a-zP].*[^.]$/);
      expect(words).not.toContain('\n');
    }
  }
});

test('a CSR is told by its outermost length', () => {
  const csr = (body: string): string =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`;
  expect(isCsr(csr('MAA='))).toBe(true);
  for (const text of ['', 'MAA=', csr(''), csr('MAE='), csr('MA!A='), csr('AAAA')])
    expect(isCsr(text)).toBe(false);
});
