import { lstatSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CertificateSet } from '../../set/certificate-set.js';
import { leavesOf, type FoundKey } from '../../set/found.js';
import { shellWord } from '../../shell/sh.js';
import { isOf, type Adopted } from './authority.js';
import type { Parts } from './imported-files.js';

/** A file that is not imported. */
export interface LeftOut {
  /** Relative to the directory that is imported. */
  readonly path: string;
  readonly kind:
    'copy' | 'csr' | 'other-ca' | 'older' | 'revoked' | 'unused-key' | 'form' | 'damaged' | 'link' | 'other';
  readonly why: string;
  /** What to do about it, where something can be done. */
  readonly hint?: string | undefined;
}

/** Every file that is not imported, by its path. `told`: those that something else has spoken of. */
export function leftOutOf(
  set: CertificateSet,
  { adopted, caKey, placed }: Parts,
  imported: readonly string[],
  told: readonly LeftOut[],
): LeftOut[] {
  const known = new Set(imported);
  const first = told.filter(({ path }) => !known.has(path));
  for (const { path } of first) known.add(path);
  const usedKeys = [caKey, ...placed.map(({ key }) => key)].filter((key) => key !== undefined);
  return [...first, ...rest(set, adopted, known, usedKeys)].sort((one, other) =>
    one.path < other.path ? -1 : 1,
  );
}

function rest(
  set: CertificateSet,
  adopted: Adopted,
  known: ReadonlySet<string>,
  usedKeys: readonly FoundKey[],
): LeftOut[] {
  const found = new Map<string, LeftOut>();
  const add = (one: LeftOut): void => {
    if (!known.has(one.path) && !found.has(one.path)) found.set(one.path, one);
  };
  const leaves = leavesOf(set);
  for (const leaf of leaves)
    if (!known.has(leaf.path) && !isOf(leaf, adopted, set))
      add({ path: leaf.path, kind: 'other-ca', why: 'another CA signed it, or none that is here' });
  for (const { path, certificate } of set.certificates) {
    const count = set.certificates.filter((one) => one.path === path).length;
    const isOwn = adopted.own.some((one) => one.path === path);
    if (isOwn && certificate.fingerprint256 === adopted.ca.certificate.fingerprint256)
      add({ path, kind: 'copy', why: `a copy of ${adopted.ca.path}` });
    else if (isOwn) add({ path, kind: 'older', why: 'an older certificate of the same CA' });
    else if (count > 1) add({ path, kind: 'other-ca', why: `a bundle of ${count} certificates` });
    else add({ path, kind: 'other-ca', why: 'another CA, which signed nothing that is imported' });
  }
  for (const { path, identity } of set.keys) {
    const twin = usedKeys.find((key) => key.identity === identity);
    if (twin) add({ path, kind: 'copy', why: `a copy of ${twin.path}` });
    else add({ path, kind: 'unused-key', why: 'a private key of no certificate that is imported' });
  }
  for (const { path, kind, why = '', hint } of set.others) {
    const target = linkAt(join(set.directory, path));
    if (target !== undefined)
      add({ path, kind: 'link', why: `a symbolic link to ${target}, which is not followed` });
    else if (kind === 'csr')
      add({ path, kind: 'csr', why: 'a certificate signing request, needed only until it is signed' });
    else if (kind === 'damaged') add(damaged(path, why, hint));
    else if (/\.(?:p12|pfx)$/i.test(path))
      add({
        path,
        kind: 'form',
        why: 'it is a PKCS #12 file',
        hint: `if it holds a key that is missing: openssl pkcs12 -in ${shellWord(path)} -nodes -out ${shellWord(pemOf(path))}`,
      });
    else if (/\.crl$/i.test(path))
      add({ path, kind: 'other', why: 'a revocation list of another CA, or not its newest one' });
    else add({ path, kind: 'other', why: 'neither a certificate nor a key' });
  }
  return [...found.values()];
}

function damaged(path: string, why: string, hint: string | undefined): LeftOut {
  const [, command] = /openssl (x509|pkey) -inform DER/.exec(hint ?? '') ?? [];
  if (command === undefined) return { path, kind: 'damaged', why, hint };
  return {
    path,
    kind: 'form',
    why,
    hint: `openssl ${command} -inform DER -in ${shellWord(path)} -out ${shellWord(pemOf(path))}`,
  };
}

function pemOf(path: string): string {
  const pem = path.replace(/\.\w+$/, '.pem');
  return pem === path || basename(pem) === '.pem' ? `${path}.pem` : pem;
}

function linkAt(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}
