import type { Passphrase } from '../x509/passphrase.js';
import { noTrust, ownConfig } from './config.js';
import { existsSync } from 'node:fs';
import { fileError, InterruptedError, OpensslError, systemCode } from '../errors.js';

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
  readonly signal?: AbortSignal | undefined;
  /** After this time it is ended and `ERR_TIMEOUT` thrown. Default: ten minutes. */
  readonly timeoutMs?: number | undefined;
}

/** What a run left. `exitCode` 0 is no proof of success: on a full disk openssl exits 0. */
export interface RunResult {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const TEN_MINUTES = 600_000;
const MOST_OUTPUT = 1_000_000;
/** For what is still on its way through the pipes of an openssl that has ended. */
const GRACE_MS = 1_000;

/**
 * Starts openssl: the one place that does. No shell; stdin closed, so that nothing can prompt there; an environment of
 * our own, in which OPENSSL_CONF is ours and neither HOME nor RANDFILE, OPENSSL_MODULES or a key log can interfere.
 * Errors: `ERR_TIMEOUT`, `ERR_ABORTED`, `ERR_OPENSSL_NOT_FOUND` where the binary cannot be started, and
 * `ERR_OPENSSL_FAILED` for one that prints without end. A non-zero exit code is a result, not an error.
 */
export async function runOpenssl(options: RunOptions): Promise<RunResult> {
  const { openssl, argv, shown, cwd, passphrases = [], signal, timeoutMs = TEN_MINUTES } = options;
  if (signal?.aborted) throw aborted(shown);
  if (passphrases.length > 0 && process.platform === 'win32') {
    throw new OpensslError(
      'ERR_OPENSSL_TOO_OLD',
      `cannot give openssl a passphrase on Windows: it takes no descriptors there`,
      {
        command: shown,
        hint: 'run this in WSL',
      },
    );
  }
  const { execa } = await import('execa'); // late: it costs as much as Node's own start
  const child = execa(openssl, [...argv], {
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['ignore', 'pipe', 'pipe', ...passphrases.map(line)],
    env: environment(process.env),
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: MOST_OUTPUT,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    // A session of its own has no terminal: openssl cannot ask there for a passphrase that it was not given.
    detached: process.platform !== 'win32',
    ...(signal ? { cancelSignal: signal } : {}),
  });
  // Whatever it has started ends with it, and nobody is waited for who has left its group and holds its pipes.
  child.once('exit', () => {
    endGroup(child.pid);
    setTimeout(() => {
      for (const stream of child.stdio) stream?.destroy();
    }, GRACE_MS).unref();
  });
  const result = await child;

  if (result.isCanceled) throw aborted(shown);
  if (result.timedOut) {
    throw new InterruptedError(
      'ERR_TIMEOUT',
      `openssl did not finish within ${timeoutMs / 1000} s: ${shown}`,
      {
        hint: 'is this really openssl? Name another one with --openssl PATH',
      },
    );
  }
  if (result.isMaxBuffer) {
    throw new OpensslError(
      'ERR_OPENSSL_FAILED',
      `openssl printed more than ${MOST_OUTPUT} bytes and was stopped: ${shown}`,
      {
        command: shown,
        hint: 'is this really openssl? Name another one with --openssl PATH',
      },
    );
  }
  if (result.exitCode === undefined && result.signal === undefined) {
    if (cwd !== undefined && !existsSync(cwd)) throw fileError(cwd, 'find', result.cause);
    throw notStarted(openssl, result.cause);
  }
  return { exitCode: result.exitCode, signal: result.signal, stdout: result.stdout, stderr: result.stderr };
}

/** Where openssl is a script around the real one, that has to end with it; it holds the pipes, too. */
function endGroup(leader: number | undefined): void {
  if (leader === undefined || process.platform === 'win32') return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}

function line(passphrase: Passphrase): Uint8Array {
  const bytes = passphrase.reveal();
  if (bytes === undefined)
    throw new TypeError('a plan with an unknown passphrase is for showing, not for running');
  return Buffer.concat([bytes, Buffer.from('\n')]);
}

function aborted(shown: string): InterruptedError {
  return new InterruptedError('ERR_ABORTED', `stopped before it was done: ${shown}`);
}

function notStarted(openssl: string, cause: unknown): OpensslError {
  const why: Record<string, string> = {
    ENOENT: 'it is not there',
    EACCES: 'it is not executable',
    ENOEXEC: 'it is not a program for this machine',
  };
  const words = why[systemCode(cause) ?? ''] ?? (cause instanceof Error ? cause.message : 'unknown reason');
  return new OpensslError('ERR_OPENSSL_NOT_FOUND', `cannot start ${openssl}: ${words}`, {
    cause,
    hint: 'install openssl, or name it with --openssl PATH or OPENSSL_BIN',
  });
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
