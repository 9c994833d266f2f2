import { running, type Run } from '../../execute/run.js';
import type { X509Certificate } from 'node:crypto';
import { aborted, InputError } from '../../errors.js';
import { givenFlag, givenMs, givenTexts } from '../../given.js';
import { nearest, refuseUnknown, type OptionNames } from '../../known-options.js';
import { revokedSerials } from '../../set/issued/read.js';
import { breathe } from '../../store/breathe.js';
import { parseWithin, USUAL_WITHIN, type Within } from '../../x509/life.js';
import { parseNow } from '../../x509/validity.js';
import type { FleetFile } from '../file/fleet-file.js';
import { readFleet } from '../file/read-fleet.js';
import type { Fleet, FleetHost } from '../fleet.js';
import { memberFolders } from '../plan/member-files.js';
import { readAuthorities, type CaOnDisk } from './authorities-on-disk.js';
import {
  memberStates,
  type FleetClientStatus,
  type FleetHostStatus,
  type FleetMemberState,
  type ServedState,
} from './host-status.js';
import { findMember, type FoundMember } from './member-on-disk.js';
import { clientStatus, hostStatus } from './member-status.js';
import { lookAtHosts, type SeenHost } from './served-by-host.js';
import { unnamedMembers, type UnnamedMembers } from './unnamed-members.js';

export interface FleetStatusOptions {
  /** Only these hosts, and those of `groups`; clients are left out then. Default: all hosts and clients. */
  readonly hosts?: readonly string[] | undefined;
  /** Only hosts of these groups, and `hosts`. Default: all. */
  readonly groups?: readonly string[] | undefined;
  /** Looks at the certificate directory alone, and connects to no host. Default: false. */
  readonly offline?: boolean | undefined;
  /** What has less left is due: `30d`, or `33%` of its whole life. Default: as the fleet file has it, with window and jitter. */
  readonly within?: Within | number | string | undefined;
  /** So many connections at a time. Default: 32. */
  readonly parallel?: number | undefined;
  /** Timeout per connection, in milliseconds. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Ends open connections and stops the work with `ERR_ABORTED`. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Is called for each host that was connected to. Default: none. */
  readonly observer?: ((event: FleetStatusEvent) => void) | undefined;
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
}

const optionNames: OptionNames<FleetStatusOptions> = {
  hosts: true,
  groups: true,
  offline: true,
  within: true,
  parallel: true,
  timeoutMs: true,
  signal: true,
  observer: true,
  now: true,
};

/** One host was connected to, or could not be reached. */
export interface FleetStatusEvent {
  readonly type: 'seen';
  readonly host: string;
  /** Whether it showed a certificate. */
  readonly served: boolean;
  readonly done: number;
  readonly total: number;
}

/** How the hosts and clients of a fleet stand. */
export interface FleetStatus {
  readonly now: Date;
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** The worst of all, the CAs too. */
  readonly state: FleetMemberState;
  readonly counts: {
    readonly hosts: Readonly<Record<FleetMemberState, number>>;
    readonly clients: Readonly<Record<FleetMemberState, number>>;
    /** Of the hosts. */
    readonly served: Readonly<Partial<Record<ServedState, number>>>;
  };
  readonly cas: readonly CaOnDisk[];
  /** In the order of the file. */
  readonly hosts: readonly FleetHostStatus[];
  readonly clients: readonly FleetClientStatus[];
  /** What lies in the directory, and the file does not name. */
  readonly unnamed: UnnamedMembers;
}

/** As `fleetStatus`, but where the signal aborts, what was not seen is `not-checked`. */
export async function fleetStatusSoFar(
  source: string | FleetFile,
  options: FleetStatusOptions = {},
): Promise<FleetStatus> {
  return statusOfFleet(await readFleet(source), options);
}

/** The same, for a fleet that was read. */
export async function statusOfFleet(fleet: Fleet, options: FleetStatusOptions = {}): Promise<FleetStatus> {
  refuseUnknown(options, optionNames);
  const { signal, observer, parallel = 32 } = options;
  if (!Number.isInteger(parallel) || parallel < 1 || parallel > 1000)
    throw new InputError('parallel', 'parallel is not a whole number from 1 to 1000');
  const timeoutMs = givenMs(options.timeoutMs ?? 10_000, 'timeoutMs', 1);
  const offline = givenFlag(options.offline ?? false, 'offline');
  const now = parseNow(options.now ?? new Date());
  const within = options.within === undefined ? undefined : parseWithin(options.within);
  const hosts = chosenHosts(fleet, options);
  const clients = hosts === fleet.hosts ? fleet.clients : [];
  const { directory } = fleet.ca;

  const authorities = await readAuthorities(directory, now, within ?? USUAL_WITHIN);
  const revoked = await revokedSerials(directory);
  const folders = memberFolders(directory);
  const { server, client } = authorities.of;
  let done = 0;
  const looking = offline
    ? new Map<FleetHost, SeenHost>()
    : lookAtHosts(hosts, {
        ca: server.certificates.length > 0 ? server.certificates.map(String).join('') : undefined,
        parallel,
        timeoutMs,
        signal,
        seen: ({ name: host }, { is }) =>
          observer?.({ type: 'seen', host, served: is === 'served', done: ++done, total: hosts.length }),
      });
  const there = new Map<FleetHost, FoundMember>();
  for (const [at, host] of hosts.entries()) {
    await breathe(at);
    there.set(host, findMember('server', host, fleet, folders));
  }
  const common = { directory, now, within, revoked };
  const clientStatuses: FleetClientStatus[] = [];
  for (const [at, one] of clients.entries()) {
    await breathe(at);
    const found = findMember('client', one, fleet, folders);
    clientStatuses.push(clientStatus(one, found, { ...common, side: client }));
  }
  const seen = await looking;
  const of = ownersOf(there);
  const view = { ...common, side: server };
  const hostStatuses = hosts.map((host) =>
    hostStatus(host, there.get(host) ?? { is: 'missing' }, seen.get(host) ?? { is: 'not-checked' }, of, view),
  );
  return {
    now,
    directory,
    ...summed(authorities.files, hostStatuses, clientStatuses),
    cas: authorities.files,
    hosts: hostStatuses,
    clients: clientStatuses,
    unnamed: unnamedMembers(fleet, folders),
  };
}

/**
 * Shows how the hosts and clients of a fleet stand: the certificate of each on disk, the one that each host serves, and how the two
 * compare; what is due and when. It connects to every host without a client certificate, reads no keys, and changes nothing. What it
 * could not look at is `not-checked`, never `ok`.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used: a host or a group that the fleet does not have.
 * @throws `ERR_CONFIGURATION`, `ERR_FILE`: the fleet file, or the index of what was revoked, cannot be read.
 * @throws `ERR_ABORTED`: `signal` aborted.
 * @example
 * ```ts
 * import { fleetStatus } from 'docker-tls-openssl';
 *
 * const fleet = { ca: { directory: 'docker-tls' }, hosts: { web1: { names: ['web1.example.com'] } } };
 * const { state, hosts } = await fleetStatus(fleet, { offline: true });
 * console.log(state);
 * for (const { name, served, findings } of hosts) console.log(name, served.state, ...findings.map(({ text }) => text));
 * ```
 */
export function fleetStatus(
  fleet: string | FleetFile,
  options: FleetStatusOptions = {},
): Run<FleetStatus, FleetStatusEvent> {
  return running(options, (observed) => statusNow(fleet, observed));
}

async function statusNow(fleet: string | FleetFile, options: FleetStatusOptions): Promise<FleetStatus> {
  const status = await fleetStatusSoFar(fleet, options);
  if (options.signal?.aborted) throw aborted(options.signal, 'stopped before every host was looked at');
  return status;
}

function chosenHosts({ hosts }: Fleet, { hosts: names, groups }: FleetStatusOptions): readonly FleetHost[] {
  if (!names?.length && !groups?.length) return hosts;
  const wanted = new Set(givenTexts(names ?? [], 'hosts'));
  const inGroups = new Set(givenTexts(groups ?? [], 'groups'));
  refuseAbsent('hosts', 'host', wanted, new Set(hosts.map(({ name }) => name)));
  refuseAbsent('groups', 'group', inGroups, new Set(hosts.flatMap((host) => host.groups)));
  return hosts.filter((host) => wanted.has(host.name) || host.groups.some((group) => inGroups.has(group)));
}

function refuseAbsent(
  option: string,
  what: string,
  wanted: ReadonlySet<string>,
  there: ReadonlySet<string>,
): void {
  for (const name of wanted) {
    if (there.has(name)) continue;
    const near = nearest(name, [...there]);
    throw new InputError(option, `the fleet has no ${what} ${JSON.stringify(name)}`, {
      hint: near === undefined ? undefined : `did you mean '${near}'?`,
    });
  }
}

/** Finds the host whose certificate it is. */
function ownersOf(
  there: ReadonlyMap<FleetHost, FoundMember>,
): (served: X509Certificate) => string | undefined {
  let names: Map<string, string> | undefined;
  return ({ raw }) => {
    names ??= new Map(
      [...there].flatMap(([{ name }, one]) =>
        one.is === 'there' ? [[one.leaf.der.toString('latin1'), name] as const] : [],
      ),
    );
    return names.get(raw.toString('latin1'));
  };
}

function summed(
  cas: readonly CaOnDisk[],
  hosts: readonly FleetHostStatus[],
  clients: readonly FleetClientStatus[],
): Pick<FleetStatus, 'state' | 'counts'> {
  const count = (states: readonly FleetMemberState[]): Record<FleetMemberState, number> => {
    const counts = { ok: 0, 'not-checked': 0, due: 0, invalid: 0 };
    for (const state of states) counts[state]++;
    return counts;
  };
  const served: Partial<Record<ServedState, number>> = {};
  for (const host of hosts) served[host.served.state] = (served[host.served.state] ?? 0) + 1;
  const all = [...cas.map(caState), ...[...hosts, ...clients].map(({ state }) => state)];
  const state = memberStates.findLast((one) => all.includes(one)) ?? 'ok';
  return {
    state,
    counts: {
      hosts: count(hosts.map((host) => host.state)),
      clients: count(clients.map((client) => client.state)),
      served,
    },
  };
}

/** A missing CA is for the first `apply` to make. */
function caState({ state }: CaOnDisk): FleetMemberState {
  if (state === 'ok') return 'ok';
  return state === 'due' || state === 'missing' ? 'due' : 'invalid';
}
