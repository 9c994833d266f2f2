import { running, type Run } from '../execute/run.js';
import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { refuseInTheWay } from '../execute/in-the-way.js';
import { controlNames, type RunControl } from '../execute/run-control.js';
import type { Note, Plan, Step } from '../plan/step.js';
import { parseDirectory } from '../set/layout.js';
import { refuseUnsafeDirectory } from '../store/safety.js';
import { isIssuedBy } from '../x509/issued.js';
import { parseNow } from '../x509/validity.js';
import {
  archiveSteps,
  copiedAs,
  folderSteps,
  lastArchived,
  newArchiveFolder,
  recordPath,
  recordSteps,
  type Replaced,
} from '../set/archive.js';
import { areSeparateIn, authoritiesOf } from '../set/authorities.js';
import { voided } from '../issue/authority.js';
import { change, type Done } from '../execute/change.js';
import { readSet } from '../set/certificate-set.js';
import { leavesOf } from '../set/found.js';
import { defaultDirectory } from '../issue/request.js';
import { checkRestored } from './rollback-checks.js';
import { refuseUnknown, type OptionNames } from '../known-options.js';

/** The directory to roll back, and how to run it. */
export interface RollbackOptions extends RunControl {
  /** The certificate directory. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
}

const optionNames: OptionNames<RollbackOptions> = {
  ...controlNames,
  directory: true,
  now: true,
};

/** The restored files. */
export interface Rollback extends Done {
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** The archive that they came from, relative to the directory. */
  readonly from: string;
  /** When they had been replaced. */
  readonly replacedAt: Date;
  /** The restored files, relative to the directory. */
  readonly files: readonly string[];
  /** The archive that now keeps the files they replaced. */
  readonly archive: string;
  readonly notes: readonly Note[];
}

/**
 * Restores the files that the last renewal of leaves or of the CA replaced; `archive/` keeps the current ones. Called again,
 * it goes back one more renewal. Either all files are restored, or, after any error, none.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used.
 * @throws `ERR_FILE`: there is nothing to restore, or the file system refused.
 * @throws `ERR_CA_UNUSABLE`, `ERR_LEAF_UNUSABLE`: the files in the archive do not match.
 * @throws `ERR_UNSAFE`, `ERR_EXISTS`: others could change the directory, or a file is in the way.
 * @throws `ERR_LOCKED`, `ERR_LOCK_LOST`: another process works in the directory.
 * @throws `ERR_ABORTED`: `signal` aborted.
 * @example
 * ```ts
 * import { rollback } from 'docker-tls-openssl';
 *
 * const { files, replacedAt } = await rollback({ directory: 'docker-tls' });
 * console.log(`restored ${files.join(', ')}, replaced at ${replacedAt.toISOString()}`);
 * ```
 */
export function rollback(options: RollbackOptions = {}): Run<Rollback> {
  return running(options, (observed) => rollbackNow(observed));
}

async function rollbackNow(options: RollbackOptions): Promise<Rollback> {
  refuseUnknown(options, optionNames);
  const directory = parseDirectory(options.directory ?? defaultDirectory);
  return change(directory, options, {
    preview: () => planRollback(options),
    plan: () => planRollback(options),
  });
}

/** The plan of a rollback. */
export type RollbackPlan = Omit<Rollback, keyof Done> & { readonly plan: Plan };

/** Plans a rollback, and changes nothing. Errors: those of `rollback`. */
export async function planRollback(options: RollbackOptions = {}): Promise<RollbackPlan> {
  refuseUnknown(options, optionNames);
  const directory = parseDirectory(options.directory ?? defaultDirectory);
  const now = parseNow(options.now ?? new Date());
  await refuseUnsafeDirectory(directory);
  const last = await lastArchived(directory);
  if (!last) {
    throw new DirectoryError('ERR_FILE', directory, `there is nothing to roll back in ${directory}`, {
      hint: 'nothing was changed; renewals, and a new CA that replaces another, keep the old files in archive/',
    });
  }
  const { folder, record } = last;
  const inventory = await readSet(directory);
  const { cas } = await checkRestored(directory, last, inventory);
  const restored = record.files.map(({ path }) => path);
  const areSeparate = areSeparateIn(inventory);
  const left = leavesOf(inventory).filter(
    ({ path, role, certificate }) =>
      cas.length > 0 &&
      !restored.includes(path) &&
      !cas.some((ca) => isIssuedBy(certificate, ca)) &&
      // Of two CAs the other one stays.
      (!areSeparate || restored.includes(authoritiesOf(role, true).signer.certificate)),
  );
  const notes = voided(
    left.map(({ path }) => path),
    'the restored CA',
  );
  const current = record.files.flatMap(({ path, product }): Replaced[] => {
    const stats = inventory.entries.get(path);
    const certificate = inventory.certificates.find((one) => one.path === path && one.index === 0);
    return stats ? [{ path, product, mode: stats.mode & 0o777, certificate: certificate?.certificate }] : [];
  });
  const archive = await newArchiveFolder(directory, now);
  const back = record.files.flatMap(({ path, product, mode }): Step[] => [
    { kind: 'copy-file', from: join(directory, folder, path), to: path, product: copiedAs(product) },
    { kind: 'set-mode', mode: parseInt(mode, 8), paths: [path] },
  ]);
  const plan: Plan = {
    recipe: 'rollback',
    steps: [
      ...archiveSteps(directory, archive, current, 'rollback', now),
      ...folderSteps(...record.files.map(({ path }) => path), recordPath(last)),
      ...back,
      ...recordSteps(folder, { ...record, broughtBackAt: now.toISOString() }),
    ],
    replaces: [...current.map(({ path }) => path), recordPath(last)],
    notes,
    departures: [],
  };
  await refuseInTheWay(plan, directory);
  return {
    directory,
    plan,
    from: folder,
    replacedAt: new Date(record.replacedAt),
    files: restored,
    archive,
    notes,
  };
}
