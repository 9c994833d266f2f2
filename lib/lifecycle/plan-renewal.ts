import { randomBytes } from 'node:crypto';
import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DirectoryError, InputError } from '../errors.js';
import { refuseInTheWay } from '../plan/execute.js';
import type { Note, Plan, Step } from '../plan/step.js';
import { keyStep } from '../recipes/recommended.js';
import { digests, type Digest } from '../steps/req.js';
import { verifyStep } from '../steps/verify.js';
import { x509ReqStep } from '../steps/x509-req.js';
import { x509ToReqStep } from '../steps/x509-to-req.js';
import { openKey } from '../store/directory.js';
import { parseDirectory, type LeafRole } from '../store/layout.js';
import { refuseToReplace, refuseUnsafeDirectory, refuseUnsafeFolders } from '../store/safety.js';
import { commonNameOf, notAfter, notBefore } from '../x509/certificate.js';
import { certificateDetails } from '../x509/certificate-details.js';
import { isIssuedBy } from '../x509/issued.js';
import { keptExtensions, keptSection } from '../x509/kept-extensions.js';
import { keyTypeNameOf, keyTypeNames, parseKeyType, type KeyType } from '../x509/key-type.js';
import { Passphrase, toPassphrase } from '../x509/passphrase.js';
import { serialFromBytes, type Serial } from '../x509/serial.js';
import { DAY_MS, day, daysWithin, parseDays, parseNow, type Days } from '../x509/validity.js';
import { lifeState, parseWithin, type Within } from '../x509/life.js';
import { archiveSteps, folderSteps, newArchiveFolder, type Replaced } from './archive.js';
import { askPassphrase, refuseClock } from './authority.js';
import {
  keyNames,
  keyOf,
  nothingIn,
  readInventory,
  type FoundCertificate,
  type FoundKey,
  type Inventory,
} from './inventory.js';
import { defaultDirectory, isAnswer, type PassphraseSource } from './request.js';
import { openSigner, signerFor, signersOf, whyNot, type Signer } from './signer.js';

/** What to make anew, and how. */
export interface RenewRequest {
  /** The certificate directory, of any recipe or of none. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /**
   * Which servers and clients: by NAME (`web` of `servers/web`), as `server` or `client` for all of that role, or by the path of
   * a certificate. Default: those that are due.
   */
  readonly names?: readonly string[] | undefined;
  /** Only what is due, also of what `names` has. Default: true without `names` and `all`. */
  readonly due?: boolean | undefined;
  /** Every server and client. */
  readonly all?: boolean | undefined;
  /** How long before its end a certificate is due: `30d`, or `33%` of its life. Default: `30d`. */
  readonly within?: Within | string | number | undefined;
  /** Makes a new private key for each, of the same kind or of `key`. Default: the key stays. */
  readonly newKey?: boolean | undefined;
  /** The kind of the new keys, as in `IssueRequest`; with `newKey` alone. */
  readonly key?: KeyType | string | undefined;
  /** Lifetime in days. Default: as long as before. Shortened where the CA ends earlier. */
  readonly days?: number | string | undefined;
  /** The passphrase of the CA's private key, or a function that is asked for it; also for a leaf's key that is encrypted. */
  readonly passphrase?: Passphrase | string | PassphraseSource | undefined;
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
  /** Makes the serials. Default: `crypto.randomBytes`. */
  readonly random?: ((size: number) => Uint8Array) | undefined;
}

/** A certificate that is made anew. */
export interface RenewedCertificate {
  /** Relative to the certificate directory. */
  readonly path: string;
  readonly role: LeafRole;
  readonly commonName: string | undefined;
  /** When the one that it replaces ends. */
  readonly endedOn: Date;
  /** For how many days the new one is valid. */
  readonly days: number;
  /** The new private key; undefined where the key stays. */
  readonly newKey: string | undefined;
}

/** A certificate that should be made anew, and cannot be. */
export interface SkippedCertificate {
  readonly path: string;
  readonly role: LeafRole;
  readonly endsOn: Date;
  /** Why not, and what to do. */
  readonly why: string;
}

/** What a renewal would do. */
export interface RenewalPlan {
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** Without steps where nothing is to be done. */
  readonly plan: Plan;
  readonly renewed: readonly RenewedCertificate[];
  readonly skipped: readonly SkippedCertificate[];
  /** Where what is replaced is kept, relative to the directory; undefined where nothing is. */
  readonly archive: string | undefined;
  readonly notes: readonly Note[];
  /** The server or client that ends next of those that stay. */
  readonly next: { readonly path: string; readonly endsOn: Date } | undefined;
}

/** A `RenewRequest` after parsing. */
export interface RenewValues {
  readonly directory: string;
  readonly names: readonly string[];
  readonly onlyDue: boolean;
  readonly within: Within;
  readonly newKey: boolean;
  readonly key: KeyType | undefined;
  readonly days: Days | undefined;
  readonly passphrase: Passphrase | PassphraseSource | undefined;
  readonly now: Date;
  readonly serial: () => Serial;
}

/** Throws `ERR_INPUT`. */
export function parseRenewRequest(request: RenewRequest): RenewValues {
  const { directory = defaultDirectory, names = [], all = false, within = '30d' } = request;
  const { newKey = false, key, days, passphrase, now = new Date(), random = randomBytes } = request;
  if (all && names.length > 0)
    throw new InputError('all', 'all of them were asked for, and some by name: which is it?');
  return {
    directory: parseDirectory(directory),
    names,
    onlyDue: request.due ?? (names.length === 0 && !all),
    within: parseWithin(within),
    newKey,
    key: parseNewKey(key, newKey),
    days: days === undefined ? undefined : parseDays(days, 'days'),
    passphrase: isAnswer(passphrase) ? toPassphrase(passphrase) : passphrase,
    now: parseNow(now),
    serial: () => serialFromBytes(random(16)),
  };
}

/** The kind of a new key, where one is made. Throws `ERR_INPUT`. */
export function parseNewKey(key: KeyType | string | undefined, newKey: boolean): KeyType | undefined {
  if (key !== undefined && !newKey)
    throw new InputError('key', 'a kind of key was given, and no new key asked for', {
      hint: 'add --new-key, or leave --key out',
    });
  return key === undefined ? undefined : parseKeyType(key);
}

/**
 * Looks at the directory and plans what is to be made anew in it. Runs nothing, writes nothing; with `show` it asks for no
 * passphrase. Errors: those of `renew`, as far as they can be known beforehand.
 */
export async function planRenewal(values: RenewValues, show: boolean): Promise<RenewalPlan> {
  const { directory, now } = values;
  await refuseUnsafeDirectory(directory);
  const inventory = await readInventory(directory);
  if (inventory.certificates.length === 0) throw nothingIn(directory);
  const leaves = leavesOf(inventory);
  const chosen = choose(leaves, values);
  const signers = signersOf(inventory);
  const notes: Note[] = signers.flatMap((signer) => dueCa(signer, values));
  const skipped: SkippedCertificate[] = [];
  const wanted: Wanted[] = [];
  for (const leaf of chosen) {
    const one = (await whyUnsafe(directory, leaf.path)) ?? want(leaf, inventory, signers, values);
    if (typeof one === 'string')
      skipped.push({ path: leaf.path, role: leaf.role, endsOn: notAfter(leaf.certificate), why: one });
    else wanted.push(one);
  }
  const staying = leaves.filter((leaf) => !wanted.some((one) => one.leaf === leaf));
  const ends = staying.map(({ path, certificate }) => ({ path, endsOn: notAfter(certificate) }));
  const next = ends.sort((one, other) => one.endsOn.getTime() - other.endsOn.getTime())[0];
  const nothing: Plan = { recipe: 'renew', steps: [], replaces: [], notes, departures: [] };
  if (wanted.length === 0)
    return { directory, plan: nothing, renewed: [], skipped, archive: undefined, notes, next };

  refuseClock(now);
  const passphrases = new Map<Signer, Passphrase | undefined>();
  for (const signer of new Set(wanted.map(({ signer }) => signer)))
    passphrases.set(signer, await openSigner(signer, inventory, values, show));
  const made: Made[] = [];
  for (const one of wanted) {
    const opened = { ca: passphrases.get(one.signer), leaf: await openLeaf(one, directory, values, show) };
    made.push(make(one, inventory, opened, values));
  }
  const archive = await newArchiveFolder(directory, now);
  const replaced = made.flatMap((one) => one.replaced);
  const plan: Plan = {
    ...nothing,
    steps: [
      ...archiveSteps(directory, archive, replaced, 'renew', now),
      ...made.flatMap((one) => one.make),
      ...made.flatMap((one) => one.check),
      { kind: 'remove', paths: made.flatMap((one) => one.scaffolding) },
      ...made.flatMap((one) => one.modes),
    ],
    replaces: replaced.map(({ path }) => path),
    notes: [...notes, ...made.flatMap((one) => one.notes)],
  };
  await refuseInTheWay(plan, directory);
  const renewed = made.map((one) => one.renewed);
  return { directory, plan, renewed, skipped, archive, notes: plan.notes, next };
}

/** A server's or a client's certificate. */
export type FoundLeaf = FoundCertificate & { readonly role: LeafRole };

/** The certificates of servers and clients, each file once. */
export function leavesOf({ certificates }: Inventory): FoundLeaf[] {
  return certificates.filter((one): one is FoundLeaf => one.role !== 'ca' && one.index === 0);
}

function choose(leaves: readonly FoundLeaf[], values: RenewValues): FoundLeaf[] {
  const { names, onlyDue, within, now } = values;
  const named = (leaf: FoundLeaf): boolean => names.length === 0 || names.some((name) => isNamed(leaf, name));
  for (const name of names) {
    if (leaves.some((leaf) => isNamed(leaf, name))) continue;
    throw new InputError(
      'names',
      `no server or client in ${values.directory} is called ${JSON.stringify(name)}`,
      {
        hint:
          leaves.length === 0
            ? 'there is none; name the certificate directory with --dir'
            : `there are ${leaves.map(({ path }) => path).join(', ')}`,
      },
    );
  }
  return leaves.filter(named).filter(({ certificate }) => !onlyDue || isDue(certificate, now, within));
}

function isDue(certificate: X509Certificate, now: Date, within: Within): boolean {
  const life = { notBefore: notBefore(certificate), notAfter: notAfter(certificate) };
  return ['due', 'expired'].includes(lifeState(life, now, within));
}

/** By its role, by its path, by the directory that it lies in, or by the NAME of that. */
function isNamed({ role, path }: FoundLeaf, name: string): boolean {
  const folder = path.split('/').slice(0, -1);
  return name === role || name === path || name === folder.join('/') || name === folder.at(-1);
}

/** A CA that ends soon, and says nothing of it until it is too late. */
function dueCa({ found }: Signer, { now, within }: RenewValues): Note[] {
  const end = notAfter(found.certificate);
  if (end <= now || !isDue(found.certificate, now, within)) return [];
  return [
    {
      code: 'CA_DUE',
      text: `the CA ${found.path} ends on ${day(end)}: renew it with \`docker-tls-openssl renew ca\``,
    },
  ];
}

/** What stands in the way of one certificate is no reason to leave the others; undefined where nothing does. */
async function whyUnsafe(directory: string, path: string): Promise<string | undefined> {
  try {
    await refuseUnsafeFolders(directory, path);
    await refuseToReplace(join(directory, path));
    return undefined;
  } catch (error) {
    if (error instanceof DirectoryError) return error.message;
    throw error;
  }
}

/** A leaf that can be made anew. */
interface Wanted {
  readonly leaf: FoundLeaf;
  readonly signer: Signer;
  /** Relative to the directory. */
  readonly keyPath: string;
  readonly keyEncrypted: boolean;
  readonly days: Days;
  /** What was asked for, where that is more. */
  readonly asked: Days;
}

/** What it takes to make a leaf anew, or why that cannot be done. */
function want(
  leaf: FoundLeaf,
  inventory: Inventory,
  signers: readonly Signer[],
  { now, days, newKey, onlyDue }: RenewValues,
): Wanted | string {
  const { certificate } = leaf;
  const signer = signerFor(certificate, signers);
  if (!signer)
    return `the CA that signed it, or the CA's private key, is not there: bring it back from a backup, or from where it is kept`;
  const refusal = whyNot(signer, now);
  if (refusal !== undefined) return refusal;
  // Whoever does not have the new CA yet would refuse it: a timer cannot know.
  if (onlyDue && !isIssuedBy(certificate, signer.found.certificate))
    return `the CA ${signer.found.path} is in a roll-over: once every host and client has that file, \`docker-tls-openssl renew --all\``;
  if (inventory.certificates.some(({ path, index }) => path === leaf.path && index > 0))
    return 'its file holds further certificates: put it into a file of its own';
  const key = keyOf(leaf, inventory);
  if (!key && !newKey)
    return 'its private key is not there: put it beside the certificate, or make a new one with --new-key';
  if (key?.path === leaf.path) return 'its private key is in the same file: put each into a file of its own';
  const keyPath = key?.path ?? keyNames(leaf.path)[0] ?? 'key.pem';
  if (newKey && isUsedElsewhere(keyPath, key, leaf, inventory))
    return `${keyPath} is the key of another certificate, too, or of none: a new one would take its place`;
  const [from, to] = [notBefore(certificate), notAfter(certificate)];
  const before = Math.max(1, Math.round((to.getTime() - from.getTime()) / DAY_MS));
  const asked = days ?? parseDays(Math.min(before, 36_500), 'days');
  const caEnd = notAfter(signer.found.certificate);
  const possible = daysWithin(asked, now, caEnd);
  const gain = now.getTime() + possible * DAY_MS - to.getTime();
  // By a timer it would be made anew each day, and end no later; whoever names it has his reasons.
  if (possible === 0 || (onlyDue && possible < asked && gain < DAY_MS))
    return `its CA ${signer.found.path} ends on ${day(caEnd)}, and no certificate can outlive its CA: renew that first, with \`docker-tls-openssl renew ca\``;
  return { leaf, signer, keyPath, keyEncrypted: key?.encrypted !== undefined, days: possible, asked };
}

/** Whether a new key would replace one that something else needs. */
function isUsedElsewhere(
  keyPath: string,
  key: FoundKey | undefined,
  leaf: FoundLeaf,
  inventory: Inventory,
): boolean {
  if (!key) return inventory.entries.has(keyPath);
  return inventory.certificates.some((one) => one !== leaf && keyOf(one, inventory)?.path === keyPath);
}

/** Asks for what opens a leaf's key, which Docker would not take; a new key needs nothing. */
async function openLeaf(
  { keyPath, keyEncrypted }: Wanted,
  directory: string,
  values: RenewValues,
  show: boolean,
): Promise<Passphrase | undefined> {
  if (values.newKey || !keyEncrypted) return undefined;
  if (show) return Passphrase.unknown();
  const path = join(directory, keyPath);
  const passphrase = await askPassphrase(values, { purpose: 'open', path });
  await openKey(path, passphrase, { code: 'ERR_LEAF_UNUSABLE', remedy: 'make a new one with --new-key' });
  return passphrase;
}

/** One certificate's share of the plan. */
interface Made {
  readonly make: readonly Step[];
  readonly check: readonly Step[];
  readonly modes: readonly Step[];
  readonly scaffolding: readonly string[];
  readonly replaced: readonly Replaced[];
  readonly notes: readonly Note[];
  readonly renewed: RenewedCertificate;
}

function make(
  { leaf, signer, keyPath, days, asked }: Wanted,
  { directory, entries }: Inventory,
  opened: { readonly ca: Passphrase | undefined; readonly leaf: Passphrase | undefined },
  { newKey, key, serial }: RenewValues,
): Made {
  const { path, role, certificate } = leaf;
  const [csr, config] = [`${path}.csr`, `${path}.cnf`];
  const ca = signer.found;
  const whose = `of the ${role} (${path})`;
  const modeOf = (file: string, usual: number): number => (entries.get(file)?.mode ?? usual) & 0o777;
  const before = join(directory, path); // what is there now, not what is made
  const { digest, changed } = digestFor(certificate, ca.certificate);
  const setSerial = serial();
  return {
    make: [
      ...folderSteps(path, ...(newKey ? [keyPath] : [])),
      ...(newKey ? [keyStep(kindOfKey(certificate, key), keyPath, `private key ${whose}`)] : []),
      {
        kind: 'write-file',
        path: config,
        content: keptExtensions(certificate, { issuer: ca.certificate, newKey }),
      },
      x509ToReqStep({
        in: before,
        signKey: keyPath,
        newKey,
        passin: opened.leaf,
        out: csr,
        title: `certificate signing request ${whose}`,
      }),
      x509ReqStep({
        in: csr,
        ca: ca.path,
        caKey: signer.key.path,
        passin: opened.ca,
        days,
        setSerial,
        digest,
        extfile: config,
        extensions: keptSection,
        out: path,
        title: `certificate ${whose}`,
      }),
    ],
    check: [
      verifyStep({
        in: path,
        caFile: ca.path,
        purpose: role === 'server' ? 'sslserver' : 'sslclient',
        title: `verification ${whose}`,
      }),
      {
        kind: 'check',
        certificate: path,
        key: keyPath,
        ...(opened.leaf && { passphrase: opened.leaf }),
        issuer: ca.path,
        serial: setSerial,
        role,
        altNames: [],
        like: before,
      },
    ],
    modes: [
      { kind: 'set-mode', mode: modeOf(path, 0o444), paths: [path] },
      ...(newKey
        ? [{ kind: 'set-mode', mode: modeOf(keyPath, 0o400) & 0o700, paths: [keyPath] } as const]
        : []),
    ],
    scaffolding: [csr, config],
    replaced: [
      { path, product: 'certificate', mode: modeOf(path, 0o444), certificate },
      ...(newKey && entries.has(keyPath)
        ? [{ path: keyPath, product: 'private-key', mode: modeOf(keyPath, 0o400) & 0o700 } as const]
        : []),
    ],
    notes: [
      ...(days < asked
        ? [
            {
              code: 'LEAF_SHORTENED',
              text: `${path} gets ${days} days instead of ${asked}: the CA ends on ${day(notAfter(ca.certificate))} (\`renew ca\`)`,
            } as const,
          ]
        : []),
      ...(changed === undefined
        ? []
        : [
            {
              code: 'DIGEST_CHANGED',
              text: `${path} was signed with ${changed}, which today's clients refuse: now with sha256`,
            } as const,
          ]),
    ],
    renewed: {
      path,
      role,
      commonName: commonNameOf(certificate),
      endedOn: notAfter(certificate),
      days,
      newKey: newKey ? keyPath : undefined,
    },
  };
}

/** As before, where today's clients take it; a CA's Ed25519 key signs without any. */
export function digestFor(
  before: X509Certificate,
  ca: X509Certificate,
): { readonly digest: Digest | undefined; readonly changed: string | undefined } {
  if (ca.publicKey.asymmetricKeyType === 'ed25519') return { digest: undefined, changed: undefined };
  const old = certificateDetails(before).digest;
  const kept = digests.find((digest) => digest === old);
  return { digest: kept ?? 'sha256', changed: kept === undefined ? old : undefined };
}

/** A new key is of the kind of the old one, where such a one can be made. */
export function kindOfKey(certificate: X509Certificate, asked: KeyType | undefined): KeyType {
  const before = keyTypeNameOf(certificate.publicKey);
  return asked ?? parseKeyType(keyTypeNames.includes(before) ? before : 'rsa:4096');
}
