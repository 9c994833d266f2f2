import { aborted, InterruptedError, ProgramError } from '../../errors.js';
import { runProcess, whyNotStarted } from '../../process/run.js';
import { shellWord } from '../../shell/sh.js';
import type { Encrypting, EncryptionProgram } from './recipients.js';

export interface EncryptControl {
  /** Stops the work: ends what runs, writes nothing, and throws `ERR_ABORTED`. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Timeout for age or gpg, in milliseconds. Default: 60,000, one minute. */
  readonly timeoutMs?: number | undefined;
}

const ONE_MINUTE = 60_000;
const packages: Readonly<Record<EncryptionProgram, string>> = { age: 'age', gpg: 'gnupg' };

/**
 * Pipes bytes through age or gpg: they are in memory and in a pipe, and in no file. It runs in this process's environment, for its
 * key ring and its plugins are the user's own.
 *
 * @throws `ERR_PROGRAM_NOT_FOUND`: the program cannot be started.
 * @throws `ERR_PROGRAM_FAILED`: it failed, or what it printed is not encrypted.
 * @throws `ERR_TIMEOUT`, `ERR_ABORTED`: `timeoutMs` has passed, or `signal` aborted.
 */
export async function encrypt(
  bytes: Buffer,
  { program, argv, hint }: Encrypting,
  { signal, timeoutMs = ONE_MINUTE }: EncryptControl,
): Promise<Buffer> {
  const command = [program, ...argv].map(shellWord).join(' ');
  const failed = (why: string, stderr = ''): never => {
    throw new ProgramError('ERR_PROGRAM_FAILED', program, `cannot encrypt the bundle: ${why}`, {
      command,
      stderr,
      hint,
    });
  };
  const end = await runProcess({ file: program, argv, env: process.env, input: bytes, signal, timeoutMs });
  switch (end.how) {
    case 'aborted':
      throw aborted(signal, `stopped before it was done: ${command}`);
    case 'timed-out':
      throw new InterruptedError('ERR_TIMEOUT', `it did not finish within ${timeoutMs / 1000} s: ${command}`);
    case 'too-much':
      return failed(`${program} printed too much`);
    case 'not-started':
      throw new ProgramError(
        'ERR_PROGRAM_NOT_FOUND',
        program,
        `cannot start ${program}: ${whyNotStarted(end.cause)}`,
        {
          command,
          cause: end.cause,
          hint: `nothing was written; install it: Debian's package is called ${packages[program]}`,
        },
      );
    case 'ended': {
      const made = Buffer.from(end.bytes);
      if (end.exitCode !== 0) return failed(wordsOf(program, end.stderr, end.signal), end.stderr);
      if (!isEncrypted(program, made) || made.includes(bytes))
        return failed(`${program} reported success, and did not encrypt it`, end.stderr);
      return made;
    }
  }
}

/** The program's own words, without the line in which age asks for reports. */
function wordsOf(program: EncryptionProgram, stderr: string, signal: string | undefined): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const said = lines.filter((line) => line !== '' && !line.startsWith('age: report unexpected'));
  if (said.length > 0) return said.join('; ');
  return signal === undefined ? `${program} failed and gave no reason` : `${program} was ended by ${signal}`;
}

/** The first line of an age file, or the packet with which a message for an OpenPGP key begins (RFC 9580 §5.1). */
function isEncrypted(program: EncryptionProgram, made: Buffer): boolean {
  if (program === 'age') return made.subarray(0, 22).toString('latin1') === 'age-encryption.org/v1\n';
  const [first = 0] = made;
  const tag = (first & 0x40) === 0 ? (first & 0x3c) >> 2 : first & 0x3f;
  return (first & 0x80) !== 0 && tag === 1;
}
