/** The words about a key's passphrase. */
import type { RewrittenKey } from '../lib/internal.js';
import { describeStep, spelledNotes } from './present.js';
import type { Style } from './streams.js';

/** The result of adding, changing or removing a key's passphrase. */
export function describeRewritten(
  verb: 'add' | 'change' | 'remove',
  { path, cipher, kdf }: RewrittenKey,
  style: Style,
): string[] {
  const shown = describeStep(path);
  const how = [cipher?.toUpperCase(), kdf?.name.toUpperCase()].filter(Boolean).join(', ');
  switch (verb) {
    case 'add':
      return [`${style.green('Encrypted')} ${shown} (${how})`, 'Other copies of it stay unencrypted.'];
    case 'change':
      return [
        `${style.green('Changed')} the passphrase of ${shown} (${how})`,
        'Other copies of it keep the old passphrase.',
      ];
    case 'remove':
      return [`${style.green('Removed')} the passphrase of ${shown}`];
  }
}

/** The same for --json. */
export function rewrittenAsJson(command: string, dryRun: boolean, rewritten: RewrittenKey): object {
  const { path, encrypted, cipher, kdf, notes, commands, openssl } = rewritten;
  return {
    ok: true,
    command,
    dryRun,
    path,
    encrypted,
    cipher: cipher ?? null,
    kdf: kdf ? { name: kdf.name, iterations: kdf.iterations ?? null, prf: kdf.prf ?? null } : null,
    notes: spelledNotes(notes),
    commands,
    openssl: openssl ? { path: openssl.path, version: openssl.version.text } : null,
  };
}
