import { dirname, resolve } from 'node:path';
import { nearest } from '../../known-options.js';
import { parseDirectory, parseName } from '../../set/layout.js';
import type { Fleet, FleetClient, FleetHost, Rollout } from '../fleet.js';
import { ClaimedNames } from './claimed-names.js';
import { tryParse, type Named } from './fields.js';
import { placeIn, shortened, topPlace, type FileNode } from './file-node.js';
import { fleetFile } from './fleet-keys.js';
import { FleetHosts } from './hosts.js';
import {
  clientValues,
  refuseWindow,
  usualCaDays,
  usualCaKey,
  type FleetTop,
  type ReadClient,
  type ReadDefaults,
} from './members.js';
import type { Problems } from './problems.js';

/** Makes a fleet of the tree of a file. `file`: absolute; undefined for a value. Throws `ERR_CONFIGURATION` with all problems. */
export function buildFleet(node: FileNode, file: string | undefined, problems: Problems): Fleet {
  const top = fleetFile.read(node, { ...topPlace, at: node.at }, problems);
  const home = file === undefined ? resolve('.') : dirname(file);
  refuseWindow(top?.defaults?.renew?.window, problems);
  const hosts = hostsOf(top, problems);
  const clients = clientsOf(top?.clients ?? [], top?.defaults, problems);
  const directoryIn = (path: string, key: readonly string[]): string =>
    tryParse(
      () => parseDirectory(resolve(home, path)),
      key.reduce((place, step) => placeIn(place, step, undefined), topPlace),
      problems,
    ) ?? home;
  const fleet: Fleet = {
    file,
    ca: {
      directory: directoryIn(top?.ca?.directory ?? './ca', ['ca', 'directory']),
      key: top?.ca?.key ?? usualCaKey,
      days: top?.ca?.days ?? usualCaDays,
    },
    csrs: directoryIn(top?.csrs ?? './csrs', ['csrs']),
    hosts,
    clients,
    rollout: rolloutOf(top?.rollout, clients, problems),
  };
  problems.throwIfAny();
  return fleet;
}

function hostsOf(top: FleetTop | undefined, problems: Problems): readonly FleetHost[] {
  if (!top?.hosts) return [];
  const all = new FleetHosts(top.defaults, problems);
  for (const host of top.hosts.value) all.add(host);
  all.refuseGroupsOfHosts();
  if (problems.count === 0 && all.hosts.length === 0) problems.add(top.hosts.place, 'there are no hosts');
  return all.hosts;
}

function clientsOf(
  given: readonly Named<ReadClient>[],
  defaults: ReadDefaults | undefined,
  problems: Problems,
): readonly FleetClient[] {
  const claimed = new ClaimedNames(problems);
  return given.flatMap(({ name, namePlace, value, place }) => {
    if (!claimed.claimMember(name, namePlace)) return [];
    const parsed = tryParse(() => parseName(name), namePlace, problems);
    const values = clientValues(value, defaults, place, problems);
    if (values.keys === 'on-host')
      for (const key of ['deliver', 'install'] as const)
        if (value[key])
          problems.add(
            value[key].place,
            'the key of this client is not on the controller',
            "leave this out, or 'keys: on-host'",
          );
    if (parsed === undefined) return [];
    const { age = [], pgp = [] } = value.deliver?.value ?? {};
    return {
      name: parsed,
      ...values,
      deliver: [...age, ...pgp],
      install: [...new Set(value.install?.value ?? [])],
    };
  });
}

function rolloutOf(given: FleetTop['rollout'], clients: readonly FleetClient[], problems: Problems): Rollout {
  const { canary = 1, batch = { percent: 25 }, verify = 'connect', client } = given ?? {};
  if (client) {
    const found = clients.find(({ name }) => name === client.value);
    if (!found) {
      const near = nearest(
        client.value,
        clients.map(({ name }) => name),
      );
      problems.add(
        client.place,
        `there is no client '${shortened(client.value)}'`,
        near && `did you mean '${near}'?`,
      );
    } else if (found.keys !== 'on-controller')
      problems.add(client.place, `the key of '${client.value}' is not on the controller`);
  }
  return { canary, batch, stopAfter: given?.['stop-after'] ?? 1, verify, client: client?.value };
}
