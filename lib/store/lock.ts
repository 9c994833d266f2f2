import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { DirectoryError, fileError, InterruptedError, systemCode } from '../errors.js';
import { isThere } from './directory.js';

export interface LockOptions {
  /** The most that is waited for another run in the same directory. Default: one minute. */
  readonly lockTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Beside the certificates while a run is at work there. */
export const lockName = '.docker-tls-openssl.lock';

/** A lock that is not renewed for so long is that of a run that was killed. */
const STALE_MS = 5_000;

/**
 * Does `work` while no other run is at work in the directory. One that does not exist needs no lock: it appears whole, by
 * one rename, once. `work` is told by its signal when it has to end: by the caller's, or because the lock was lost (a
 * machine that slept). Errors: `ERR_LOCKED` when the time is over, `ERR_ABORTED`, `ERR_FILE`; those of `work`.
 */
export async function withLock<Result>(
  directory: string,
  { lockTimeoutMs = 60_000, signal }: LockOptions,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const lost = new AbortController();
  const either = signal ? AbortSignal.any([signal, lost.signal]) : lost.signal;
  if (!(await isThere(directory))) return work(either);
  const { default: lockfile } = await import('proper-lockfile'); // late: only what writes needs it
  const options = {
    lockfilePath: join(directory, lockName),
    realpath: false,
    stale: STALE_MS,
    update: STALE_MS / 5,
    onCompromised: () => lost.abort(),
  };
  const end = performance.now() + lockTimeoutMs;
  for (;;) {
    if (signal?.aborted) throw new InterruptedError('ERR_ABORTED', 'stopped before anything was written');
    let release: () => Promise<void>;
    try {
      release = await lockfile.lock(directory, options);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return work(either);
      if (systemCode(error) !== 'ELOCKED') throw fileError(directory, 'write in', error);
      if (performance.now() >= end) throw locked(directory, lockTimeoutMs);
      await sleep(20 + Math.random() * 80);
      continue;
    }
    try {
      return await work(either);
    } finally {
      if (!lost.signal.aborted) await release().catch(() => undefined); // it ends by itself
    }
  }
}

function locked(directory: string, lockTimeoutMs: number): DirectoryError {
  return new DirectoryError(
    'ERR_LOCKED',
    directory,
    `another run is at work in ${directory}, for longer than ${lockTimeoutMs / 1000} s`,
    { hint: 'nothing was changed; run it again, or allow more time with --lock-timeout' },
  );
}
