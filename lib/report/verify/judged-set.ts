import type { X509Certificate } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { type CertificateView, type KeyView, isFor } from '../../judge/certificate-view.js';
import { rules } from '../../judge/rules.js';
import type { Rule } from '../../judge/rules/rule.js';
import { besideOf, caFiles, caKeyFile, leafFiles, allLayouts, layouts } from '../../set/layout.js';
import type { LeafRole } from '../../x509/role.js';
import type { LeftBehind } from '../../store/leftovers.js';
import { extendedKeyUsageOf } from '../../x509/certificate.js';
import { certificateDetails, type CertificateDetails } from '../../x509/certificate-details.js';
import { hasIssuerName, isIssuedBy, isSignedBy } from '../../x509/issued.js';
import { spkiOf } from '../../x509/spki.js';
import { leafView, type LeafView } from '../leaf-view.js';
import type { LeafToJudge } from '../set-to-judge.js';
import type { CertificateSet } from '../../set/certificate-set.js';
import { isKeyOf, keyBeside, keyOf, type FoundCertificate, type FoundKey } from '../../set/found.js';
import { recreateCall, serverNames, unknownHost } from '../recreate.js';
import { trustedIssuerOf } from './issuer.js';
import { renewalsOf } from '../../renew/renewals.js';
import { call, type CallPart, type Text } from '../../words.js';

/** A server's or client's certificate in any file, with everything needed to judge it. */
export interface JudgedLeaf {
  /** Relative to the directory. */
  readonly path: string;
  readonly role: LeafRole;
  readonly certificate: X509Certificate;
  readonly details: CertificateDetails;
  /** Its public key, for comparing; undefined for one that node:crypto does not know. */
  readonly publicKey: string | undefined;
  /** Its CA, among those that the other side trusts; undefined if there is none. */
  readonly ca: JudgedCa | undefined;
  readonly view: LeafView;
  /** Its signature was not checked: this Node cannot read the CA's key. */
  readonly isUnchecked: boolean;
  /** The key that is loaded with it; undefined if there is none. */
  readonly key: FoundKey | undefined;
  /** The call that recreates it. */
  readonly recreate: CallPart;
  /** How to renew it, where `renew` can; else the same. */
  renew(): Text;
}

/** A CA's certificate; copies count as one. */
export interface JudgedCa {
  /** The first file that contains it. */
  readonly path: string;
  readonly certificate: X509Certificate;
  readonly details: CertificateDetails;
  /** The rules by which clients refuse it; empty if they accept it. */
  readonly refused: readonly Rule[];
  /** The call that creates a new CA and recreates what it signed. */
  readonly recreate: CallPart;
  /** How to renew it, where `renew` can; else the same. */
  readonly renew: Text;
}

/** The input of the rules. */
export interface JudgedSet {
  /** As the caller named it. */
  readonly directory: string;
  readonly now: Date;
  readonly inventory: CertificateSet;
  readonly leaves: readonly JudgedLeaf[];
  readonly cas: readonly JudgedCa[];
  readonly leftBehind: readonly LeftBehind[];
  readonly staleLock: boolean;
  /** The user id of this process; undefined on systems where files have no owners. */
  readonly user: number | undefined;
}

/** Sorts a directory's certificates into leaves and CAs, and matches them with their issuers and keys. */
export function judgeCertificates(
  inventory: CertificateSet,
  directory: string,
  now: Date,
): Pick<JudgedSet, 'leaves' | 'cas'> {
  const leaves = leavesIn(inventory);
  const found = uniqueCas(inventory, leaves);
  const caKey =
    inventory.keys.some(({ path }) => path === caFiles.key) ||
    inventory.tokenKeys.some(({ path }) => path === caKeyFile(caFiles));
  const renewals = renewalsOf(inventory, directory, now);
  const pairs = leaves.map((leaf) => {
    const { certificate } = leaf.found;
    const { ca, path, isTrusted, isTrustUnknown } = trustedIssuerOf(leaf, leaves, inventory, found);
    const key = keyView(keyUsedWith(leaf.found, inventory), certificate);
    const view = leafView(leaf.role, certificate, {
      ca: ca?.certificate,
      path,
      isTrusted,
      isTrustUnknown,
      key,
    });
    return { ...leaf, ca, view, isUnchecked: path?.unread !== undefined };
  });
  const usedAs = (ca: FoundCertificate): LeafRole[] => {
    const roles = pairs.filter((pair) => pair.ca === ca).map(({ role }) => role);
    return roles.length > 0 ? roles : ['server', 'client'];
  };
  const isBetween = (ca: FoundCertificate): boolean =>
    leaves.some((leaf) => leaf.found.path === ca.path) || isUnderAnother(ca, inventory);
  // A leaf that is trusted itself is in ca.pem, and not used as a CA.
  const isCa = (ca: FoundCertificate): boolean =>
    !pairs.some(
      ({ found: { certificate }, view }) =>
        view.isTrusted && certificate.fingerprint256 === ca.certificate.fingerprint256,
    ) || pairs.some((pair) => pair.ca === ca && pair.view.signedByCa && !pair.view.isTrusted);
  const refused = new Map(
    found.map((ca) => [ca, isCa(ca) ? caRefusals(ca, usedAs(ca), now, isBetween(ca)) : []]),
  );
  const needsNew = (ca: FoundCertificate): boolean =>
    refused
      .get(ca)
      ?.some((rule) => !rule.fix && (!rule.renewalFixes || renewals.ca(ca.certificate) === undefined)) ??
    true;
  const foundLeaf = ({ role, name, found: { path }, view }: (typeof pairs)[number]): LeafToJudge => ({
    role,
    path,
    ours: path === leafFiles(role, name).certificate,
    view,
  });
  const recreate = (pair: (typeof pairs)[number], withCa: boolean): CallPart => {
    const together = pairs.filter(({ name }) => name === pair.name).map(foundLeaf);
    const names = serverNames({ leaves: pair.role === 'server' ? [foundLeaf(pair)] : together }, undefined);
    const where = { directory, name: pair.name, names };
    return recreateCall(foundLeaf(pair), { leaves: together, caKey }, withCa, where);
  };
  const cas = new Map(
    found.map((ca): [FoundCertificate, JudgedCa] => {
      const first = pairs.find((pair) => pair.ca === ca);
      const again = first ? recreate(first, true) : call('ca', {}, besideOf(directory));
      return [
        ca,
        {
          path: ca.path,
          certificate: ca.certificate,
          details: certificateDetails(ca.certificate),
          refused: refused.get(ca) ?? [],
          recreate: again,
          renew: renewals.ca(ca.certificate) ?? again,
        },
      ];
    }),
  );
  return {
    cas: [...cas.values()],
    leaves: pairs.map((pair) => {
      const again = recreate(pair, pair.ca !== undefined && needsNew(pair.ca));
      return {
        path: pair.found.path,
        role: pair.role,
        certificate: pair.found.certificate,
        details: pair.view.certificate,
        publicKey: spkiOf(pair.found.certificate),
        ca: pair.ca && cas.get(pair.ca),
        view: pair.view,
        isUnchecked: pair.isUnchecked,
        key: keyUsedWith(pair.found, inventory),
        recreate: again,
        renew: () => renewals.leaf(pair.found.path) ?? again,
      };
    }),
  };
}

interface Leaf {
  readonly found: FoundCertificate;
  readonly role: LeafRole;
  /** The NAME in `servers/NAME` or `clients/NAME`. */
  readonly name: string | undefined;
}

/** The role that a file's name implies, by the conventions of the recipes. */
const byName: Readonly<Record<string, LeafRole>> = Object.fromEntries(
  allLayouts.flatMap(({ server, client }) => [
    [basename(server.certificate), 'server'],
    [basename(client.certificate), 'client'],
  ]),
);

function leavesIn(inventory: CertificateSet): Leaf[] {
  return inventory.certificates
    .filter(({ index, path }) => index === 0 && basename(path) !== caFiles.certificate)
    .flatMap((found) => {
      const role = leafRole(found, inventory);
      const [, name] = /^(?:servers|clients)\/([^/]+)\/[^/]+$/.exec(found.path) ?? [];
      return role ? [{ found, role, name }] : [];
    });
}

/** A file with a leaf's name is a leaf, whatever its certificate says: that may be what is wrong with it. */
function leafRole(
  { path, certificate, role }: FoundCertificate,
  inventory: CertificateSet,
): LeafRole | undefined {
  const named = byName[basename(path)];
  if (named === undefined) return role === 'ca' ? undefined : role;
  if (isCasOwn(certificate, inventory)) return undefined;
  const folder = dirname(path);
  if (['server', 'client'].includes(basename(folder))) return basename(folder) as LeafRole;
  // On a host of its own, a server's certificate may have the file name of a client's.
  const beside = join(folder, layouts.flat.server.certificate);
  const alone = !inventory.certificates.some((one) => one.path === beside);
  const details = certificateDetails(certificate);
  const isServers = alone && details.subjectAltName !== undefined && role === 'server';
  return isServers && isFor(details, 'server') && !isFor(details, 'client') ? 'server' : named;
}

/**
 * A CA's own certificate is none of a server or client, whatever its file is called: dind has it in `ca/cert.pem`. One with
 * names or a use of a leaf is a leaf, though it can sign.
 */
function isCasOwn(certificate: X509Certificate, { certificates }: CertificateSet): boolean {
  const isLeafs = certificate.subjectAltName !== undefined || extendedKeyUsageOf(certificate) !== undefined;
  if (!certificate.ca || isLeafs) return false;
  return (
    hasIssuerName(certificate, certificate) ||
    certificates.some((one) => isSignedBy(one.certificate, certificate))
  );
}

/** Each CA once; the copy in the directory itself comes before those in subdirectories. */
function uniqueCas({ certificates }: CertificateSet, leaves: readonly Leaf[]): FoundCertificate[] {
  const unique = new Map<string, FoundCertificate>();
  for (const found of certificates) {
    const { fingerprint256 } = found.certificate;
    const isCa = found.role === 'ca' && !leaves.some((leaf) => leaf.found === found);
    if (isCa && !unique.has(fingerprint256)) unique.set(fingerprint256, found);
  }
  return [...unique.values()];
}

/**
 * Tells whether a CA is followed by the one that signed it, in its own file; or is one that the directory's CA has signed, and whose
 * certificate is kept there.
 */
function isUnderAnother({ path, certificate }: FoundCertificate, { certificates }: CertificateSet): boolean {
  const above = basename(path) === caFiles.certificate ? path : caFiles.certificate;
  return certificates.some(
    (one) =>
      one.path === above && one.certificate !== certificate && isIssuedBy(certificate, one.certificate),
  );
}

/** The view that the rules about a CA need. */
function caView({ certificate: ca, goesOn }: FoundCertificate, role: LeafRole): LeafView {
  return leafView(role, ca, {
    ca,
    path: { between: [], anchor: ca, unread: undefined },
    isTrusted: false,
    isTrustUnknown: false,
    forms: { form: undefined, caForm: undefined, caGoesOn: goesOn },
    key: undefined,
  });
}

function caRefusals(ca: FoundCertificate, roles: readonly LeafRole[], now: Date, isBetween: boolean): Rule[] {
  const views = roles.map((role): CertificateView => ({ ...caView(ca, role), host: unknownHost, now }));
  const judging = rules.filter(({ flawOf, ofTrusted }) => flawOf === 'ca' && !(isBetween && ofTrusted));
  return judging.filter(({ applies }) => views.some(applies));
}

/** The key that a program would load by name; if there is none, the key that matches. */
function keyUsedWith(found: FoundCertificate, inventory: CertificateSet): FoundKey | undefined {
  return keyBeside(found, inventory) ?? keyOf(found, inventory);
}

function keyView(key: FoundKey | undefined, certificate: X509Certificate): KeyView | undefined {
  if (!key) return undefined;
  const { encrypted, publicKey } = key;
  if (!publicKey) return { encrypted, matches: undefined };
  if (isKeyOf(publicKey, certificate)) return { encrypted, matches: 'yes' };
  const sameType = publicKey.asymmetricKeyType === typeOf(certificate);
  return { encrypted, matches: sameType ? 'another key' : 'another type' };
}

function typeOf(certificate: X509Certificate): string | undefined {
  return certificateDetails(certificate).publicKey.type;
}
