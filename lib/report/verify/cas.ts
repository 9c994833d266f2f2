import { basename, dirname, join } from 'node:path';
import { shellWord } from '../../plan/command-line.js';
import { caFiles } from '../../set/layout.js';
import { endsSoon } from '../../x509/life.js';
import { day, SOON_DAYS } from '../../x509/validity.js';
import { ownCommand } from '../../plan/own-command.js';
import { isSameKey, keyBeside, type FoundCertificate, type FoundKey } from '../../set/found.js';
import type { JudgedSet } from './judged-set.js';
import type { VerifyRule } from './rule.js';

/** The CA, its copies and its key. */
export const caOwnRules: readonly VerifyRule[] = [
  {
    id: 'ca-missing',
    severity: 'error',
    what: "there is no CA's certificate, by which the other side is checked",
    source: 'dockerd(8), --tlscacert',
    find: ({ leaves, inventory }) =>
      leaves.some(({ ca }) => ca === undefined) && !inventory.others.some(({ path }) => isCaFile(path))
        ? [
            {
              file: caFiles.certificate,
              fix: 'bring it from any host or client of this CA, or make everything anew with `docker-tls-openssl all`',
            },
          ]
        : [],
  },
  {
    id: 'ca-copy-of-another',
    severity: 'error',
    what: `it holds none of the certificates that the directory's own ${caFiles.certificate} holds: the two sides do not know each other`,
    source: 'RFC 5280 §6.1.1 (d), trust anchors',
    find: (set) =>
      copies(set)
        .filter(({ shared }) => shared === 0)
        .map(({ file, original }) => ({ file, fix: copyAgain(set, original, file) })),
  },
  {
    id: 'ca-copy-differs',
    severity: 'warning',
    what: `it holds other certificates beside those of the directory's own ${caFiles.certificate}, or fewer`,
    source: 'RFC 5280 §6.1.1 (d), trust anchors',
    find: (set) =>
      copies(set)
        .filter(({ shared, all }) => shared > 0 && shared < all)
        .map(({ file, original }) => ({ file, fix: copyAgain(set, original, file) })),
  },
  {
    id: 'ca-key-of-another',
    severity: 'error',
    what: "this private key is not that of the CA's certificate beside it: what it signs is void",
    source: 'X509_check_private_key(3)',
    find: ({ inventory }) =>
      inventory.certificates
        .filter(({ path }) => isCaFile(path))
        .flatMap(({ path, index, certificate, role }) => {
          const key = keyBeside({ path, index, certificate, role }, inventory);
          const those = inventory.certificates.filter((one) => one.path === path);
          return key?.publicKey && !those.some((one) => isOf(key, one)) ? [key.path] : [];
        })
        .map((file) => ({ file, fix: 'bring the matching one of the two back from a backup' })),
  },
  {
    id: 'ca-key-copied',
    severity: 'warning',
    what: "it is the CA's private key, in a server's or client's own directory: whoever has it makes clients, and a client is root",
    source: 'SECURITY.md',
    find: (set) =>
      caKeys(set)
        .map(({ path }) => path)
        .filter((path) => dirname(path) !== '.')
        .filter((path) => set.leaves.some((leaf) => dirname(leaf.path) === dirname(path)))
        .map((file) => ({
          file,
          fix: `keep one of it, away from hosts and clients: rm ${shellWord(join(set.directory, file))}`,
        })),
  },
  {
    id: 'ca-key-unencrypted',
    severity: 'notice',
    what: "the CA's private key is not encrypted: whoever reads that file can make clients, and a client is root",
    source: 'SECURITY.md',
    find: (set) =>
      caKeys(set)
        .filter(({ encrypted }) => encrypted === undefined)
        .map(({ path }) => ({
          file: path,
          fix: ownCommand(['passphrase', 'add', join(set.directory, path)]),
        })),
  },
  {
    id: 'ca-ends-soon',
    severity: 'warning',
    what: `the CA ends within ${SOON_DAYS} days or a third of its life, and all that it signed with it`,
    source: 'RFC 5280 §4.1.2.5',
    find: ({ cas, now }) =>
      cas
        .filter(({ details }) => endsSoon(details, now))
        .map(({ path, details, renew }) => ({
          file: path,
          reason: `the CA ends on ${day(details.notAfter)}, and all that it signed with it`,
          fix: renew,
        })),
  },
  {
    id: 'ca-weak-digest',
    severity: 'notice',
    what: "the CA's own signature is over SHA-1 or MD5; nobody looks at it",
    source: 'RFC 8446 §4.4.2.2; measured',
    find: ({ cas }) =>
      cas
        .filter(({ details }) => ['sha1', 'md5'].includes(details.digest ?? ''))
        .map(({ path, mend }) => ({ file: path, fix: mend })),
  },
  {
    id: 'ca-negative-serial',
    severity: 'error',
    what: "the CA's serial number is negative: docker of Go 1.23 or newer says 'ca.pem seems invalid'",
    source: 'RFC 5280 §4.1.2.2; Go 1.23 release notes, crypto/x509; measured',
    find: ({ cas }) =>
      cas.filter(({ details }) => details.serial < 0n).map(({ path, mend }) => ({ file: path, fix: mend })),
  },
];

function isCaFile(path: string): boolean {
  return basename(path) === caFiles.certificate;
}

/** The CAs' private keys: those that match one, and encrypted ones by their name. */
function caKeys({ cas, inventory }: JudgedSet): FoundKey[] {
  return inventory.keys.filter(({ path, publicKey }) =>
    publicKey
      ? cas.some(({ certificate }) => isSameKey(publicKey, certificate))
      : basename(path) === caFiles.key,
  );
}

function isOf({ publicKey }: FoundKey, { certificate }: FoundCertificate): boolean {
  return publicKey !== undefined && isSameKey(publicKey, certificate);
}

interface Copy {
  readonly file: string;
  /** The file of which it is to be a copy. */
  readonly original: string;
  /** How many certificates both hold, and how many there are. */
  readonly shared: number;
  readonly all: number;
}

/** Every `ca.pem` but the one in the directory itself; where there is none, but the first that has its key beside it. */
function copies({ inventory }: JudgedSet): Copy[] {
  const held = new Map<string, Set<string>>();
  for (const { path, certificate } of inventory.certificates.filter((one) => isCaFile(one.path)))
    held.set(path, (held.get(path) ?? new Set()).add(certificate.fingerprint256));
  const files = [...held.keys()];
  const hasKey = (file: string): boolean =>
    inventory.keys.some(({ path }) => path === join(dirname(file), caFiles.key));
  const original = files.find((file) => file === caFiles.certificate) ?? files.find(hasKey) ?? files[0];
  const own = held.get(original ?? '');
  if (original === undefined || own === undefined) return [];
  return files
    .filter((file) => file !== original)
    .map((file) => {
      const all = new Set([...own, ...(held.get(file) ?? [])]).size;
      return { file, original, all, shared: own.size + (held.get(file)?.size ?? 0) - all };
    });
}

function copyAgain({ directory }: JudgedSet, original: string, file: string): string {
  const [from, to] = [original, file].map((path) => shellWord(join(directory, path)));
  return `if ${original} is the right one: cp ${from} ${to}`;
}
