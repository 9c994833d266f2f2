import { join } from 'node:path';
import { DirectoryError, InputError } from '../errors.js';
import { refuseInTheWay } from '../execute/in-the-way.js';
import { refuseTooShort } from './ca-levels.js';
import { finishing } from './finish-roll-over.js';
import { recording } from '../set/issued/recording.js';
import type { Note, Plan, Step } from '../plan/step.js';
import { refuseUnsafeDirectory } from '../store/safety.js';
import { areSeparateIn, filesOfCa } from '../set/authorities.js';
import { besideOf } from '../set/layout.js';
import { caFlaw } from '../x509/ca-extensions.js';
import { notAfter } from '../x509/certificate.js';
import type { LeafRole } from '../x509/role.js';
import {
  archivedCertificate,
  archiveSteps,
  folderSteps,
  newArchiveFolder,
  type Replaced,
} from '../set/archive.js';
import { signedBy, type CaValues } from './ca-change.js';
import { rollingOver, sameKey } from './ca-stages.js';
import { readSet, type CertificateSet } from '../set/certificate-set.js';
import { signersOf, type Signer, type SignerKey } from './signer.js';
import { parentFor, underParent } from './under-parent.js';
import { call, option, words } from '../words.js';

/** The stages of a CA renewal. */
export type CaStage =
  /** A new certificate for the same key: every certificate that it signed stays valid. */
  | 'renewed'
  /** `ca.pem` has the new CA and the old one; the new one signs. */
  | 'rolling-over'
  /** `ca.pem` has only the new CA. */
  | 'finished';

export interface RenewCaPlan {
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** The directory of the CA above, which signs; undefined for a root. */
  readonly parent: string | undefined;
  readonly plan: Plan;
  readonly stage: CaStage;
  /** The CA's certificate, relative to the directory. */
  readonly path: string;
  /** Whose certificates it signs, where servers and clients have CAs of their own; else undefined. */
  readonly role: LeafRole | undefined;
  /** Its copies beside servers and clients, which are replaced too. */
  readonly copies: readonly string[];
  /** The expiry date of the replaced certificate. */
  readonly endedOn: Date;
  /** The expiry date of the certificate that signs from now on. */
  readonly endsOn: Date;
  /** The servers and clients of the old CA, to renew before finishing the roll-over. */
  readonly ofTheOldCa: readonly string[];
  /** The directory that keeps the replaced files, relative to `directory`. */
  readonly archive: string;
  readonly notes: readonly Note[];
}

/** What another command does in the same change. */
export interface WithCaRenewal {
  /** Whether a copy of the CA's certificate, relative to the directory, is replaced too. Default: each is. */
  readonly replacesCopy?: (path: string) => boolean;
  /** Adds to the plan what belongs to it. Default: nothing. */
  readonly extend?: (plan: Plan, about: CaOfPlan) => Promise<Plan>;
}

/** The CA that a plan changes, as it is before. */
export interface CaOfPlan {
  readonly inventory: CertificateSet;
  readonly signer: Signer;
  /** The folder that keeps what is replaced, relative to the directory. */
  readonly archive: string;
}

/** Plans the request. Errors: those of `renewCa`, as far as they can be known beforehand. */
export async function planCaRenewal(
  values: CaValues,
  { replacesCopy = () => true, extend = (plan) => Promise.resolve(plan) }: WithCaRenewal = {},
): Promise<RenewCaPlan> {
  const { directory, now, newKey, finish } = values;
  await refuseUnsafeDirectory(directory);
  const inventory = await readSet(directory);
  const signer = wantedSigner(inventory, values);
  const path = signer.found.path;
  const about = { values, inventory, signer };
  const parent = await parentFor(about);
  const isRollOver = parent === undefined && (await isRollingOver(directory, signer));
  if (!parent && !isRollOver && signer.trusted.length > 1) throw severalCas(join(directory, path));
  if (finish !== isRollOver) throw wrongStage(values, join(directory, path));
  if (!finish) refuseNoCa(directory, signer);
  refuseTooShort(about);
  const copies = copiesOf(signer, inventory).filter(replacesCopy);
  const bundle = [path, ...copies];
  const archive = await newArchiveFolder(directory, now);
  const {
    steps,
    replacesKey,
    notes,
    endsOn,
    replaces = [],
  } = parent
    ? await underParent(about, parent)
    : finish
      ? await finishing(about)
      : newKey
        ? await rollingOver(about)
        : await sameKey(about);
  const modeOf = (file: string): number => (inventory.entries.get(file)?.mode ?? 0o444) & 0o777;
  const replaced: Replaced[] = [
    ...bundle.map((file): Replaced => ({
      path: file,
      product: 'certificate',
      mode: modeOf(file),
      certificate: signer.found.certificate,
    })),
    ...(replacesKey ? [replacedKey(signer.key, modeOf(signer.key.path))] : []),
    ...replaces,
  ];
  const renewing: Plan = {
    recipe: 'renew ca',
    steps: [
      ...archiveSteps(directory, archive, replaced, newKey ? ROLL_OVER : 'renew ca', now),
      ...folderSteps(...bundle, ...replaces.map((one) => one.path)),
      ...steps,
      ...copies.map((to): Step => ({ kind: 'copy-file', from: path, to })),
      ...replaced.map(({ path: file, mode }): Step => ({ kind: 'set-mode', mode, paths: [file] })),
    ],
    replaces: replaced.map((one) => one.path),
    notes,
    departures: [],
  };
  const plan = await recording(await extend(renewing, { inventory, signer, archive }), directory);
  await refuseInTheWay(plan, directory);
  return {
    directory,
    parent: parent?.directory,
    plan,
    stage: finish ? 'finished' : newKey ? 'rolling-over' : 'renewed',
    path,
    role: signer.ofRole,
    copies,
    endedOn: notAfter(finish ? (signer.trusted[1] ?? signer.found.certificate) : signer.found.certificate),
    endsOn,
    ofTheOldCa: newKey ? signedBy(signer.found.certificate, inventory).map((leaf) => leaf.path) : [],
    archive,
    notes,
  };
}

function replacedKey({ path, place }: SignerKey, mode: number): Replaced {
  return place === 'token'
    ? { path, product: 'key-uri', mode }
    : { path, product: 'private-key', mode: mode & 0o700 };
}

/** The CA that is asked for, where there are two; else the only one. Errors: `ERR_INPUT`; those of `onlySigner`. */
function wantedSigner(inventory: CertificateSet, values: CaValues): Signer {
  const { directory, role, newKey, finish } = values;
  const areSeparate = areSeparateIn(inventory);
  if (!areSeparate && role === undefined) return onlySigner(inventory);
  if (!areSeparate)
    throw new InputError('role', `${directory} has one CA for servers and clients`, {
      hint: words`leave out ${option('role')}`,
    });
  const how = { ...(newKey && { newKey }), ...(finish && { finish }) };
  if (role === undefined) {
    const [ofServers, ofClients] = (['server', 'client'] as const).map((one) =>
      call('renewCa', { role: one, ...how }, directory),
    );
    throw new InputError('role', `${directory} has separate CAs for servers and clients`, {
      hint: words`choose one: \`${ofServers ?? ''}\`, or \`${ofClients ?? ''}\``,
    });
  }
  const signer = signersOf(inventory).find(({ ofRole }) => ofRole === role);
  if (signer) return signer;
  const { certificate, key } = filesOfCa(role);
  throw new DirectoryError(
    'ERR_CA_MISSING',
    join(directory, certificate),
    `there is no ${certificate} with its private key ${key} in ${directory}`,
    { hint: 'put both there; you can move the key away again afterwards' },
  );
}

/** The CA of the directory. Errors: `ERR_CA_MISSING`, `ERR_CA_UNUSABLE`. */
function onlySigner(inventory: CertificateSet): Signer {
  const { directory } = inventory;
  const [signer, ...more] = signersOf(inventory);
  if (!signer)
    throw new DirectoryError(
      'ERR_CA_MISSING',
      directory,
      `there is no CA with its private key in ${directory}`,
      {
        hint: words`name the directory of the CA with ${option('directory')}, or restore its key from a backup`,
      },
    );
  if (more.length > 0)
    throw new DirectoryError(
      'ERR_CA_UNUSABLE',
      directory,
      `there are several CAs in ${directory}: ${[signer, ...more].map(({ found }) => found.path).join(', ')}`,
      {
        hint: 'put each into a directory of its own',
      },
    );
  return signer;
}

/** The command that the archive records for files that a roll-over replaced. */
const ROLL_OVER = 'renew ca --new-key';

/** Tells whether the second certificate of the file is the CA that a roll-over is replacing. */
async function isRollingOver(directory: string, { found, trusted }: Signer): Promise<boolean> {
  if (trusted.length !== 2) return false;
  const replaced = await archivedCertificate(directory, ROLL_OVER, found.path);
  return replaced !== undefined && trusted[1]?.fingerprint256 === replaced.fingerprint256;
}

function severalCas(path: string): DirectoryError {
  return new DirectoryError(
    'ERR_CA_UNUSABLE',
    path,
    `${path} contains several CAs, but not from a roll-over that began here`,
    {
      hint: 'nothing was changed; put the others into another file in the meantime',
    },
  );
}

/** A certificate that says that it is no CA is not made one: those who have it may rely on that. */
function refuseNoCa(directory: string, { found: { path, certificate } }: Signer): void {
  const flaw = caFlaw(certificate);
  if (flaw === undefined || flaw.isFixable) return;
  const full = join(directory, path);
  throw new DirectoryError('ERR_CA_UNUSABLE', full, `${full} cannot be renewed as a CA: ${flaw.why}`, {
    hint: words`nothing was changed; if it is not another certificate by mistake, create a new set beside it with \`${call('all', {}, besideOf(directory))}\``,
  });
}

function wrongStage({ directory, finish, role }: CaValues, path: string): DirectoryError {
  return finish
    ? new DirectoryError('ERR_CA_UNUSABLE', path, `no roll-over has begun: ${path} contains only one CA`, {
        hint: words`nothing was changed; \`${call('renewCa', { role, newKey: true }, directory)}\` begins one`,
      })
    : new DirectoryError(
        'ERR_CA_UNUSABLE',
        path,
        `a roll-over has begun: ${path} contains the new CA and the old one`,
        {
          hint: words`nothing was changed; finish it first with \`${call('renewCa', { role, finish: true }, directory)}\`, or undo it with \`${call('rollback', {}, directory)}\``,
        },
      );
}

/** Files elsewhere in the directory that contain the same certificates. */
function copiesOf({ found, trusted }: Signer, { certificates }: CertificateSet): string[] {
  const prints = (path: string): string =>
    certificates
      .filter((one) => one.path === path)
      .map(({ certificate }) => certificate.fingerprint256)
      .join();
  const own = trusted.map(({ fingerprint256 }) => fingerprint256).join();
  const paths = new Set(certificates.filter(({ role }) => role === 'ca').map(({ path }) => path));
  return [...paths].filter((path) => path !== found.path && prints(path) === own);
}
