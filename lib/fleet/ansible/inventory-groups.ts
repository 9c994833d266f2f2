import type { FleetHost } from '../fleet.js';

/** A group of the inventory, with the names of its hosts. */
export interface InventoryGroup {
  readonly name: string;
  readonly hosts: readonly string[];
}

/** The groups of Ansible's own, and ours. */
const taken: readonly string[] = ['all', 'ungrouped', 'docker_tls', 'docker_tls_on_host', 'docker_tls_ready'];

/**
 * The groups of hosts, with names that Ansible takes: letters, digits and underscores, no digit first, and none that a host
 * or a group of its own has. `docker_tls_on_host` has the hosts that make their keys themselves.
 */
export function inventoryGroups(hosts: readonly FleetHost[]): InventoryGroup[] {
  const groups = new Map<string, string[]>([
    ['docker_tls_on_host', hosts.filter(({ keys }) => keys === 'on-host').map(({ name }) => name)],
  ]);
  const others = new Set([...taken, ...hosts.map(({ name }) => name)]);
  for (const { name, groups: own } of hosts)
    for (const group of own) {
      const plain = group.replace(/\W/g, '_').replace(/^(?=\d)/, '_');
      const free = others.has(plain) ? `group_${plain}` : plain;
      const members = groups.get(free) ?? [];
      if (!members.includes(name)) members.push(name);
      groups.set(free, members);
    }
  return [...groups]
    .filter(([, members]) => members.length > 0)
    .map(([name, members]) => ({ name, hosts: members }));
}
