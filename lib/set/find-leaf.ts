import { join } from 'node:path';
import { isThere } from '../store/is-there.js';
import type { LeafRole } from '../x509/role.js';
import { allLayouts, layouts, leafFiles, setFiles, type PairFiles } from './layout.js';

/**
 * Finds where a server's or client's pair lies: with `name` in a directory of its own, else in the first layout whose
 * certificate exists. Undefined where there is no certificate. Errors: `ERR_FILE`.
 */
export async function findLeaf(
  directory: string,
  role: LeafRole,
  name?: string,
): Promise<PairFiles | undefined> {
  const places = name === undefined ? allLayouts : [setFiles(name)];
  for (const { [role]: files } of places) if (await isThere(join(directory, files.certificate))) return files;
  return undefined;
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
