import { refuseCaSubject, serverCommonName } from '../../issue/wanted-leaf.js';
import { leafBatch } from '../../recipes/leaf-batch.js';
import type { WantedLeaf } from '../../recipes/recommended.js';
import type { Step } from '../../plan/step.js';
import type { CasByRole } from '../../issue/separate-cas.js';
import { leafFiles } from '../../set/layout.js';
import { rdn } from '../../x509/subject.js';
import type { Replaced } from '../../set/archive.js';
import { completed, replacedFiles, type GroupContext, type GroupPlan, type Tasked } from './task-plan.js';

/** Plans new keys and their certificates for a group of members. Errors: those of `replacedFiles`; `ERR_INPUT` for the subject of the CA. */
export async function planMakes(
  group: readonly Tasked<'make'>[],
  cas: CasByRole,
  context: GroupContext,
): Promise<GroupPlan> {
  const leaves = group.map((one) => wantedOf(one, context));
  for (const leaf of leaves) {
    const { certificate } = cas[leaf.role];
    if (certificate) refuseCaSubject(certificate, leaf);
  }
  const replaced: Replaced[] = [];
  const replaces: string[] = [];
  for (const one of group) {
    if (!one.task.replaces) continue;
    replaced.push(...(await replacedFiles(context.directory, one, true)));
    const { certificate, key, ca } = leafFiles(one.member.role, one.member.of.name);
    replaces.push(certificate, key, ca);
  }
  const steps = makeLeaves(leaves, context);
  return { ...(await completed(steps, replaced, replaces, 'fleet apply', context)), failed: [] };
}

/** The steps that make keys and certificates: the one place that makes those of fleets. */
function makeLeaves(
  leaves: readonly WantedLeaf[],
  { cas, templates, ownTemplates }: GroupContext,
): readonly Step[] {
  return leafBatch({ ...cas, leaves, templates, ownTemplates }).steps;
}

function wantedOf(one: Tasked<'make'>, { serial, daysOf }: GroupContext): WantedLeaf {
  const { role, of, altNames } = one.member;
  const commonName = role === 'server' ? serverCommonName(altNames, one.member.constraints) : of.name;
  return {
    role,
    name: of.name,
    subject: [rdn('CN', commonName)],
    altNames,
    key: of.key,
    days: daysOf(one),
    serial: serial(),
  };
}
