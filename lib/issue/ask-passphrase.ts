import { PassphraseError } from '../errors.js';
import { toPassphrase, type Passphrase } from '../x509/passphrase.js';
import type { IssueRequest, PassphraseQuestion, PassphraseSource } from './options.js';
import { option, words } from '../words.js';

/** The options that give a passphrase of a CA's key. */
export type PassphraseOption = 'passphrase' | 'parentPassphrase';

/** What was given, and by which option. */
interface PassphraseGiven {
  readonly passphrase: Passphrase | null | PassphraseSource | undefined;
  /** Default: `passphrase`. */
  readonly name?: PassphraseOption | undefined;
}

/** Asks for the passphrase; undefined for a new key without one. Throws `ERR_PASSPHRASE_NEEDED`. */
export async function askPassphrase(
  { passphrase, name = 'passphrase' }: PassphraseGiven,
  question: PassphraseQuestion,
  canBeLeftOut = question.purpose === 'create',
): Promise<Passphrase | undefined> {
  const given = typeof passphrase === 'function' ? await passphrase(question) : passphrase;
  if (given !== undefined && given !== null) return toPassphrase(given);
  if (given === null && question.purpose === 'create') return undefined;
  const create = question.purpose === 'create';
  throw new PassphraseError(
    'ERR_PASSPHRASE_NEEDED',
    question.path,
    create
      ? `the CA's new private key ${question.path} needs a passphrase`
      : `${question.path} is encrypted, but no passphrase was given`,
    {
      hint: words`give it with ${option(name)}${canBeLeftOut ? words`; or leave the key unencrypted with ${option('passphrase', null)}` : ''}`,
    },
  );
}

/** Asks for the PIN of a key in a token. Throws `ERR_PASSPHRASE_NEEDED`. */
export async function askPin(
  { passphrase, name = 'passphrase' }: PassphraseGiven,
  uri: string,
): Promise<Passphrase> {
  const question = { purpose: 'open', path: uri, isPin: true } as const;
  const given = typeof passphrase === 'function' ? await passphrase(question) : passphrase;
  if (given !== undefined && given !== null) return toPassphrase(given);
  throw new PassphraseError(
    'ERR_PASSPHRASE_NEEDED',
    uri,
    `the token needs its PIN for the key ${uri}, but none was given`,
    { hint: words`give it with ${option(name)}` },
  );
}

/** Remembers answers, so that nobody is asked twice for the same passphrase. */
export function askOnce(passphrase: IssueRequest['passphrase']): IssueRequest['passphrase'] {
  if (typeof passphrase !== 'function') return passphrase;
  const answers = new Map<string, ReturnType<typeof passphrase>>();
  return (question) => {
    const key = [question.purpose, question.path].join(' ');
    const answer = answers.get(key) ?? passphrase(question);
    answers.set(key, answer);
    return answer;
  };
}
