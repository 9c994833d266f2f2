import { InputError } from '../../errors.js';
import { givenTexts } from '../../given.js';

/** For whom a bundle is encrypted. */
export interface RecipientOptions {
  /**
   * Encrypts with age for each of these recipients: `age1…`, or the line of an SSH public key (`ssh-ed25519 AAAA…`, `ssh-rsa AAAA…`).
   * Default: none.
   */
  readonly to?: readonly string[] | undefined;
  /**
   * Encrypts with gpg for each of these keys in its key ring: a full fingerprint, or an e-mail address whose key gpg considers valid.
   * Default: none.
   */
  readonly toPgp?: readonly string[] | undefined;
}

/** The programs that encrypt for a reader, and the suffixes of what they make. */
export const encryptionSuffixes = { age: '.age', gpg: '.gpg' } as const;
export type EncryptionProgram = keyof typeof encryptionSuffixes;

/** One run of such a program, from stdin to stdout. */
export interface Encrypting {
  readonly program: EncryptionProgram;
  readonly argv: readonly string[];
  readonly recipients: readonly string[];
  /** What to do where it fails. */
  readonly hint: string;
}

/** Undefined where nobody is named. Throws `ERR_INPUT`. */
export function parseRecipients({ to, toPgp }: RecipientOptions): Encrypting | undefined {
  if (to !== undefined && toPgp !== undefined)
    throw new InputError('toPgp', 'a bundle is encrypted either with age or with gpg, not with both');
  if (to !== undefined) return withAge(someOf(to, 'to').map(ageRecipient));
  return toPgp === undefined ? undefined : withGpg(someOf(toPgp, 'toPgp').map(pgpKey));
}

function someOf(given: unknown, option: string): readonly string[] {
  const texts = givenTexts(given, option).map((text) => text.trim());
  if (texts.length === 0) throw new InputError(option, 'it names no recipient');
  return texts;
}

/** Age itself judges the rest: it knows more kinds of recipients with every version. */
function ageRecipient(text: string): string {
  const refuse = (why: string, hint: string): never => {
    throw new InputError('to', why, { hint });
  };
  const kinds = 'a recipient begins with age1, ssh-ed25519 or ssh-rsa';
  if (/AGE-(?:SECRET-KEY|PLUGIN)-|PRIVATE KEY/i.test(text))
    refuse(
      'this is a private key, which only its owner may have',
      'give the recipient that belongs to it: `age-keygen -y FILE` prints it',
    );
  if (text === '' || text.startsWith('-')) refuse(`'${text}' is not a recipient`, kinds);
  // age reads the first of several lines, and ignores the others.
  if (/\p{Cc}/u.test(text)) refuse('a recipient is one line', 'to encrypt for several, name each of them');
  return text;
}

function withAge(recipients: readonly string[]): Encrypting {
  return {
    program: 'age',
    argv: [...recipients.flatMap((recipient) => ['-r', recipient]), '-o', '-'],
    recipients,
    hint: 'nothing was written; a recipient begins with age1, ssh-ed25519 or ssh-rsa',
  };
}

interface PgpKey {
  /** As gpg is given it, and as it is shown. */
  readonly key: string;
  readonly shown: string;
  readonly isFingerprint: boolean;
}

/** A part of a name or a short key ID would match the keys of others, too: anyone can make one that does. */
function pgpKey(text: string): PgpKey {
  const digits = text.replace(/\s+/g, '').replace(/^0x/i, '').toUpperCase();
  if (/^(?:[0-9A-F]{40}|[0-9A-F]{64})$/.test(digits))
    return { key: digits, shown: digits, isFingerprint: true };
  const [, address] = /^<?([^\s<>@\p{Cc}]+@[^\s<>@\p{Cc}]+)>?$/u.exec(text) ?? [];
  // In angle brackets gpg takes the whole address, else also a part of one.
  if (address !== undefined && !address.startsWith('-'))
    return { key: `<${address}>`, shown: address, isFingerprint: false };
  throw new InputError(
    'toPgp',
    /^[0-9A-F]{8,39}$/.test(digits)
      ? `the key ID '${text}' is too short: other keys can have the same`
      : `'${text}' is neither a fingerprint nor an e-mail address`,
    { hint: 'give the full fingerprint, 40 hexadecimal digits: `gpg --fingerprint` prints it' },
  );
}

/**
 * A full fingerprint names the key itself, so gpg need not know whose it is. With an address gpg has to be sure of that, by its own
 * rules; and it asks no server for a key that is not in its key ring.
 */
function withGpg(keys: readonly PgpKey[]): Encrypting {
  const named = keys.every(({ isFingerprint }) => isFingerprint);
  return {
    program: 'gpg',
    argv: [
      ...['--batch', '--no-tty', '--no-armor', '--no-auto-key-locate'],
      ...(named ? ['--trust-model', 'always'] : []),
      ...['--encrypt', ...keys.flatMap(({ key }) => ['--recipient', key])],
    ],
    recipients: keys.map(({ shown }) => shown),
    hint: named
      ? 'nothing was written; gpg needs the public key in its key ring: `gpg --import FILE`'
      : 'nothing was written; gpg needs a public key with that address in its key ring and has to consider it valid: sign it, or give its full fingerprint instead once its owner has confirmed it',
  };
}
