import { executeUnlocked } from '../../execute/execute.js';
import type { RunControl, StepEvent } from '../../execute/run-control.js';
import type { Plan } from '../../plan/step.js';
import type { Lock } from '../../store/lock.js';
import type { Text } from '../../words.js';
import { memberEvent, type FleetCounter, type FleetMemberEvent } from './fleet-events.js';
import { stopsAll, whyFailed } from './failing.js';
import type { GroupPlan, Tasked } from './task-plan.js';

/** As many members are committed at once: an interruption loses no more, and ten thousand do not take ten thousand commits. */
export const MOST_IN_A_GROUP = 250;

/** How a group is planned and run. */
export interface GroupRun<One extends Tasked> {
  readonly directory: string;
  readonly control: Omit<RunControl, 'observer'>;
  readonly lock: Lock;
  readonly counter: FleetCounter;
  /** The CA's key is in a token. */
  readonly inToken: boolean;
  /** Gets the directories of what was replaced, relative to the certificate directory. */
  readonly archived: string[];
  readonly plan: (group: readonly One[]) => Promise<GroupPlan>;
}

/** Splits a list into lists of at most so many. */
export function groupsOf<Item>(items: readonly Item[], most = MOST_IN_A_GROUP): Item[][] {
  const groups: Item[][] = [];
  for (let at = 0; at < items.length; at += most) groups.push(items.slice(at, at + most));
  return groups;
}

/**
 * Does the same for many members, group by group, each of which is committed. Of a group that fails each half is tried by itself, until
 * those are known that cannot be done: the others go on. Errors: those that concern every member, see `stopsAll`.
 */
export async function inGroups<One extends Tasked>(
  members: readonly One[],
  run: GroupRun<One>,
): Promise<void> {
  for (const group of groupsOf(members)) await runGroup(group, run);
}

async function runGroup<One extends Tasked>(group: readonly One[], run: GroupRun<One>): Promise<void> {
  let planned: GroupPlan;
  try {
    planned = await run.plan(group);
    const failed = new Map(planned.failed.map(({ member, why }) => [member.certificate, why]));
    const left = group.filter(({ certificate }) => !failed.has(certificate));
    if (left.length > 0) {
      await commitGroup(planned.plan, left.length, run);
      if (planned.archive !== undefined) run.archived.push(planned.archive);
    }
    run.counter.add(group.map((one) => eventOf(one, failed.get(one.certificate))));
  } catch (error) {
    if (stopsAll(error, run.directory, run.inToken)) throw error;
    const [only, ...more] = group;
    if (!only) return;
    if (more.length === 0) {
      run.counter.add([eventOf(only, whyFailed(error))]);
      return;
    }
    const half = Math.ceil(group.length / 2);
    await runGroup(group.slice(0, half), run);
    await runGroup(group.slice(half), run);
  }
}

async function commitGroup(
  plan: Plan,
  count: number,
  { directory, control, lock, counter }: GroupRun<never>,
): Promise<void> {
  const commands = plan.steps.filter(({ kind }) => kind === 'openssl').length;
  let done = 0;
  const observer = (event: StepEvent): void => {
    if (event.type !== 'done' || event.step.kind !== 'openssl') return;
    done++;
    counter.partly(Math.floor((count * done) / commands));
  };
  await executeUnlocked(plan, { ...control, directory, observer }, lock);
}

function eventOf({ member: { kind, of }, action }: Tasked, why: Text | undefined): FleetMemberEvent {
  return memberEvent({ kind, name: of.name, action }, why);
}
