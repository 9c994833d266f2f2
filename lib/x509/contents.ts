import { createPrivateKey, X509Certificate } from 'node:crypto';

/** What is wrong with a file that is not what it should be, and what to do. */
export interface Mistaken {
  readonly why: string;
  readonly hint: string;
}

/** How PEM's labels (RFC 7468) are called. */
const called: Readonly<Record<string, string>> = {
  CERTIFICATE: 'a certificate',
  'X509 CERTIFICATE': 'a certificate',
  'TRUSTED CERTIFICATE': 'a certificate',
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

/** Why a file cannot be read as a certificate or private key in PEM. */
export function mistaken(bytes: Buffer, wanted: 'a certificate' | 'a private key'): Mistaken {
  const text = bytes.toString('latin1');
  if (text.trim() === '') return { why: 'it is empty', hint: backup };
  const [, label] = /^-----BEGIN ([A-Z0-9 ]+)-----/m.exec(text) ?? [];
  if (label !== undefined) {
    const is = called[label] ?? `'${label}'`;
    if (!text.includes(`-----END ${label}-----`)) return { why: 'it is cut off', hint: backup };
    if (is !== wanted) return { why: `it holds ${is}`, hint: 'look whether two files are mixed up' };
    return { why: `it holds ${wanted} that cannot be parsed`, hint: backup };
  }
  if (parses(() => new X509Certificate(bytes))) return binary('a certificate', 'x509');
  if ((['pkcs8', 'pkcs1', 'sec1'] as const).some((type) => parses(() => derKey(bytes, type))))
    return binary('a private key', 'pkey');
  if (bytes.some((byte) => byte < 9 || (byte > 13 && byte < 32) || byte > 126))
    return { why: 'it is binary data', hint: backup };
  return { why: "it has no line that begins with '-----BEGIN'", hint: backup };
}

/** Whether a private key in PEM is encrypted: in PKCS#8, or in the older form. */
export function isEncryptedKey(text: string): boolean {
  return /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text);
}

function binary(is: string, command: 'x509' | 'pkey'): Mistaken {
  return {
    why: `it holds ${is} in its binary form (DER)`,
    hint: `PEM is needed: openssl ${command} -inform DER -in FILE -out FILE.pem`,
  };
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
