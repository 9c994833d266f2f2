import type { X509Certificate } from 'node:crypto';
import { dirname, join } from 'node:path';
import { DirectoryError, fileError, systemCode } from '../errors.js';
import type { CertificateView, KeyView } from '../judge/certificate-view.js';
import { findLeaf } from '../set/find-leaf.js';
import { isKeyOf } from '../set/found.js';
import { needCertificates, needKey, NotHeld } from '../set/held.js';
import { caFiles, leafFiles, type PairFiles } from '../set/layout.js';
import { isThere } from '../store/is-there.js';
import { readRegular } from '../store/read-regular.js';
import { commonNameOf } from '../x509/certificate.js';
import { certificateDetails } from '../x509/certificate-details.js';
import { hasIssuerName, isSignedBy } from '../x509/issued.js';
import type { LeafRole } from '../x509/role.js';

/** A server's or client's certificate, with what the other side judges it by. */
export interface LeafToJudge {
  readonly role: LeafRole;
  /** The certificate, relative to the certificate directory. */
  readonly path: string;
  /** Whether it lies where `server` and `client` would write it, and not where a tutorial has it. */
  readonly ours: boolean;
  readonly view: Omit<CertificateView, 'host' | 'now'>;
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
      `neither a server's nor a client's certificate is in ${directory}`,
      { hint: 'name the certificate directory, or with --name a further server or client of it' },
    );
  }
  const leaves = await Promise.all([
    ...(server ? [readLeaf(directory, 'server', server, [client, server], name)] : []),
    ...(client ? [readLeaf(directory, 'client', client, [server, client], name)] : []),
  ]);
  return { leaves, caKey: await isThere(join(directory, caFiles.key)) };
}

async function readLeaf(
  directory: string,
  role: LeafRole,
  { key, certificate: path }: PairFiles,
  sides: readonly (PairFiles | undefined)[],
  name: string | undefined,
): Promise<LeafToJudge> {
  const [certificate] = await readCertificates(join(directory, path), 'ERR_LEAF_UNUSABLE');
  const ca = issuerAmong(certificate, await readTrusted(directory, sides));
  return {
    role,
    path,
    ours: path === leafFiles(role, name).certificate,
    view: {
      role,
      certificate: certificateDetails(certificate),
      commonName: commonNameOf(certificate),
      ca: certificateDetails(ca),
      caName: (ca.subject as string | undefined)?.split('\n').reverse().join(', ') ?? '',
      issuedByName: hasIssuerName(certificate, ca),
      signedByCa: isSignedBy(certificate, ca),
      key: await readKey(join(directory, key), certificate),
    },
  };
}

/** The other side has its CA beside its own pair; where that is not known, it is the one beside this. */
async function readTrusted(
  directory: string,
  sides: readonly (PairFiles | undefined)[],
): Promise<Certificates> {
  const beside = sides.flatMap((pair) =>
    pair ? [join(dirname(pair.certificate), caFiles.certificate)] : [],
  );
  for (const path of [...beside, caFiles.certificate].map((file) => join(directory, file)))
    if (await isThere(path)) return readCertificates(path, 'ERR_CA_UNUSABLE');
  throw new DirectoryError(
    'ERR_CA_MISSING',
    directory,
    `there is no ${caFiles.certificate} in ${directory}`,
    {
      hint: `it is what the other side trusts: bring it from any host or client of this CA`,
    },
  );
}

type Certificates = readonly [X509Certificate, ...X509Certificate[]];

/** All that a file holds: a CA's can be a bundle. */
async function readCertificates(
  path: string,
  code: 'ERR_CA_UNUSABLE' | 'ERR_LEAF_UNUSABLE',
): Promise<Certificates> {
  return orUnusable(path, code, 'a certificate', async () => needCertificates(await read(path)));
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
