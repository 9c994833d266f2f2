import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan, Step } from '../../plan/step.js';
import { archiveSteps, newArchiveFolder, readArchived, type Replaced } from '../../set/archive.js';
import { recording } from '../../set/issued/recording.js';
import { leafFiles } from '../../set/layout.js';
import { certificateOf } from '../../x509/pem.js';
import type { Days } from '../../x509/validity.js';
import type { ExistingCa } from '../../recipes/recommended.js';
import type { Templates } from '../../recipes/templates.js';
import type { Serial } from '../../x509/serial.js';
import type { OpenedCas } from '../../issue/separate-cas.js';
import type { LookedAtMember } from '../plan/look-at-fleet.js';
import type { FleetTask } from '../plan/decide.js';
import type { Text } from '../../words.js';
import type { RenewValues } from '../../renew/renew-request.js';

/** A member with what is done for it now. */
export type Tasked<Kind extends FleetTask['kind'] = FleetTask['kind']> = LookedAtMember & {
  readonly task: Extract<FleetTask, { readonly kind: Kind }>;
};

/** What every group of members needs. */
export interface GroupContext {
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** With what opens their keys. */
  readonly cas: OpenedCas<ExistingCa>;
  readonly templates: Templates<'ca.cnf' | 'server.cnf' | 'client.cnf'>;
  readonly ownTemplates: boolean;
  readonly now: Date;
  readonly serial: () => Serial;
  readonly keyring: RenewValues['keyring'];
  /** How long a certificate of theirs lives at most. */
  readonly daysOf: (member: LookedAtMember) => Days;
}

/** What is done for a group, or why nothing can be done for some of it. */
export interface GroupPlan {
  readonly plan: Plan;
  /** Those for which it cannot be done. */
  readonly failed: readonly { readonly member: Tasked; readonly why: Text }[];
  /** The directory of what it replaces, relative to the certificate directory; undefined without any. */
  readonly archive: string | undefined;
}

/** Completes the steps of a group: what they replace goes to the archive, and what they make is recorded. */
export async function completed(
  steps: readonly Step[],
  replaced: readonly Replaced[],
  replaces: readonly string[],
  by: string,
  { directory, now }: Pick<GroupContext, 'directory' | 'now'>,
): Promise<Omit<GroupPlan, 'failed'>> {
  const archive = replaced.length === 0 ? undefined : await newArchiveFolder(directory, now);
  const keep = archive === undefined ? [] : archiveSteps(directory, archive, replaced, by, now);
  const plan: Plan = { recipe: 'fleet', steps: [...keep, ...steps], replaces, notes: [], departures: [] };
  return { plan: await recording(plan, directory, true), archive };
}

/** The certificate of a member as it is before it is replaced, and its key where that is here. Errors: those of `readArchived`. */
export async function replacedFiles(
  directory: string,
  { member: { role, of }, files }: LookedAtMember,
  withKey: boolean,
): Promise<Replaced[]> {
  const { certificate, key } = leafFiles(role, of.name);
  const { bytes, stats } = await readArchived(directory, certificate);
  const own: Replaced = {
    path: certificate,
    product: 'certificate',
    mode: stats.mode & 0o777,
    certificate: certificateOf(bytes),
  };
  if (!withKey || !files.hasKey) return [own];
  const { mode } = await lstat(join(directory, key));
  return [own, { path: key, product: 'private-key', mode: mode & 0o700 }];
}
