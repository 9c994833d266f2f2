import type { FoundLock } from './lock-file.js';
import { ownerState } from './owner.js';

/** How often the owner of a lock gives a sign of life. */
export const BEAT_MS = 1_000;

/** An owner that cannot be asked for counts as gone after so long without a sign of life. */
const SILENT_MS = 30_000;

/** The same where its last sign of life is far from the time of day: one of a run that ended long ago, or far ahead. */
const LONG_SILENT_MS = 10_000;
const LONG_MS = 600_000;

/** What was not written to its end, and the lock of an earlier version, which was renewed each second. */
const INCOMPLETE_MS = 5_000;

/**
 * Judges locks. An owner on this machine is asked for. For any other it watches for signs of life, by the time that passes
 * here: clocks are not compared, because they differ and jump.
 */
export class Judge {
  readonly #seen = new Map<string, { readonly sign: string; readonly since: number }>();

  /** Tells whether the owner of the lock at `path` is gone. */
  async isStale(path: string, found: FoundLock): Promise<boolean> {
    const state = await stateOf(found);
    if (state !== 'unknown') return state === 'gone';
    const sign = `${found.identity} ${found.pulse}`;
    const now = performance.now();
    const seen = this.#seen.get(path);
    if (seen?.sign !== sign) {
      this.#seen.set(path, { sign, since: now });
      return false;
    }
    return now - seen.since >= patience(found);
  }
}

/** Tells at one look whether the owner is gone, or must be by what its last sign of life says. */
export async function isLongStale(found: FoundLock): Promise<boolean> {
  const state = await stateOf(found);
  if (state !== 'unknown') return state === 'gone';
  const isIncomplete = found.kind === 'cut off' || found.kind === 'former';
  return Date.now() - lastSign(found) >= (isIncomplete ? INCOMPLETE_MS : LONG_MS);
}

/** Time enough for a judge to find stale what `isLongStale` finds. */
export const LONGEST_LOOK_MS = LONG_SILENT_MS + 2_000;

async function stateOf({ owner }: FoundLock): Promise<'running' | 'gone' | 'unknown'> {
  const state = owner === undefined ? 'elsewhere' : await ownerState(owner);
  return state === 'elsewhere' ? 'unknown' : state;
}

function patience(found: FoundLock): number {
  if (found.kind === 'cut off' || found.kind === 'former') return INCOMPLETE_MS;
  return Math.abs(Date.now() - lastSign(found)) > LONG_MS ? LONG_SILENT_MS : SILENT_MS;
}

function lastSign({ pulse }: FoundLock): number {
  return Number(pulse / 1_000_000n);
}
