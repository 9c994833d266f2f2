import { join } from 'node:path';
import { parseAltNames, parseDays, parseKeyType } from '../../lib/index.js';
import type { Fleet, FleetClient, FleetHost } from '../../lib/fleet/fleet.js';
import { USUAL_WITHIN } from '../../lib/x509/life.js';

const member = {
  key: parseKeyType('ec:p256'),
  days: parseDays(90, 'days'),
  keys: 'on-controller',
  renew: { within: USUAL_WITHIN, window: undefined, jitter: 0 },
} as const;

/** A host of a fleet, as the fleet file would give it. */
export function fleetHost(name: string, names: readonly string[], more: Partial<FleetHost> = {}): FleetHost {
  return {
    ...member,
    name,
    names: parseAltNames(names),
    localhost: true,
    address: names[0] ?? name,
    port: 2376,
    ssh: undefined,
    groups: [],
    ...more,
  };
}

export function fleetClient(name: string, more: Partial<FleetClient> = {}): FleetClient {
  return { ...member, name, deliver: [], install: [], ...more };
}

/** A fleet as it is after its file was read. */
export function fleetLiteral(
  directory: string,
  hosts: readonly FleetHost[],
  clients: readonly FleetClient[] = [],
): Fleet {
  return {
    file: undefined,
    ca: { directory, key: member.key, days: parseDays(3650, 'days') },
    csrs: join(directory, '..', 'csrs'),
    hosts,
    clients,
    rollout: {
      canary: 1,
      batch: { percent: 25 },
      stopAfter: 1,
      verify: 'connect',
      client: undefined,
    },
  };
}
