import type { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { givenPath } from '../given.js';
import { formatAltName } from '../x509/alt-names.js';
import { altNamesOf, commonNameOf } from '../x509/certificate.js';
import {
  certificateDetails,
  type CertificateDetails,
  type KeyUsageName,
  type PublicKeyDetails,
} from '../x509/certificate-details.js';
import { hasReadableKey, isSignedBy } from '../x509/issued.js';
import { daysLeft } from '../x509/life.js';
import { showConstraints } from '../x509/name-constraints.js';
import { purposeName } from '../x509/purpose-names.js';
import { spki, spkiOf } from '../x509/spki.js';
import { parseNow } from '../x509/validity.js';
import { nothingIn, readSet, type CertificateSet } from '../set/certificate-set.js';
import { keyOf, tokenKeyOf, type FoundCertificate, type FoundKey } from '../set/found.js';
import { keyName } from '../x509/key-ref.js';
import type { Part } from '../x509/role.js';
import { defaultDirectory } from '../issue/request.js';
import { refuseUnknown, type OptionNames } from '../known-options.js';

export interface InspectOptions {
  /** A certificate directory, or a file, with which only what belongs to it beside it is shown. Default: `docker-tls`. */
  readonly path?: string | undefined;
  /** Default: the clock's time. */
  readonly now?: Date | undefined;
}

const optionNames: OptionNames<InspectOptions> = {
  path: true,
  now: true,
};

/** What lies in a directory, or in a file. Paths are relative to the directory. */
export interface Inspection {
  /** Absolute; for a file the one that it lies in. */
  readonly directory: string;
  readonly now: Date;
  /** Each once, in the order of their files. */
  readonly certificates: readonly InspectedCertificate[];
  /** Private keys that belong to no certificate here. */
  readonly strayKeys: readonly InspectedKey[];
  /** What should hold a certificate or a key, and why it cannot be read. */
  readonly damaged: readonly { readonly path: string; readonly why: string }[];
}

export interface InspectedCertificate {
  /** The first file that it lies in. */
  readonly path: string;
  /** Which of that file's certificates it is, from 0. */
  readonly index: number;
  /** The other files that hold the very same. */
  readonly alsoIn: readonly string[];
  readonly role: Part;
  /** As `CN=docker.example.com, O=Example`, in the order of the certificate, with the escapes of RFC 4514; empty for none. */
  readonly subject: string;
  readonly issuer: string;
  readonly commonName: string | undefined;
  /** As people count: 3 for X.509v3. */
  readonly version: number;
  /** Upper-case hexadecimal. */
  readonly serial: string;
  /** `DNS:host`, `IP:address`; names of other kinds as node:crypto shows them. */
  readonly names: readonly string[];
  /** Whether its basicConstraints make it a CA. */
  readonly ca: boolean;
  /** Undefined where it has no such extension. */
  readonly keyUsage: readonly KeyUsageName[] | undefined;
  /** In openssl's words, as `serverAuth`; an object identifier where it has none. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** What a CA may sign for: `permitted DNS:example.com`, `excluded IP:0.0.0.0/0`. Undefined where it has no such extension. */
  readonly nameConstraints: readonly string[] | undefined;
  readonly publicKey: PublicKeyDetails;
  readonly signature: {
    /** Its object identifier. */
    readonly algorithm: string;
    /** As openssl calls it; undefined for a signature that has none of its own. */
    readonly digest: string | undefined;
  };
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly validity: 'valid' | 'expired' | 'not-yet-valid';
  /** Whole days, negative after the end. */
  readonly daysLeft: number;
  /** SHA-256, as `AB:CD:…`. */
  readonly fingerprint256: string;
  readonly privateKey: InspectedKey | undefined;
  /** The file whose certificate signed it, which can be its own; undefined where that is not here. */
  readonly signedBy: { readonly path: string; readonly itself: boolean } | undefined;
}

export interface InspectedKey {
  /** The file of the key, or the one that remembers which key in a token it is. */
  readonly path: string;
  readonly encrypted: boolean;
  /** The URI of a key in a token. Whether it is there, is not looked at. */
  readonly uri?: string;
}

/**
 * Tells what each certificate in a directory, or in a file, is: its names, its usage, its key, its dates, and what belongs
 * together: the private key of each, and the CA that signed it. It starts no process, asks for no passphrase and changes
 * nothing: that an encrypted key is the right one is taken from its name. Errors: `ERR_INPUT`; `ERR_FILE` where there is
 * nothing by that name, or neither a certificate nor a key in it.
 */
export async function inspect(options: InspectOptions = {}): Promise<Inspection> {
  refuseUnknown(options, optionNames);
  const path = givenPath(options.path ?? defaultDirectory, 'path');
  const now = parseNow(options.now ?? new Date());
  const inventory = await readSet(path, { beside: true });
  const isAsked = ({ path: file }: { readonly path: string }): boolean =>
    inventory.named === undefined || inventory.named === file;
  const damaged = inventory.others.flatMap(({ path: file, kind, why }) =>
    kind === 'damaged' ? [{ path: file, why: why ?? 'it cannot be parsed' }] : [],
  );
  const known = new Map<string, Copies>();
  for (const one of inventory.certificates) {
    const copies = known.get(one.certificate.fingerprint256);
    if (copies) copies.found.push(one);
    else if (hasDates(one.certificate)) known.set(one.certificate.fingerprint256, copiesOf(one));
    else damaged.push({ path: one.path, why: 'it holds a certificate without dates that can be read' });
  }
  const all = [...known.values()];
  const owned = new Set<FoundKey>();
  const keys = keysByPublicKey(inventory);
  const certificates = all.flatMap((copies): InspectedCertificate[] => {
    const own = keyFor(copies, keys);
    for (const key of own) owned.add(key);
    if (![...copies.found, ...own].some(isAsked)) return [];
    return [
      {
        ...described(copies, now),
        privateKey: tokenKey(copies, inventory) ?? (own[0] && shownKey(own[0])),
        signedBy: signer(copies, all),
      },
    ];
  });
  const inspection = {
    directory: resolve(inventory.directory),
    now,
    certificates,
    strayKeys: inventory.keys.filter((key) => !owned.has(key) && isAsked(key)).map(shownKey),
    damaged: damaged.filter(isAsked),
  };
  if (certificates.length + inspection.strayKeys.length + inspection.damaged.length === 0)
    throw nothingIn(path);
  return inspection;
}

/** One certificate, in all places where it was found. */
interface Copies {
  readonly first: FoundCertificate;
  readonly found: FoundCertificate[];
  readonly details: CertificateDetails;
  /** Its public key in DER; undefined for one that node:crypto does not know. */
  readonly publicKey: string | undefined;
}

function copiesOf(first: FoundCertificate): Copies {
  return {
    first,
    found: [first],
    details: certificateDetails(first.certificate),
    publicKey: spkiOf(first.certificate),
  };
}

function hasDates({ validFrom, validTo }: X509Certificate): boolean {
  return [validFrom, validTo].every((date) => !Number.isNaN(Date.parse(date)));
}

/** Open keys by what they open, so that no certificate is compared with each of them; those that are encrypted, or not read. */
interface Keys {
  readonly open: ReadonlyMap<string, readonly FoundKey[]>;
  readonly closed: readonly FoundKey[];
}

function keysByPublicKey({ keys }: CertificateSet): Keys {
  const open = new Map<string, FoundKey[]>();
  for (const key of keys) {
    if (!key.publicKey) continue;
    const id = spki(key.publicKey);
    const list = open.get(id);
    if (list) list.push(key);
    else open.set(id, [key]);
  }
  return { open, closed: keys.filter(({ publicKey }) => publicKey === undefined) };
}

/** Every key that is taken to be the certificate's, the nearest first. */
function keyFor({ found, publicKey }: Copies, { open, closed }: Keys): FoundKey[] {
  const sure = publicKey === undefined ? [] : (open.get(publicKey) ?? []);
  const keys = [...sure, ...closed];
  const near = found.flatMap((one) => keyOf(one, { keys }) ?? []);
  const byName = found.flatMap((one) => keyOf(one, { keys: closed }) ?? []);
  return [...new Set([...near, ...sure, ...byName])];
}

function tokenKey({ found }: Copies, inventory: CertificateSet): InspectedKey | undefined {
  const [key] = found.flatMap((one) => tokenKeyOf(one, inventory) ?? []);
  return key && { path: key.path, encrypted: false, uri: keyName(key.ref) };
}

function shownKey({ path, encrypted }: FoundKey): InspectedKey {
  return { path, encrypted: encrypted !== undefined };
}

function described(
  { first, found, details }: Copies,
  now: Date,
): Omit<InspectedCertificate, 'privateKey' | 'signedBy'> {
  const { certificate, path, index, role } = first;
  const { names, others } = altNamesOf(certificate);
  const { notBefore, notAfter } = details;
  const elsewhere = new Set(found.map((one) => one.path).filter((other) => other !== path));
  return {
    path,
    index,
    alsoIn: [...elsewhere],
    role,
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    commonName: commonNameOf(certificate),
    version: details.version,
    serial: certificate.serialNumber,
    names: [...names.map(formatAltName), ...others],
    ca: details.basicConstraints?.ca ?? false,
    keyUsage: details.keyUsage?.usages,
    extendedKeyUsage: details.extendedKeyUsage?.purposes.map(purposeName),
    nameConstraints: details.nameConstraints && showConstraints(details.nameConstraints),
    publicKey: details.publicKey,
    signature: { algorithm: details.signatureAlgorithm, digest: details.digest },
    notBefore,
    notAfter,
    validity: now >= notAfter ? 'expired' : now < notBefore ? 'not-yet-valid' : 'valid',
    daysLeft: daysLeft(notAfter, now),
    fingerprint256: certificate.fingerprint256,
  };
}

/** node:crypto writes an attribute a line, and escapes a line end in one. An empty name is undefined, whatever the types say. */
function oneLine(name: string | undefined): string {
  return name?.split('\n').join(', ') ?? '';
}

/** Whose key made the signature, among those of the issuer's name. */
function signer(one: Copies, all: readonly Copies[]): InspectedCertificate['signedBy'] {
  const isSigner = (other: Copies): boolean =>
    other.details.subject.equals(one.details.issuer) &&
    (isSignedBy(one.first.certificate, other.first.certificate) || !hasReadableKey(other.first.certificate));
  // Itself first: then no other is asked.
  const found = [one, ...all].find(isSigner);
  return found && { path: found.first.path, itself: found === one };
}
