import { nameOfPath, walkIssues } from '../../authority/entries.js';
import { parseCrlRequest } from '../../authority/crl-options.js';
import { planRevoke } from '../../authority/revoke.js';
import { executeUnlocked } from '../../execute/execute.js';
import { askingKeyring } from '../../issue/keyring.js';
import { newArchiveFolder } from '../../set/archive.js';
import { evenHex } from '../../set/issued/entry.js';
import { leafFiles } from '../../set/layout.js';
import type { Lock } from '../../store/lock.js';
import { moveFolder } from '../../store/move-folder.js';
import type { LeafRole } from '../../x509/role.js';
import type { LookedAtFleet, Stranger } from '../plan/look-at-fleet.js';
import type { FleetRunValues } from './apply-options.js';
import { memberEvent, type FleetCounter } from './fleet-events.js';
import { stopsAll, whyFailed } from './failing.js';

/**
 * Revokes hosts and clients that the fleet file does not name, signs the list that says so, and then moves their directories to the
 * archive. Killed in between, the next run moves them. Errors: those of `revoke`.
 */
export async function pruneStrangers(
  { strangers, areSeparate, fleet, members }: LookedAtFleet,
  values: FleetRunValues,
  lock: Lock,
  counter: FleetCounter,
  archived: string[],
): Promise<void> {
  if (strangers.length === 0) return;
  const { directory } = fleet.ca;
  const now = values.clock();
  const serials = await serialsOf(strangers, inUse(members), directory, now);
  // Each CA has a list of its own.
  const sides = areSeparate ? [serials.server, serials.client] : [[...serials.server, ...serials.client]];
  for (const side of sides) {
    if (side.length === 0) continue;
    const crl = parseCrlRequest({ directory, passphrase: values.passphrase, now }, askingKeyring);
    const { plan } = await planRevoke(side, crl, { reason: 'cessationOfOperation' });
    await executeUnlocked(plan, { ...values.control, directory }, lock);
  }
  const archive = await newArchiveFolder(directory, now);
  archived.push(archive);
  for (const one of strangers) {
    const { directory: folder = '' } = leafFiles(one.role, one.name);
    const of = { kind: one.role === 'server' ? 'host' : 'client', name: one.name, action: 'revoke' } as const;
    try {
      await moveFolder(directory, folder, `${archive}/${folder}`);
      counter.add([memberEvent(of, undefined)]);
    } catch (error) {
      if (stopsAll(error, directory, false)) throw error;
      counter.add([memberEvent(of, whyFailed(error))]);
    }
  }
}

/** The serial numbers of the members' own certificates: one that was moved to another name is not revoked. */
function inUse(members: LookedAtFleet['members']): ReadonlySet<string> {
  return new Set(
    members.flatMap(({ files }) => (files.certificate ? [evenHex(files.certificate.serial)] : [])),
  );
}

/** What is still valid of what was issued to these names, by the index. */
async function serialsOf(
  strangers: readonly Stranger[],
  used: ReadonlySet<string>,
  directory: string,
  now: Date,
): Promise<Readonly<Record<LeafRole, string[]>>> {
  const names = { server: new Set<string>(), client: new Set<string>() };
  const lying = { server: new Set<string>(), client: new Set<string>() };
  for (const { role, name, files } of strangers) {
    names[role].add(name);
    if (files.certificate) lying[role].add(evenHex(files.certificate.serial));
  }
  const serials = { server: [] as string[], client: [] as string[] };
  for (const { line, record } of (await walkIssues(directory)).entries) {
    if (line.revocation || line.notAfter <= now || used.has(line.serial)) continue;
    for (const role of ['server', 'client'] as const) {
      const name = record && nameOfPath(role, record.path);
      if (lying[role].has(line.serial) || (name !== undefined && names[role].has(name)))
        serials[role].push(line.serial);
    }
  }
  return serials;
}
