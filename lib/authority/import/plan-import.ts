import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stats } from 'node:fs';
import { DirectoryError } from '../../errors.js';
import { refuseInTheWay } from '../../execute/in-the-way.js';
import { fileError, systemCode } from '../../file-error.js';
import type { Note, Plan } from '../../plan/step.js';
import { verifySet, type Verification } from '../../report/verify-directory.js';
import { readSet } from '../../set/certificate-set.js';
import { caFiles } from '../../set/layout.js';
import { plannedSet } from '../../set/planned-set.js';
import { refuseSwappable, refuseUnsafeDirectory } from '../../store/safety.js';
import { adopt } from './authority.js';
import { copySteps } from './copy-steps.js';
import {
  importedFiles,
  missingFiles,
  type ImportedFile,
  type MissingFile,
  type Parts,
} from './imported-files.js';
import { importedIndex, type ImportedIndex } from './index-files.js';
import { keyOfLeaf } from './keys.js';
import { placeLeaves } from './leaves.js';
import { leftOutOf, type LeftOut } from './left-out.js';
import type { ImportValues } from './options.js';
import { keptRecords } from './revocations.js';
import { targetsOf, type Target } from './targets.js';

/** How a set is imported. */
export interface ImportPlan {
  /** The directory that is imported, absolute. */
  readonly from: string;
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** Without steps if the directory holds all of it already. */
  readonly plan: Plan;
  readonly files: readonly ImportedFile[];
  readonly leftOut: readonly LeftOut[];
  readonly missing: readonly MissingFile[];
  /** How many certificates the index has then. */
  readonly recorded: number;
  /** The serial numbers of those that were revoked. */
  readonly revoked: readonly string[];
  /** What `verifyDirectory` finds in the set as it will be. */
  readonly verification: Verification;
  readonly notes: readonly Note[];
}

/** Names that only an import reads: DER, and the keys of step, which have no extension. */
const moreNames = /\.der$|(?:^|\/)(?:root|intermediate)_ca_key$/i;

/** Plans an import. Errors: those of `importSet`, as far as they can be known beforehand. */
export async function planImport(values: ImportValues): Promise<ImportPlan> {
  const { from, directory, now } = values;
  const stats = await directoryStats(from);
  await refuseSwappable(from);
  await refuseUnsafeDirectory(directory);
  const folders = (folder: string): boolean => join(from, folder) !== directory;
  const set = await readSet(from, { followLinks: false, moreNames, folders });
  const adopted = adopt(set, values);
  const issued = set.certificates.map(({ certificate }) => certificate);
  const records = await keptRecords(from, set.others, adopted, issued);
  const { placed, leftOut } = placeLeaves(set, adopted, records.revoked, now);
  const parts: Parts = { adopted, caKey: keyOfLeaf(adopted.own, set), placed, crl: records.crl };
  const files = importedFiles(parts, set, now);
  const targets = await targetsOf(files, set, adopted);
  const index = importedIndex(parts, set, records);
  const steps = await copySteps(directory, targets, parts, index);
  const plan: Plan = { recipe: 'import', steps, replaces: [], notes: [], departures: [] };
  await refuseInTheWay(plan, directory);
  const imported = [...files.map((file) => file.from), ...records.used];
  return {
    from,
    directory,
    plan,
    files,
    leftOut: leftOutOf(set, parts, imported, [...leftOut, ...records.leftOut]),
    missing: missingFiles(parts),
    recorded: index.count,
    revoked: [...records.revoked],
    verification: verificationOf(targets, index, parts, values, stats),
    notes: [],
  };
}

async function directoryStats(from: string): Promise<Stats> {
  const stats = await stat(from).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw fileError(from, 'read', error);
  });
  if (stats?.isDirectory()) return stats;
  throw new DirectoryError('ERR_FILE', from, `${from} ${stats ? 'is not a directory' : 'does not exist'}`, {
    hint: 'name the directory with the set that is to be imported',
  });
}

/** Verifies the set before it is there. */
function verificationOf(
  targets: readonly Target[],
  index: ImportedIndex,
  { placed }: Parts,
  { directory, now }: ImportValues,
  like: Stats,
): Verification {
  const ca = targets.find(({ path }) => path === caFiles.certificate);
  const beside = placed.flatMap(({ name, files }) =>
    ca && name !== undefined ? [{ ...ca, path: files.ca }] : [],
  );
  const recorded = index.files.map(({ path, content }) => ({
    path,
    content: Buffer.from(content),
    mode: 0o600,
  }));
  return verifySet(plannedSet(directory, [...targets, ...beside, ...recorded], like), {
    directory,
    now,
    leftBehind: [],
    staleLock: false,
  });
}
