import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, systemCode } from '../../file-error.js';
import type { LeafRole } from '../../x509/role.js';
import type { Fleet } from '../fleet.js';

/** Servers and clients that lie in a certificate directory, and that the fleet file does not name. */
export interface UnnamedMembers {
  readonly hosts: readonly string[];
  readonly clients: readonly string[];
}

/** Lists them by the directories `servers/NAME` and `clients/NAME`. Errors: `ERR_FILE`. */
export async function unnamedMembers({ ca: { directory }, hosts, clients }: Fleet): Promise<UnnamedMembers> {
  return {
    hosts: await namesBut(directory, 'server', hosts),
    clients: await namesBut(directory, 'client', clients),
  };
}

async function namesBut(
  directory: string,
  role: LeafRole,
  members: readonly { readonly name: string }[],
): Promise<string[]> {
  const named = new Set(members.map(({ name }) => name));
  const path = join(directory, `${role}s`);
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !named.has(entry.name))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
    throw fileError(path, 'read', error);
  }
}
