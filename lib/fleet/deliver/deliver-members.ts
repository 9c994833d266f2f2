import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { DirectoryError } from '../../errors.js';
import { systemCode } from '../../file-error.js';
import { bundle, writeBundle } from '../../docker/client/bundle.js';
import { syncContext } from '../../docker/client/context.js';
import { encryptionSuffixes } from '../../docker/client/recipients.js';
import { isThere } from '../../store/is-there.js';
import { placeFile } from '../../store/place-file.js';
import { readRegular } from '../../store/read-regular.js';
import type { Fleet, FleetClient, FleetHost } from '../fleet.js';
import { memberEvent, type FleetMemberEvent, type FleetObserver } from '../apply/fleet-events.js';
import { stopsAll, whyFailed } from '../apply/failing.js';
import type { LookedAtFleet, LookedAtMember } from '../plan/look-at-fleet.js';

/** How the files of members are given on. */
export interface Delivery {
  /** A directory for a `.tar.gz` of each member whose key is here; undefined for none. */
  readonly bundle: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly allowOpenModes: boolean | undefined;
  readonly observer: FleetObserver | undefined;
}

/** Where deliveries go without `bundle`, beside the fleet file. */
const USUAL_FOLDER = 'bundles';

/** Remembers what was delivered, beside the bundles. */
const RECORD = '.delivered.json';

/** A file that is to be there, and what it is made of. */
interface WantedBundle {
  readonly member: LookedAtMember;
  readonly path: string;
  /** Differs where the file is to be written again. */
  readonly mark: string;
  readonly recipients: { readonly to?: readonly string[]; readonly toPgp?: readonly string[] };
}

/**
 * Writes the bundles of members whose keys are here, and brings docker contexts up to date, each only where something has changed
 * since. One that fails does not stop the others. Gives what was done. Errors: those of the record, and `ERR_ABORTED`.
 */
export async function deliverMembers(looked: LookedAtFleet, delivery: Delivery): Promise<FleetMemberEvent[]> {
  const { fleet, members } = looked;
  const events: FleetMemberEvent[] = [];
  const tell = (event: FleetMemberEvent): void => {
    events.push(event);
    delivery.observer?.(event);
  };
  const ready = members.filter(({ files }) => files.certificate !== undefined && files.hasKey);
  const wanted = ready.flatMap((one) => bundlesOf(one, fleet, delivery.bundle));
  for (const folder of new Set(wanted.map(({ path }) => dirname(path)))) {
    const record = await readDeliveries(folder);
    const here = wanted.filter(({ path }) => dirname(path) === folder);
    for (const one of here) await writeOne(one, fleet, record, delivery, tell);
  }
  for (const { member } of ready) {
    if (member.kind !== 'client' || !('install' in member.of) || !member.of.install.includes('context'))
      continue;
    await installContexts(member.of, fleet, delivery, tell);
  }
  return events;
}

/** The bundles of a member: a plain one where a directory is named, and one for each kind of its recipients. */
function bundlesOf(one: LookedAtMember, fleet: Fleet, named: string | undefined): WantedBundle[] {
  const { of, role } = one.member;
  const folder = resolve(named ?? join(fleet.file === undefined ? '.' : dirname(fleet.file), USUAL_FOLDER));
  const name = `${role}s-${of.name}`;
  const recipients = 'deliver' in of ? of.deliver : [];
  const valuesOf = (kind: 'age' | 'pgp'): string[] =>
    recipients.filter((each) => each.kind === kind).map(({ value }) => value);
  const [age, pgp] = [valuesOf('age'), valuesOf('pgp')];
  const wanted = (suffix: string, to: WantedBundle['recipients']): WantedBundle => ({
    member: one,
    path: join(folder, `${name}.tar.gz${suffix}`),
    mark: markOf(one, to),
    recipients: to,
  });
  return [
    ...(named !== undefined && recipients.length === 0 ? [wanted('', {})] : []),
    ...(age.length > 0 ? [wanted(encryptionSuffixes.age, { to: age })] : []),
    ...(pgp.length > 0 ? [wanted(encryptionSuffixes.gpg, { toPgp: pgp })] : []),
  ];
}

function markOf({ files }: LookedAtMember, recipients: WantedBundle['recipients']): string {
  const { certificate } = files;
  const parts = [certificate?.serial, certificate?.notAfter.toISOString(), certificate?.spki.toString('hex')];
  return createHash('sha256')
    .update(JSON.stringify([parts, recipients]))
    .digest('hex');
}

async function writeOne(
  { member: { member }, path, mark, recipients }: WantedBundle,
  fleet: Fleet,
  record: Map<string, string>,
  { signal, allowOpenModes }: Delivery,
  tell: (event: FleetMemberEvent) => void,
): Promise<void> {
  const key = path.slice(dirname(path).length + 1);
  if (record.get(key) === mark && (await isThere(path))) return;
  const of = { kind: member.kind, name: member.of.name, action: 'deliver' } as const;
  try {
    const made = await bundle(member.role, {
      directory: fleet.ca.directory,
      name: member.of.name,
      signal,
      ...recipients,
    });
    // What this program did not write is nobody's to replace.
    await writeBundle(path, made, { overwrite: record.has(key), allowOpenModes });
    record.set(key, mark);
    await writeDeliveries(dirname(path), record);
    tell(memberEvent(of, undefined));
  } catch (error) {
    if (stopsAll(error, fleet.ca.directory, false)) throw error;
    tell(memberEvent(of, whyFailed(error)));
  }
}

/** What was delivered, by the name of the file. Errors: `ERR_FILE` for a record that cannot be read. */
async function readDeliveries(folder: string): Promise<Map<string, string>> {
  const path = join(folder, RECORD);
  try {
    const { bytes } = await readRegular(path, { mostBytes: 50_000_000, followLinks: false });
    const value = JSON.parse(bytes.toString('utf8')) as unknown;
    if (typeof value !== 'object' || value === null) return new Map();
    return new Map(
      Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return new Map();
    throw new DirectoryError('ERR_FILE', path, `${path} is not the record of what was delivered`, {
      cause,
      hint: 'nothing was written there; move it away with the bundles beside it, and all of them are written again',
    });
  }
}

async function writeDeliveries(folder: string, record: ReadonlyMap<string, string>): Promise<void> {
  const text = `${JSON.stringify(Object.fromEntries([...record].sort()), undefined, 1)}\n`;
  await placeFile(join(folder, RECORD), text, 0o600, { overwrite: true });
}

/** A docker context of a client for each host, named after both. */
async function installContexts(
  client: FleetClient,
  { hosts, ca }: Fleet,
  { signal, allowOpenModes }: Delivery,
  tell: (event: FleetMemberEvent) => void,
): Promise<void> {
  const of = { kind: 'client', name: client.name, action: 'install' } as const;
  for (const host of hosts) {
    try {
      const options = { directory: ca.directory, name: client.name, host: endpointOf(host) };
      const { state } = await syncContext(contextOf(client, host), {
        ...options,
        apply: true,
        signal,
        allowOpenModes,
      });
      if (state !== 'current') tell(memberEvent(of, undefined));
    } catch (error) {
      if (stopsAll(error, ca.directory, false)) throw error;
      tell(memberEvent(of, whyFailed(error)));
      return; // with the others it would be the same
    }
  }
}

function contextOf({ name }: FleetClient, host: FleetHost): string {
  return `${name}-${host.name}`;
}

function endpointOf({ address, port }: FleetHost): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
