import { promisify } from 'node:util';
import { InputError } from '../../errors.js';
import { parseControl } from '../../execute/run-control.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';
import { dindNames } from '../../set/layout.js';
import type { LeafRole } from '../../x509/role.js';
import type { Note } from '../../plan/step.js';
import { placeFile, type OpenModes } from '../../store/place-file.js';
import { readCredentialFiles, readEndpointFile, type CredentialFile } from './credential-files.js';
import {
  credentialsNames,
  readCredentials,
  type Credentials,
  type CredentialsOptions,
} from './credentials.js';
import { encrypt, type EncryptControl } from './encrypt.js';
import { parseRecipients, type EncryptionProgram, type RecipientOptions } from './recipients.js';

/** What the files in a bundle are called. */
export const bundleLayouts = ['docker', 'dind'] as const;
export type BundleLayout = (typeof bundleLayouts)[number];

export interface BundleOptions extends CredentialsOptions, RecipientOptions, EncryptControl {
  /** `docker`: Docker's own names. `dind`: those below the DOCKER_TLS_CERTDIR of docker:dind. Default: `docker`. */
  readonly layout?: BundleLayout | undefined;
}

const bundleNames: OptionNames<BundleOptions> = {
  ...credentialsNames,
  layout: true,
  to: true,
  toPgp: true,
  signal: true,
  timeoutMs: true,
};

/** One of the files that are packed. */
export interface BundledFile {
  readonly name: string;
  /** Where it lies, absolute. */
  readonly from: string;
  readonly mode: number;
}

export interface Bundle {
  /** A gzipped tar archive, as it is or encrypted. */
  readonly bytes: Buffer;
  /** What is in it: Docker's own names, and the modes. */
  readonly files: readonly BundledFile[];
  /** Set where it is encrypted: with which program, and for whom. */
  readonly encryption?: { readonly program: EncryptionProgram; readonly recipients: readonly string[] };
}

/** Reads the files of a bundle, in the order in which they are unpacked. */
async function readAs(layout: BundleLayout, credentials: Credentials): Promise<CredentialFile[]> {
  const { role } = credentials;
  const files = await readCredentialFiles(credentials);
  if (layout === 'dind')
    return dindNames[role].flatMap(([name, path]) => {
      const file = files.find((each) => each.name === name);
      return file ? [{ ...file, name: path }] : [];
    });
  if (role === 'server') files.push(...(await readEndpointFile(credentials)));
  return files.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Two empty blocks end an archive (POSIX ustar), which nanotar leaves out where its last record is full. One more record. */
const END = Buffer.alloc(10_240);

/**
 * Packs exactly what one client or one host needs: the CA's certificate, its own, and the key to that, and a
 * host its daemon's port where one is remembered; never the CA's key.
 * Names are Docker's own, or with `layout: 'dind'` those that docker:dind looks for, and modes those of the files; the owner is root. The same files give the same bytes. With `to` or `toPgp`
 * the archive is encrypted before anyone gets it, and is in no file before.
 *
 * @throws `ERR_INPUT`: an option's value cannot be used.
 * @throws `ERR_INCOMPLETE`, `ERR_LEAF_UNUSABLE`, `ERR_CA_UNUSABLE`, `ERR_UNSAFE`, `ERR_FILE`: as `readCredentials`.
 * @throws `ERR_PROGRAM_NOT_FOUND`, `ERR_PROGRAM_FAILED`: age or gpg is missing, or failed.
 * @throws `ERR_TIMEOUT`, `ERR_ABORTED`: `timeoutMs` has passed, or `signal` aborted.
 * @example
 * ```ts
 * import { bundle, writeBundle } from 'docker-tls-openssl';
 *
 * const to = ['age1qtvqjnxsxatcc53uz95hlj4dhxzsl2750c5z0lpynq50fq2prsvspqan62'];
 * const packed = await bundle('client', { to });
 * await writeBundle('client.tar.gz.age', packed);
 * console.log(packed.files.map(({ name }) => name));
 * ```
 */
export async function bundle(role: LeafRole, options: BundleOptions = {}): Promise<Bundle> {
  refuseUnknown(options, bundleNames);
  const { directory, name, layout = 'docker' } = options;
  if (!bundleLayouts.includes(layout))
    throw new InputError('layout', `${JSON.stringify(layout)} is not one of ${bundleLayouts.join(', ')}`);
  const control = parseControl(options);
  const encrypting = parseRecipients(options);
  const credentials = await readCredentials(role, { directory, name });
  const read = await readAs(layout, credentials);
  const [{ createTar }, { gzip }] = await Promise.all([import('nanotar'), import('node:zlib')]); // late: only this needs them
  const tar = createTar(
    read.map(({ name, content, mode, modified }) => ({
      name,
      data: content,
      attrs: { mode: mode.toString(8), uid: 0, gid: 0, mtime: modified.getTime() },
    })),
  );
  const bytes = await promisify(gzip)(Buffer.concat([tar, END]), { level: 9 });
  const files = read.map(({ name, from, mode }) => ({ name, from, mode }));
  if (!encrypting) return { bytes, files };
  const { program, recipients } = encrypting;
  return { bytes: await encrypt(bytes, encrypting, control), files, encryption: { program, recipients } };
}

/**
 * Writes a bundle, whole or not at all. Mode 0600 for the key in it; 0644 for an encrypted one, which may lie where others read it,
 * also on a USB stick that keeps no modes.
 *
 * @throws `ERR_EXISTS`: something is there, unless `overwrite`.
 * @throws `ERR_UNSAFE`, `ERR_OPEN_MODES`: others could change the directory, or read the key.
 * @throws `ERR_FILE`: the file system refused.
 */
export async function writeBundle(
  path: string,
  { bytes, encryption }: Pick<Bundle, 'bytes' | 'encryption'>,
  options: { readonly overwrite?: boolean | undefined } & OpenModes = {},
): Promise<readonly Note[]> {
  const { overwrite, allowOpenModes } = options;
  const mode = encryption ? 0o644 : 0o600;
  return placeFile(path, bytes, mode, { overwrite, allowOpenModes, makeDirectory: true });
}
