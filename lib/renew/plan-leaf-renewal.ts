import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DirectoryError, InputError } from '../errors.js';
import { refuseInTheWay } from '../execute/execute.js';
import type { Note, Plan } from '../plan/step.js';
import { ownCommand } from '../plan/own-command.js';
import { openKey } from '../set/pairs.js';
import { refuseToReplace, refuseUnsafeDirectory, refuseUnsafeFolders } from '../store/safety.js';
import { lifetimeOf, notAfter, notBefore } from '../x509/certificate.js';
import { isIssuedBy } from '../x509/issued.js';
import { lifeState, type Within } from '../x509/life.js';
import { Passphrase } from '../x509/passphrase.js';
import { DAY_MS, day, daysWithin, parseDays } from '../x509/validity.js';
import { archiveSteps, newArchiveFolder } from '../set/archive.js';
import { askPassphrase } from '../issue/ask-passphrase.js';
import { refuseClock } from '../issue/authority.js';
import { nothingIn, readSet, type CertificateSet } from '../set/certificate-set.js';
import { keyNames, keyOf, leavesOf, type FoundKey, type FoundLeaf } from '../set/found.js';
import type { RenewalPlan, SkippedCertificate } from './renewal-plan.js';
import type { RenewValues } from './renew-request.js';
import { leafRenewalSteps, type Made, type Wanted } from './leaf-renewal-steps.js';
import { openSigner, signerFor, signersOf, whyNot, type Signer } from './signer.js';

/** Plans what is asked for; with `show` it asks for no passphrase. Errors: those of `renew`, as far as they can be known beforehand. */
export async function planLeafRenewal(values: RenewValues, show: boolean): Promise<RenewalPlan> {
  const { directory, now } = values;
  await refuseUnsafeDirectory(directory);
  const inventory = await readSet(directory);
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
    made.push(leafRenewalSteps(one, inventory, opened, values));
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
  return ['due', 'expired'].includes(lifeState(lifetimeOf(certificate), now, within));
}

/** By its role, by its path, by the directory that it lies in, or by the NAME of that. */
function isNamed({ role, path }: FoundLeaf, name: string): boolean {
  const folder = path.split('/').slice(0, -1);
  return name === role || name === path || name === folder.join('/') || name === folder.at(-1);
}

/** A CA that ends soon, and says nothing of it until it is too late. */
function dueCa({ found }: Signer, { now, within, directory }: RenewValues): Note[] {
  const end = notAfter(found.certificate);
  if (end <= now || !isDue(found.certificate, now, within)) return [];
  return [
    {
      code: 'CA_DUE',
      text: `the CA ${found.path} ends on ${day(end)}: renew it with \`${ownCommand(['renew', 'ca'], directory)}\``,
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

/** What it takes to make a leaf anew, or why that cannot be done. */
function want(
  leaf: FoundLeaf,
  inventory: CertificateSet,
  signers: readonly Signer[],
  { directory, now, days, newKey, onlyDue }: RenewValues,
): Wanted | string {
  const { certificate } = leaf;
  const signer = signerFor(certificate, signers);
  if (!signer)
    return `the CA that signed it, or the CA's private key, is not there: bring it back from a backup, or from where it is kept`;
  const refusal = whyNot(signer, now, directory);
  if (refusal !== undefined) return refusal;
  // Whoever does not have the new CA yet would refuse it: a timer cannot know.
  if (onlyDue && !isIssuedBy(certificate, signer.found.certificate))
    return `the CA ${signer.found.path} is in a roll-over: once every host and client has that file, \`${ownCommand(['renew', '--all'], directory)}\``;
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
    return `its CA ${signer.found.path} ends on ${day(caEnd)}, and no certificate can outlive its CA: renew that first, with \`${ownCommand(['renew', 'ca'], directory)}\``;
  return { leaf, signer, keyPath, keyEncrypted: key?.encrypted !== undefined, days: possible, asked };
}

/** Whether a new key would replace one that something else needs. */
function isUsedElsewhere(
  keyPath: string,
  key: FoundKey | undefined,
  leaf: FoundLeaf,
  inventory: CertificateSet,
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
