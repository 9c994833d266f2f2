import type { X509Certificate } from 'node:crypto';
import { basename, join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { areSeparateIn, caRoleOf, type CaRole } from '../set/authorities.js';
import { caFiles } from '../set/layout.js';
import { refuseOthers, refuseUnsafeFolders } from '../store/safety.js';
import { caFlaw } from '../x509/ca-extensions.js';
import { notAfter, notBefore } from '../x509/certificate.js';
import { certificateDetails } from '../x509/certificate-details.js';
import { isIssuedBy } from '../x509/issued.js';
import type { Passphrase } from '../x509/passphrase.js';
import { day, moment } from '../x509/validity.js';
import type { Keyring } from '../issue/keyring.js';
import { unusableCa } from '../issue/authority.js';
import { renewCaCall } from '../issue/renew-ca-call.js';
import { notYetValid } from '../issue/kept-leaf.js';
import { readSet, type CertificateSet } from '../set/certificate-set.js';
import { keyOf, tokenKeyOf, type FoundCertificate } from '../set/found.js';
import { keyName, type KeyRef } from '../x509/key-ref.js';
import { words, type Text } from '../words.js';

/** The private key of a CA, as every step that signs takes it. */
export interface SignerKey {
  /** A file is relative to the certificate directory. */
  readonly ref: KeyRef;
  /** The file that holds the key, or remembers where it is, relative to the certificate directory. */
  readonly path: string;
  readonly place: 'open-file' | 'encrypted-file' | 'token';
}

/** A CA that can sign: its certificate, and its private key. */
export interface Signer {
  /** The first certificate of its file: the one that signs. */
  readonly found: FoundCertificate;
  readonly key: SignerKey;
  /** All certificates of its file: the CA, and in a roll-over the old one. */
  readonly trusted: readonly X509Certificate[];
  /** Whose certificates it signs, where servers and clients have CAs of their own. */
  readonly ofRole: CaRole;
}

/** What `renew` takes for everything that a CA has signed. */
export function leavesOfCa(ofRole: CaRole): { readonly all: true } | { readonly names: readonly string[] } {
  return ofRole === undefined ? { all: true } : { names: [ofRole] };
}

/**
 * Every CA whose private key exists, each name and key once: the file nearest to the top, preferably `ca.pem`, then the
 * certificate that expires last.
 */
export function signersOf(inventory: CertificateSet): Signer[] {
  const seen = new Set<string>();
  const areSeparate = areSeparateIn(inventory);
  const files = inventory.certificates.filter(({ role, index }) => role === 'ca' && index === 0);
  const rank = ({ path }: FoundCertificate): number =>
    path.split('/').length + (basename(path) === caFiles.certificate ? 0 : 0.5);
  const end = ({ certificate }: FoundCertificate): number => notAfter(certificate).getTime();
  return [...files]
    .sort((one, other) => rank(one) - rank(other) || end(other) - end(one))
    .flatMap((found): Signer[] => {
      const key = signerKey(found, inventory);
      const { subject } = certificateDetails(found.certificate);
      const id = `${subject.toString('hex')} ${key?.path}`;
      if (!key || seen.has(id)) return [];
      seen.add(id);
      const trusted = inventory.certificates.filter(({ path }) => path === found.path);
      const ofRole = caRoleOf(found.path, areSeparate);
      return [{ found, key, trusted: trusted.map(({ certificate }) => certificate), ofRole }];
    });
}

/** A key in a token first: who names one has moved the key there. */
function signerKey(found: FoundCertificate, inventory: CertificateSet): SignerKey | undefined {
  const token = tokenKeyOf(found, inventory);
  if (token) return { ...token, place: 'token' };
  const key = keyOf(found, inventory);
  if (!key) return undefined;
  const { path, encrypted } = key;
  return {
    ref: { kind: 'file', path },
    path,
    place: encrypted === undefined ? 'open-file' : 'encrypted-file',
  };
}

/** The CA that signed a leaf, or in a roll-over its successor. */
export function signerFor(leaf: X509Certificate, signers: readonly Signer[]): Signer | undefined {
  const issuedBy = (certificate: X509Certificate): boolean => isIssuedBy(leaf, certificate);
  return (
    signers.find(({ found }) => issuedBy(found.certificate)) ??
    signers.find(({ trusted }) => trusted.some(issuedBy))
  );
}

/** Says why a CA cannot sign now; undefined if it can. */
export function whyNot(
  { found: { path, certificate }, ofRole }: Signer,
  now: Date,
  directory: string,
): Text | undefined {
  const flaw = caFlaw(certificate);
  if (flaw)
    return flaw.isFixable
      ? words`its CA ${path} cannot sign: ${flaw.why}; \`${renewCaCall(certificate, directory, ofRole)}\` fixes that with the same key`
      : `${path} cannot sign: ${flaw.why}`;
  if (notAfter(certificate) <= now)
    return words`its CA ${path} expired on ${day(notAfter(certificate))} (the clock says ${moment(now)}): renew it first, with \`${renewCaCall(certificate, directory, ofRole)}\``;
  if (notBefore(certificate) > now)
    return notYetValid(certificate, now).join('; ').replace(/^it/, `its CA ${path}`);
  return undefined;
}

/**
 * Opens a CA's key, and checks that it matches the certificate. Errors: `ERR_UNSAFE`, `ERR_CA_UNUSABLE`,
 * `ERR_PASSPHRASE_*`.
 */
export async function openSigner(
  signer: Signer,
  inventory: CertificateSet,
  keyring: Keyring,
): Promise<Passphrase | undefined> {
  await refuseUnsafeSigner(signer, inventory);
  const { found, key } = signer;
  const { directory } = inventory;
  // That it matches, the signatures tell.
  if (key.place === 'token') return keyring.token(key.ref);
  const path = join(directory, key.path);
  return keyring.open(path, {
    isEncrypted: key.place === 'encrypted-file',
    unusable: unusableCa(directory),
    check: (opened) => {
      if (found.certificate.checkPrivateKey(opened)) return;
      throw new DirectoryError(
        'ERR_CA_UNUSABLE',
        join(directory, found.path),
        `${join(directory, found.path)} and ${path} do not match`,
        { hint: 'nothing was changed; restore the matching one from a backup' },
      );
    },
  });
}

/** Refuses a CA whose files others could change. Errors: `ERR_UNSAFE`. */
export async function refuseUnsafeSigner(
  { found, key }: Signer,
  { directory, entries }: CertificateSet,
): Promise<void> {
  for (const path of [found.path, key.path]) {
    await refuseUnsafeFolders(directory, path);
    const stats = entries.get(path);
    if (stats) refuseOthers(join(directory, path), stats);
  }
}

/** The private keys of CAs in a directory that have a passphrase or a PIN, as a message calls them. Errors: those of `readSet`. */
export async function encryptedCaKeys(directory: string): Promise<string[]> {
  const signers = signersOf(await readSet(directory));
  return signers
    .filter(({ key }) => key.place !== 'open-file')
    .map(({ key }) => (key.place === 'token' ? keyName(key.ref) : join(directory, key.path)));
}
