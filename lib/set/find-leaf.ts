import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { readSet, type CertificateSet } from './certificate-set.js';
import { keyBeside, keyNames, keyOf, leavesOf } from './found.js';
import { isThere } from '../store/is-there.js';
import type { LeafRole } from '../x509/role.js';
import { allLayouts, caFiles, layouts, leafFiles, setFiles, type PairFiles } from './layout.js';

/**
 * Finds where a server's or client's pair lies: with `name` in a directory of its own, else in the first layout whose
 * certificate exists, else by content, whatever the files in the directory are called (cfssl's `server.pem`, dind's `cert.pem`).
 * Undefined where there is no certificate. Errors: `ERR_FILE`, also where there are several and no name tells which.
 */
export async function findLeaf(
  directory: string,
  role: LeafRole,
  name?: string,
): Promise<PairFiles | undefined> {
  const places = name === undefined ? allLayouts : [setFiles(name)];
  for (const { [role]: files } of places) {
    if (!(await isThere(join(directory, files.certificate)))) continue;
    const isFlat = name === undefined && files.certificate === layouts.flat.client.certificate;
    if (isFlat && (await isServersAlone(directory, files))) continue;
    return files;
  }
  return name === undefined ? leafByContent(directory, role) : undefined;
}

/** On a host of its own, dind and others give a server's pair the file names of a client's. */
async function isServersAlone(directory: string, { certificate }: PairFiles): Promise<boolean> {
  if (await isThere(join(directory, layouts.flat.server.certificate))) return false;
  const found = (await flatSet(directory))?.certificates.find(({ path }) => path === certificate);
  return found?.role === 'server';
}

async function leafByContent(directory: string, role: LeafRole): Promise<PairFiles | undefined> {
  const set = await flatSet(directory);
  const leaves = set ? leavesOf(set).filter((leaf) => leaf.role === role) : [];
  // Of copies the first.
  const prints = leaves.map(({ certificate }) => certificate.fingerprint256);
  const [leaf, ...more] = leaves.filter((_, at) => prints.indexOf(prints[at] ?? '') === at);
  if (!set || !leaf) return undefined;
  if (more.length > 0) {
    const paths = [leaf, ...more].map(({ path }) => path).join(', ');
    throw new DirectoryError(
      'ERR_FILE',
      directory,
      `${directory} has several ${role} certificates: ${paths}`,
      {
        hint: `put the one that is meant into a directory of its own, with its key and ${caFiles.certificate}`,
      },
    );
  }
  const key = keyOf(leaf, set) ?? keyBeside(leaf, set);
  return { certificate: leaf.path, key: key?.path ?? keyNames(leaf.path)[0] ?? layouts.flat[role].key };
}

/** The CA's certificate in a directory: by its name, else the only file with one. Undefined where there is none. */
export async function findCa(directory: string): Promise<string | undefined> {
  if (await isThere(join(directory, caFiles.certificate))) return caFiles.certificate;
  const set = await flatSet(directory);
  const files = new Set(
    set?.certificates.filter(({ role, index }) => role === 'ca' && index === 0).map(({ path }) => path),
  );
  return files.size === 1 ? [...files][0] : undefined;
}

/** What lies in the directory itself; undefined where it cannot be read. */
async function flatSet(directory: string): Promise<CertificateSet | undefined> {
  return readSet(directory, { folders: () => false }).catch(() => undefined);
}

/** Where a server's or client's pair lies, or would lie in the default layout. Errors: `ERR_FILE`. */
export async function leafFilesIn(directory: string, role: LeafRole, name?: string): Promise<PairFiles> {
  if (name !== undefined) return leafFiles(role, name);
  return (await findLeaf(directory, role)) ?? layouts.flat[role];
}

/** Whether a certificate of that role lies where `--name`, or a layout, finds it. Its name; undefined for the default pair. */
export function placeOf(path: string, role: LeafRole): { readonly name: string | undefined } | undefined {
  const [, name] = new RegExp(`^${role}s/([^/]+)/`).exec(path) ?? [];
  if (name !== undefined) return path === leafFiles(role, name).certificate ? { name } : undefined;
  return allLayouts.some((layout) => layout[role].certificate === path) ? { name } : undefined;
}
