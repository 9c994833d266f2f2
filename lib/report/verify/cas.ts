import { basename, dirname, join } from 'node:path';
import { shellWord } from '../../shell/sh.js';
import { areSeparateIn, authoritiesOf } from '../../set/authorities.js';
import { allCaFiles, besideOf, caFiles, clientCaFiles } from '../../set/layout.js';
import { endsSoon } from '../../x509/life.js';
import { day, SOON_DAYS } from '../../x509/validity.js';
import { call, words } from '../../words.js';
import { isKeyOf, keyBeside, type FoundCertificate, type FoundKey } from '../../set/found.js';
import type { JudgedSet } from './judged-set.js';
import type { VerifyRule } from './rule.js';

/** The CA, its copies and its key. */
export const caOwnRules: readonly VerifyRule[] = [
  {
    id: 'ca-missing',
    severity: 'error',
    what: 'the CA certificate that is used to check the other side is missing',
    source: 'dockerd(8), --tlscacert',
    find: ({ leaves, inventory, directory }) =>
      leaves.some(({ ca }) => ca === undefined) && !inventory.others.some(({ path }) => isCaFile(path))
        ? [
            {
              file: caFiles.certificate,
              fix: words`copy it from any host or client of this CA; or create a new set beside this one: ${call('all', { hosts: ['HOST'] }, besideOf(directory))}`,
            },
          ]
        : [],
  },
  {
    id: 'ca-copy-of-another',
    severity: 'error',
    what: `it contains none of the certificates in the directory's own ${caFiles.certificate}: the two sides do not trust each other`,
    source: 'RFC 5280 §6.1.1 (d), trust anchors',
    find: (set) =>
      copies(set)
        .filter(({ shared, file }) => shared === 0 && !isOtherSides(set, file))
        .map(({ file, original }) => ({ file, fix: copyAgain(set, original, file) })),
  },
  {
    id: 'ca-copy-differs',
    severity: 'warning',
    what: `it contains other certificates than the directory's own ${caFiles.certificate}, or fewer`,
    source: 'RFC 5280 §6.1.1 (d), trust anchors',
    find: (set) =>
      copies(set)
        .filter(({ shared, all }) => shared > 0 && shared < all)
        .map(({ file, original }) => ({ file, fix: copyAgain(set, original, file) })),
  },
  {
    id: 'ca-key-of-another',
    severity: 'error',
    what: 'this private key does not match the CA certificate beside it: certificates it signs are invalid',
    source: 'X509_check_private_key(3)',
    find: ({ inventory }) =>
      inventory.certificates
        .filter(({ path }) => isCaFile(path))
        .flatMap((found) => {
          const key = keyBeside(found, inventory);
          const those = inventory.certificates.filter(({ path }) => path === found.path);
          return key?.publicKey && !those.some((one) => isOf(key, one)) ? [key.path] : [];
        })
        .map((file) => ({ file, fix: 'restore the matching key or certificate from a backup' })),
  },
  {
    id: 'ca-key-copied',
    severity: 'warning',
    what: "it is a copy of the CA's private key, in a directory that goes to a server or client: anyone who has it can create clients, and a client is root",
    source: 'SECURITY.md',
    find: (set) =>
      keyCopies(set).map(({ file, original }) => ({
        file,
        fix:
          file === original
            ? 'move it to a safe place, away from hosts and clients'
            : `${original} is the same key: keep that one, and remove this one: rm ${shellWord(join(set.directory, file))}`,
      })),
  },
  {
    id: 'ca-key-unencrypted',
    severity: 'notice',
    what: "the CA's private key is not encrypted: anyone who can read that file can create clients, and a client is root",
    source: 'SECURITY.md',
    find: (set) =>
      caKeys(set)
        .filter(({ encrypted }) => encrypted === undefined)
        .map(({ path }) => ({
          file: path,
          ...(path === caFiles.key && areSeparateIn(set.inventory) ? { reason: serverKeyUnencrypted } : {}),
          fix: call('addPassphrase', { key: join(set.directory, path) }),
        })),
  },
  {
    id: 'ca-ends-soon',
    severity: 'warning',
    what: `the CA expires within ${SOON_DAYS} days or a third of its lifetime, and with it everything it signed`,
    source: 'RFC 5280 §4.1.2.5',
    find: ({ cas, now }) =>
      cas
        .filter(({ details }) => endsSoon(details, now))
        .map(({ path, details, renew }) => ({
          file: path,
          reason: `the CA expires on ${day(details.notAfter)}, and with it everything it signed`,
          fix: renew,
        })),
  },
  {
    id: 'ca-weak-digest',
    severity: 'notice',
    what: "the CA's own signature uses SHA-1 or MD5; no client checks it",
    source: 'RFC 8446 §4.4.2.2; measured',
    find: ({ cas }) =>
      cas
        .filter(({ details }) => ['sha1', 'md5'].includes(details.digest ?? ''))
        .map(({ path, renew }) => ({ file: path, fix: renew })),
  },
];

const serverKeyUnencrypted =
  "the server CA's private key is not encrypted: anyone who can read that file can create servers that every client trusts";

function isCaFile(path: string): boolean {
  return basename(path) === caFiles.certificate || path === clientCaFiles.certificate;
}

/** The CAs' private keys: the ones that match a CA, and encrypted ones by file name. */
function caKeys({ cas, inventory, leaves }: JudgedSet): FoundKey[] {
  // A server that signed itself: dockerd could not load its key if it were encrypted.
  const isLeafs = (key: string): boolean =>
    leaves.some(({ key: own, view }) => own?.path === key && view.isTrusted);
  return inventory.keys.filter(
    ({ path, publicKey }) =>
      !isLeafs(path) &&
      (publicKey
        ? cas.some(({ certificate }) => isKeyOf(publicKey, certificate))
        : allCaFiles.some(({ key }) => key === basename(path))),
  );
}

/**
 * Tells whether a `ca.pem` is for a leaf of the other side, which lies in another folder: each side can have a CA of its own. In a
 * directory with separate CAs, `copies` knows.
 */
function isOtherSides({ leaves, inventory }: JudgedSet, file: string): boolean {
  if (areSeparateIn(inventory)) return false;
  const held = inventory.certificates.filter(({ path }) => path === file);
  return leaves.some(
    ({ path, ca, view }) =>
      view.signedByCa &&
      dirname(path) !== dirname(file) &&
      held.some(({ certificate }) => certificate.fingerprint256 === ca?.certificate.fingerprint256),
  );
}

/**
 * A CA's keys in directories of leaves, as far as another copy was seen; `original`: the one to keep, in the directory itself, or
 * else in one without leaves.
 */
function keyCopies(set: JudgedSet): Pick<Copy, 'file' | 'original'>[] {
  const isWithLeaf = ({ path }: FoundKey): boolean =>
    dirname(path) !== '.' && set.leaves.some((leaf) => dirname(leaf.path) === dirname(path));
  const copies = new Map<string, FoundKey[]>();
  for (const key of caKeys(set)) copies.set(key.identity, [...(copies.get(key.identity) ?? []), key]);
  return [...copies.values()].flatMap((same) => {
    const original = same.find((key) => !isWithLeaf(key)) ?? same[0];
    if (original === undefined || same.length === 1) return [];
    return same.filter(isWithLeaf).map(({ path }) => ({ file: path, original: original.path }));
  });
}

function isOf({ publicKey }: FoundKey, { certificate }: FoundCertificate): boolean {
  return publicKey !== undefined && isKeyOf(publicKey, certificate);
}

interface Copy {
  readonly file: string;
  /** The file that it should be a copy of. */
  readonly original: string;
  /** The number of certificates in both files, and in either. */
  readonly shared: number;
  readonly all: number;
}

/**
 * Every `ca.pem` except the one in the directory itself; if there is none, except the first one with its key beside it. With
 * separate CAs it is the CA that the server or client in its folder trusts.
 */
function copies({ inventory }: JudgedSet): Copy[] {
  const held = new Map<string, Set<string>>();
  for (const { path, certificate } of inventory.certificates.filter((one) => isCaFile(one.path)))
    held.set(path, (held.get(path) ?? new Set()).add(certificate.fingerprint256));
  const files = [...held.keys()];
  const hasKey = (file: string): boolean =>
    inventory.keys.some(({ path }) => path === join(dirname(file), caFiles.key));
  const first = files.find((file) => file === caFiles.certificate) ?? files.find(hasKey) ?? files[0];
  const areSeparate = areSeparateIn(inventory);
  return files.flatMap((file) => {
    const role = file.startsWith('servers/') ? 'server' : 'client';
    const original = areSeparate ? authoritiesOf(role, true).trusted.certificate : first;
    const own = held.get(original ?? '');
    if (original === undefined || own === undefined || file === original) return [];
    if (areSeparate && file === clientCaFiles.certificate) return [];
    const all = new Set([...own, ...(held.get(file) ?? [])]).size;
    return [{ file, original, all, shared: own.size + (held.get(file)?.size ?? 0) - all }];
  });
}

function copyAgain({ directory }: JudgedSet, original: string, file: string): string {
  const [from, to] = [original, file].map((path) => shellWord(join(directory, path)));
  return `if ${original} is the right one: cp ${from} ${to}`;
}
