import type { X509Certificate } from 'node:crypto';
import { renewCaCall } from '../issue/renew-ca-call.js';
import { chainOf } from '../x509/ca-chain.js';
import { caFlaw } from '../x509/ca-extensions.js';
import { lifetimeOf, notAfter } from '../x509/certificate.js';
import { isIssuedBy } from '../x509/issued.js';
import { endsSoon } from '../x509/life.js';
import type { CertificateSet } from '../set/certificate-set.js';
import { keyOf, leavesOf, type FoundLeaf } from '../set/found.js';
import { call, words, type CallOptions, type CallPart, type Text } from '../words.js';
import { leavesOfCa, signerFor, signersOf, whyNot, type Signer } from './signer.js';

/** How to renew the certificates of a directory; undefined for one that `renew` would refuse. */
export interface Renewals {
  ca(certificate: X509Certificate): Text | undefined;
  /** For the CA that signed the leaf at this path. */
  caOf(path: string): Text | undefined;
  /** Renews the CA first if it cannot sign, or has expired or expires soon: no certificate outlives its CA. */
  leaf(path: string): Text | undefined;
}

/** `directory`: as the caller named it. */
export function renewalsOf(inventory: CertificateSet, directory: string, now: Date): Renewals {
  const signers = signersOf(inventory);
  const leaves = new Map(leavesOf(inventory).map((one) => [one.path, one]));
  const renew = (options: CallOptions<'renew'>): CallPart => call('renew', options, directory);
  const signerOf = (path: string): Signer | undefined => {
    const leaf = leaves.get(path);
    return leaf && signerFor(leaf.certificate, signers);
  };

  const ca = ({ fingerprint256 }: X509Certificate): Text | undefined => {
    const [only, ...others] = signers;
    const ofOne = signers.find(({ trusted }) => trusted.some((one) => one.fingerprint256 === fingerprint256));
    // Of several CAs `renewCa` takes those that have a role.
    const signer = others.length === 0 ? only : ofOne?.ofRole === undefined ? undefined : ofOne;
    if (!signer) return undefined;
    const role = signer.ofRole;
    const [first, ...going] = signer.trusted;
    if (first && chainOf(signer.trusted))
      return first.fingerprint256 === fingerprint256 ? renewCaCall(first, directory, role) : undefined;
    if (going.some((one) => one.fingerprint256 === fingerprint256))
      return words`${renew(leavesOfCa(role))} && ${call('renewCa', { role, finish: true }, directory)}`;
    const isIt = first?.fingerprint256 === fingerprint256 && going.length === 0;
    return isIt && isIssuedBy(first, first) && caFlaw(first)?.isFixable !== false
      ? call('renewCa', { role }, directory)
      : undefined;
  };
  const caOf = (path: string): Text | undefined => {
    const signer = signerOf(path);
    return signer && ca(signer.found.certificate);
  };
  const leaf = (path: string): Text | undefined => {
    const found = leaves.get(path);
    const signer = signerOf(path);
    if (!found || !signer || !isAPair(found, inventory, chainOf(signer.trusted) !== undefined))
      return undefined;
    const { certificate: its } = signer.found;
    const isFirst = notAfter(its) <= now || endsSoon(lifetimeOf(its), now) || caFlaw(its) !== undefined;
    const first = isFirst ? caOf(path) : undefined;
    if (first !== undefined) return words`${first} && ${renew({ names: [path] })}`;
    return whyNot(signer, now, directory) === undefined ? renew({ names: [path] }) : undefined;
  };
  return { ca, caOf, leaf };
}

/** `renew` needs a certificate alone in its file, or with the chain of its CA, and its key in another file. */
function isAPair(leaf: FoundLeaf, inventory: CertificateSet, isChained: boolean): boolean {
  const key = keyOf(leaf, inventory);
  const isAlone = !inventory.certificates.some(
    ({ path, index, certificate }) => path === leaf.path && index > 0 && !(isChained && certificate.ca),
  );
  return isAlone && key !== undefined && key.path !== leaf.path;
}
