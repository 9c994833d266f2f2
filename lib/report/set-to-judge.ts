import type { X509Certificate } from 'node:crypto';
import { dirname, join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import type { KeyView } from '../judge/certificate-view.js';
import { readSet } from '../set/certificate-set.js';
import { areSeparateIn, filesOfCa, type CaRole } from '../set/authorities.js';
import { findCa, findLeaf } from '../set/find-leaf.js';
import { isKeyOf } from '../set/found.js';
import { needCertificates, needKey, NotHeld } from '../set/held.js';
import { caFiles, caKeyFile, leafFiles, type PairFiles } from '../set/layout.js';
import { isThere } from '../store/is-there.js';
import { readRegular } from '../store/read-regular.js';
import { goesOn } from '../x509/pem.js';
import { inOtherForm, type OtherForm } from '../x509/certificate-form.js';
import { hasIssuerName, isSignedBy } from '../x509/issued.js';
import { pathTo } from '../x509/path.js';
import type { LeafRole } from '../x509/role.js';
import { call, option, words } from '../words.js';
import { leafView, type LeafView } from './leaf-view.js';

/** A server's or client's certificate, with what the other side judges it by. */
export interface LeafToJudge {
  readonly role: LeafRole;
  /** The certificate, relative to the certificate directory. */
  readonly path: string;
  /** Whether it lies where `server` and `client` would write it, and not where a tutorial has it. */
  readonly ours: boolean;
  readonly view: LeafView;
}

/** The default server and client of a directory, or those of one name. */
export interface SetToJudge {
  readonly leaves: readonly LeafToJudge[];
  /** Whether the CA's private key is there, too: without it, nothing can be signed there. */
  readonly caKey: boolean;
}

/**
 * Reads what is in a certificate directory, all of a set or a part of it, and changes nothing. A key that is not there or
 * cannot be read is not judged. Errors: `ERR_FILE`, `ERR_CA_MISSING`, `ERR_CA_UNUSABLE`, `ERR_LEAF_UNUSABLE`.
 */
export async function readSetToJudge(directory: string, name: string | undefined): Promise<SetToJudge> {
  const server = await findLeaf(directory, 'server', name);
  const client = await findLeaf(directory, 'client', name);
  if (!server && !client) {
    throw new DirectoryError(
      'ERR_FILE',
      directory,
      `there is no server or client certificate in ${directory}`,
      {
        hint: words`name the certificate directory with ${option('directory')}, one of its named servers or clients with ${option('name')}, or create a set with \`${call('all')}\``,
      },
    );
  }
  const areSeparate = areSeparateIn(await readSet(directory, { folders: () => false }));
  const of = { areSeparate, name };
  const leaves = await Promise.all([
    ...(server ? [readLeaf(directory, 'server', server, [client, server], of)] : []),
    ...(client ? [readLeaf(directory, 'client', client, [server, client], of)] : []),
  ]);
  const keys = [caFiles.key, caKeyFile(caFiles)].map((file) => isThere(join(directory, file)));
  return { leaves, caKey: (await Promise.all(keys)).includes(true) };
}

async function readLeaf(
  directory: string,
  role: LeafRole,
  { key, certificate: path }: PairFiles,
  sides: readonly (PairFiles | undefined)[],
  { areSeparate, name }: { readonly areSeparate: boolean; readonly name: string | undefined },
): Promise<LeafToJudge> {
  const own = await readCertificates(join(directory, path), 'ERR_LEAF_UNUSABLE');
  const [certificate, ...sent] = own.certificates;
  const trust = await readTrusted(directory, sides, areSeparate ? role : undefined);
  const { certificates: trusted, form: caForm, goesOn: caGoesOn } = trust;
  const way = pathTo(certificate, sent, trusted);
  const ca = way?.anchor ?? issuerAmong(certificate, trusted);
  const isTrusted = trusted.some(({ raw }) => raw.equals(certificate.raw));
  return {
    role,
    path,
    ours: path === leafFiles(role, name).certificate,
    view: leafView(role, certificate, {
      ca,
      path: way,
      isTrusted,
      isTrustUnknown:
        !way && !isTrusted && (await isOfAnotherCa(directory, [certificate, ...sent], trusted, sides)),
      forms: { form: own.form, caForm, caGoesOn },
      key: await readKey(join(directory, key), certificate),
    }),
  };
}

/**
 * Tells whether a certificate was signed by a CA of one side alone: servers and clients can have CAs of their own. The file of
 * the other side's CA is then not here, with the other side itself; or it has another name than ca.pem.
 */
async function isOfAnotherCa(
  directory: string,
  [certificate, ...sent]: Certificates,
  trusted: Certificates,
  [other]: readonly (PairFiles | undefined)[],
): Promise<boolean> {
  if (hasIssuerName(certificate, certificate)) return false;
  if (trusted.some((ca) => hasIssuerName(certificate, ca))) return false;
  if (!other) return true;
  const { certificates } = await readSet(directory, { folders: () => false });
  const cas = certificates.filter(({ role }) => role === 'ca');
  return (
    pathTo(
      certificate,
      sent,
      cas.map((ca) => ca.certificate),
    ) !== undefined
  );
}

/**
 * The other side has its CA beside its own pair; where that is not known, it is the one beside this. In a directory with separate
 * CAs it trusts the one of its role, `ofRole`.
 */
async function readTrusted(
  directory: string,
  sides: readonly (PairFiles | undefined)[],
  ofRole: CaRole,
): Promise<HeldCertificates> {
  if (ofRole !== undefined) {
    const { certificate } = filesOfCa(ofRole);
    if (await isThere(join(directory, certificate)))
      return readCertificates(join(directory, certificate), 'ERR_CA_UNUSABLE');
  }
  const beside = sides.flatMap((pair) => (pair ? [dirname(pair.certificate)] : []));
  for (const folder of [...beside, '.'].map((name) => join(directory, name))) {
    const file = await findCa(folder);
    if (file !== undefined) return readCertificates(join(folder, file), 'ERR_CA_UNUSABLE');
  }
  throw new DirectoryError(
    'ERR_CA_MISSING',
    directory,
    `there is no ${caFiles.certificate} in ${directory}`,
    {
      hint: `it is what the other side trusts: bring it from any host or client of this CA`,
    },
  );
}

interface HeldCertificates {
  readonly certificates: Certificates;
  readonly form: OtherForm | undefined;
  /** Something stands after the last block. */
  readonly goesOn: boolean;
}

type Certificates = readonly [X509Certificate, ...X509Certificate[]];

/** All that a file holds: a CA's can be a bundle. */
async function readCertificates(
  path: string,
  code: 'ERR_CA_UNUSABLE' | 'ERR_LEAF_UNUSABLE',
): Promise<HeldCertificates> {
  const text = await read(path);
  const other = inOtherForm(Buffer.from(text, 'latin1'));
  if (other) return { certificates: [other.certificate], form: other.form, goesOn: false };
  const certificates = await orUnusable(path, code, 'a certificate', () => needCertificates(text));
  return { certificates, form: undefined, goesOn: goesOn(text) };
}

async function read(path: string): Promise<string> {
  try {
    return (await readRegular(path)).bytes.toString('latin1');
  } catch (error) {
    throw error instanceof DirectoryError ? error : fileError(path, 'read', error);
  }
}

async function orUnusable<Value>(
  path: string,
  code: 'ERR_CA_UNUSABLE' | 'ERR_LEAF_UNUSABLE',
  wanted: string,
  parse: () => Promise<Value> | Value,
): Promise<Value> {
  try {
    return await parse();
  } catch (cause) {
    if (!(cause instanceof NotHeld)) throw cause;
    const message = `${path} is not ${wanted}: ${cause.message}`;
    throw new DirectoryError(code, path, message, { cause, hint: cause.hint });
  }
}

/** In a bundle, the one that signed the leaf, or that at least has the name of the issuer. */
function issuerAmong(leaf: X509Certificate, cas: Certificates): X509Certificate {
  const named = cas.filter((ca) => hasIssuerName(leaf, ca));
  return named.find((ca) => isSignedBy(leaf, ca)) ?? named[0] ?? cas[0];
}

async function readKey(path: string, certificate: X509Certificate): Promise<KeyView | undefined> {
  const text = await read(path).catch((error: unknown) => {
    const code = error instanceof DirectoryError ? systemCode(error.cause) : undefined;
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(code ?? '')) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const { encrypted, publicKey } = await orUnusable(path, 'ERR_LEAF_UNUSABLE', 'a private key', () =>
    needKey(text),
  );
  if (!publicKey) return { encrypted, matches: undefined };
  const own = certificate.publicKey.asymmetricKeyType;
  const another = publicKey.asymmetricKeyType === own ? 'another key' : 'another type';
  return { encrypted: undefined, matches: isKeyOf(publicKey, certificate) ? 'yes' : another };
}
