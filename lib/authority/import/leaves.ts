import type { CertificateSet } from '../../set/certificate-set.js';
import { keyNames, leavesOf, type FoundKey, type FoundLeaf } from '../../set/found.js';
import { evenHex } from '../../set/issued/entry.js';
import { leafFiles, type LeafFiles } from '../../set/layout.js';
import { commonNameOf, extendedKeyUsageOf, notAfter, notBefore } from '../../x509/certificate.js';
import { roleUsage } from '../../x509/role.js';
import { spkiOf } from '../../x509/spki.js';
import { isOf, type Adopted } from './authority.js';
import { keyOfLeaf } from './keys.js';
import type { LeftOut } from './left-out.js';
import { asName, farness, givenName } from './names.js';

/** A server's or client's certificate, and where it goes. */
export interface PlacedLeaf {
  readonly leaf: FoundLeaf;
  readonly key: FoundKey | undefined;
  /** Undefined for the default pair. */
  readonly name: string | undefined;
  readonly files: LeafFiles;
  /** What a person should know of it. */
  readonly remarks: readonly string[];
}

export interface PlacedLeaves {
  readonly placed: readonly PlacedLeaf[];
  readonly leftOut: readonly LeftOut[];
}

/** Gives each certificate of the CA its place: by its role, and by the name that it has in the imported directory. */
export function placeLeaves(
  set: CertificateSet,
  adopted: Adopted,
  revoked: ReadonlySet<string>,
  now: Date,
): PlacedLeaves {
  const leftOut: LeftOut[] = [];
  const placed: PlacedLeaf[] = [];
  const taken = new Map<string, FoundLeaf>();
  const keys = new Map<string, FoundLeaf>();
  for (const places of byCertificate(set, adopted)) {
    const [leaf] = places;
    const { path, role, certificate } = leaf;
    for (const copy of places.slice(1))
      leftOut.push({ path: copy.path, kind: 'copy', why: `a copy of ${path}` });
    if (revoked.has(evenHex(certificate.serialNumber))) {
      leftOut.push({ path, kind: 'revoked', why: 'it is revoked; the index keeps that' });
      continue;
    }
    const id = `${role} ${spkiOf(certificate) ?? certificate.fingerprint256}`;
    const newer = keys.get(id) ?? namesake(leaf, taken);
    if (newer) {
      leftOut.push({ path, kind: 'older', why: `${newer.path} is newer, for the same ${role}` });
      continue;
    }
    keys.set(id, leaf);
    const name = freeName(leaf, taken);
    taken.set(placeOf(leaf, name), leaf);
    placed.push({
      leaf,
      key: keyOfLeaf(places, set),
      name,
      files: leafFiles(role, name),
      remarks: remarksOn(leaf, set, now),
    });
  }
  return { placed: placed.sort((one, other) => (one.leaf.path < other.leaf.path ? -1 : 1)), leftOut };
}

/** Each certificate with the places where it lies, the likeliest first; the newest certificate first. */
function byCertificate(set: CertificateSet, adopted: Adopted): [FoundLeaf, ...FoundLeaf[]][] {
  const found = new Map<string, FoundLeaf[]>();
  for (const leaf of leavesOf(set)) {
    if (!isOf(leaf, adopted, set)) continue;
    const { fingerprint256 } = leaf.certificate;
    found.set(fingerprint256, [...(found.get(fingerprint256) ?? []), leaf]);
  }
  const hasKeyBeside = ({ path }: FoundLeaf): boolean =>
    set.keys.some((key) => keyNames(path).includes(key.path));
  const far = (leaf: FoundLeaf): number => farness(leaf.path) - (hasKeyBeside(leaf) ? 50 : 0);
  const all = [...found.values()].map((places) => places.sort((one, other) => far(one) - far(other)));
  const born = ([leaf]: readonly FoundLeaf[]): number => (leaf ? notBefore(leaf.certificate).getTime() : 0);
  return all.sort((one, other) => born(other) - born(one)) as [FoundLeaf, ...FoundLeaf[]][];
}

/** The newer certificate of the same holder, under the same name. */
function namesake(leaf: FoundLeaf, taken: ReadonlyMap<string, FoundLeaf>): FoundLeaf | undefined {
  const other = taken.get(placeOf(leaf, givenName(leaf.path)));
  return other?.certificate.subject === leaf.certificate.subject ? other : undefined;
}

function freeName(leaf: FoundLeaf, taken: ReadonlyMap<string, FoundLeaf>): string | undefined {
  const given = givenName(leaf.path);
  const isFree = (name: string | undefined): boolean => !taken.has(placeOf(leaf, name));
  if (isFree(given)) return given;
  const base = asName(commonNameOf(leaf.certificate) ?? '') ?? given ?? leaf.role;
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : `${base.slice(0, 58)}-${count}`;
    if (isFree(name)) return name;
  }
}

function placeOf({ role }: FoundLeaf, name: string | undefined): string {
  return leafFiles(role, name).certificate;
}

function remarksOn({ path, role, certificate }: FoundLeaf, set: CertificateSet, now: Date): string[] {
  const usage = extendedKeyUsageOf(certificate);
  const isBoth = usage === undefined || Object.values(roleUsage).every((one) => usage.includes(one));
  const sent = set.certificates.filter((one) => one.path === path).length - 1;
  const end = notAfter(certificate);
  return [
    ...(isBoth ? [`it is for servers and for clients; imported as that of a ${role}`] : []),
    ...(sent > 0
      ? [`with ${sent === 1 ? 'a further certificate' : `${sent} further certificates`} in its file`]
      : []),
    ...(end <= now ? [`expired on ${end.toISOString().slice(0, 10)}`] : []),
  ];
}
