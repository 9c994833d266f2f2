import { promisify } from 'node:util';
import type { LeafRole } from '../../x509/role.js';
import type { Note } from '../../plan/step.js';
import { placeFile, type OpenModes } from '../../store/place-file.js';
import { readCredentialFiles, readEndpointFile } from './credential-files.js';
import { readCredentials, type CredentialsOptions } from './credentials.js';

export interface Bundle {
  /** A gzipped tar archive. */
  readonly bytes: Buffer;
  /** What is in it: Docker's own names, and the modes. */
  readonly files: readonly { readonly name: string; readonly from: string; readonly mode: number }[];
}

/** Two empty blocks end an archive (POSIX ustar), which nanotar leaves out where its last record is full. One more record. */
const END = Buffer.alloc(10_240);

/**
 * Packs exactly what one client or one host needs: the CA's certificate, its own, and the key to that, and a
 * host its daemon's port where one is remembered; never the CA's key.
 * Names are Docker's own and modes those of the files; the owner is root. The same files give the same bytes. Errors: those
 * of `readCredentials`.
 */
export async function bundle(role: LeafRole, options: CredentialsOptions = {}): Promise<Bundle> {
  const credentials = await readCredentials(role, options);
  const files = await readCredentialFiles(credentials);
  if (role === 'server') files.push(...(await readEndpointFile(credentials)));
  files.sort((one, other) => (one.name < other.name ? -1 : 1));
  const [{ createTar }, { gzip }] = await Promise.all([import('nanotar'), import('node:zlib')]); // late: only this needs them
  const tar = createTar(
    files.map(({ name, content, mode, modified }) => ({
      name,
      data: content,
      attrs: { mode: mode.toString(8), uid: 0, gid: 0, mtime: modified.getTime() },
    })),
  );
  return {
    bytes: await promisify(gzip)(Buffer.concat([tar, END]), { level: 9 }),
    files: files.map(({ name, from, mode }) => ({ name, from, mode })),
  };
}

/**
 * Writes a bundle, mode 0600 for the key in it, whole or not at all. Errors: `ERR_EXISTS` where something is there, unless
 * `overwrite`; `ERR_UNSAFE`, `ERR_OPEN_MODES`, `ERR_FILE`.
 */
export async function writeBundle(
  path: string,
  { bytes }: Pick<Bundle, 'bytes'>,
  options: { readonly overwrite?: boolean | undefined } & OpenModes = {},
): Promise<readonly Note[]> {
  const { overwrite, allowOpenModes } = options;
  return placeFile(path, bytes, 0o600, { overwrite, allowOpenModes, makeDirectory: true });
}
