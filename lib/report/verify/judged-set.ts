import type { X509Certificate } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { ownCommand } from '../../plan/own-command.js';
import { type CertificateView, type KeyView, isFor } from '../../judge/certificate-view.js';
import { rules } from '../../judge/rules.js';
import { caFiles, leafFiles, allLayouts, layouts } from '../../set/layout.js';
import type { LeafRole } from '../../x509/role.js';
import type { LeftBehind } from '../../store/leftovers.js';
import { commonNameOf } from '../../x509/certificate.js';
import { certificateDetails, type CertificateDetails } from '../../x509/certificate-details.js';
import { hasIssuerName, isSignedBy } from '../../x509/issued.js';
import { spkiOf } from '../../x509/spki.js';
import type { LeafToJudge } from '../set-to-judge.js';
import type { CertificateSet } from '../../set/certificate-set.js';
import { isSameKey, keyBeside, keyOf, type FoundCertificate, type FoundKey } from '../../set/found.js';
import { isOnlyOver, mendingCommand, serverNames, unknownHost } from '../mending-command.js';
import { renewalsOf } from '../../renew/renewals.js';

/** A server's or client's certificate, wherever it lies, with what it is judged by. */
export interface JudgedLeaf {
  /** Relative to the directory. */
  readonly path: string;
  readonly role: LeafRole;
  readonly certificate: X509Certificate;
  readonly details: CertificateDetails;
  /** Its public key, for comparing; undefined for one that node:crypto does not know. */
  readonly publicKey: string | undefined;
  /** The CA among those that the other side trusts; undefined where there is none. */
  readonly ca: JudgedCa | undefined;
  readonly view: LeafToJudge['view'];
  /** The key that is loaded with it; undefined where none is. */
  readonly key: FoundKey | undefined;
  /** The command that makes it anew. */
  readonly mend: string;
  /** The command that makes it anew as it is, where `renew` can; else the same. */
  renew(): string;
}

/** A CA's certificate; its copies are one. */
export interface JudgedCa {
  /** The first file that holds it. */
  readonly path: string;
  readonly certificate: X509Certificate;
  readonly details: CertificateDetails;
  /** Why clients refuse it, by the rules' ids; empty where they take it. */
  readonly refused: readonly string[];
  /** The command that makes a new one, and anew what it signed. */
  readonly mend: string;
  /** The command that gives it a new time, where `renew` can; else the same. */
  readonly renew: string;
}

/** All that the rules look at. */
export interface JudgedSet {
  /** As it was named. */
  readonly directory: string;
  readonly now: Date;
  readonly inventory: CertificateSet;
  readonly leaves: readonly JudgedLeaf[];
  readonly cas: readonly JudgedCa[];
  readonly leftBehind: readonly LeftBehind[];
  readonly staleLock: boolean;
  /** Who runs this; undefined where files have no owners. */
  readonly user: number | undefined;
}

/** Which of a directory's certificates are leaves and which are CAs, and what belongs to what. */
export function judgeCertificates(
  inventory: CertificateSet,
  directory: string,
  now: Date,
): Pick<JudgedSet, 'leaves' | 'cas'> {
  const leaves = leavesIn(inventory);
  const found = uniqueCas(inventory, leaves);
  const caKey = inventory.keys.some(({ path }) => path === caFiles.key);
  const renewals = renewalsOf(inventory, directory, now);
  const pairs = leaves.map((leaf) => {
    const ca = issuerOf(leaf.found, inventory, found);
    return { ...leaf, ca, view: viewOf(leaf, ca, inventory) };
  });
  const usedAs = (ca: FoundCertificate): LeafRole[] => {
    const roles = pairs.filter((pair) => pair.ca === ca).map(({ role }) => role);
    return roles.length > 0 ? roles : ['server', 'client'];
  };
  const refused = new Map(found.map((ca) => [ca, caRefusals(ca, usedAs(ca), now)]));
  const isAnew = (ca: FoundCertificate): boolean =>
    refused.get(ca)?.some((id) => !isOnlyOver({ id }) || renewals.ca(ca.certificate) === undefined) ?? true;
  const foundLeaf = ({ role, name, found: { path }, view }: (typeof pairs)[number]): LeafToJudge => ({
    role,
    path,
    ours: path === leafFiles(role, name).certificate,
    view,
  });
  const mend = (pair: (typeof pairs)[number], anew: boolean): string => {
    const together = pairs.filter(({ name }) => name === pair.name).map(foundLeaf);
    const names = serverNames({ leaves: pair.role === 'server' ? [foundLeaf(pair)] : together }, undefined);
    const where = { directory, name: pair.name, names };
    return mendingCommand(foundLeaf(pair), { leaves: together, caKey }, anew, where);
  };
  const cas = new Map(
    found.map((ca): [FoundCertificate, JudgedCa] => {
      const first = pairs.find((pair) => pair.ca === ca);
      const anew = first ? mend(first, true) : ownCommand(['ca', '--force', 'ca'], directory);
      return [
        ca,
        {
          path: ca.path,
          certificate: ca.certificate,
          details: certificateDetails(ca.certificate),
          refused: refused.get(ca) ?? [],
          mend: anew,
          renew: renewals.ca(ca.certificate) ?? anew,
        },
      ];
    }),
  );
  return {
    cas: [...cas.values()],
    leaves: pairs.map((pair) => {
      const anew = mend(pair, pair.ca !== undefined && isAnew(pair.ca));
      return {
        path: pair.found.path,
        role: pair.role,
        certificate: pair.found.certificate,
        details: pair.view.certificate,
        publicKey: spkiOf(pair.found.certificate),
        ca: pair.ca && cas.get(pair.ca),
        view: pair.view,
        key: keyUsedWith(pair.found, inventory),
        mend: anew,
        renew: () => renewals.leaf(pair.found.path) ?? anew,
      };
    }),
  };
}

interface Leaf {
  readonly found: FoundCertificate;
  readonly role: LeafRole;
  /** Of one in `servers/NAME` or `clients/NAME`. */
  readonly name: string | undefined;
}

/** What a file's name says of its role, by the recipes' habits. */
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

/** Where a file has the name of a leaf it is one, whatever the certificate says: that can be what is wrong with it. */
function leafRole(
  { path, certificate, role }: FoundCertificate,
  inventory: CertificateSet,
): LeafRole | undefined {
  const named = byName[basename(path)];
  if (named === undefined) return role === 'ca' ? undefined : role;
  const folder = dirname(path);
  if (['server', 'client'].includes(basename(folder))) return basename(folder) as LeafRole;
  // On a host of its own a server's can be called as a client's is.
  const beside = join(folder, layouts.flat.server.certificate);
  const alone = !inventory.certificates.some((one) => one.path === beside);
  const details = certificateDetails(certificate);
  const isServers = alone && details.subjectAltName !== undefined && role === 'server';
  return isServers && isFor(details, 'server') && !isFor(details, 'client') ? 'server' : named;
}

/** Each CA once, the copy in the directory itself before those further down. */
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
 * The one that signed it, or that at least has the name of the issuer, among those of the `ca.pem` beside it and of the
 * directory's own; among all where there is neither.
 */
function issuerOf(
  { path, certificate }: FoundCertificate,
  { certificates }: CertificateSet,
  cas: readonly FoundCertificate[],
): FoundCertificate | undefined {
  const files = [join(dirname(path), caFiles.certificate), caFiles.certificate];
  const prints = files.flatMap((file) =>
    certificates.filter((one) => one.path === file).map((one) => one.certificate.fingerprint256),
  );
  const named = (ca: FoundCertificate): boolean => hasIssuerName(certificate, ca.certificate);
  const signed = (ca: FoundCertificate): boolean => named(ca) && isSignedBy(certificate, ca.certificate);
  if (prints.length === 0) return cas.find(signed) ?? cas.find(named) ?? cas[0];
  const trusted = prints.flatMap((print) => cas.filter((ca) => ca.certificate.fingerprint256 === print));
  return trusted.find(signed) ?? trusted.find(named) ?? trusted[0];
}

/** Without a CA it stands for itself, and the rules about CAs are left out. */
function viewOf(
  { found, role }: Leaf,
  ca: FoundCertificate | undefined,
  inventory: CertificateSet,
): LeafToJudge['view'] {
  const { certificate } = found;
  return {
    ...caView(ca ?? found, role),
    certificate: certificateDetails(certificate),
    commonName: commonNameOf(certificate),
    issuedByName: ca === undefined || hasIssuerName(certificate, ca.certificate),
    signedByCa: ca !== undefined && isSignedBy(certificate, ca.certificate),
    key: keyView(keyUsedWith(found, inventory), certificate),
  };
}

/** As far as the rules about a CA look. */
function caView({ certificate }: FoundCertificate, role: LeafRole): LeafToJudge['view'] {
  const ca = certificateDetails(certificate);
  return {
    role,
    certificate: ca,
    commonName: undefined,
    ca,
    caName: (certificate.subject as string | undefined)?.split('\n').reverse().join(', ') ?? '',
    issuedByName: true,
    signedByCa: true,
    key: undefined,
  };
}

function caRefusals(ca: FoundCertificate, roles: readonly LeafRole[], now: Date): string[] {
  const views = roles.map((role): CertificateView => ({ ...caView(ca, role), host: unknownHost, now }));
  const judging = rules.filter(({ mends }) => mends === 'ca');
  return judging.filter(({ applies }) => views.some(applies)).map(({ id }) => id);
}

/** By its name, for so it is loaded; by what it holds where no file has such a name. */
function keyUsedWith(found: FoundCertificate, inventory: CertificateSet): FoundKey | undefined {
  return keyBeside(found, inventory) ?? keyOf(found, inventory);
}

function keyView(key: FoundKey | undefined, certificate: X509Certificate): KeyView | undefined {
  if (!key) return undefined;
  const { encrypted, publicKey } = key;
  if (!publicKey) return { encrypted, matches: undefined };
  if (isSameKey(publicKey, certificate)) return { encrypted, matches: 'yes' };
  const sameType = publicKey.asymmetricKeyType === typeOf(certificate);
  return { encrypted, matches: sameType ? 'another key' : 'another type' };
}

function typeOf(certificate: X509Certificate): string | undefined {
  return certificateDetails(certificate).publicKey.type;
}
