import { createPrivateKey, X509Certificate } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { CertificateView, KeyView } from '../judge/certificate-view.js';
import { DirectoryError, fileError, systemCode } from '../errors.js';
import { isThere } from '../store/is-there.js';
import { caFiles, allLayouts, leafFiles, setFiles, type PairFiles } from './layout.js';
import type { LeafRole } from '../x509/role.js';
import { readRegular } from '../store/read-regular.js';
import { commonNameOf } from '../x509/certificate.js';
import { certificateDetails } from '../x509/certificate-details.js';
import { hasIssuerName, isSignedBy } from '../x509/issued.js';
import { isEncryptedKey, mistaken } from '../x509/contents.js';
import { certificatesIn } from '../x509/pem.js';

/** A server's or client's certificate as it was found, with what the other side judges it by. */
export interface FoundLeaf {
  readonly role: LeafRole;
  /** The certificate, relative to the certificate directory. */
  readonly path: string;
  /** Whether it lies where `server` and `client` would make it anew, and not where a tutorial has it. */
  readonly ours: boolean;
  readonly view: Omit<CertificateView, 'host' | 'now'>;
}

/** The certificates of a directory, by the names of whichever recipe made them. */
export interface CertificateSet {
  readonly leaves: readonly FoundLeaf[];
  /** Whether the CA's private key is there too: without it, nothing can be made anew there. */
  readonly caKey: boolean;
}

/**
 * Reads what is in a certificate directory, all of a set or a part of it, and changes nothing. A key that is not there or
 * cannot be read is not judged. Errors: `ERR_FILE`, `ERR_CA_MISSING`, `ERR_CA_UNUSABLE`, `ERR_LEAF_UNUSABLE`.
 */
export async function readCertificateSet(
  directory: string,
  name: string | undefined,
): Promise<CertificateSet> {
  const server = await findPair(directory, 'server', name);
  const client = await findPair(directory, 'client', name);
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

/** Where each recipe puts it; the first that is there. */
async function findPair(
  directory: string,
  role: LeafRole,
  name: string | undefined,
): Promise<PairFiles | undefined> {
  const sets = name === undefined ? allLayouts : [setFiles(name)];
  for (const set of sets) if (await isThere(join(directory, set[role].certificate))) return set[role];
  return undefined;
}

async function readLeaf(
  directory: string,
  role: LeafRole,
  { key, certificate: path }: PairFiles,
  sides: readonly (PairFiles | undefined)[],
  name: string | undefined,
): Promise<FoundLeaf> {
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
  const bytes = await read(path);
  try {
    const [first = new X509Certificate(bytes), ...more] = certificatesIn(bytes.toString('latin1'));
    return [first, ...more];
  } catch (cause) {
    const { why, hint } = mistaken(bytes, 'a certificate');
    throw new DirectoryError(code, path, `${path} is not a certificate: ${why}`, { cause, hint });
  }
}

async function read(path: string): Promise<Buffer> {
  try {
    return (await readRegular(path)).bytes;
  } catch (error) {
    throw error instanceof DirectoryError ? error : fileError(path, 'read', error);
  }
}

/** In a bundle, the one that signed the leaf, or that at least has the name of the issuer. */
function issuerAmong(leaf: X509Certificate, cas: Certificates): X509Certificate {
  const named = cas.filter((ca) => hasIssuerName(leaf, ca));
  return named.find((ca) => isSignedBy(leaf, ca)) ?? named[0] ?? cas[0];
}

async function readKey(path: string, certificate: X509Certificate): Promise<KeyView | undefined> {
  let text: string;
  try {
    text = (await readRegular(path)).bytes.toString('latin1');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(systemCode(error) ?? '')) return undefined;
    throw error instanceof DirectoryError ? error : fileError(path, 'read', error);
  }
  if (isEncryptedKey(text))
    return { encrypted: text.includes('DEK-Info') ? 'traditional' : 'pkcs8', matches: undefined };
  try {
    const key = createPrivateKey(text);
    const another = key.asymmetricKeyType === certificate.publicKey.asymmetricKeyType ? 'key' : 'type';
    return { encrypted: undefined, matches: certificate.checkPrivateKey(key) ? 'yes' : `another ${another}` };
  } catch (cause) {
    const { why, hint } = mistaken(Buffer.from(text, 'latin1'), 'a private key');
    throw new DirectoryError('ERR_LEAF_UNUSABLE', path, `${path} is not a private key: ${why}`, {
      cause,
      hint,
    });
  }
}
