import { join } from 'node:path';
import { DirectoryError, InputError } from '../errors.js';
import { daysUnder, openParent, parentNote, readParent, type Parent } from '../issue/parent.js';
import { refuseClock } from '../issue/authority.js';
import type { Note, Step } from '../plan/step.js';
import { byRoot, chainCaSteps, chainFiles, chainScaffolding, writeAboveSteps } from '../recipes/chain.js';
import type { CertificateSet } from '../set/certificate-set.js';
import type { FoundLeaf } from '../set/found.js';
import { fittingDigest } from '../steps/req.js';
import { besideOf } from '../set/layout.js';
import { verifyStep } from '../steps/verify.js';
import { x509ReqStep } from '../steps/x509-req.js';
import { x509ToReqStep } from '../steps/x509-to-req.js';
import { isRoot } from '../x509/ca-chain.js';
import { caExtensions } from '../x509/ca-extensions.js';
import { notAfter } from '../x509/certificate.js';
import { certificateDetails } from '../x509/certificate-details.js';
import { keyKindOf } from '../x509/key-type.js';
import { keptSection } from '../x509/kept-extensions.js';
import { DAY_MS, day } from '../x509/validity.js';
import { checkAgain, completedNote, lifetime, signedBy, type About, type Change } from './ca-change.js';
import { openSigner } from './signer.js';
import { permitNote, refuseOutside } from './outside.js';
import { call, option, words } from '../words.js';

/**
 * The parent that signs an intermediate CA; undefined for a root. Errors: `ERR_INPUT`, `ERR_CA_UNUSABLE`; those of `readParent`.
 */
export async function parentFor({ values, signer }: About): Promise<Parent | undefined> {
  const { directory, parent, newKey, finish, permit, now } = values;
  const path = join(directory, signer.found.path);
  const isARoot = isRoot(signer.found.certificate);
  if (parent === undefined) {
    if (isARoot) return undefined;
    throw new DirectoryError(
      'ERR_CA_UNUSABLE',
      path,
      `${path} is signed by another CA, which has to renew it`,
      { hint: words`nothing was changed; name the directory of that CA with ${option('parent')}` },
    );
  }
  if (isARoot)
    throw new InputError('parent', `${path} is a root: it signs itself`, {
      hint: words`nothing was changed; leave ${option('parent')} out`,
    });
  if (newKey || finish)
    throw new InputError(newKey ? 'newKey' : 'finish', 'only a root is rolled over', {
      hint: words`nothing was changed; make another CA under the same parent with \`${call('ca', { parent }, besideOf(directory))}\`: those who trust the root accept what it signs`,
    });
  const has = certificateDetails(signer.found.certificate).basicConstraints?.pathLength;
  return readParent({ directory, parent, pathLength: values.pathLength ?? has ?? 0, permit, now });
}

/**
 * A new certificate for the same key, signed by the CA above. Leaves that carry the old certificate get the new one: the old one
 * stays valid beside it until it expires. Errors: those of `openParent` and `openSigner`.
 */
export async function underParent({ values, inventory, signer }: About, parent: Parent): Promise<Change> {
  const { directory, now, permit, pathLength } = values;
  refuseClock(now);
  const { path, certificate } = signer.found;
  const leaves = signedBy(certificate, inventory).filter((leaf) => notAfter(leaf.certificate) > now);
  refuseOutside(leaves, permit);
  const notes: Note[] = [];
  const days = daysUnder(parent, lifetime(values, signer.found), now, notes);
  const above = await openParent(parent, { keyring: values.parentKeyring, now });
  const passphrase = await openSigner(signer, inventory, values.keyring);
  const setSerial = values.serial();
  const before = join(directory, path);
  const [csr, config] = [`${path}.csr`, `${path}.cnf`];
  const { root, between } = chainFiles;
  const issuer = above.between.length > 0 ? between : root;
  const extensions = caExtensions(certificate, false, {
    permit,
    pathLength,
    issuer: parent.pair.certificate,
  });
  const carrying = leaves.filter((leaf) => carries(leaf, inventory));
  const [writing, chaining] = [writeAboveSteps(above), chainCaSteps(above, path)];
  return {
    steps: [
      ...writing,
      { kind: 'write-file', path: config, content: extensions.config },
      x509ToReqStep({
        in: before,
        signKey: signer.key.ref,
        passin: passphrase,
        digest: fittingDigest(keyKindOf(certificate.publicKey)),
        out: csr,
        title: 'certificate signing request of the CA',
      }),
      x509ReqStep({
        in: csr,
        ca: above.path,
        caKey: above.keyRef,
        passin: above.passphrase,
        days,
        setSerial,
        digest: fittingDigest(above),
        extfile: config,
        extensions: keptSection,
        out: path,
        title: 'certificate of the CA, signed by its parent',
      }),
      ...chaining,
      verifyStep({
        in: path,
        caFile: root,
        ...(above.between.length > 0 ? { untrusted: between } : {}),
        title: 'verification of the CA',
      }),
      ...carrying.flatMap((leaf) => carryAgain(leaf)),
      // Every certificate that it signed stays valid.
      ...leaves.map((leaf) =>
        verifyStep({
          in: carrying.includes(leaf) ? leaf.path : join(directory, leaf.path),
          ...byRoot(),
          purpose: leaf.role === 'server' ? 'sslserver' : 'sslclient',
          title: `verification of ${leaf.path} with the new certificate`,
        }),
      ),
      checkAgain({ values, inventory, signer }, { passphrase, issuer, serial: setSerial, extensions }),
      {
        kind: 'remove',
        paths: [csr, config, ...carrying.map(aloneFile), ...chainScaffolding([...writing, ...chaining])],
      },
    ],
    replacesKey: false,
    replaces: carrying.map((leaf) => ({
      path: leaf.path,
      product: 'certificate',
      mode: (inventory.entries.get(leaf.path)?.mode ?? 0o444) & 0o777,
      certificate: leaf.certificate,
    })),
    notes: [
      ...notes,
      ...completedNote(path, extensions),
      ...permitNote(path, permit),
      ...carriedNote(carrying, notAfter(certificate)),
      await parentNote(parent, setSerial),
    ],
    endsOn: new Date(now.getTime() + days * DAY_MS),
  };
}

/** Tells whether a leaf's file holds its CA, too. */
function carries({ path }: FoundLeaf, { certificates }: CertificateSet): boolean {
  return certificates.some((one) => one.path === path && one.index > 0 && one.certificate.ca);
}

/** The leaf alone, while the plan runs. */
function aloneFile({ path }: FoundLeaf): string {
  return `${path}.alone`;
}

function carryAgain(leaf: FoundLeaf): Step[] {
  return [
    { kind: 'write-file', path: aloneFile(leaf), content: leaf.certificate.toString() },
    { kind: 'concatenate', from: [aloneFile(leaf), chainFiles.chain], to: leaf.path },
  ];
}

function carriedNote(carrying: readonly FoundLeaf[], until: Date): Note[] {
  if (carrying.length === 0) return [];
  return [
    {
      code: 'CHAIN_RENEWED',
      text: `${carrying.map(({ path }) => path).join(', ')}: the new certificate of the CA is in the file; bring it to its host or client before ${day(until)}, when the old one expires`,
    },
  ];
}
