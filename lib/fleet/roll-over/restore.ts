import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { Note, Plan, Step } from '../../plan/step.js';
import {
  archivedRenewals,
  archiveSteps,
  folderSteps,
  newArchiveFolder,
  readArchived,
  type Replaced,
} from '../../set/archive.js';
import { notAfter } from '../../x509/certificate.js';
import { isIssuedBy } from '../../x509/issued.js';
import { certificateOf } from '../../x509/pem.js';
import { isSameKey } from '../../x509/spki.js';
import type { RollOverMember } from './members.js';
import type { RollOver } from './state.js';

interface RestorePlan {
  readonly plan: Plan;
  /** The certificates that come back, relative to the directory. */
  readonly restored: readonly string[];
  readonly notes: readonly Note[];
}

/**
 * Brings back the certificates of the old CA that the roll-over replaced, as far as the archive has one for the key that is in use, and it
 * is still valid. The others have to be signed again. Errors: those of `archivedRenewals` and `readArchived`.
 */
export async function restorePlan(
  directory: string,
  members: readonly RollOverMember[],
  { old }: RollOver,
  now: Date,
): Promise<RestorePlan> {
  const places = await foldersByPath(directory);
  const found: { readonly path: string; readonly from: string; readonly current: X509Certificate }[] = [];
  for (const { files, certificate: current } of members) {
    if (!current) continue;
    const path = files.certificate;
    for (const folder of places.get(path) ?? []) {
      const from = join(folder, path);
      const before = certificateOf((await readArchived(directory, from)).bytes);
      if (!before || !isIssuedBy(before, old) || notAfter(before) <= now) continue;
      if (!isSameKey(before.publicKey, current.publicKey)) continue;
      found.push({ path, from, current });
      break;
    }
  }
  const restored = found.map(({ path }) => path);
  const nothing: Plan = { recipe: 'fleet roll-over', steps: [], replaces: [], notes: [], departures: [] };
  if (found.length === 0) return { plan: nothing, restored, notes: [] };
  const archive = await newArchiveFolder(directory, now);
  const replaced = found.map(({ path, current }): Replaced => ({
    path,
    product: 'certificate',
    mode: 0o444,
    certificate: current,
  }));
  return {
    plan: {
      ...nothing,
      steps: [
        ...archiveSteps(directory, archive, replaced, 'fleet roll-over', now),
        ...folderSteps(...restored),
        ...found.map(({ path, from }): Step => ({
          kind: 'copy-file',
          from: join(directory, from),
          to: path,
          product: 'certificate',
        })),
        { kind: 'set-mode', mode: 0o444, paths: restored },
      ],
      replaces: restored,
    },
    restored,
    notes: [],
  };
}

/** The folders of the archive that have a file of that path, the last one first. */
async function foldersByPath(directory: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const folders = new Map<string, string[]>();
  for (const { folder, record } of await archivedRenewals(directory))
    for (const { path, product } of record.files)
      if (product === 'certificate') folders.set(path, [...(folders.get(path) ?? []), folder]);
  return folders;
}
