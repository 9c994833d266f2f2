import { basename, dirname, join } from 'node:path';
import { DockerTlsError } from '../../errors.js';
import { sha256Of } from './digest.js';
import type { DaemonRecord, Written } from './daemon-record.js';
import { daemonRecordPath } from './daemon-record.js';
import { parseDaemonJson, readDaemonJson } from '../daemon/daemon-json.js';
import { readDaemonStart } from '../daemon/daemon-start.js';
import { settingsOf, tlsOf } from '../daemon/daemon-tls.js';
import { letsInOnlyClients, tcpSockets } from '../daemon/tcp-sockets.js';
import type { Host } from '../daemon/host.js';
import { readRecordOf } from './installed.js';
import type { PlannedChange } from './planned-changes.js';
import { isCopyOf } from './installed-paths.js';
import { refuseMissing } from '../daemon/refuse-missing.js';
import type { DaemonPlaces } from '../daemon/places.js';
import { planOldDaemonJson, type OldDaemonJson } from './uninstall-daemon-json.js';

/** What uninstalling a daemon changes, for one look at the host. */
export interface UninstallPlan {
  readonly changes: readonly PlannedChange[];
  readonly notes: readonly string[];
  /** Directories that go, as far as they are empty. */
  readonly emptied: readonly string[];
}

/** Undefined where nothing is installed. Errors: `ERR_CONFIGURATION`, `ERR_UNSAFE`, `ERR_FILE`. */
export async function planUninstallation(host: Host): Promise<UninstallPlan | undefined> {
  const recorded = await readRecordOf(host);
  if (!recorded) return undefined;
  const { record, found } = recorded;
  const { daemonJson } = host.places;
  const { changes, notes, text }: OldDaemonJson =
    daemonJson !== undefined && record.daemonJson
      ? await planOldDaemonJson(host, daemonJson, record.daemonJson)
      : { changes: [], notes: [], text: undefined };
  for (const [path, written, what] of writtenFiles(host, record)) {
    const planned = await putBack(host, path, written, what);
    changes.push(...planned.changes);
    notes.push(...planned.notes);
  }
  const removed = changes.filter(({ after }) => !after).map(({ path }) => path);
  const { places } = host;
  const unit = places.kind === 'podman' ? changes.find(({ path }) => path === places.dropIn) : undefined;
  if (!unit) await refuseMissing(host, places, removed, text);
  else if (unit.after && !unit.after.content.toString().includes('--tls-client-ca'))
    notes.push('Podman accepts everyone over TCP again, as before');
  notes.push(...(await copiesThatStay(host, record, removed)), ...(await openNotes(host, host.places, text)));
  const what = 'the record of the installation';
  changes.push({ path: daemonRecordPath(host.to), before: found, after: undefined, what });
  return { changes, notes, emptied: record.made };
}

/**
 * Says so where the daemon was open to everybody before, and is again: by its file, its command line or a socket unit. `text` is
 * what daemon.json is to say. Where that cannot be read, says so, and why.
 */
async function openNotes({ files }: Host, places: DaemonPlaces, text: string | undefined): Promise<string[]> {
  const { dropIn, daemonJson } = places;
  if (dropIn === undefined || daemonJson === undefined) return [];
  try {
    const without = { path: dropIn.slice(1), content: undefined };
    const { flags, passed, unknown, configFile } = await readDaemonStart(files.shown, without, places);
    const file =
      configFile === daemonJson
        ? parseDaemonJson(text ?? '', daemonJson)
        : await readDaemonJson(files.shown, configFile);
    const inFile = file?.value ?? {};
    const inFlags = settingsOf(flags);
    const hosts = [inFile['hosts'], inFlags.hosts].flatMap((list) => list ?? []);
    const { on } = tcpSockets({ hosts, passed, isPartly: unknown !== undefined });
    const tls = tlsOf(inFile, inFlags);
    if (on.length === 0 || letsInOnlyClients(tls)) return [];
    const whom = tls.on && tls.verify ? 'clients of any CA that the host trusts' : 'everyone';
    return [
      `the daemon accepts ${whom} over TCP again, as before, which makes them root on the host: ${on.join(', ')}`,
    ];
  } catch (error) {
    if (!(error instanceof DockerTlsError)) throw error;
    return [`not checked whether the daemon accepts everyone over TCP again: ${error.message}`];
  }
}

const whatEnds = {
  dockerd: "the unit's own command line holds again",
  podman: "Podman's API is served over TLS no more",
} as const;

function writtenFiles(host: Host, { placed, dropIn }: DaemonRecord): [string, Written, string][] {
  const path = host.places.dropIn;
  return [
    ...(dropIn && path !== undefined ? [[path, dropIn, whatEnds[host.places.program]] as const] : []),
    ...[...placed]
      .reverse()
      .map(([name, file]) => [join(host.to, name), file, 'put there by install'] as const),
  ].map((each) => [...each]);
}

/** What was there before comes back; what was the same stays; what someone changed since stays, too. */
async function putBack(
  host: Host,
  path: string,
  { digest, before }: Written,
  what: string,
): Promise<Pick<UninstallPlan, 'changes' | 'notes'>> {
  const found = await host.read(path);
  const copy = typeof before === 'object' ? before : undefined;
  const kept = copy && (await host.read(copy.path));
  const isOurs = found !== undefined && sha256Of(found.content) === digest;
  if (before === 'the same') return { changes: [], notes: [] };
  if (found && !isOurs) {
    return { changes: [], notes: [`${path} was changed since, and stays`] };
  }
  if (copy && kept && (copy.digest === undefined || copy.digest === sha256Of(kept.content))) {
    const { content, mode, uid, gid } = kept;
    const after = { content, mode, owner: { uid, gid } };
    return {
      changes: [
        { path, before: found, after, what: `what was there before, kept as ${basename(copy.path)}` },
        { path: copy.path, before: kept, after: undefined },
      ],
      notes: [],
    };
  }
  const lost = copy
    ? [
        `${copy.path} is ${kept ? 'not what install kept there, and stays' : 'missing'}: ${path} does not come back`,
      ]
    : [];
  return {
    changes: found ? [{ path, before: found, after: undefined, what }] : [],
    notes: lost,
  };
}

/** Copies that install made, and that do not come back. */
async function copiesThatStay(
  { files, to }: Host,
  { placed }: DaemonRecord,
  removed: readonly string[],
): Promise<string[]> {
  const originals = [...placed.keys()].map((name) => join(to, name));
  const folders = [...new Set(originals.map((path) => dirname(path)))];
  const listed = await Promise.all(
    folders.map(async (folder) => (await files.list(folder)).map((name) => join(folder, name))),
  );
  return listed
    .flat()
    .filter((path) => originals.some((file) => isCopyOf(path, file)) && !removed.includes(path))
    .sort()
    .map((path) => `${path}, a copy of what was there, stays`);
}
