import type { Environment } from './environment.js';
import type { FleetControl } from '../lib/index.js';
import { observeFleet } from './fleet-progress.js';
import type { RunFlags } from './flags.js';
import { keepHeapSmall } from './small-heap.js';

/** Runs one call into the library for a fleet, with its progress on the screen. */
export async function runningFleet<Result>(
  flags: Pick<RunFlags, 'quiet' | 'json' | 'openssl' | 'timeout' | 'lockTimeout' | 'allowOpenModes'>,
  { signal }: Environment,
  work: (control: FleetControl) => Promise<Result>,
): Promise<Result> {
  await keepHeapSmall();
  const progress = flags.quiet || flags.json ? undefined : observeFleet();
  try {
    return await work({
      openssl: flags.openssl,
      timeoutMs: flags.timeout * 1000,
      lockTimeoutMs: flags.lockTimeout * 1000,
      allowOpenModes: flags.allowOpenModes,
      signal,
      observer: progress?.observer,
    });
  } finally {
    progress?.end();
  }
}
