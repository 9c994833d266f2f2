import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What can be wrong with a private key, by the reason for which it is refused. */
export const flawedKeys: Readonly<Record<string, (key: string) => string>> = {
  'key-encrypted': (key) => encrypted(key, 'pkcs8'),
  'key-encrypted-traditionally': (key) => encrypted(key, 'sec1'),
  'key-of-another': () =>
    generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
  'key-of-another-type': () =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
};

/**
 * Encrypts a key so that a client that tries an empty passphrase finds out that it is wrong. Nothing but the padding tells it,
 * which is right by chance for one key in 256: of such a one the client prints that it cannot parse it.
 */
function encrypted(key: string, type: 'pkcs8' | 'sec1'): string {
  for (;;) {
    const pem = createPrivateKey(key)
      .export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
      .toString();
    if (codeOf(() => createPrivateKey({ key: pem, passphrase: '' })) === 'ERR_OSSL_BAD_DECRYPT') return pem;
  }
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

/** Spoils both leaves' keys of a set. */
export async function spoilKeys(directory: string, reason: string): Promise<void> {
  for (const path of ['server-key.pem', 'key.pem'].map((name) => join(directory, name))) {
    await chmod(path, 0o600);
    await writeFile(path, flawedKeys[reason]!(await readFile(path, 'utf8')));
  }
}
