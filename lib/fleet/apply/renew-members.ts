import { planLeafRenewal } from '../../renew/plan-leaf-renewal.js';
import { foldersOf } from '../../set/files-below.js';
import type { GroupContext, GroupPlan, Tasked } from './task-plan.js';

/** Plans new certificates for the keys of a group of members, which are here. Errors: those of `planLeafRenewal`. */
export async function planRenewals(
  group: readonly Tasked<'renew'>[],
  context: GroupContext,
): Promise<GroupPlan> {
  const { directory, now, keyring, serial, daysOf } = context;
  const [first] = group;
  const names = group.map(({ certificate }) => certificate);
  const { plan, skipped, archive } = await planLeafRenewal(
    {
      directory,
      names,
      onlyDue: false,
      within: { days: 0 },
      newKey: false,
      key: undefined,
      days: first && daysOf(first),
      keyring,
      now,
      serial,
    },
    foldersOf(names),
  );
  const failed = skipped.flatMap(({ path, words }) => {
    const member = group.find(({ certificate }) => certificate === path);
    return member ? [{ member, why: words }] : [];
  });
  return { plan, failed, archive };
}
