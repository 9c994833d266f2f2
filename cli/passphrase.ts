import {
  DockerTlsError,
  InputError,
  InterruptedError,
  Passphrase,
  type PassphraseQuestion,
} from '../lib/index.js';
import { openKey } from '../lib/internal.js';
import { prompts } from './present.js';
import { EchoError, readSecret } from './read-secret.js';
import { say, visible } from './streams.js';

export interface PassphraseFlags {
  readonly passphraseFile?: string | undefined;
  readonly passphraseFd?: number | undefined;
  readonly noPassphrase?: boolean | undefined;
}

export interface ParentPassphraseFlags {
  readonly parent?: string | undefined;
  readonly parentPassphraseFile?: string | undefined;
  readonly parentPassphraseFd?: number | undefined;
}

type Source = null | ((question: PassphraseQuestion) => Promise<Passphrase | null>);

/**
 * Where the passphrase of the CA comes from: a file, a descriptor, the terminal, or nowhere on purpose. Asked only when
 * it is needed. Without any of them the answer is null, and the library says what is missing.
 */
export function passphraseSource(flags: PassphraseFlags, signal: AbortSignal): Source | undefined {
  const { passphraseFile, passphraseFd, noPassphrase } = flags;
  if (noPassphrase && (passphraseFile !== undefined || passphraseFd !== undefined)) {
    throw new InputError('passphrase', '--no-passphrase and a passphrase exclude each other');
  }
  if (noPassphrase) return null;
  if (passphraseFile !== undefined) return once(() => readPassphrase(passphraseFile, passphraseFile, signal));
  if (passphraseFd !== undefined) return once(() => fromDescriptor(passphraseFd, signal));
  return atTerminal() ? (question) => ask(question, signal) : undefined;
}

/** Where the passphrase of the CA above comes from; undefined where no such CA is named. */
export function parentPassphraseSource(
  flags: PassphraseFlags & ParentPassphraseFlags,
  signal: AbortSignal,
): Source | undefined {
  const { parent, parentPassphraseFile: passphraseFile, parentPassphraseFd: passphraseFd } = flags;
  if (passphraseFd !== undefined && passphraseFd === flags.passphraseFd)
    throw new InputError('parent-passphrase-fd', prompts.sameSourceOfParent, {
      hint: prompts.sameSourceHint,
    });
  if ([parent, passphraseFile, passphraseFd].every((given) => given === undefined)) return undefined;
  return passphraseSource({ passphraseFile, passphraseFd }, signal);
}

/** A pipe has it only once; it is for every key that is asked for. */
function once(read: () => Promise<Passphrase>): () => Promise<Passphrase> {
  let answer: Promise<Passphrase> | undefined;
  return () => (answer ??= read());
}

/** Reads `file:PATH`, `fd:N` or `stdin`: openssl's own notation, for the flags of single steps. */
export async function passphraseArgument(
  text: string,
  flag: string,
  signal: AbortSignal,
): Promise<Passphrase> {
  const [, kind, value = ''] = /^(file|fd|stdin)(?::(.*))?$/.exec(text) ?? [];
  if (kind === 'file' && value !== '') return readPassphrase(value, value, signal);
  if (kind === 'fd' && /^\d+$/.test(value)) return fromDescriptor(Number(value), signal);
  if (kind === 'stdin') return fromDescriptor(0, signal);
  throw new InputError(flag, `--${flag} takes file:PATH, fd:N or stdin`, {
    hint: prompts.neverOnCommandLine,
  });
}

/** Whether someone is there who can be asked. */
export function atTerminal(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** How often a wrong passphrase may be typed; the library reports the last. */
const MOST_ATTEMPTS = 3;

/** At the terminal, without echo; a new one twice, a wrong one again. */
export async function ask(
  { purpose, path, isPin }: PassphraseQuestion,
  signal: AbortSignal,
): Promise<Passphrase> {
  const { default: password } = await import('@inquirer/password');
  const context = { output: process.stderr, signal, clearPromptOnDone: false };
  const prompt = isPin ? prompts.pin : purpose === 'create' ? prompts.newPassphrase : prompts.passphrase;
  for (let attempt = 1; ; attempt += 1) {
    const first = await password({ message: visible(prompt(path)) }, context);
    let passphrase: Passphrase;
    try {
      passphrase = Passphrase.of(first);
    } catch (error) {
      if (!(error instanceof DockerTlsError)) throw error;
      say(error.message);
      continue;
    }
    if (isPin) return passphrase; // only the token can tell, and locks after a few wrong ones
    if (purpose === 'open') {
      if (attempt >= MOST_ATTEMPTS || (await mayOpen(path, passphrase))) return passphrase;
      say(prompts.wrong);
      continue;
    }
    if ((await password({ message: prompts.again }, context)) === first) return passphrase;
    say(prompts.different);
  }
}

/** Whether it opens the key, or what keeps it closed is something else, which the library reports. */
async function mayOpen(path: string, passphrase: Passphrase): Promise<boolean> {
  try {
    await openKey(path, passphrase, { code: 'ERR_FILE', remedy: '' });
    return true;
  } catch (error) {
    return !(error instanceof DockerTlsError && error.code === 'ERR_PASSPHRASE_WRONG');
  }
}

async function fromDescriptor(descriptor: number, signal: AbortSignal): Promise<Passphrase> {
  if (!Number.isInteger(descriptor) || descriptor < 0 || descriptor === 1 || descriptor === 2) {
    throw new InputError('passphrase-fd', `'${descriptor}' is no descriptor to read from`);
  }
  return readPassphrase(descriptor, `descriptor ${descriptor}`, signal);
}

/** One line; a line end at its end does not belong to it. */
async function readPassphrase(
  source: string | number,
  shown: string,
  signal: AbortSignal,
): Promise<Passphrase> {
  let bytes: Buffer;
  try {
    bytes = await readSecret(source, signal);
  } catch (error) {
    if (signal.aborted) throw new InterruptedError('ERR_ABORTED', prompts.stopped(shown));
    const echoes = error instanceof EchoError;
    throw new DockerTlsError(
      'ERR_PASSPHRASE_NEEDED',
      echoes ? prompts.echoes(shown) : prompts.unreadable(shown, error),
      {
        cause: error,
        hint: echoes ? prompts.echoesHint : prompts.unreadableHint,
      },
    );
  }
  const end = bytes.at(-1) !== 0x0a ? 0 : bytes.at(-2) === 0x0d ? 2 : 1;
  return Passphrase.of(bytes.subarray(0, bytes.length - end), `the passphrase from ${shown}`);
}
