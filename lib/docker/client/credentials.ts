import type { X509Certificate } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { DirectoryError } from '../../errors.js';
import { openKey, readPair, readText, type Pair, type Unusable } from '../../set/pairs.js';
import { findCa, findLeaf, leafFilesIn } from '../../set/find-leaf.js';
import { authoritiesOf, readAreSeparate } from '../../set/authorities.js';
import { parseName } from '../../set/layout.js';
import type { LeafRole } from '../../x509/role.js';
import { hasIssuerName } from '../../x509/issued.js';
import { pathTo } from '../../x509/path.js';
import { refuseUnsafeDirectory } from '../../store/safety.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';
import { call, option, words } from '../../words.js';

/** The three files with which one side of a connection authenticates itself and the other, and their contents. */
export interface Credentials {
  readonly role: LeafRole;
  /** Absolute paths. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  readonly parsed: { readonly ca: X509Certificate; readonly certificate: X509Certificate };
}

/** The options that name the files. */
export interface CredentialsOptions {
  /** The certificate directory. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /** Uses `servers/NAME` or `clients/NAME`. Default: the default pair. */
  readonly name?: string | undefined;
}

export const credentialsNames: OptionNames<CredentialsOptions> = {
  directory: true,
  name: true,
};

/**
 * Finds a server's or client's files in a certificate directory of any recipe, or in a directory with just the three, such as
 * DOCKER_CERT_PATH. Checks that the key is unencrypted and matches the certificate, and that the CA signed it, or
 * signed an intermediate CA in the certificate's own file that did; not where only one side's files are there, for servers and
 * clients can have CAs of their own. In a directory with separate CAs the CA is the one that the side trusts, and the other one must
 * have signed the certificate.
 * Errors: `ERR_INCOMPLETE` for a missing file, `ERR_LEAF_UNUSABLE`, `ERR_CA_UNUSABLE`, `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function readCredentials(
  role: LeafRole,
  options: CredentialsOptions = {},
): Promise<Credentials> {
  return readCredentialsFor(role, options);
}

/**
 * As `readCredentials`, for an installation: a certificate that lies without its key, as a CA elsewhere has signed it, is one for the
 * key that is installed at `installedKey`.
 */
export async function readCredentialsFor(
  role: LeafRole,
  options: CredentialsOptions,
  installedKey?: string,
): Promise<Credentials> {
  refuseUnknown(options, credentialsNames);
  const { directory = 'docker-tls', name } = options;
  const root = resolve(directory);
  await refuseUnsafeDirectory(root);
  const files = await leafFilesIn(root, role, name === undefined ? undefined : parseName(name));
  // `all` would create both a server and a client of that name.
  const recreate =
    name === undefined
      ? call('all', { force: [role] }, directory)
      : call(role, { name, force: [role] }, directory);
  const unusable: Unusable = { code: 'ERR_LEAF_UNUSABLE', remedy: words`recreate it with \`${recreate}\`` };
  const found = await readPair(root, files, unusable);
  const pair = installedKey === undefined ? found : await withInstalledKey(found, installedKey);
  const folder = join(root, dirname(files.certificate));
  const areSeparate = await readAreSeparate(root);
  const { signer, trusted } = authoritiesOf(role, areSeparate);
  const isAtTop = areSeparate && folder === join(root);
  const beside = isAtTop ? trusted.certificate : await findCa(folder);
  const ca =
    beside === undefined ? join(root, (await findCa(root)) ?? trusted.certificate) : join(folder, beside);
  const caPair = await readCaCertificates(ca);
  const signerPair = areSeparate ? await readCaCertificates(join(root, signer.certificate)) : caPair;
  const { certificate } = pair;
  if (pair.state !== 'complete' || !certificate || !caPair.certificate || !signerPair.certificate) {
    const missing = [
      ...(pair.state === 'absent' || pair.state === 'key-only' ? [pair.certificatePath] : []),
      ...(pair.state === 'absent' || pair.state === 'certificate-only' ? [pair.keyPath] : []),
      ...[caPair, ...(areSeparate ? [signerPair] : [])].flatMap((one) =>
        one.certificate ? [] : [one.certificatePath],
      ),
    ];
    const create =
      name === undefined
        ? call('all', {}, directory)
        : role === 'server'
          ? call('server', { name, hosts: ['HOST'] }, directory)
          : call('client', { name }, directory);
    throw new DirectoryError('ERR_INCOMPLETE', missing[0] ?? root, `${missing.join(', ')}: missing`, {
      hint: words`name another directory with ${option('directory')}, or create it with \`${create}\``,
    });
  }
  const refuse = (path: string, why: string): never => {
    throw new DirectoryError('ERR_LEAF_UNUSABLE', path, `${path} cannot be used: ${why}`, {
      hint: words`restore the right one, or ${unusable.remedy}`,
    });
  };
  // Without a passphrase, as Docker opens it.
  if (!certificate.checkPrivateKey(await openKey(pair.keyPath, undefined, unusable)))
    refuse(pair.certificatePath, `it does not match ${pair.keyPath}`);
  const path = pathTo(certificate, pair.certificates.slice(1), signerPair.certificates);
  if (!path && (areSeparate || !(await isOneSide(root, role, name, certificate, caPair.certificates))))
    refuse(pair.certificatePath, `it is not signed by ${signerPair.certificatePath}`);
  if (areSeparate && folder !== join(root)) await refuseOtherCopy(caPair, join(root, trusted.certificate));
  if (path?.unread)
    throw new DirectoryError(
      'ERR_CA_UNUSABLE',
      ca,
      `whether ${signerPair.certificatePath} signed it was not checked: this Node cannot read its key`,
      {
        hint: 'nothing was changed; use a newer Node, or a CA with an RSA or EC key',
      },
    );
  return {
    role,
    ca,
    certificate: pair.certificatePath,
    key: pair.keyPath,
    parsed: { ca: caPair.certificate, certificate },
  };
}

/** The certificates of a CA, without its key. Errors: `ERR_CA_UNUSABLE`, `ERR_UNSAFE`, `ERR_FILE`. */
async function readCaCertificates(path: string): Promise<Pair> {
  const file = basename(path);
  return readPair(
    dirname(path),
    { key: file, certificate: file },
    { code: 'ERR_CA_UNUSABLE', remedy: 'restore the right one from a backup' },
  );
}

/** No signature tells that the copy of the other side's CA is the right one. Errors: `ERR_CA_UNUSABLE`. */
async function refuseOtherCopy({ certificatePath, certificates }: Pair, original: string): Promise<void> {
  const wanted = await readCaCertificates(original);
  const first = wanted.certificate?.fingerprint256;
  if (certificates.some(({ fingerprint256 }) => fingerprint256 === first)) return;
  throw new DirectoryError(
    'ERR_CA_UNUSABLE',
    certificatePath,
    `${certificatePath} cannot be used: it is not a copy of ${original}`,
    { hint: 'restore the right one' },
  );
}

/** The pair with the key that is installed, where its own is missing and that one is there. Errors: `ERR_UNSAFE`, `ERR_FILE`. */
async function withInstalledKey(pair: Pair, keyPath: string): Promise<Pair> {
  if (pair.state !== 'certificate-only' || (await readText(keyPath)) === undefined) return pair;
  return { ...pair, keyPath, state: 'complete' };
}

/**
 * Tells whether a directory is one side's alone, with the CA of the other side, which is another than its own: servers and clients
 * can have CAs of their own. Then nothing here tells what the other side trusts.
 */
async function isOneSide(
  root: string,
  role: LeafRole,
  name: string | undefined,
  certificate: X509Certificate,
  cas: readonly X509Certificate[],
): Promise<boolean> {
  if ([certificate, ...cas].some((ca) => hasIssuerName(certificate, ca))) return false;
  return (await findLeaf(root, role === 'server' ? 'client' : 'server', name)) === undefined;
}
