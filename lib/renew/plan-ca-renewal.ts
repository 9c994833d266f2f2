import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { refuseInTheWay } from '../execute/execute.js';
import type { Note, Plan, Step } from '../plan/step.js';
import { refuseUnsafeDirectory } from '../store/safety.js';
import { notAfter } from '../x509/certificate.js';
import { isIssuedBy } from '../x509/issued.js';
import {
  archivedCertificate,
  archiveSteps,
  folderSteps,
  newArchiveFolder,
  type Replaced,
} from '../set/archive.js';
import { finishing, rollingOver, sameKey, signedBy, type CaValues } from './ca-stages.js';
import { readSet, type CertificateSet } from '../set/certificate-set.js';
import { signersOf, type Signer } from './signer.js';

/** How far a CA is. */
export type CaStage =
  /** A new certificate for the same key: every certificate that it signed stays valid. */
  | 'renewed'
  /** `ca.pem` has the new CA and the old one; the new one signs. */
  | 'rolling-over'
  /** `ca.pem` has the new CA alone. */
  | 'finished';

export interface RenewCaPlan {
  /** The certificate directory, absolute. */
  readonly directory: string;
  readonly plan: Plan;
  readonly stage: CaStage;
  /** The CA's certificate, relative to the directory. */
  readonly path: string;
  /** Its copies beside servers and clients, which were changed with it. */
  readonly copies: readonly string[];
  /** When the CA ended that is replaced. */
  readonly endedOn: Date;
  /** When the one ends that signs now. */
  readonly endsOn: Date;
  /** The servers and clients of the old CA: what has to be made anew before the roll-over can be finished. */
  readonly ofTheOldCa: readonly string[];
  /** Where what is replaced is kept, relative to the directory. */
  readonly archive: string;
  readonly notes: readonly Note[];
}

/** Plans what is asked for; with `show` it asks for no passphrase. Errors: those of `renewCa`, as far as they can be known beforehand. */
export async function planCaRenewal(values: CaValues, show: boolean): Promise<RenewCaPlan> {
  const { directory, now, newKey, finish } = values;
  await refuseUnsafeDirectory(directory);
  const inventory = await readSet(directory);
  const signer = onlySigner(inventory);
  const path = signer.found.path;
  const isRollOver = await isRollingOver(directory, signer);
  if (!isRollOver && signer.trusted.length > 1) throw severalCas(join(directory, path));
  if (finish !== isRollOver) throw wrongStage(join(directory, path), finish);
  if (!isIssuedBy(signer.found.certificate, signer.found.certificate)) throw notARoot(join(directory, path));
  const copies = copiesOf(signer, inventory);
  const bundle = [path, ...copies];
  const archive = await newArchiveFolder(directory, now);
  const about = { values, inventory, signer };
  const { steps, replacesKey, notes, endsOn } = finish
    ? finishing(about)
    : newKey
      ? await rollingOver(about, show)
      : await sameKey(about, show);
  const modeOf = (file: string): number => (inventory.entries.get(file)?.mode ?? 0o444) & 0o777;
  const replaced: Replaced[] = [
    ...bundle.map((file): Replaced => ({
      path: file,
      product: 'certificate',
      mode: modeOf(file),
      certificate: signer.found.certificate,
    })),
    ...(replacesKey
      ? [{ path: signer.key.path, product: 'private-key', mode: modeOf(signer.key.path) & 0o700 } as const]
      : []),
  ];
  const plan: Plan = {
    recipe: 'renew ca',
    steps: [
      ...archiveSteps(directory, archive, replaced, newKey ? ROLL_OVER : 'renew ca', now),
      ...folderSteps(...bundle),
      ...steps,
      ...copies.map((to): Step => ({ kind: 'copy-file', from: path, to })),
      ...replaced.map(({ path: file, mode }): Step => ({ kind: 'set-mode', mode, paths: [file] })),
    ],
    replaces: replaced.map((one) => one.path),
    notes,
    departures: [],
  };
  await refuseInTheWay(plan, directory);
  return {
    directory,
    plan,
    stage: finish ? 'finished' : newKey ? 'rolling-over' : 'renewed',
    path,
    copies,
    endedOn: notAfter(finish ? (signer.trusted[1] ?? signer.found.certificate) : signer.found.certificate),
    endsOn,
    ofTheOldCa: newKey ? signedBy(signer.found.certificate, inventory).map((leaf) => leaf.path) : [],
    archive,
    notes,
  };
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
        hint: 'name the directory of the CA with --dir; its key can be brought back from a backup',
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

/** How the archive calls what a roll-over replaced. */
const ROLL_OVER = 'renew ca --new-key';

/** Whether the second certificate of the file is the CA that a roll-over of ours began to replace. */
async function isRollingOver(directory: string, { found, trusted }: Signer): Promise<boolean> {
  if (trusted.length !== 2) return false;
  const replaced = await archivedCertificate(directory, ROLL_OVER, found.path);
  return replaced !== undefined && trusted[1]?.fingerprint256 === replaced.fingerprint256;
}

function severalCas(path: string): DirectoryError {
  return new DirectoryError(
    'ERR_CA_UNUSABLE',
    path,
    `${path} holds several CAs, and of no roll-over that was begun here`,
    {
      hint: 'nothing was changed; put the others into a file of their own while this is done',
    },
  );
}

function notARoot(path: string): DirectoryError {
  return new DirectoryError(
    'ERR_CA_UNUSABLE',
    path,
    `${path} is signed by another CA: that one has to make it anew`,
    {
      hint: 'nothing was changed',
    },
  );
}

function wrongStage(path: string, finish: boolean): DirectoryError {
  return finish
    ? new DirectoryError('ERR_CA_UNUSABLE', path, `no roll-over was begun: ${path} holds one CA alone`, {
        hint: 'nothing was changed; `renew ca --new-key` begins one',
      })
    : new DirectoryError(
        'ERR_CA_UNUSABLE',
        path,
        `a roll-over was begun: ${path} holds the new CA and the old one`,
        {
          hint: 'nothing was changed; finish it first with `renew ca --finish`, or take it back with `rollback`',
        },
      );
}

/** Files elsewhere in the directory that hold the same certificates. */
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
