import type { Openssl } from '../openssl/find.js';
import { executeUnlocked, type Execution } from './execute.js';
import { parseControl, type RunControl } from './run-control.js';
import type { Artifact } from '../plan/schedule.js';
import type { Note, Plan } from '../plan/step.js';
import { needsRepair, repair, type Repair } from '../store/leftovers.js';
import { removeStaleLock, withLock } from '../store/lock.js';

/** What was done to a directory. */
export interface Done extends Pick<Execution, 'certificates' | 'pem'> {
  /** What was written; empty where nothing was to be done. */
  readonly made: readonly Artifact[];
  /** The openssl commands that ran; no secret is in them. */
  readonly commands: readonly string[];
  /** The openssl that ran them; undefined where nothing had to run. */
  readonly openssl: Openssl | undefined;
}

/** A change of a directory. */
export interface Planner<Planned> {
  /** Plans it without what only a run needs: asks nobody. Undefined where something is to be done, and that is found out sooner. */
  readonly preview: () => Promise<Planned | undefined>;
  /** Plans it, and asks for what the run needs. */
  readonly plan: () => Promise<Planned>;
  /** What is recorded elsewhere once all is made, before it appears in the directory. */
  readonly beside?: (planned: Planned, certificates: Done['certificates']) => Promise<void>;
}

/**
 * Plans a change of a directory under its lock, and does it. A preview comes first: where nothing is to be done, no lock is taken
 * and nothing is written, so that it works in a directory that cannot be written.
 */
export async function change<Planned extends { readonly plan: Plan; readonly notes: readonly Note[] }>(
  directory: string,
  options: RunControl,
  { preview, plan: planned, beside }: Planner<Planned>,
): Promise<Omit<Planned, 'plan'> & Done> {
  const control = parseControl(options);
  if (!(await needsRepair(directory))) {
    const previewed = await preview();
    if (previewed) {
      const { plan, ...rest } = previewed;
      if (plan.steps.length === 0) {
        await removeStaleLock(directory);
        return { ...rest, ...nothingDone };
      }
    }
  }
  return withLock(directory, control, async (lock) => {
    const repaired = repairNotes(await repair(directory), directory);
    const made = await planned();
    const { plan, ...rest } = made;
    const notes = [...repaired, ...rest.notes];
    if (plan.steps.length === 0) return { ...rest, notes, ...nothingDone };
    const record =
      beside && ((certificates: Done['certificates']) => beside(made, certificates).then(() => stays));
    const execution = await executeUnlocked(plan, { ...control, directory }, lock, record);
    return { ...rest, notes: [...notes, ...execution.notes], ...doneBy(execution) };
  });
}

/** A record of what was signed stays, whatever becomes of it. */
const stays = (): Promise<void> => Promise.resolve();

const nothingDone: Done = {
  made: [],
  commands: [],
  openssl: undefined,
  certificates: new Map(),
  pem: new Map(),
};

function doneBy({ files, commands, openssl, certificates, pem }: Execution): Done {
  return { made: files, commands, openssl, certificates, pem };
}

/** What a person should hear of runs that were killed. */
export function repairNotes({ finished, removed }: Repair, directory: string): Note[] {
  const runs = (count: number): string => (count === 1 ? 'a run that was' : `${count} runs that were`);
  return [
    ...(finished > 0
      ? [
          {
            code: 'FINISHED',
            text: `${runs(finished)} killed while moving files into ${directory}: finished now`,
          } as const,
        ]
      : []),
    ...(removed > 0
      ? [
          {
            code: 'CLEANED',
            text: `removed what ${runs(removed)} killed had left in and beside ${directory}`,
          } as const,
        ]
      : []),
  ];
}
