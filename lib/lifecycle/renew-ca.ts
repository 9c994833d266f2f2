import { randomBytes, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DirectoryError, InputError } from '../errors.js';
import { refuseInTheWay } from '../plan/execute.js';
import type { RunControl } from '../plan/run-control.js';
import type { Note, Plan, Step } from '../plan/step.js';
import { keyStep } from '../recipes/recommended.js';
import { reqX509Step } from '../steps/req-x509.js';
import { verifyStep } from '../steps/verify.js';
import { x509ReqStep } from '../steps/x509-req.js';
import { x509ToReqStep } from '../steps/x509-to-req.js';
import { parseDirectory } from '../store/layout.js';
import { refuseUnsafeDirectory } from '../store/safety.js';
import { notAfter, notBefore, subjectOf } from '../x509/certificate.js';
import { isIssuedBy } from '../x509/issued.js';
import { keptExtensions, keptSection } from '../x509/kept-extensions.js';
import type { KeyType } from '../x509/key-type.js';
import { Passphrase, toPassphrase } from '../x509/passphrase.js';
import { serialFromBytes, type Serial } from '../x509/serial.js';
import { rdn, type Subject } from '../x509/subject.js';
import { DAY_MS, parseDays, parseNow, type Days } from '../x509/validity.js';
import { archivedFile, archiveSteps, folderSteps, newArchiveFolder, type Replaced } from './archive.js';
import { askPassphrase, refuseClock } from './authority.js';
import { readInventory, type FoundCertificate, type Inventory } from './inventory.js';
import { askOnce } from './issue.js';
import { digestFor, kindOfKey, leavesOf, parseNewKey, type FoundLeaf } from './plan-renewal.js';
import { change, type Done } from './renew.js';
import { defaultDirectory, isAnswer, type IssueRequest } from './request.js';
import { openSigner, signersOf, type Signer } from './signer.js';

/** What becomes of the CA. */
export interface RenewCaRequest {
  /** The certificate directory, of any recipe or of none. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /**
   * Begins a roll-over: a new CA with a new key, and `ca.pem` with both of them. Default: the key stays, and all that
   * it has signed stays valid.
   */
  readonly newKey?: boolean | undefined;
  /** Ends a roll-over: `ca.pem` has the new CA alone. */
  readonly finish?: boolean | undefined;
  /** The kind of the new key, as in `IssueRequest`; with `newKey` alone. Default: that of the old one. */
  readonly key?: KeyType | string | undefined;
  /** Lifetime in days. Default: as long as before. */
  readonly days?: number | string | undefined;
  /**
   * The passphrase of the CA's private key, or a function that is asked for it: to open the old one, or with `newKey` to encrypt the new one.
   * `null`: a new key is not encrypted.
   */
  readonly passphrase?: IssueRequest['passphrase'];
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
  /** Makes the serial. Default: `crypto.randomBytes`. */
  readonly random?: ((size: number) => Uint8Array) | undefined;
}

export type RenewCaOptions = RenewCaRequest & RunControl;

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

/** What became of the CA. */
export type RenewedCa = Omit<RenewCaPlan, 'plan'> & Done;

interface CaValues {
  readonly directory: string;
  readonly newKey: boolean;
  readonly finish: boolean;
  readonly key: KeyType | undefined;
  readonly days: Days | undefined;
  readonly passphrase: Parameters<typeof askPassphrase>[0]['passphrase'];
  readonly now: Date;
  readonly serial: () => Serial;
}

/**
 * Gives the CA a new certificate: for the same key, so that all that it has signed stays valid; or with `newKey` for a new
 * one, in a roll-over of three stages. In the first `ca.pem` holds the new CA and the old one, so that whoever has it trusts
 * the certificates of both; the new one signs. When every host and client has that file, `renew` makes the leaves anew. With `finish`
 * the old CA is dropped. What is replaced is kept in `archive/`; `rollback` brings it back.
 * After success the directory holds all of it; after any error, what it held before.
 * Errors: as `renew`; `ERR_CA_MISSING`; `ERR_CA_UNUSABLE` for a second roll-over before the first is finished, and for the end of none;
 * `ERR_LEAF_UNUSABLE` where `finish` would make a leaf void.
 */
export async function renewCa(options: RenewCaOptions = {}): Promise<RenewedCa> {
  const values = parseCaRequest({ ...options, passphrase: askOnce(options.passphrase) });
  return change(values.directory, options, (show) => planRenewCaOf(values, show));
}

/** What `renewCa` would do; asks for no passphrase. Errors: those of `renewCa`, as far as they can be known beforehand. */
export async function planRenewCa(request: RenewCaRequest): Promise<RenewCaPlan> {
  return planRenewCaOf(parseCaRequest(request), true);
}

function parseCaRequest(request: RenewCaRequest): CaValues {
  const { directory = defaultDirectory, newKey = false, finish = false, key, days } = request;
  const { passphrase, now = new Date(), random = randomBytes } = request;
  if (finish && (newKey || key !== undefined || days !== undefined))
    throw new InputError('finish', 'finishing a roll-over makes nothing new', {
      hint: 'give --finish alone',
    });
  return {
    directory: parseDirectory(directory),
    newKey,
    finish,
    key: parseNewKey(key, newKey),
    days: days === undefined ? undefined : parseDays(days, 'days', 2),
    passphrase: isAnswer(passphrase) ? toPassphrase(passphrase) : passphrase,
    now: parseNow(now),
    serial: () => serialFromBytes(random(16)),
  };
}

async function planRenewCaOf(values: CaValues, show: boolean): Promise<RenewCaPlan> {
  const { directory, now, newKey, finish } = values;
  await refuseUnsafeDirectory(directory);
  const inventory = await readInventory(directory);
  const signer = onlySigner(inventory);
  const path = signer.found.path;
  const isRollOver = await isRollingOver(directory, signer);
  if (!isRollOver && signer.trusted.length > 1) throw severalCas(join(directory, path));
  if (finish !== isRollOver) throw wrongStage(join(directory, path), finish);
  if (!isIssuedBy(signer.found.certificate, signer.found.certificate)) throw notARoot(join(directory, path));
  const copies = copiesOf(signer, inventory);
  const bundle = [path, ...copies];
  const archive = await newArchiveFolder(directory, now);
  const about: About = { values, inventory, signer, copies, archive };
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

interface About {
  readonly values: CaValues;
  readonly inventory: Inventory;
  readonly signer: Signer;
  readonly copies: readonly string[];
  readonly archive: string;
}

/** What is done between keeping the old and copying the new. */
interface Change {
  readonly steps: readonly Step[];
  readonly replacesKey: boolean;
  readonly notes: readonly Note[];
  readonly endsOn: Date;
}

/** The CA of the directory. Errors: `ERR_CA_MISSING`, `ERR_CA_UNUSABLE`. */
function onlySigner(inventory: Inventory): Signer {
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
  const replaced = await archivedFile(directory, ROLL_OVER, found.path);
  return (
    replaced !== undefined && trusted[1]?.fingerprint256 === new X509Certificate(replaced).fingerprint256
  );
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
function copiesOf({ found, trusted }: Signer, { certificates }: Inventory): string[] {
  const prints = (path: string): string =>
    certificates
      .filter((one) => one.path === path)
      .map(({ certificate }) => certificate.fingerprint256)
      .join();
  const own = trusted.map(({ fingerprint256 }) => fingerprint256).join();
  const paths = new Set(certificates.filter(({ role }) => role === 'ca').map(({ path }) => path));
  return [...paths].filter((path) => path !== found.path && prints(path) === own);
}

function signedBy(ca: X509Certificate, inventory: Inventory): FoundLeaf[] {
  return leavesOf(inventory).filter(({ certificate }) => isIssuedBy(certificate, ca));
}

function lifetime({ days }: CaValues, { certificate }: FoundCertificate): Days {
  const before = Math.round((notAfter(certificate).getTime() - notBefore(certificate).getTime()) / DAY_MS);
  return days ?? parseDays(Math.min(Math.max(before, 2), 36_500), 'days');
}

async function sameKey({ values, inventory, signer }: About, show: boolean): Promise<Change> {
  const { directory, now, serial } = values;
  refuseClock(now);
  const { path, certificate } = signer.found;
  const passphrase = await openSigner(signer, inventory, values, show);
  const before = join(directory, path);
  const [csr, config] = [`${path}.csr`, `${path}.cnf`];
  const days = lifetime(values, signer.found);
  const setSerial = serial();
  const { digest } = digestFor(certificate, certificate);
  const leaves = signedBy(certificate, inventory).filter((leaf) => notAfter(leaf.certificate) > now);
  return {
    steps: [
      {
        kind: 'write-file',
        path: config,
        content: keptExtensions(certificate, { issuer: 'itself', newKey: false }),
      },
      x509ToReqStep({
        in: before,
        signKey: signer.key.path,
        passin: passphrase,
        out: csr,
        title: 'certificate signing request of the CA',
      }),
      x509ReqStep({
        in: csr,
        signKey: signer.key.path,
        passin: passphrase,
        days,
        setSerial,
        digest,
        extfile: config,
        extensions: keptSection,
        out: path,
        title: 'certificate of the CA',
      }),
      // What it has signed stays valid: shown, not believed.
      ...leaves.map((leaf) =>
        verifyStep({
          in: join(directory, leaf.path),
          caFile: path,
          purpose: leaf.role === 'server' ? 'sslserver' : 'sslclient',
          title: `verification of ${leaf.path} with the new certificate`,
        }),
      ),
      {
        kind: 'check',
        certificate: path,
        key: signer.key.path,
        ...(passphrase && { passphrase }),
        issuer: path,
        serial: setSerial,
        role: 'ca',
        altNames: [],
        like: before,
      },
      { kind: 'remove', paths: [csr, config] },
    ],
    replacesKey: false,
    notes: [],
    endsOn: new Date(now.getTime() + days * DAY_MS),
  };
}

/** The new CA signs from now on, and both are trusted. The new one comes first: openssl signs with the first of a file. */
async function rollingOver({ values, inventory, signer }: About, show: boolean): Promise<Change> {
  const { directory, now, serial, key } = values;
  refuseClock(now);
  const { path, certificate } = signer.found;
  const keyPath = signer.key.path;
  await openSigner(signer, inventory, values, true); // whoever begins this need not have the old passphrase
  const unknown = show && values.passphrase !== null;
  const passphrase = unknown
    ? Passphrase.unknown()
    : await askPassphrase(values, { purpose: 'create', path: join(directory, keyPath) });
  const kind = kindOfKey(certificate, key);
  const setSerial = serial();
  const days = lifetime(values, signer.found);
  const [alone, config] = [`${path}.new`, `${path}.cnf`];
  const digest = kind.algorithm === 'ed25519' ? undefined : digestFor(certificate, certificate).digest;
  return {
    steps: [
      keyStep(kind, keyPath, 'private key of the new CA', passphrase),
      {
        kind: 'write-file',
        path: config,
        content: `${requestSection}\n${keptExtensions(certificate, { issuer: 'itself', newKey: true })}`,
      },
      reqX509Step({
        key: keyPath,
        passin: passphrase,
        config,
        subj: newName(certificate, setSerial),
        extensions: keptSection,
        days,
        setSerial,
        digest: digest ?? (kind.algorithm === 'ed25519' ? undefined : 'sha256'),
        out: alone,
        title: 'certificate of the new CA',
      }),
      {
        kind: 'check',
        certificate: alone,
        key: keyPath,
        ...(passphrase && { passphrase }),
        issuer: alone,
        serial: setSerial,
        role: 'ca',
        altNames: [],
      },
      { kind: 'concatenate', from: [alone, join(directory, path)], to: path },
      { kind: 'remove', paths: [alone, config] },
    ],
    replacesKey: true,
    notes: [
      {
        code: 'ROLL_OVER',
        text: `${path} holds the new CA and the old one: bring it to every host and client, and restart each daemon, before anything is made anew`,
      },
    ],
    endsOn: new Date(now.getTime() + days * DAY_MS),
  };
}

const requestSection = ['[req]', 'distinguished_name = dn', '[dn]'].join('\n');

/** A name of its own, so that two CAs in one file are told apart. */
function newName(certificate: X509Certificate, serial: Serial): Subject {
  const subject = subjectOf(certificate);
  const before = subject.find(({ type }) => type === 'CN')?.value ?? 'Docker TLS CA';
  const mark = serial.slice(-8).toLowerCase();
  const name = rdn('CN', `${before.replace(/ [0-9a-f]{8}$/, '').slice(0, 55)} ${mark}`);
  return [...subject.filter(({ type }) => type !== 'CN'), name];
}

function finishing({ values: { directory }, inventory, signer }: About): Change {
  const { path, certificate } = signer.found;
  const [, ...going] = signer.trusted;
  const old = inventory.certificates.filter(
    (one) => one.role !== 'ca' && going.some((ca) => isIssuedBy(one.certificate, ca)),
  );
  if (old.length > 0) {
    const paths = old.map((leaf) => leaf.path).join(', ');
    throw new DirectoryError('ERR_LEAF_UNUSABLE', join(directory, path), `of the old CA still: ${paths}`, {
      hint: 'nothing was changed; make them anew first with `docker-tls-openssl renew --all`',
    });
  }
  return {
    steps: [{ kind: 'write-file', path, content: certificate.toString() }],
    replacesKey: false,
    notes: [],
    endsOn: notAfter(certificate),
  };
}
