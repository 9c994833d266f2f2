import type { Socket } from 'node:net';
import { systemCode } from '../file-error.js';

/** One run of a program. */
export interface ProcessOptions {
  /** Its path, or its name on PATH. */
  readonly file: string;
  readonly argv: readonly string[];
  readonly cwd?: string | undefined;
  /** All that it sees of the environment. */
  readonly env: NodeJS.ProcessEnv;
  /** What it reads from stdin. Default: nothing. */
  readonly input?: Uint8Array | undefined;
  /** Written to descriptors 3, 4, … in this order. */
  readonly descriptors?: readonly Uint8Array[];
  readonly signal?: AbortSignal | undefined;
  /** After this time it is ended. */
  readonly timeoutMs: number;
}

/** How it ended: by itself, by us, or it never began. */
export type ProcessEnd =
  | {
      readonly how: 'ended';
      readonly exitCode: number | undefined;
      readonly signal: string | undefined;
      readonly stdout: string;
      /** `stdout` as it came, for what is not text. */
      readonly bytes: Uint8Array;
      readonly stderr: string;
    }
  /** `too-much`: it printed more than `MOST_OUTPUT` bytes. */
  | { readonly how: 'aborted' | 'timed-out' | 'too-much' }
  | { readonly how: 'not-started'; readonly cause: unknown };

/** In bytes. */
export const MOST_OUTPUT = 1_000_000;
/** For what is still on its way through the pipes of a program that has ended. */
const GRACE_MS = 1_000;

/**
 * Starts a program: the one place that does. No shell; stdin closed, or what it is given, and no terminal, so that nothing can ask there. What it
 * has started ends with it. Throws nothing: how a run ended is for the caller to judge.
 */
export async function runProcess(options: ProcessOptions): Promise<ProcessEnd> {
  const { file, argv, cwd, env, input, descriptors = [], signal, timeoutMs } = options;
  if (signal?.aborted) return { how: 'aborted' };
  const { execa } = await import('execa'); // late: it costs as much as Node's own start
  const child = execa(file, [...argv], {
    ...(cwd === undefined ? {} : { cwd }),
    stdio: [input ?? 'ignore', 'pipe', 'pipe', ...descriptors],
    env,
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    encoding: 'buffer',
    maxBuffer: MOST_OUTPUT,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    // A session of its own has no terminal.
    detached: process.platform !== 'win32',
    ...(signal ? { cancelSignal: signal } : {}),
  });
  // Whatever it has started ends with it, and nobody is waited for who has left its group and holds its pipes.
  child.once('exit', () => {
    endGroup(child.pid);
    const cutOff = (): void => {
      for (const stream of child.stdio) stream?.destroy();
    };
    // Where we were busy for all that time, what it wrote is read before they are closed.
    setTimeout(() => setImmediate(cutOff), GRACE_MS).unref();
  });
  const result = await child;

  if (result.isCanceled) return { how: 'aborted' };
  if (result.timedOut) return { how: 'timed-out' };
  if (result.isMaxBuffer) return { how: 'too-much' };
  if (result.exitCode === undefined && result.signal === undefined)
    return { how: 'not-started', cause: result.cause };
  const { exitCode, signal: endedBy, stdout: bytes } = result;
  return { how: 'ended', exitCode, signal: endedBy, stdout: text(bytes), bytes, stderr: text(result.stderr) };
}

/** A program that stays, and is given more to read bit by bit. */
export interface OpenProcess {
  readonly write: (text: string) => void;
  /** Ends it, and what it has started. */
  readonly end: () => void;
  /** Lets this process end while it stays. */
  readonly unref: () => void;
}

/** Who hears a program that stays: `output` is what it prints to stdout; `ended` comes once. */
export interface Listener {
  readonly output: (bytes: Buffer) => void;
  readonly ended: () => void;
}

/** Starts a program that stays until it is ended: no terminal, and nobody hears its stderr. Whatever becomes of it, `ended` is called. */
export async function openProcess(
  { file, argv, cwd, env }: Pick<ProcessOptions, 'file' | 'argv' | 'cwd' | 'env'>,
  { output, ended }: Listener,
): Promise<OpenProcess> {
  const { execa } = await import('execa');
  const child = execa(file, [...argv], {
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['pipe', 'pipe', 'ignore'],
    env,
    extendEnv: false,
    reject: false,
    buffer: false,
    detached: process.platform !== 'win32',
  });
  // What ended before it had read all says so by its end.
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', output);
  child.once('exit', () => {
    endGroup(child.pid);
    child.stdout.destroy();
  });
  child.then(ended, ended);
  return {
    write: (text) => void child.stdin.write(text),
    end: () => {
      child.kill('SIGKILL');
    },
    unref: () => {
      child.unref();
      for (const stream of [child.stdin, child.stdout]) (stream as Partial<Pick<Socket, 'unref'>>).unref?.();
    },
  };
}

/** Why a program could not be started, in words. */
export function whyNotStarted(cause: unknown): string {
  const why: Record<string, string> = {
    ENOENT: 'it does not exist',
    EACCES: 'it is not executable',
    ENOEXEC: 'it is not a program for this machine',
  };
  return why[systemCode(cause) ?? ''] ?? (cause instanceof Error ? cause.message : 'unknown reason');
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

/** Where a program is a script around the real one, that has to end with it; it holds the pipes, too. */
function endGroup(leader: number | undefined): void {
  if (leader === undefined || process.platform === 'win32') return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}
