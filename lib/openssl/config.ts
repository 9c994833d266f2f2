import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { devNull } from 'node:os';

/**
 * The configuration that openssl gets instead of the machine's own. Resolved, not imported: works from source, from dist,
 * under Jest and from an installed package.
 */
export function ownConfig(): string {
  return (own ??= createRequire(import.meta.url).resolve('#templates/openssl.cnf'));
}

let own: string | undefined;

/** The configuration for a command that reaches a key in a token through pkcs11-provider. */
export function providerConfig(): string {
  return createRequire(import.meta.url).resolve('#templates/openssl-pkcs11.cnf');
}

/** The lines of `ownConfig`. */
export async function ownConfigLines(): Promise<string[]> {
  return (await readFile(ownConfig(), 'utf8')).trimEnd().split('\n');
}

/** No CA of the machine has a say, and none is read: that takes longer than a signature. */
export const noTrust = { SSL_CERT_FILE: devNull, SSL_CERT_DIR: devNull } as const;
