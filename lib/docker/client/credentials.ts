import type { X509Certificate } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { DirectoryError } from '../../errors.js';
import { openKey, readPair, type Unusable } from '../../set/pairs.js';
import { isThere } from '../../store/is-there.js';
import { leafFilesIn } from '../../set/find-leaf.js';
import { parseName } from '../../set/layout.js';
import type { LeafRole } from '../../x509/role.js';
import { refuseUnsafeDirectory } from '../../store/safety.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';

/** The three files with which one side of the connection shows who it is and checks the other, and what is in them. */
export interface Credentials {
  readonly role: LeafRole;
  /** Absolute paths. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  readonly parsed: { readonly ca: X509Certificate; readonly certificate: X509Certificate };
}

/** Where to look for them. */
export interface CredentialsOptions {
  /** The certificate directory. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /** A further server or client, made with `name`. */
  readonly name?: string | undefined;
}

export const credentialsNames: OptionNames<CredentialsOptions> = {
  directory: true,
  name: true,
};

/**
 * Finds a server's or client's files in a certificate directory, whichever recipe made it; or in a directory that holds just
 * the three, as DOCKER_CERT_PATH. They can be used: the key is unencrypted and belongs to the certificate, which is the CA's.
 * Errors: `ERR_INCOMPLETE` where a file is not there, `ERR_LEAF_UNUSABLE`, `ERR_CA_UNUSABLE`, `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function readCredentials(
  role: LeafRole,
  options: CredentialsOptions = {},
): Promise<Credentials> {
  refuseUnknown(options, credentialsNames);
  const { directory = 'docker-tls', name } = options;
  const root = resolve(directory);
  await refuseUnsafeDirectory(root);
  const files = await leafFilesIn(root, role, name === undefined ? undefined : parseName(name));
  const unusable: Unusable = { code: 'ERR_LEAF_UNUSABLE', remedy: `make it anew with --force ${role}` };
  const pair = await readPair(root, files, unusable);
  const beside = join(root, dirname(files.certificate), 'ca.pem');
  const ca = (await isThere(beside)) ? beside : join(root, 'ca.pem');
  const caPair = await readPair(
    dirname(ca),
    { key: 'ca.pem', certificate: 'ca.pem' },
    { code: 'ERR_CA_UNUSABLE', remedy: 'bring the right one back from a backup' },
  );
  const { certificate } = pair;
  if (pair.state !== 'complete' || !certificate || !caPair.certificate) {
    const missing = [
      ...(pair.state === 'absent' || pair.state === 'key-only' ? [pair.certificatePath] : []),
      ...(pair.state === 'absent' || pair.state === 'certificate-only' ? [pair.keyPath] : []),
      ...(caPair.certificate ? [] : [ca]),
    ];
    const command = `docker-tls-openssl ${name === undefined ? 'all' : `${role} --name ${name}`}`;
    throw new DirectoryError('ERR_INCOMPLETE', missing[0] ?? root, `${missing.join(', ')}: not there`, {
      hint: `name another directory with --dir, or make it with \`${command}\``,
    });
  }
  const refuse = (path: string, why: string): never => {
    throw new DirectoryError('ERR_LEAF_UNUSABLE', path, `${path} cannot be used: ${why}`, {
      hint: `bring the right one back, or ${unusable.remedy}`,
    });
  };
  // Without a passphrase: Docker has none either.
  if (!certificate.checkPrivateKey(await openKey(pair.keyPath, undefined, unusable)))
    refuse(pair.certificatePath, `it does not belong to ${pair.keyPath}`);
  if (!caPair.certificates.some((ca) => certificate.checkIssued(ca) && certificate.verify(ca.publicKey)))
    refuse(pair.certificatePath, `it is not signed by ${ca}`);
  return {
    role,
    ca,
    certificate: pair.certificatePath,
    key: pair.keyPath,
    parsed: { ca: caPair.certificate, certificate },
  };
}
