import { PassphraseError } from '../errors.js';
import { toPassphrase, type Passphrase } from '../x509/passphrase.js';
import type { IssueRequest, PassphraseQuestion } from './options.js';
import type { Values } from './request.js';

/** Gives the passphrase; undefined for a new key that is to have none. */
export async function askPassphrase(
  { passphrase }: Pick<Values, 'passphrase'>,
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
      : `${question.path} is encrypted, and no passphrase was given`,
    {
      hint: `give it with --passphrase-file FILE or --passphrase-fd N, or run at a terminal${canBeLeftOut ? '; or say --no-passphrase' : ''}`,
    },
  );
}

/** A person is not asked twice for the same. */
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
