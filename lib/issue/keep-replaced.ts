import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import { artifactsOf } from '../plan/schedule.js';
import type { Plan } from '../plan/step.js';
import { certificateOf } from '../x509/pem.js';
import { readRegular } from '../store/read-regular.js';
import { refuseToReplace, refuseUnsafeFolders } from '../store/safety.js';
import { archiveSteps, newArchiveFolder, type Replaced } from '../set/archive.js';
import { caKeyName } from '../set/layout.js';
import type { Part } from '../x509/role.js';

/** A plan, and the directory for the files it replaces. */
export interface KeepingPlan {
  readonly plan: Plan;
  /** Relative to the certificate directory; undefined if the plan replaces no key and no certificate. */
  readonly archive: string | undefined;
}

interface Replacing {
  readonly parts: readonly Part[];
  readonly force: readonly Part[] | undefined;
  readonly directory: string;
  readonly now: Date;
}

/**
 * Adds steps to a plan that keep the keys and certificates that it replaces in `archive/`, so that `rollback` can restore
 * them. Errors: `ERR_FILE`, `ERR_EXISTS`, `ERR_UNSAFE`.
 */
export async function keepReplaced(
  plan: Plan,
  { parts, force = [], directory, now }: Replacing,
): Promise<KeepingPlan> {
  const found = await Promise.all(
    artifactsOf(plan).flatMap(({ path, product: made }) => {
      const product = path === caKeyName ? 'key-uri' : made;
      return plan.replaces.includes(path) &&
        (product === 'key-uri' || product === 'private-key' || product === 'certificate')
        ? [describe(directory, path, product)]
        : [];
    }),
  );
  const replaced = found.filter((one) => one !== undefined);
  if (replaced.length === 0) return { plan, archive: undefined };
  const archive = await newArchiveFolder(directory, now);
  const [only, ...more] = parts;
  const by = `${only === undefined || more.length > 0 ? 'all' : only} --force ${force.join(',')}`;
  const keep = archiveSteps(directory, archive, replaced, by, now);
  return { plan: { ...plan, steps: [...keep, ...plan.steps] }, archive };
}

/** Undefined for a missing half of a pair. */
async function describe(
  directory: string,
  path: string,
  product: Replaced['product'],
): Promise<Replaced | undefined> {
  const full = join(directory, path);
  await refuseUnsafeFolders(directory, path);
  await refuseToReplace(full);
  try {
    const mode = (await lstat(full)).mode & 0o777;
    if (product === 'private-key') return { path, product, mode: mode & 0o700 };
    if (product === 'key-uri') return { path, product, mode };
    // A damaged certificate is kept as it is, without its dates.
    return { path, product, mode, certificate: certificateOf((await readRegular(full)).bytes) };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error instanceof DirectoryError ? error : fileError(full, 'read', error);
  }
}
