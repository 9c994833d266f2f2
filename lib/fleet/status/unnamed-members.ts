import type { Fleet } from '../fleet.js';
import type { MemberFolders } from '../plan/member-files.js';
import { PROBE_NAME } from '../roll-over/state.js';

/** Servers and clients that lie in a certificate directory, and that the fleet file does not name. */
export interface UnnamedMembers {
  readonly hosts: readonly string[];
  readonly clients: readonly string[];
}

/** Lists them by the directories `servers/NAME` and `clients/NAME`; the client that a roll-over makes for itself is none. */
export function unnamedMembers({ hosts, clients }: Fleet, folders: MemberFolders): UnnamedMembers {
  const namesBut = (there: ReadonlySet<string>, members: readonly { readonly name: string }[]): string[] => {
    const named = new Set(members.map(({ name }) => name));
    return [...there].filter((name) => !named.has(name)).sort();
  };
  return {
    hosts: namesBut(folders.server, hosts),
    clients: namesBut(folders.client, [...clients, { name: PROBE_NAME }]),
  };
}
