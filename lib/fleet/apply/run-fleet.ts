import { DirectoryError } from '../../errors.js';
import { refuseClock } from '../../issue/authority.js';
import { askingKeyring } from '../../issue/keyring.js';
import { existingCas, type CasByRole } from '../../issue/separate-cas.js';
import { recommendedTemplates } from '../../recipes/recommended.js';
import { loadTemplates } from '../../recipes/templates.js';
import type { Lock } from '../../store/lock.js';
import { DAY_MS, daysWithin, type Days } from '../../x509/validity.js';
import { keyName } from '../../x509/key-ref.js';
import { notAfter } from '../../x509/certificate.js';
import { call, words } from '../../words.js';
import type { FleetTask } from '../plan/decide.js';
import type { LookedAtFleet, LookedAtMember } from '../plan/look-at-fleet.js';
import type { FleetRunValues } from './apply-options.js';
import type { FleetCounter } from './fleet-events.js';
import { inGroups } from './in-groups.js';
import { planMakes } from './make-members.js';
import { planRenewals } from './renew-members.js';
import { planSignings } from './sign-members.js';
import type { GroupContext, Tasked } from './task-plan.js';

/** The members for which something is done. */
export function taskedOf({ members }: LookedAtFleet, { only }: Pick<FleetRunValues, 'only'>): Tasked[] {
  const isWanted = ({ member: { of }, task }: Tasked): boolean =>
    only === undefined || (task.kind === 'sign' && (only.length === 0 || only.includes(of.name)));
  return members.filter((one): one is Tasked => one.task !== undefined).filter(isWanted);
}

/** Only `applyFleet` makes a CA. Throws `ERR_CA_MISSING` where CSRs are to be signed and there is none. */
export function refuseWithoutCa(
  { makesCa, fleet: { ca, file } }: LookedAtFleet,
  { only }: Pick<FleetRunValues, 'only'>,
): void {
  if (only === undefined || !makesCa) return;
  throw new DirectoryError('ERR_CA_MISSING', ca.directory, `there is no CA in ${ca.directory}`, {
    hint: words`create it with \`${call('applyFleet', { file })}\``,
  });
}

/** The fleet file names the key of a CA that is made. Throws `ERR_CA_MISSING` where one that exists does not have it beside it. */
export function refuseWithoutKey({ fleet, cas: { server } }: LookedAtFleet): void {
  const { directory, key } = fleet.ca;
  if (server.state !== 'certificate-only' || !('kind' in key)) return;
  throw new DirectoryError(
    'ERR_CA_MISSING',
    server.keyPath,
    `${server.certificatePath} exists, but no file beside it says that its key is in a token`,
    { hint: words`write one with \`${call('ca', { caKey: keyName(key) }, directory)}\`` },
  );
}

/** Does what is to be done for members, while the caller holds the lock. Errors: those that concern every member. */
export async function runTasks(
  looked: LookedAtFleet,
  values: FleetRunValues,
  lock: Lock,
  counter: FleetCounter,
  archived: string[],
): Promise<void> {
  const { cas, fleet } = looked;
  const tasked = taskedOf(looked, values);
  if (tasked.length === 0) return;
  const { control, serial, templates: own } = values;
  const now = values.clock();
  const { directory } = fleet.ca;
  refuseClock(now);
  const roles = (['server', 'client'] as const).filter((role) =>
    tasked.some(({ member }) => member.role === role),
  );
  const keyring = askingKeyring(values.passphrase);
  const opened = await existingCas(cas, roles, { directory, now, keyring });
  const { templates, changed } = await loadTemplates('recommended', recommendedTemplates, own);
  const context: GroupContext = {
    ...{ directory, cas: opened, templates, ownTemplates: changed, now, serial, keyring },
    daysOf: daysUnder(cas, now),
  };
  const inToken = Object.values(cas).some((ca) => ca.isInToken);
  const run = { directory, control, lock, counter, inToken, archived };
  await inGroups(ofKind(tasked, 'make'), { ...run, plan: (group) => planMakes(group, cas, context) });
  // One openssl signs many clients with the same days, and renewals have one lifetime for all.
  for (const group of sameDays(ofKind(tasked, 'sign'), context))
    await inGroups(group, { ...run, plan: (some) => planSignings(some, cas, context) });
  for (const group of sameDays(ofKind(tasked, 'renew'), context))
    await inGroups(group, { ...run, plan: (some) => planRenewals(some, context) });
}

/** No certificate outlives its CA. */
function daysUnder(cas: CasByRole, now: Date): GroupContext['daysOf'] {
  return ({ member: { role, of } }) => {
    const { certificate } = cas[role];
    const end = certificate ? notAfter(certificate) : new Date(now.getTime() + of.days * DAY_MS);
    return (daysWithin(of.days, now, end) || 1) as Days;
  };
}

function ofKind<Kind extends FleetTask['kind']>(tasked: readonly Tasked[], kind: Kind): Tasked<Kind>[] {
  return tasked.filter((one): one is Tasked<Kind> => one.task.kind === kind);
}

function sameDays<One extends LookedAtMember>(members: readonly One[], { daysOf }: GroupContext): One[][] {
  const groups = new Map<number, One[]>();
  for (const one of members) {
    const days = daysOf(one);
    const group = groups.get(days);
    if (group) group.push(one);
    else groups.set(days, [one]);
  }
  return [...groups.values()];
}
