import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DirectoryError, InputError } from '../errors.js';
import { refuseInTheWay } from '../execute/in-the-way.js';
import type { Note, Plan } from '../plan/step.js';
import { refuseToReplace, refuseUnsafeDirectory, refuseUnsafeFolders } from '../store/safety.js';
import { altNamesOf, commonNameOf, lifetimeOf, notAfter, notBefore } from '../x509/certificate.js';
import { isIssuedBy } from '../x509/issued.js';
import { lifeState, type Within } from '../x509/life.js';
import type { Passphrase } from '../x509/passphrase.js';
import { DAY_MS, day, daysWithin, parseDays } from '../x509/validity.js';
import { archiveSteps, newArchiveFolder } from '../set/archive.js';
import { recording } from '../set/issued/recording.js';
import { evenHex } from '../set/issued/entry.js';
import type { FolderFilter } from '../set/files-below.js';
import { readRevoked, type RevokedCertificates } from '../set/issued/read.js';
import { refuseClock } from '../issue/authority.js';
import { nothingIn, readSet, type CertificateSet } from '../set/certificate-set.js';
import { csrBeside, keyNames, keyOf, leavesOf, type FoundKey, type FoundLeaf } from '../set/found.js';
import type { RenewalPlan, SkippedCertificate } from './renewal-plan.js';
import type { RenewValues } from './renew-request.js';
import { leafRenewalSteps, type Made, type LeafRenewal } from './leaf-renewal-steps.js';
import { whyOutside } from './outside.js';
import { chainOfSigner, signerChains } from './signer-chains.js';
import { leavesOfCa, openSigner, signerFor, signersOf, whyNot, type Signer } from './signer.js';
import { renewCaCall } from '../issue/renew-ca-call.js';
import { note } from '../plan/note.js';
import { call, libraryText, option, words, wordsOf, type Text } from '../words.js';

/**
 * Plans what is asked for. `folders`: the only directories that are looked into, where the rest is of no concern. Errors: those of
 * `renew`, as far as they can be known beforehand.
 */
export async function planLeafRenewal(values: RenewValues, folders?: FolderFilter): Promise<RenewalPlan> {
  const { directory, now } = values;
  await refuseUnsafeDirectory(directory);
  const inventory = await readSet(directory, { ...(folders && { folders }) });
  if (inventory.certificates.length === 0) throw nothingIn(directory);
  const leaves = leavesOf(inventory);
  const revoked = await readRevoked(directory);
  const chosen = choose(leaves, values, revoked);
  const signers = signersOf(inventory);
  const notes: Note[] = signers.flatMap((signer) => dueCa(signer, values));
  const skipped: SkippedCertificate[] = [];
  const wanted: LeafRenewal[] = [];
  for (const leaf of chosen) {
    const one =
      (await whyUnsafe(directory, leaf.path)) ??
      whyRevoked(leaf, revoked, values) ??
      want(leaf, inventory, signers, values);
    if (isReason(one)) skipped.push(skippedFor(leaf, one));
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
    passphrases.set(signer, await openSigner(signer, inventory, values.keyring));
  const made: Made[] = [];
  for (const one of wanted) {
    const opened = { ca: passphrases.get(one.signer), leaf: await openLeaf(one, directory, values) };
    made.push(leafRenewalSteps(one, inventory, opened, values));
  }
  const chains = signerChains(
    wanted.map(({ signer }) => signer),
    signers,
  );
  const archive = await newArchiveFolder(directory, now);
  const replaced = made.flatMap((one) => one.replaced);
  const renewing: Plan = {
    ...nothing,
    steps: [
      ...archiveSteps(directory, archive, replaced, 'renew', now),
      ...chains.steps,
      ...made.flatMap((one) => one.make),
      ...made.flatMap((one) => one.check),
      { kind: 'remove', paths: [...made.flatMap((one) => one.scaffolding), ...chains.scaffolding] },
      ...made.flatMap((one) => one.modes),
    ],
    replaces: replaced.map(({ path }) => path),
    notes: [...notes, ...made.flatMap((one) => one.notes)],
  };
  const plan = await recording(renewing, directory);
  await refuseInTheWay(plan, directory);
  const renewed = made.map((one) => one.renewed);
  return { directory, plan, renewed, skipped, archive, notes: plan.notes, next };
}

function choose(
  leaves: readonly FoundLeaf[],
  values: RenewValues,
  revoked: RevokedCertificates,
): FoundLeaf[] {
  const { names, onlyDue, within, now } = values;
  const named = (leaf: FoundLeaf): boolean => names.length === 0 || names.some((name) => isNamed(leaf, name));
  for (const name of names) {
    if (leaves.some((leaf) => isNamed(leaf, name))) continue;
    throw new InputError(
      'names',
      `no server or client in ${values.directory} is named ${JSON.stringify(name)}`,
      {
        hint:
          leaves.length === 0
            ? words`there is none; name the certificate directory with ${option('directory')}`
            : `there are ${leaves.map(({ path }) => path).join(', ')}`,
      },
    );
  }
  // Nobody waits for one that was revoked: a timer has nothing to say of it.
  const isWaited = (leaf: FoundLeaf): boolean =>
    names.length > 0 || whyRevoked(leaf, revoked, values) === undefined;
  return leaves
    .filter(named)
    .filter((leaf) => !onlyDue || (isDue(leaf.certificate, now, within) && isWaited(leaf)));
}

/** A certificate that was revoked gets no successor with its key; undefined for all others. */
function whyRevoked(
  { certificate }: FoundLeaf,
  { serials }: RevokedCertificates,
  { newKey }: RenewValues,
): Text | undefined {
  const at = serials.get(evenHex(certificate.serialNumber));
  if (at === undefined || newKey) return undefined;
  return words`it was revoked on ${day(at)}: if its name is to have another, create that with a new key (${option('newKey', true)})`;
}

function isDue(certificate: X509Certificate, now: Date, within: Within): boolean {
  return ['due', 'expired'].includes(lifeState(lifetimeOf(certificate), now, within));
}

/** Matches a leaf by its role, its path, its directory, or the NAME of that. */
function isNamed({ role, path }: FoundLeaf, name: string): boolean {
  const folder = path.split('/').slice(0, -1);
  return name === role || name === path || name === folder.join('/') || name === folder.at(-1);
}

/** A note on a CA that expires soon. */
function dueCa({ found, ofRole }: Signer, { now, within, directory }: RenewValues): Note[] {
  const end = notAfter(found.certificate);
  if (end <= now || !isDue(found.certificate, now, within)) return [];
  const renewal = renewCaCall(found.certificate, directory, ofRole);
  return [note('CA_DUE', words`the CA ${found.path} expires on ${day(end)}: renew it with \`${renewal}\``)];
}

/** Says why one certificate cannot be replaced safely, which does not stop the others; undefined if it can. */
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

/** A skipped certificate with its reason in words. */
function skippedFor({ path, role, certificate }: FoundLeaf, why: Text): SkippedCertificate {
  return { path, role, endsOn: notAfter(certificate), why: libraryText(why), words: wordsOf(why) };
}

function isReason(one: LeafRenewal | Text): one is Text {
  return typeof one !== 'object' || !('leaf' in one);
}

/** The values for renewing a leaf, or the reason why it cannot be renewed. */
function want(
  leaf: FoundLeaf,
  inventory: CertificateSet,
  signers: readonly Signer[],
  { directory, now, days, newKey, onlyDue, keptCsrs = false }: RenewValues,
): LeafRenewal | Text {
  const { certificate } = leaf;
  const signer = signerFor(certificate, signers);
  if (!signer)
    return `the CA that signed it, or the CA's private key, is missing: restore it from a backup, or from where it is kept`;
  const refusal = whyNot(signer, now, directory);
  if (refusal !== undefined) return refusal;
  // Hosts and clients without the new CA would refuse it: a timer cannot know.
  if (onlyDue && !isIssuedBy(certificate, signer.found.certificate))
    return words`the CA ${signer.found.path} is in a roll-over: once every host and client has that file, run \`${call('renew', leavesOfCa(signer.ofRole), directory)}\``;
  const chain = chainOfSigner(signer, signers);
  const sent = inventory.certificates.filter(({ path, index }) => path === leaf.path && index > 0);
  if (sent.some((one) => !chain || !one.certificate.ca))
    return 'its file contains other certificates: put it into a file of its own';
  const key = keyOf(leaf, inventory);
  const csr = key || newKey ? undefined : csrBeside(leaf, inventory);
  if (csr !== undefined && !keptCsrs) {
    const names =
      leaf.role === 'server'
        ? { hosts: altNamesOf(certificate).names.map(({ value }) => value) }
        : { clientNames: [commonNameOf(certificate) ?? ''] };
    const again = call('sign', { csrs: [join(directory, csr)], ...names, overwrite: true }, directory);
    return words`its private key is elsewhere: sign its CSR again with \`${again}\``;
  }
  if (!key && !newKey && csr === undefined)
    return words`its private key is missing: put it beside the certificate, or create a new one with ${option('newKey', true)}`;
  if (key?.path === leaf.path) return 'its private key is in the same file: put each into a file of its own';
  const keyPath = key?.path ?? keyNames(leaf.path)[0] ?? 'key.pem';
  if (newKey && isUsedElsewhere(keyPath, key, leaf, inventory))
    return `${keyPath} is the key of another certificate, or of none: a new key would replace it`;
  const outside = whyOutside(leaf, signer, directory);
  if (outside !== undefined) return outside;
  const [from, to] = [notBefore(certificate), notAfter(certificate)];
  const before = Math.max(1, Math.round((to.getTime() - from.getTime()) / DAY_MS));
  const asked = days ?? parseDays(Math.min(before, 36_500), 'days');
  const caEnd = notAfter(signer.found.certificate);
  const possible = daysWithin(asked, now, caEnd);
  const gain = now.getTime() + possible * DAY_MS - to.getTime();
  // A timer would renew it every day without a later expiry date; a user who names it may have reasons.
  if (possible === 0 || (onlyDue && possible < asked && gain < DAY_MS))
    return words`its CA ${signer.found.path} expires on ${day(caEnd)}, and no certificate can outlive its CA: renew the CA first, with \`${renewCaCall(signer.found.certificate, directory, signer.ofRole)}\``;
  const keyEncrypted = key?.encrypted !== undefined;
  return { leaf, signer, chain, keyPath, keyEncrypted, keptCsr: csr, days: possible, asked };
}

/** Tells whether a new key would replace one that another certificate needs. */
function isUsedElsewhere(
  keyPath: string,
  key: FoundKey | undefined,
  leaf: FoundLeaf,
  inventory: CertificateSet,
): boolean {
  if (!key) return inventory.entries.has(keyPath);
  return inventory.certificates.some((one) => one !== leaf && keyOf(one, inventory)?.path === keyPath);
}

/** Opens a leaf's encrypted key, which Docker could not use; a new key needs no passphrase. */
async function openLeaf(
  { keyPath, keyEncrypted }: LeafRenewal,
  directory: string,
  { newKey, keyring }: RenewValues,
): Promise<Passphrase | undefined> {
  if (newKey || !keyEncrypted) return undefined;
  return keyring.open(join(directory, keyPath), {
    isEncrypted: true,
    unusable: {
      code: 'ERR_LEAF_UNUSABLE',
      remedy: words`create a new one with ${option('newKey', true)}`,
    },
  });
}
