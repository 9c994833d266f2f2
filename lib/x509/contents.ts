import { createPrivateKey, X509Certificate } from 'node:crypto';
import { derValue, parts } from './der.js';

/** What is wrong with a file that is not what it should be, and what to do. */
export interface Mistaken {
  readonly why: string;
  readonly hint: string;
}

/** How PEM's labels (RFC 7468) are called. */
const called: Readonly<Record<string, string>> = {
  CERTIFICATE: 'a certificate',
  'CERTIFICATE REQUEST': 'a certificate signing request',
  'NEW CERTIFICATE REQUEST': 'a certificate signing request',
  'PRIVATE KEY': 'a private key',
  'RSA PRIVATE KEY': 'a private key',
  'EC PRIVATE KEY': 'a private key',
  'ENCRYPTED PRIVATE KEY': 'a private key',
  'PUBLIC KEY': 'a public key',
  'RSA PUBLIC KEY': 'a public key',
  'OPENSSH PRIVATE KEY': "a key in OpenSSH's own form",
  'X509 CRL': 'a revocation list',
};

const backup = 'bring the right file back from a backup';
const mixedUp = 'look whether two files are mixed up';

/** What a file should hold. */
export type PemKind = 'a certificate' | 'a private key' | 'a certificate signing request';

/** Tells why a file cannot be read as what it should be, in PEM; of one that may be anything, why it cannot be read. */
export function mistaken(bytes: Buffer, wanted?: PemKind): Mistaken {
  const text = bytes.toString('latin1');
  if (text.trim() === '') return { why: 'it is empty', hint: backup };
  const mark = marks.find(([, ...begin]) => begin.every((byte, at) => bytes[at] === byte))?.[0];
  if (mark !== undefined) return { why: mark, hint: 'save it as plain text (ASCII), without any mark' };
  const [, label] = /^-----BEGIN ([A-Z0-9 ]+)-----/m.exec(text) ?? [];
  if (label !== undefined) {
    const is = called[label] ?? `'${label}'`;
    if (!text.includes(`-----END ${label}-----`)) return { why: 'it is cut off', hint: backup };
    if (is === wanted) return { why: `it holds ${is} that cannot be parsed`, hint: backup };
    const renamed = /^(?:X509|TRUSTED) CERTIFICATE$/.test(label) && wanted === 'a certificate';
    return { why: `it holds ${is}`, hint: renamed ? toPem('x509') : mixedUp };
  }
  if (/^-----BEGIN/m.test(text))
    return { why: "its line that begins with '-----BEGIN' is damaged", hint: backup };
  const der = heldInDer(bytes);
  if (der) {
    const why = `it holds ${der.is} in its binary form (DER)`;
    const isOther = wanted !== undefined && der.is !== wanted;
    const hint = isOther ? mixedUp : `PEM is needed: ${toPem(der.command, '-inform DER ')}`;
    return { why, hint };
  }
  if (bytes.some((byte) => byte < 9 || (byte > 13 && byte < 32) || byte > 126))
    return { why: 'it is binary data', hint: backup };
  return { why: "it has no line that begins with '-----BEGIN'", hint: backup };
}

/** What some editors put before a text, by its bytes; none of it is PEM. */
const marks: readonly (readonly [why: string, ...begin: number[]])[] = [
  ['it begins with a byte order mark', 0xef, 0xbb, 0xbf],
  ['it is in UTF-16', 0xff, 0xfe],
  ['it is in UTF-16', 0xfe, 0xff],
];

function toPem(command: string, form = ''): string {
  return `openssl ${command} ${form}-in FILE -out FILE.pem`;
}

/** Whether a private key in PEM is encrypted: in PKCS#8, or in the older form. */
export function isEncryptedKey(text: string): boolean {
  return /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text);
}

/** Whether it is a certificate signing request in PEM, as far as its outermost value tells. */
export function isCsr(text: string): boolean {
  const [, body] = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([\s\S]+?)-----END/.exec(text) ?? [];
  if (body === undefined || !/^[\w+/=\s]+$/.test(body)) return false;
  return parses(() => parts(derValue(Buffer.from(body, 'base64'))));
}

function heldInDer(bytes: Buffer): { readonly is: PemKind; readonly command: string } | undefined {
  if (parses(() => new X509Certificate(bytes))) return { is: 'a certificate', command: 'x509' };
  const types = ['pkcs8', 'pkcs1', 'sec1'] as const;
  return types.some((type) => parses(() => derKey(bytes, type)))
    ? { is: 'a private key', command: 'pkey' }
    : undefined;
}

function derKey(key: Buffer, type: 'pkcs8' | 'pkcs1' | 'sec1'): unknown {
  return createPrivateKey({ key, format: 'der', type });
}

function parses(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
