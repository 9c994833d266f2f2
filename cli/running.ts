import type { RunControl } from '../lib/index.js';
import type { Environment } from './environment.js';
import type { RunFlags } from './flags.js';
import { observeProgress } from './progress.js';
import { keepHeapSmall } from './small-heap.js';

/** Runs one call into the library, with its progress on the screen. */
export async function running<Result>(
  flags: Pick<
    RunFlags,
    'quiet' | 'json' | 'verbose' | 'openssl' | 'timeout' | 'lockTimeout' | 'allowOpenModes'
  >,
  { signal }: Environment,
  work: (control: RunControl) => Promise<Result>,
): Promise<Result> {
  await keepHeapSmall();
  const progress = flags.quiet || flags.json ? undefined : observeProgress(flags.verbose ?? false);
  return work({
    openssl: flags.openssl,
    timeoutMs: flags.timeout * 1000,
    lockTimeoutMs: flags.lockTimeout * 1000,
    allowOpenModes: flags.allowOpenModes,
    signal,
    observer: progress?.observer,
  }).finally(() => progress?.end());
}
