import type { X509Certificate } from 'node:crypto';
import { DirectoryError } from '../errors.js';
import { executeUnlocked, refuseInTheWay, type Execution } from '../plan/execute.js';
import { parseControl, type RunControl } from '../plan/run-control.js';
import type { Artifact } from '../plan/schedule.js';
import type { Note, Plan, Step } from '../plan/step.js';
import { parseDirectory } from '../store/layout.js';
import { needsRepair, repair } from '../store/leftovers.js';
import { removeStaleLock, withLock } from '../store/lock.js';
import { refuseUnsafeDirectory } from '../store/safety.js';
import { isIssuedBy } from '../x509/issued.js';
import { certificatesIn } from '../x509/pem.js';
import { parseNow } from '../x509/validity.js';
import type { Openssl } from '../openssl/find.js';
import { join } from 'node:path';
import {
  archiveSteps,
  folderSteps,
  lastArchived,
  readArchived,
  newArchiveFolder,
  recordPath,
  recordSteps,
  type Replaced,
} from './archive.js';
import { readInventory } from './inventory.js';
import { voided } from './authority.js';
import { askOnce, repairNotes } from './issue.js';
import {
  leavesOf,
  parseRenewRequest,
  planRenewal,
  type RenewalPlan,
  type RenewRequest,
} from './plan-renewal.js';
import { defaultDirectory } from './request.js';

/** Options of `renew`: what to make anew, and how to run it. */
export type RenewOptions = RenewRequest & RunControl;

/** What was done to a directory. */
export interface Done {
  /** What was written; empty where nothing was to be done. */
  readonly made: readonly Artifact[];
  /** The openssl commands that ran; no secret is in them. */
  readonly commands: readonly string[];
  /** The openssl that ran them; undefined where nothing had to run. */
  readonly openssl: Openssl | undefined;
  /** The certificates that were made, parsed, by their path in the directory. */
  readonly certificates: ReadonlyMap<string, X509Certificate>;
}

/** What was made anew, and what could not be. */
export type Renewal = Omit<RenewalPlan, 'plan'> & Done;

/**
 * Makes certificates of servers and clients anew: those that are due, or those that are named. CA, subject, names,
 * extensions and, unless `newKey` is set, the key stay; the time begins now. It works for the sets of every recipe, and for those that were
 * made otherwise. What is replaced is kept in `archive/`. Where nothing is due, nothing is written.
 * After success the directory holds all of it; after any error, what it held before.
 * Errors: `ERR_INPUT`, `ERR_PASSPHRASE_*`, `ERR_CA_UNUSABLE`, `ERR_LEAF_UNUSABLE`, `ERR_UNSAFE`, `ERR_EXISTS`, `ERR_FILE`, `ERR_CLOCK`,
 * `ERR_LOCKED`, `ERR_OPENSSL_*`, `ERR_READ_BACK`, `ERR_TIMEOUT`, `ERR_ABORTED`.
 */
export async function renew(options: RenewOptions = {}): Promise<Renewal> {
  const values = parseRenewRequest({
    ...options,
    passphrase: askOnce(options.passphrase) as RenewRequest['passphrase'],
  });
  return change(values.directory, options, (show) => planRenewal(values, show));
}

/** Plans a change of a directory under its lock, and does it. Where nothing is to be done, nothing is written. */
export async function change<Planned extends { readonly plan: Plan; readonly notes: readonly Note[] }>(
  directory: string,
  options: RunControl,
  planned: (show: boolean) => Promise<Planned>,
): Promise<Omit<Planned, 'plan'> & Done> {
  const control = parseControl(options);
  if (!(await needsRepair(directory))) {
    const { plan, ...rest } = await planned(true);
    if (plan.steps.length === 0) {
      await removeStaleLock(directory);
      return { ...rest, ...nothingDone };
    }
  }
  return withLock(directory, control, async (lock) => {
    const repaired = repairNotes(await repair(directory), directory);
    const { plan, ...rest } = await planned(false);
    const notes = [...repaired, ...rest.notes];
    if (plan.steps.length === 0) return { ...rest, notes, ...nothingDone };
    const execution = await executeUnlocked(plan, { ...control, directory }, lock);
    return { ...rest, notes, ...doneBy(execution) };
  });
}

const nothingDone: Done = { made: [], commands: [], openssl: undefined, certificates: new Map() };

function doneBy({ files, commands, openssl, certificates }: Execution): Done {
  return { made: files, commands, openssl, certificates };
}

export interface RollbackOptions extends RunControl {
  /** The certificate directory. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
}

/** What was brought back. */
export interface Rollback extends Done {
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** Where it came from, relative to the directory. */
  readonly from: string;
  /** When it had been replaced. */
  readonly replacedAt: Date;
  /** The files that are back. */
  readonly files: readonly string[];
  /** Where what took their place is kept now. */
  readonly archive: string;
  readonly notes: readonly Note[];
}

/**
 * Brings back what the last renewal replaced, of leaves or of the CA; what took its place is kept in `archive/`. Called again, it goes back one
 * renewal further. After success the directory holds all that it held before that renewal; after any error, what it held.
 * Errors: `ERR_INPUT`, `ERR_FILE` where nothing is in the archive, `ERR_UNSAFE`, `ERR_EXISTS`, `ERR_LOCKED`, `ERR_ABORTED`.
 */
export async function rollback(options: RollbackOptions = {}): Promise<Rollback> {
  const directory = parseDirectory(options.directory ?? defaultDirectory);
  return change(directory, options, () => planRollback(options));
}

/** What a rollback would do. */
export type RollbackPlan = Omit<Rollback, keyof Done> & { readonly plan: Plan };

/** Plans a rollback, and changes nothing. Errors: those of `rollback`. */
export async function planRollback(options: RollbackOptions = {}): Promise<RollbackPlan> {
  const directory = parseDirectory(options.directory ?? defaultDirectory);
  const now = parseNow(options.now ?? new Date());
  await refuseUnsafeDirectory(directory);
  const last = await lastArchived(directory);
  if (!last) {
    throw new DirectoryError('ERR_FILE', directory, `no renewal of ${directory} can be taken back`, {
      hint: 'nothing was changed; `renew` keeps what it replaces in archive/',
    });
  }
  const { folder, record } = last;
  const inventory = await readInventory(directory);
  const cas: X509Certificate[] = [];
  for (const { path, product } of record.files) {
    const { bytes } = await readArchived(directory, join(folder, path));
    const isCa = inventory.certificates.some((one) => one.path === path && one.role === 'ca');
    if (product === 'certificate' && isCa) cas.push(...certificatesIn(bytes.toString('latin1')));
  }
  const restored = record.files.map(({ path }) => path);
  const left = leavesOf(inventory).filter(
    ({ path, certificate }) =>
      cas.length > 0 && !restored.includes(path) && !cas.some((ca) => isIssuedBy(certificate, ca)),
  );
  const notes = voided(
    left.map(({ path }) => path),
    'the CA that is back',
  );
  const current = record.files.flatMap(({ path, product }): Replaced[] => {
    const stats = inventory.entries.get(path);
    const certificate = inventory.certificates.find((one) => one.path === path && one.index === 0);
    return stats ? [{ path, product, mode: stats.mode & 0o777, certificate: certificate?.certificate }] : [];
  });
  const archive = await newArchiveFolder(directory, now);
  const back = record.files.flatMap(({ path, product, mode }): Step[] => [
    { kind: 'copy-file', from: join(directory, folder, path), to: path, product },
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
