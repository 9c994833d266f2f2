import type { X509Certificate } from 'node:crypto';
import { basename, join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { ownCommand } from '../plan/own-command.js';
import { openKey } from '../set/pairs.js';
import { caFiles } from '../set/layout.js';
import { refuseOthers, refuseUnsafeFolders } from '../store/safety.js';
import { notAfter, notBefore } from '../x509/certificate.js';
import { certificateDetails } from '../x509/certificate-details.js';
import { isIssuedBy } from '../x509/issued.js';
import { Passphrase } from '../x509/passphrase.js';
import { day, moment } from '../x509/validity.js';
import { askPassphrase } from '../issue/ask-passphrase.js';
import { unusableCa } from '../issue/authority.js';
import { notYetValid } from '../issue/kept-leaf.js';
import { readSet, type CertificateSet } from '../set/certificate-set.js';
import { keyOf, type FoundCertificate, type FoundKey } from '../set/found.js';
import type { Values } from '../issue/request.js';

/** A CA that can sign: its certificate, and its private key. */
export interface Signer {
  /** The first certificate of its file: the one that signs. */
  readonly found: FoundCertificate;
  readonly key: FoundKey;
  /** All certificates of its file: the CA, and in a roll-over the one that goes. */
  readonly trusted: readonly X509Certificate[];
}

/**
 * Every CA whose private key is there, each name and key once: the nearest to the top, as `ca.pem`, else by the certificate that
 * ends last.
 */
export function signersOf(inventory: CertificateSet): Signer[] {
  const seen = new Set<string>();
  const files = inventory.certificates.filter(({ role, index }) => role === 'ca' && index === 0);
  const rank = ({ path }: FoundCertificate): number =>
    path.split('/').length + (basename(path) === caFiles.certificate ? 0 : 0.5);
  const end = ({ certificate }: FoundCertificate): number => notAfter(certificate).getTime();
  return [...files]
    .sort((one, other) => rank(one) - rank(other) || end(other) - end(one))
    .flatMap((found): Signer[] => {
      const key = keyOf(found, inventory);
      const { subject } = certificateDetails(found.certificate);
      const id = `${subject.toString('hex')} ${key?.path}`;
      if (!key || seen.has(id)) return [];
      seen.add(id);
      const trusted = inventory.certificates.filter(({ path }) => path === found.path);
      return [{ found, key, trusted: trusted.map(({ certificate }) => certificate) }];
    });
}

/** The CA that signed a leaf, or in a roll-over the one that follows it. */
export function signerFor(leaf: X509Certificate, signers: readonly Signer[]): Signer | undefined {
  const issuedBy = (certificate: X509Certificate): boolean => isIssuedBy(leaf, certificate);
  return (
    signers.find(({ found }) => issuedBy(found.certificate)) ??
    signers.find(({ trusted }) => trusted.some(issuedBy))
  );
}

/** Why a CA cannot sign now; undefined where it can. */
export function whyNot(
  { found: { path, certificate } }: Signer,
  now: Date,
  directory: string,
): string | undefined {
  if (!certificate.ca) return `${path} is not a CA certificate`;
  if (notAfter(certificate) <= now)
    return `its CA ${path} expired on ${day(notAfter(certificate))} (the clock says ${moment(now)}): renew that first, with \`${ownCommand(['renew', 'ca'], directory)}\``;
  if (notBefore(certificate) > now)
    return notYetValid(certificate, now).join('; ').replace(/^it/, `its CA ${path}`);
  return undefined;
}

/**
 * Asks for what opens the key of a CA, and looks whether it is the certificate's. Errors: `ERR_UNSAFE`, `ERR_CA_UNUSABLE`,
 * `ERR_PASSPHRASE_*`.
 */
export async function openSigner(
  { found, key }: Signer,
  inventory: CertificateSet,
  values: Pick<Values, 'passphrase'>,
  show: boolean,
): Promise<Passphrase | undefined> {
  const { directory } = inventory;
  for (const path of [found.path, key.path]) {
    await refuseUnsafeFolders(directory, path);
    const stats = inventory.entries.get(path);
    if (stats) refuseOthers(join(directory, path), stats);
  }
  if (show) return key.encrypted === undefined ? undefined : Passphrase.unknown();
  const path = join(directory, key.path);
  const passphrase =
    key.encrypted === undefined ? undefined : await askPassphrase(values, { purpose: 'open', path });
  if (found.certificate.checkPrivateKey(await openKey(path, passphrase, unusableCa))) return passphrase;
  throw new DirectoryError(
    'ERR_CA_UNUSABLE',
    join(directory, found.path),
    `${join(directory, found.path)} and ${path} do not belong together`,
    { hint: 'nothing was changed; bring the matching one back from a backup' },
  );
}

/** The private keys of CAs in a directory that have a passphrase, relative to it. Errors: those of `readSet`. */
export async function encryptedCaKeys(directory: string): Promise<string[]> {
  const signers = signersOf(await readSet(directory));
  return signers.filter(({ key }) => key.encrypted !== undefined).map(({ key }) => key.path);
}
