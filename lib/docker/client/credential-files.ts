import { createPrivateKey, X509Certificate } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { DirectoryError } from '../../errors.js';
import { fileError } from '../../file-error.js';
import { readRegular } from '../../store/read-regular.js';
import { endpointFile, leafFiles } from '../../set/layout.js';
import { readPort } from '../../set/remembered-port.js';
import type { Credentials } from './credentials.js';

/** One of the files, under the name by which Docker looks for it. */
export interface CredentialFile {
  readonly name: string;
  /** Where it lies, absolute. */
  readonly from: string;
  readonly content: Buffer;
  readonly mode: number;
  readonly modified: Date;
}

/** Docker's own names: of a client, those that it looks for in DOCKER_CERT_PATH. */
export function dockerNames({ role }: Pick<Credentials, 'role'>): {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
} {
  const { ca, certificate, key } = leafFiles(role);
  return { ca, certificate, key };
}

/**
 * The directory in which the three lie under Docker's own names, so that it can be a DOCKER_CERT_PATH; undefined where there
 * is none, as for some tutorials' sets.
 */
export function directoryOf(credentials: Credentials): string | undefined {
  const names = dockerNames(credentials);
  const directory = dirname(credentials.certificate);
  const right = (['ca', 'certificate', 'key'] as const).every(
    (file) => dirname(credentials[file]) === directory && basename(credentials[file]) === names[file],
  );
  return right ? directory : undefined;
}

/**
 * Reads the three files: the CA's certificate, the certificate, the key. Errors: `ERR_LEAF_UNUSABLE` where the pair was
 * recreated meanwhile, `ERR_FILE`.
 */
export async function readCredentialFiles(credentials: Credentials): Promise<CredentialFile[]> {
  const names = dockerNames(credentials);
  const files = await Promise.all(
    (['ca', 'certificate', 'key'] as const).map((file) => readFileAs(names[file], credentials[file])),
  );
  if (!belongTogether(files)) {
    throw new DirectoryError(
      'ERR_LEAF_UNUSABLE',
      credentials.certificate,
      `${credentials.certificate} and its key have changed while they were read`,
      { hint: 'run the same command again' },
    );
  }
  return files;
}

/** Reads the file that remembers the port of a server's daemon, where there is one. Errors: `ERR_UNSAFE`, `ERR_FILE`. */
export async function readEndpointFile({ certificate }: Credentials): Promise<CredentialFile[]> {
  const from = endpointFile({ certificate });
  const port = await readPort(dirname(certificate), { certificate: basename(certificate) });
  return port === undefined ? [] : [await readFileAs(basename(from), from)];
}

async function readFileAs(name: string, from: string): Promise<CredentialFile> {
  try {
    const { bytes, stats } = await readRegular(from);
    const { mode, mtime } = stats;
    return { name, from, content: bytes, mode: mode & 0o777, modified: mtime };
  } catch (error) {
    throw error instanceof DirectoryError ? error : fileError(from, 'read', error);
  }
}

function belongTogether([, certificate, key]: readonly CredentialFile[]): boolean {
  try {
    const parsed = new X509Certificate(certificate?.content ?? '');
    return parsed.checkPrivateKey(createPrivateKey(key?.content ?? ''));
  } catch {
    return false;
  }
}
