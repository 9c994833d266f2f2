import type { X509Certificate } from 'node:crypto';
import { ownCommand } from '../plan/own-command.js';
import { lifetimeOf, notAfter } from '../x509/certificate.js';
import { isIssuedBy } from '../x509/issued.js';
import { endsSoon } from '../x509/life.js';
import type { CertificateSet } from '../set/certificate-set.js';
import { keyOf, leavesOf, type FoundLeaf } from '../set/found.js';
import { signerFor, signersOf, whyNot, type Signer } from './signer.js';

/** The commands that give certificates of a directory a new time; undefined for one that `renew` would refuse. */
export interface Renewals {
  ca(certificate: X509Certificate): string | undefined;
  /** For the CA that signed the leaf at this path. */
  caOf(path: string): string | undefined;
  /** After that for its CA, where the CA has expired, or ends soon: with it would end what it signs. */
  leaf(path: string): string | undefined;
}

/** `directory` is as it is named on the command line. */
export function renewalsOf(inventory: CertificateSet, directory: string, now: Date): Renewals {
  const signers = signersOf(inventory);
  const leaves = new Map(leavesOf(inventory).map((one) => [one.path, one]));
  const renew = (...words: readonly string[]): string => ownCommand(['renew', ...words], directory);
  const signerOf = (path: string): Signer | undefined => {
    const leaf = leaves.get(path);
    return leaf && signerFor(leaf.certificate, signers);
  };

  const ca = ({ fingerprint256 }: X509Certificate): string | undefined => {
    const [signer, ...others] = signers;
    if (!signer || others.length > 0) return undefined;
    const [first, ...going] = signer.trusted;
    if (going.some((one) => one.fingerprint256 === fingerprint256))
      return `${renew('--all')} && ${renew('ca', '--finish')}`;
    const isIt = first?.fingerprint256 === fingerprint256 && going.length === 0;
    return isIt && isIssuedBy(first, first) ? renew('ca') : undefined;
  };
  const caOf = (path: string): string | undefined => {
    const signer = signerOf(path);
    return signer && ca(signer.found.certificate);
  };
  const leaf = (path: string): string | undefined => {
    const found = leaves.get(path);
    const signer = signerOf(path);
    if (!found || !signer || !isAPair(found, inventory)) return undefined;
    const { certificate: its } = signer.found;
    const isNear = notAfter(its) <= now || endsSoon(lifetimeOf(its), now);
    const first = isNear ? caOf(path) : undefined;
    if (first !== undefined) return `${first} && ${renew(path)}`;
    return whyNot(signer, now, directory) === undefined ? renew(path) : undefined;
  };
  return { ca, caOf, leaf };
}

/** A certificate alone in its file, and its key in another: all that `renew` makes anew as it is. */
function isAPair(leaf: FoundLeaf, inventory: CertificateSet): boolean {
  const key = keyOf(leaf, inventory);
  const isAlone = !inventory.certificates.some(({ path, index }) => path === leaf.path && index > 0);
  return isAlone && key !== undefined && key.path !== leaf.path;
}
