import { parseControl, type RunControl } from '../../execute/run-control.js';
import { needsRepair, repair } from '../../store/leftovers.js';
import { withLock } from '../../store/lock.js';

/**
 * Finishes what a run that was killed had begun to move into the directory: between two of its files the state and the CA would not fit
 * each other. Where nothing is left over, no lock is taken. Errors: those of `withLock` and `repair`.
 */
export async function settle(directory: string, options: RunControl): Promise<void> {
  if (await needsRepair(directory)) await withLock(directory, parseControl(options), () => repair(directory));
}
