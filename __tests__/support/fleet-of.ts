import type { Fleet, FleetHost } from '../../lib/fleet/fleet.js';
import { parseAltNames } from '../../lib/x509/alt-names.js';

const key = { algorithm: 'ec', curve: 'prime256v1' } as const;
const renew = { within: { percent: 33 }, window: undefined, jitter: 0 } as unknown as FleetHost['renew'];

/** A host of a fleet with a P-256 key that it makes itself. */
export function fleetHost(name: string, names: readonly string[], more: Partial<FleetHost> = {}): FleetHost {
  const parsed = parseAltNames(names);
  return {
    ...{ name, key, days: 90 as FleetHost['days'], keys: 'on-host', renew, names: parsed, localhost: true },
    ...{ address: parsed[0]!.value, port: 2376, ssh: undefined, groups: [] },
    ...more,
  };
}

/** A fleet with its files below `base`, and a client alice. */
export function fleetOf(base: string, hosts: readonly FleetHost[], more: Partial<Fleet> = {}): Fleet {
  return {
    file: `${base}/docker-tls.yaml`,
    ca: { directory: `${base}/tls`, key, days: 3650 as Fleet['ca']['days'] },
    csrs: `${base}/csrs`,
    hosts,
    clients: [
      {
        ...{ name: 'alice', key, days: 90 as FleetHost['days'], keys: 'on-controller', renew },
        ...{ deliver: [], install: [] },
      },
    ],
    rollout: { canary: 1, batch: { percent: 25 }, stopAfter: 1, verify: 'connect', client: undefined },
    ...more,
  };
}
