import { signerOfRole, type CasByRole } from '../../issue/separate-cas.js';
import { refuseCaSubject } from '../../issue/wanted-leaf.js';
import { signingSteps, type ToSign } from '../../authority/signing-steps.js';
import type { Replaced } from '../../set/archive.js';
import { leafFiles } from '../../set/layout.js';
import { DockerTlsError } from '../../errors.js';
import { commonNameFault } from '../plan/csr-faults.js';
import { readWaiting } from '../plan/inbox.js';
import { completed, replacedFiles, type GroupContext, type GroupPlan, type Tasked } from './task-plan.js';

/** Plans the signing of the CSRs of a group of members, each for the names of the fleet file. */
export async function planSignings(
  group: readonly Tasked<'sign'>[],
  cas: CasByRole,
  context: GroupContext,
): Promise<GroupPlan> {
  const { directory, templates, ownTemplates } = context;
  const failed: { member: Tasked; why: string }[] = [];
  const requests: ToSign[] = [];
  const replaced: Replaced[] = [];
  const replaces: string[] = [];
  for (const one of group) {
    const request = requestOf(one, cas, context);
    if ('why' in request) {
      failed.push({ member: one, why: request.why });
      continue;
    }
    requests.push(request);
    if (!one.task.replaces) continue;
    replaced.push(...(await replacedFiles(directory, one, false)));
    const { certificate, ca, csr } = leafFiles(one.member.role, one.member.of.name);
    replaces.push(certificate, ca, csr);
  }
  const signers = {
    server: signerOfRole('server', context.cas),
    client: signerOfRole('client', context.cas),
  };
  const steps = requests.length === 0 ? [] : signingSteps(requests, { signers, templates, ownTemplates });
  return { ...(await completed(steps, replaced, replaces, 'fleet sign', context)), failed };
}

/** Reads a CSR once more: it was looked at before, and can have changed since. */
function requestOf(
  one: Tasked<'sign'>,
  cas: CasByRole,
  { serial, daysOf }: GroupContext,
): ToSign | { readonly why: string } {
  const { role, of, altNames } = one.member;
  const { file } = one.task;
  const { spki, check } = readWaiting(file);
  const request = check();
  if ('fault' in request) return { why: `${file}: ${request.fault}` };
  if (spki?.toString('base64') !== one.task.spki) return { why: `${file} has changed meanwhile` };
  const why = commonNameFault(request, one.member);
  if (why !== undefined) return { why: `${file}: ${why}` };
  const { subject, keyType } = request;
  const { certificate } = cas[role];
  try {
    if (certificate) refuseCaSubject(certificate, { role, subject });
  } catch (error) {
    if (error instanceof DockerTlsError) return { why: `${file}: ${error.message}` };
    throw error;
  }
  return {
    ...{ file, role, name: of.name, names: altNames, subject, keyType, request },
    days: daysOf(one),
    serial: serial(),
  };
}
