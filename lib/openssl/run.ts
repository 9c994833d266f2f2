import { accessSync, constants } from 'node:fs';
import { aborted, InterruptedError, OpensslError } from '../errors.js';
import { fileError } from '../file-error.js';
import { MOST_OUTPUT, runProcess, whyNotStarted } from '../process/run.js';
import type { Lanes } from '../process/lanes.js';
import type { Passphrase } from '../x509/passphrase.js';
import { noTrust, ownConfig } from './config.js';
import { tokenEnvironment, type TokenUse } from './token.js';
import { option, words } from '../words.js';

/** One run of openssl. */
export interface RunOptions {
  /** The binary, as `findOpenssl` gives it. */
  readonly openssl: string;
  readonly argv: readonly string[];
  /** How the command is shown in errors. */
  readonly shown: string;
  readonly cwd?: string;
  /** Written to descriptors 3, 4, … in this order, one line each. */
  readonly passphrases?: readonly Passphrase[];
  /** Set for a command that uses a key in a token. */
  readonly token?: TokenUse | undefined;
  readonly signal?: AbortSignal | undefined;
  /** After this time it is ended and `ERR_TIMEOUT` thrown. Default: ten minutes. */
  readonly timeoutMs?: number | undefined;
  /** Start it, instead of ourselves, in their directory: one that is given nothing, and prints messages alone, which are `stderr` then. */
  readonly lanes?: Lanes | undefined;
}

/** What a run left. `exitCode` 0 is no proof of success: on a full disk openssl exits 0. */
export interface RunResult {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const TEN_MINUTES = 600_000;

/**
 * Runs openssl in an environment of our own, in which OPENSSL_CONF is ours and neither HOME nor RANDFILE, OPENSSL_MODULES or
 * a key log can interfere. A command that uses a key in a token gets the variables of its PKCS #11 module, too. Errors: `ERR_TIMEOUT`, `ERR_ABORTED`, `ERR_OPENSSL_NOT_FOUND` where the binary cannot be started,
 * and `ERR_OPENSSL_FAILED` for one that prints without end. A non-zero exit code is a result, not an error.
 */
export async function runOpenssl(options: RunOptions): Promise<RunResult> {
  const {
    openssl,
    argv,
    shown,
    cwd,
    passphrases = [],
    token,
    signal,
    timeoutMs = TEN_MINUTES,
    lanes,
  } = options;
  if (passphrases.length > 0 && process.platform === 'win32') {
    throw new OpensslError(
      'ERR_OPENSSL_TOO_OLD',
      `cannot give openssl a passphrase on Windows: it takes no descriptors there`,
      { command: shown, hint: 'run this in WSL' },
    );
  }
  const descriptors = passphrases.map(line);
  const env = token ? tokenEnvironment(process.env, token) : environment(process.env);
  const run = { file: openssl, argv, env, signal, timeoutMs };
  const end = await (lanes ? lanes.run(run) : runProcess({ ...run, cwd, descriptors }));
  const hint = words`is this really openssl? Name another one with ${option('openssl')}`;
  switch (end.how) {
    case 'ended':
      return end;
    case 'aborted':
      throw aborted(signal, `stopped before it was done: ${shown}`);
    case 'timed-out':
      throw new InterruptedError(
        'ERR_TIMEOUT',
        `openssl did not finish within ${timeoutMs / 1000} s: ${shown}`,
        {
          hint: words`allow more time with ${option('timeoutMs')}, unless a file that it reads never ends, or it is not openssl (${option('openssl')})`,
        },
      );
    case 'too-much':
      throw new OpensslError(
        'ERR_OPENSSL_FAILED',
        `openssl printed more than ${MOST_OUTPUT} bytes and was stopped: ${shown}`,
        { command: shown, hint },
      );
    case 'not-started':
      refuseClosed(cwd);
      throw new OpensslError(
        'ERR_OPENSSL_NOT_FOUND',
        `cannot start ${openssl}: ${whyNotStarted(end.cause)}`,
        {
          cause: end.cause,
          hint: words`install openssl, or name it with ${option('openssl')} or OPENSSL_BIN`,
        },
      );
  }
}

/** What cannot be entered any more looks as if the program could not be started. */
function refuseClosed(cwd: string | undefined): void {
  if (cwd === undefined) return;
  try {
    accessSync(cwd, constants.X_OK);
  } catch (error) {
    throw fileError(cwd, 'find', error);
  }
}

function line(passphrase: Passphrase): Uint8Array {
  const bytes = passphrase.reveal();
  if (bytes === undefined)
    throw new TypeError('a plan with an unknown passphrase is for showing, not for running');
  return Buffer.concat([bytes, Buffer.from('\n')]);
}

/** What the child sees. The loader's variables are the user's own, and some builds of openssl need them. */
function environment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = [
    'PATH',
    'SystemRoot',
    'TMPDIR',
    'TEMP',
    'TMP',
    'LD_LIBRARY_PATH',
    'LD_PRELOAD',
    'DYLD_LIBRARY_PATH',
  ];
  const entries = kept.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]] as const]));
  return { ...Object.fromEntries(entries), ...noTrust, OPENSSL_CONF: ownConfig() };
}
