import type { KeyObject, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import type { PemKind } from '../x509/contents.js';
import { isIssuedBy } from '../x509/issued.js';
import { holdsKey } from '../x509/pem.js';
import { readArchived, type ArchivedRenewal } from '../set/archive.js';
import type { ArchivedFile } from '../set/archive-record.js';
import type { CertificateSet } from '../set/certificate-set.js';
import { archiveName } from '../set/files-below.js';
import { certificateUse, isKeyOf, keyNames, roleOf } from '../set/found.js';
import { noUri, uriIn } from '../set/remembered-key.js';
import { needCertificates, needKey, NotHeld } from '../set/held.js';

/** The files that a rollback restores, after checking that they match the files that stay. */
export interface Restored {
  /** The certificates of restored CAs. */
  readonly cas: readonly X509Certificate[];
}

/** A file after the rollback: from the archive, or one that stays. */
interface FileToBe<Content> {
  readonly path: string;
  readonly content: Content;
  readonly comesBack: boolean;
}

/**
 * Reads the files that a renewal replaced, and checks them against their record: a certificate must match a key and a CA that
 * are restored or stay, a key must match a certificate, and no mode may be wider than before. Dates are not checked. Errors:
 * `ERR_FILE`, `ERR_LEAF_UNUSABLE`, `ERR_CA_UNUSABLE`, `ERR_UNSAFE`, `ERR_EXISTS`, each with the file that does not fit.
 */
export async function checkRestored(
  directory: string,
  { folder, record }: ArchivedRenewal,
  inventory: CertificateSet,
): Promise<Restored> {
  const isReplaced = (path: string): boolean => record.files.some((file) => file.path === path);
  const chains = new Map<string, X509Certificate[]>();
  for (const { path, certificate } of inventory.certificates)
    if (!isReplaced(path)) chains.set(path, [...(chains.get(path) ?? []), certificate]);
  const certificates: FileToBe<X509Certificate[]>[] = Array.from(chains, ([path, content]) => ({
    ...{ path, content, comesBack: false },
  }));
  const keys: FileToBe<KeyObject | undefined>[] = inventory.keys
    .filter(({ path }) => !isReplaced(path))
    .map(({ path, publicKey }) => ({ path, content: publicKey, comesBack: false }));
  for (const file of record.files) {
    const full = join(directory, folder, file.path);
    refuseOpenMode(full, file, inventory);
    const { bytes } = await readArchived(directory, join(folder, file.path));
    const held = { path: file.path, comesBack: true };
    if (file.product === 'certificate')
      certificates.push({ ...held, content: parseCertificates(full, bytes) });
    else if (file.product === 'key-uri') refuseNoUri(full, bytes);
    else keys.push({ ...held, content: parsePublicKey(full, bytes) });
  }
  const named = ({ path, comesBack }: { path: string; comesBack: boolean }): string =>
    join(directory, comesBack ? folder : '', path);
  const fit = (one: boolean, message: string, { path, isCa }: { path: string; isCa: boolean }): void => {
    if (one) return;
    throw new DirectoryError(isCa ? 'ERR_CA_UNUSABLE' : 'ERR_LEAF_UNUSABLE', path, message, { hint: wayOut });
  };

  const isCa = ({ path, content: [first] }: FileToBe<X509Certificate[]>): boolean =>
    first !== undefined && roleOf(path, certificateUse(first)) === 'ca';
  const cas = certificates.filter(isCa);
  for (const one of certificates) {
    const path = named(one);
    const ofCa = isCa(one);
    const key = keyNames(one.path).flatMap((name) => keys.find((found) => found.path === name) ?? [])[0];
    const { content: publicKey } = key ?? {};
    if (key && publicKey && (one.comesBack || key.comesBack)) {
      const own = ofCa ? one.content : one.content.slice(0, 1);
      const message = `${path} and ${named(key)} do not match`;
      fit(
        own.some((certificate) => isKeyOf(publicKey, certificate)),
        message,
        { path, isCa: ofCa },
      );
    }
    if (!one.comesBack) continue;
    if (ofCa) fit(one.content[0]?.ca === true, `${path} is not a CA certificate`, { path, isCa: true });
    if (ofCa || cas.length === 0) continue;
    const [leaf, ...chain] = one.content;
    const issuers = [...chain, ...cas.flatMap(({ content }) => content)];
    const ca = cas.map(named).join(', ');
    const isIssued = leaf !== undefined && issuers.some((issuer) => isIssuedBy(leaf, issuer));
    fit(isIssued, `${path} was not issued by the CA in ${ca}`, { path, isCa: false });
  }
  for (const key of keys.filter(({ comesBack }) => comesBack)) {
    const path = named(key);
    const isOfOne = certificates.some((one) => keyNames(one.path).includes(key.path));
    fit(isOfOne, `${path} matches no certificate that is restored or stays`, { path, isCa: false });
  }
  return { cas: cas.filter(({ comesBack }) => comesBack).flatMap(({ content }) => content) };
}

const wayOut = `nothing was changed; check which of them is right. To go back to an earlier renewal instead, move this one's directory out of ${archiveName}/`;

/** Refuses a mode wider than the program writes, unless the existing file has it: its owner chose it. */
function refuseOpenMode(
  full: string,
  { path, mode, product }: ArchivedFile,
  inventory: CertificateSet,
): void {
  const limit = product === 'private-key' ? 0o600 : 0o644;
  const now = inventory.entries.get(path)?.mode ?? 0;
  const wanted = parseInt(mode, 8);
  if ((wanted & 0o777 & ~(limit | now)) === 0 && (wanted & 0o400) !== 0) return;
  const most = `0${limit.toString(8)}`;
  throw new DirectoryError('ERR_UNSAFE', full, `${full} would be restored with mode ${mode}`, {
    hint: `nothing was changed; a ${product === 'private-key' ? 'private key' : 'certificate'} has ${most} at most, and its owner can read it: correct 'mode' in the record beside it`,
  });
}

function parseCertificates(path: string, bytes: Buffer): X509Certificate[] {
  const text = bytes.toString('latin1');
  if (holdsKey(text)) throw notWhatItShouldBe(path, 'a certificate', new NotHeld(text, 'a certificate'));
  return orNot(path, 'a certificate', () => needCertificates(text));
}

function refuseNoUri(path: string, bytes: Buffer): void {
  if (uriIn(bytes.toString('latin1'))) return;
  throw new DirectoryError('ERR_FILE', path, `cannot use ${path}: ${noUri}`, { hint: wayOut });
}

/** The public key of a private key; undefined for an encrypted one. */
function parsePublicKey(path: string, bytes: Buffer): KeyObject | undefined {
  return orNot(path, 'a private key', () => needKey(bytes.toString('latin1'))).publicKey;
}

function orNot<Value>(path: string, wanted: PemKind, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    throw error instanceof NotHeld ? notWhatItShouldBe(path, wanted, error) : error;
  }
}

function notWhatItShouldBe(path: string, wanted: PemKind, { message: why, hint }: NotHeld): DirectoryError {
  return new DirectoryError('ERR_FILE', path, `${path} is not ${wanted}: ${why}`, {
    hint: `nothing was changed; ${hint}, or move its directory out of ${archiveName}/`,
  });
}
