import { basename, dirname, join } from 'node:path';
import type { CertificateSet } from '../../set/certificate-set.js';
import type { FoundCertificate } from '../../set/found.js';
import { areSeparateIn, authoritiesOf } from '../../set/authorities.js';
import { caFiles } from '../../set/layout.js';
import { hasIssuerName } from '../../x509/issued.js';
import { pathTo, type Path } from '../../x509/path.js';
import type { LeafRole } from '../../x509/role.js';

/** A server's or client's certificate, by the file in which it was found. */
interface LeafFile {
  readonly found: FoundCertificate;
  readonly role: LeafRole;
}

/** What the other side judges a leaf by, as far as it is here. */
export interface Issuer {
  readonly ca: FoundCertificate | undefined;
  /** Undefined where none leads to that CA. */
  readonly path: Path | undefined;
  /** The leaf itself is in ca.pem. */
  readonly isTrusted: boolean;
  /** Another CA signed it, which the other side may trust. */
  readonly isTrustUnknown: boolean;
}

/**
 * The trusted CA to which a path leads, or at least the one with the issuer's name, among those in the `ca.pem` beside it and in
 * the directory's own `ca.pem`; among all CAs if neither file exists. In a directory with separate CAs it is the one of its role.
 * Elsewhere, too, servers and clients can have CAs of their own: then it is
 * the one in the other side's folder, or in a file of another name beside it.
 */
export function trustedIssuerOf(
  leaf: LeafFile,
  leaves: readonly LeafFile[],
  { certificates }: CertificateSet,
  cas: readonly FoundCertificate[],
): Issuer {
  const { path: file, certificate } = leaf.found;
  const held = (path: string): string[] =>
    certificates.filter((one) => one.path === path).map((one) => one.certificate.fingerprint256);
  const prints = areSeparateIn({ certificates })
    ? held(authoritiesOf(leaf.role, true).signer.certificate)
    : [join(dirname(file), caFiles.certificate), caFiles.certificate].flatMap(held);
  const trusted =
    prints.length === 0
      ? cas
      : prints.flatMap((print) => cas.filter((ca) => ca.certificate.fingerprint256 === print));
  const sent = certificates.filter((one) => one.path === file && one.index > 0);
  const wayTo = (anchors: readonly FoundCertificate[]): Pick<Issuer, 'ca' | 'path'> | undefined => {
    const path = pathTo(
      certificate,
      sent.map((one) => one.certificate),
      anchors.map((one) => one.certificate),
    );
    return path && { ca: anchors.find((one) => one.certificate === path.anchor), path };
  };
  const isTrusted = trusted.some((one) => one.certificate.raw.equals(certificate.raw));
  const way = wayTo(trusted);
  if (way) return { ...way, isTrusted, isTrustUnknown: false };
  const named = trusted.find((ca) => hasIssuerName(certificate, ca.certificate));
  if (named || isTrusted || hasIssuerName(certificate, certificate))
    return { ca: named ?? trusted[0], path: undefined, isTrusted, isTrustUnknown: false };
  const others = leaves.filter(({ role }) => role !== leaf.role);
  const rolesIn = (folder: string): LeafRole[] =>
    leaves.filter(({ found }) => dirname(found.path) === folder).map(({ role }) => role);
  const isOtherSides = (path: string): boolean => {
    const roles = rolesIn(dirname(path));
    return basename(path) === caFiles.certificate && roles.length > 0 && !roles.includes(leaf.role);
  };
  const lies = (where: (path: string) => boolean): FoundCertificate[] =>
    cas.filter(({ certificate: { fingerprint256 } }) =>
      certificates.some((one) => one.certificate.fingerprint256 === fingerprint256 && where(one.path)),
    );
  const theirs = wayTo(lies(isOtherSides));
  if (theirs) return { ...theirs, isTrusted, isTrustUnknown: false };
  const beside = wayTo(lies((path) => dirname(path) === dirname(file)));
  if (beside) return { ...beside, isTrusted, isTrustUnknown: true };
  return {
    ca: trusted[0],
    path: undefined,
    isTrusted,
    isTrustUnknown: others.length === 0 && prints.length > 0,
  };
}
