import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { DirectoryError } from '../../errors.js';
import { fileError } from '../../file-error.js';
import { readRegular, readRegularNow } from '../../store/read-regular.js';
import { isEncryptedKey } from '../../x509/contents.js';
import { readCsr, type Csr } from '../../x509/csr.js';
import { oneObject } from '../../x509/one-object.js';
import { PublicKey } from '../../x509/spki.js';
import type { Passphrase } from '../../x509/passphrase.js';
import type { Known } from './asked.js';
import { notOpenssl } from './refusal.js';

/** Reads what a run has made; in a large one thousands of small files. `latin1` keeps every byte. Errors: `ERR_FILE`. */
export function readMade(path: string, shown: string, encoding: 'latin1' | 'utf8' = 'latin1'): string {
  try {
    const bytes = readRegularNow(path, { shown, hint: notOpenssl });
    if (bytes) return bytes.toString(encoding);
    throw new DirectoryError('ERR_FILE', shown, `cannot read ${shown}: it is a directory`, {
      hint: notOpenssl,
    });
  } catch (error) {
    if (error instanceof DirectoryError) throw error;
    throw fileError(shown, 'read back', error);
  }
}

/** What an input should hold. */
export type Holds = 'key' | 'csr' | 'certificate' | 'text';

/**
 * Reads an input before openssl does, as far as it can be read: openssl says what is wrong with one that cannot. A pipe gives
 * what it holds only once, and that is openssl's.
 */
export async function readInput(
  path: string,
  shown: string,
  holds: Holds,
  passphrase?: Passphrase,
): Promise<Known> {
  const bytes = await bytesOf(path);
  if (!bytes) return { shown };
  switch (holds) {
    case 'text':
      return { shown, text: bytes.toString('latin1') };
    case 'certificate':
      return { shown, certificate: parsed(() => new X509Certificate(bytes)) };
    case 'csr':
      return { shown, csr: csrIn(bytes) };
    case 'key':
      return { shown, publicKey: publicKeyIn(bytes, passphrase) };
  }
}

/** What is known of a file of which it is not known what it holds. */
export async function readAny(path: string, shown: string): Promise<Known> {
  const bytes = await bytesOf(path);
  if (!bytes) return { shown };
  const certificate = parsed(() => new X509Certificate(bytes));
  const publicKey = certificate
    ? parsed(() => PublicKey.of(certificate.publicKey))
    : publicKeyIn(bytes, undefined);
  return { shown, certificate, publicKey };
}

async function bytesOf(path: string): Promise<Buffer | undefined> {
  try {
    return (await stat(path)).isFile() ? (await readRegular(path)).bytes : undefined;
  } catch {
    return undefined;
  }
}

/** A CSR that can be read. */
export function csrIn(bytes: Buffer): Csr | undefined {
  const block =
    /-----BEGIN (NEW )?CERTIFICATE REQUEST-----[\s\S]*?-----END (?:NEW )?CERTIFICATE REQUEST-----/.exec(
      bytes.toString('latin1'),
    )?.[0];
  const found = block === undefined ? { der: bytes } : oneObject(block);
  return parsed(() => ('der' in found && found.der ? readCsr(found.der) : undefined));
}

function publicKeyIn(bytes: Buffer, passphrase: Passphrase | undefined): PublicKey | undefined {
  const text = bytes.toString('latin1');
  const secret = passphrase?.reveal();
  if (isEncryptedKey(text) && secret === undefined) return undefined;
  const pem = { key: text, ...(secret === undefined ? {} : { passphrase: secret }) };
  const forms = ['pkcs8', 'pkcs1', 'sec1'] as const;
  const key =
    parsed(() => createPublicKey(createPrivateKey(pem))) ??
    forms
      .map((type) => parsed(() => createPublicKey(createPrivateKey({ key: bytes, format: 'der', type }))))
      .find((each) => each !== undefined);
  return key && PublicKey.of(key);
}

function parsed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
