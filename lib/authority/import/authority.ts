import { DirectoryError, InputError } from '../../errors.js';
import type { CertificateSet } from '../../set/certificate-set.js';
import { leavesOf, type FoundCertificate, type FoundLeaf } from '../../set/found.js';
import { certificateDetails } from '../../x509/certificate-details.js';
import { notAfter } from '../../x509/certificate.js';
import { hasIssuerName, isIssuedBy } from '../../x509/issued.js';
import { pathTo } from '../../x509/path.js';
import { spkiOf } from '../../x509/spki.js';
import { option, words } from '../../words.js';
import { keyOfLeaf } from './keys.js';
import { farness } from './names.js';
import type { ImportValues } from './options.js';

/** The CA of a set that is imported. */
export interface Adopted {
  readonly ca: FoundCertificate;
  /** The CAs above an intermediate one, from its issuer on. */
  readonly above: readonly FoundCertificate[];
  /** Every certificate of this CA: of its name and its key. */
  readonly own: readonly FoundCertificate[];
  /** Whether it is the only CA in the directory. */
  readonly isOnly: boolean;
}

/** Certificates of one name and one key; the newest first. */
type Authority = readonly [FoundCertificate, ...FoundCertificate[]];

/**
 * Finds the CA: the one that signed the leaves, or the one that was named. Throws `ERR_CA_MISSING`; `ERR_INPUT` where several
 * would do.
 */
export function adopt(set: CertificateSet, { from, ca: named }: ImportValues): Adopted {
  const leaves = leavesOf(set);
  const authorities = authoritiesOf(set, leaves);
  const chosen = named === undefined ? theOne(authorities, leaves, set, from) : called(authorities, named);
  const [ca] = chosen;
  return {
    ca,
    above: above(ca, authorities),
    own: chosen,
    isOnly: authorities.length === 1,
  };
}

/** Whether a leaf is of a CA: signed by it, or by one whose certificate the leaf brings with it. */
export function isOf(leaf: FoundLeaf, { own }: Pick<Adopted, 'own'>, set: CertificateSet): boolean {
  const sent = set.certificates.filter(({ path, index }) => path === leaf.path && index > 0);
  return (
    pathTo(
      leaf.certificate,
      sent.map(({ certificate }) => certificate),
      own.map(({ certificate }) => certificate),
    ) !== undefined
  );
}

function authoritiesOf(set: CertificateSet, leaves: readonly FoundLeaf[]): Authority[] {
  const ofLeaf = new Set(leaves.map(({ path }) => path));
  const found = new Map<string, FoundCertificate[]>();
  for (const one of set.certificates) {
    if (one.role !== 'ca' || ofLeaf.has(one.path)) continue;
    const { subject } = certificateDetails(one.certificate);
    const id = `${subject.toString('base64')} ${spkiOf(one.certificate) ?? ''}`;
    found.set(id, [...(found.get(id) ?? []), one]);
  }
  const size = (path: string): number => set.certificates.filter((one) => one.path === path).length;
  return [...found.values()].map((all) => {
    const sorted = all.sort(
      (one, other) =>
        notAfter(other.certificate).getTime() - notAfter(one.certificate).getTime() ||
        size(one.path) - size(other.path) ||
        farness(one.path) - farness(other.path),
    );
    return sorted as unknown as Authority;
  });
}

function theOne(
  authorities: readonly Authority[],
  leaves: readonly FoundLeaf[],
  set: CertificateSet,
  from: string,
): Authority {
  const [first] = authorities;
  if (!first)
    throw new DirectoryError('ERR_CA_MISSING', from, `there is no CA certificate in ${from}`, {
      hint: "nothing was changed; put the CA's certificate beside the others, which is not secret",
    });
  const signers = (): Authority[] => authorities.filter((one) => leaves.some((leaf) => signs(one, leaf)));
  const anchors = (): Authority[] =>
    authorities.filter((own) => leaves.some((leaf) => isOf(leaf, { own }, set)));
  const withKey = (): Authority[] => authorities.filter((one) => keyOfLeaf(one, set));
  const candidates = firstOf([signers, anchors, withKey]) ?? authorities;
  const [only = first, ...more] = candidates;
  if (more.length === 0) return only;
  const paths = candidates.map(([{ path }]) => path);
  throw new InputError('ca', `${from} has several CAs: ${paths.join(', ')}`, {
    hint: words`nothing was changed; name the one to adopt with ${option('ca')}`,
  });
}

/** The first list that is not empty; none is made for nothing. */
function firstOf(lists: readonly (() => readonly Authority[])[]): readonly Authority[] | undefined {
  for (const list of lists) {
    const found = list();
    if (found.length > 0) return found;
  }
  return undefined;
}

function signs([{ certificate: ca }]: Authority, { certificate }: FoundLeaf): boolean {
  return isIssuedBy(certificate, ca);
}

function called(authorities: readonly Authority[], path: string): Authority {
  const found = authorities.find((all) => all.some((one) => one.path === path));
  if (found) return found;
  throw new InputError('ca', `${path} is not the certificate of a CA`, {
    hint: 'name a file in PEM with the certificate of a CA',
  });
}

function above(ca: FoundCertificate, authorities: readonly Authority[]): FoundCertificate[] {
  const found: FoundCertificate[] = [];
  let last = ca;
  while (!hasIssuerName(last.certificate, last.certificate)) {
    const [next] = authorities.find(([one]) => isIssuedBy(last.certificate, one.certificate)) ?? [];
    if (!next || found.includes(next)) break;
    found.push(next);
    last = next;
  }
  return found;
}
