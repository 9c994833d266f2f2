import { dirname, join } from 'node:path';
import { authoritiesOf, type Authorities } from '../../set/authorities.js';
import { clientCaFiles } from '../../set/layout.js';
import { lifeWords } from '../../x509/life.js';
import type { LeafRole } from '../../x509/role.js';
import type { InspectedCertificate, InspectedKey, Inspection } from '../inspect.js';
import { locationOf } from '../status-texts.js';
import type { Verification } from '../verify-directory.js';

/** Who signed whom, and who trusts whom. */
export interface CertificateGraph {
  /** The directory. */
  readonly title: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** A certificate; an issuer whose certificate is not there (`missing`); a key without a certificate; a file that cannot be read. */
export interface GraphNode {
  /** Unique in the graph: a letter and a number. */
  readonly id: string;
  readonly kind: 'ca' | 'server' | 'client' | 'missing' | 'key' | 'damaged';
  /** The common name, or else the subject. */
  readonly name: string;
  /** Relative to the directory; the second certificate of a file as `FILE#2`. Undefined for one that is not there. */
  readonly file: string | undefined;
  /** Its private key, in words; undefined for what has none. */
  readonly key: string | undefined;
  /** What is wrong with it. */
  readonly flaws: readonly string[];
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** A CA signs a certificate; a server or client trusts a CA. */
  readonly kind: 'signs' | 'trusts';
  /** Why it does not hold; undefined for one that does. */
  readonly broken: string | undefined;
}

/**
 * Connects the certificates of an inspection: each with the one that signed it, and servers and clients with the CA that they trust. An
 * edge that does not hold has the reason. With a verification, certificates also have its errors. It reads nothing.
 */
export function certificateGraph(inspection: Inspection, verification?: Verification): CertificateGraph {
  const { certificates, now } = inspection;
  const ids = new Map(certificates.map((one, at) => [one, `c${at}`]));
  const idOf = (one: InspectedCertificate): string => ids.get(one) ?? '';
  const missing = new Map<string, GraphNode>();
  const issuerOf = (one: InspectedCertificate): GraphNode => {
    const name = one.issuer === '' ? 'no name' : one.issuer;
    const known = missing.get(name) ?? {
      ...{ id: `m${missing.size}`, kind: 'missing', name, file: undefined, key: undefined, flaws: [] },
    };
    missing.set(name, known);
    return known;
  };
  const signatures = certificates.flatMap((one): GraphEdge[] => {
    if (one.signedBy?.itself) return [];
    const signer = signerOf(one, certificates);
    const namesake = certificates.find((other) => other.ca && other !== one && other.subject === one.issuer);
    const from = signer ?? namesake;
    const broken = signer
      ? whyBroken(signer, now)
      : namesake
        ? 'another key of that name made the signature'
        : 'the certificate of its issuer is not here';
    return [{ from: from ? idOf(from) : issuerOf(one).id, to: idOf(one), kind: 'signs', broken }];
  });
  return {
    title: inspection.directory,
    nodes: [
      ...certificates.map((one) => nodeOf(one, idOf(one), now, verification)),
      ...missing.values(),
      ...inspection.strayKeys.map((key, at) => keyNode(key, at)),
      ...inspection.damaged.map(({ path, why }, at): GraphNode => ({
        ...{ id: `d${at}`, kind: 'damaged', name: 'unreadable', file: path, key: undefined, flaws: [why] },
      })),
    ],
    edges: [...signatures, ...trustEdges(certificates, idOf)],
  };
}

/** The certificate that signed another; undefined where that is not here, or is the same. */
function signerOf(
  { signedBy, issuer }: InspectedCertificate,
  all: readonly InspectedCertificate[],
): InspectedCertificate | undefined {
  if (!signedBy || signedBy.itself) return undefined;
  return all.find(({ path, subject }) => path === signedBy.path && subject === issuer);
}

function whyBroken(signer: InspectedCertificate, now: Date): string | undefined {
  if (!signer.ca) return 'the signer is not a CA';
  return signer.validity === 'valid' ? undefined : `the signer: ${lifeWords(signer, now)}`;
}

function nodeOf(
  one: InspectedCertificate,
  id: string,
  now: Date,
  verification: Verification | undefined,
): GraphNode {
  const errors = (verification?.findings ?? []).filter(
    ({ severity, file }) => severity === 'error' && file === one.path && one.index === 0,
  );
  return {
    id,
    kind: one.ca ? 'ca' : one.role,
    name: one.commonName ?? (one.subject || 'no name'),
    file: locationOf(one),
    key: one.privateKey ? keyWords(one.privateKey) : 'no key here',
    flaws: [
      ...(one.validity === 'valid' ? [] : [lifeWords(one, now)]),
      ...errors.filter(({ id: rule }) => !/expired|not-yet-valid/.test(rule)).map(({ reason }) => reason),
    ],
  };
}

function keyWords({ path, encrypted, uri }: InspectedKey): string {
  return uri === undefined ? `key ${path}${encrypted ? ', encrypted' : ''}` : `key in a token, ${path}`;
}

function keyNode(key: InspectedKey, at: number): GraphNode {
  const flaws = ['it belongs to no certificate here'];
  return { id: `k${at}`, kind: 'key', name: 'private key', file: key.path, key: undefined, flaws };
}

/** From each server and client to the CAs that it trusts, where their file is here. */
function trustEdges(
  all: readonly InspectedCertificate[],
  idOf: (one: InspectedCertificate) => string,
): GraphEdge[] {
  const areSeparate = all.some(({ ca, ...one }) => ca && filesOf(one).includes(clientCaFiles.certificate));
  return all.flatMap((leaf) => {
    const { role, path } = leaf;
    if (leaf.ca || role === 'ca') return [];
    const other: LeafRole = role === 'server' ? 'client' : 'server';
    const anchors = trustedBy(path, authoritiesOf(role, areSeparate), all);
    const others = all.filter((one) => !one.ca && one.role === other);
    return anchors.map((anchor): GraphEdge => {
      const isOfUse = others.length === 0 || others.some((one) => chainOf(one, all).includes(anchor));
      const broken = isOfUse ? undefined : `it signed no ${other} certificate here`;
      return { from: idOf(leaf), to: idOf(anchor), kind: 'trusts', broken };
    });
  });
}

function filesOf({ path, alsoIn }: Pick<InspectedCertificate, 'path' | 'alsoIn'>): readonly string[] {
  return [path, ...alsoIn];
}

/** The roots in the file of the CA beside a leaf, or in that of the directory; all that it holds where none is a root. */
function trustedBy(
  leaf: string,
  { trusted }: Authorities,
  all: readonly InspectedCertificate[],
): InspectedCertificate[] {
  const files = [join(dirname(leaf), trusted.certificate), trusted.certificate];
  const held = files
    .map((file) => all.filter((one) => one.ca && filesOf(one).includes(file)))
    .find((found) => found.length > 0);
  const roots = held?.filter(({ signedBy }) => signedBy?.itself);
  return (roots?.length ? roots : held) ?? [];
}

/** Those above a certificate, the nearest first. */
function chainOf(
  one: InspectedCertificate,
  all: readonly InspectedCertificate[],
): readonly InspectedCertificate[] {
  const chain: InspectedCertificate[] = [];
  for (let next = signerOf(one, all); next && !chain.includes(next); next = signerOf(next, all))
    chain.push(next);
  return chain;
}
