import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What can be wrong with a private key, by the reason for which it is refused. */
export const flawedKeys: Readonly<Record<string, (key: string) => string>> = {
  'key-encrypted': (key) =>
    createPrivateKey(key)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
      .toString(),
  'key-encrypted-traditionally': (key) =>
    createPrivateKey(key)
      .export({ type: 'sec1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
      .toString(),
  'key-of-another': () =>
    generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
  'key-of-another-type': () =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
};

/** Spoils both leaves' keys of a set. */
export async function spoilKeys(directory: string, reason: string): Promise<void> {
  for (const path of ['server-key.pem', 'key.pem'].map((name) => join(directory, name))) {
    await chmod(path, 0o600);
    await writeFile(path, flawedKeys[reason]!(await readFile(path, 'utf8')));
  }
}
