import { basename, join } from 'node:path';
import { digestOf } from './digest.js';
import type { DaemonRecord, Written } from './daemon-record.js';
import { recordPath } from './daemon-record.js';
import type { Host } from '../daemon/host.js';
import { readRecord } from './installed.js';
import type { PlannedChange } from './planned-changes.js';
import { isCopyOf } from './installed-paths.js';
import { refuseMissing } from '../daemon/refuse-missing.js';
import { dropInPath } from '../daemon/service.js';
import { planOldDaemonJson } from './uninstall-daemon-json.js';

/** What uninstalling a daemon changes, for one look at the host. */
export interface UninstallPlan {
  readonly changes: readonly PlannedChange[];
  readonly notes: readonly string[];
  /** Directories that go, as far as they are empty. */
  readonly emptied: readonly string[];
}

/** Undefined where nothing is installed. Errors: `ERR_CONFIGURATION`, `ERR_UNSAFE`, `ERR_FILE`. */
export async function planUninstallation(host: Host): Promise<UninstallPlan | undefined> {
  const recorded = await readRecord(host);
  if (!recorded) return undefined;
  const { record, found } = recorded;
  // daemon.json first: without it dockerd starts with its own flags again.
  const { changes, notes, text } = await planOldDaemonJson(host, record.daemonJson);
  for (const [path, written, what] of writtenFiles(host, record)) {
    const planned = await putBack(host, path, written, what);
    changes.push(...planned.changes);
    notes.push(...planned.notes);
  }
  const removed = changes.filter(({ after }) => !after).map(({ path }) => path);
  await refuseMissing(host, removed, text);
  notes.push(...(await copiesThatStay(host, record, removed)));
  const what = 'the record of the installation';
  changes.push({ path: recordPath(host.to), before: found, after: undefined, what });
  return { changes, notes, emptied: record.made };
}

function writtenFiles(host: Host, { placed, dropIn }: DaemonRecord): [string, Written, string][] {
  return [
    ...(dropIn ? [[dropInPath, dropIn, "the unit's own command line holds again"] as const] : []),
    ...[...placed].map(([name, file]) => [join(host.to, name), file, 'put there by install'] as const),
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
  const isOurs = found !== undefined && digestOf(found.content) === digest;
  if (before === 'the same') return { changes: [], notes: [] };
  if (found && !isOurs) {
    return { changes: [], notes: [`${path} was changed since, and stays`] };
  }
  if (copy && kept && (copy.digest === undefined || copy.digest === digestOf(kept.content))) {
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
  const names = await files.list(to);
  const isCopy = (path: string): boolean => [...placed.keys()].some((name) => isCopyOf(path, join(to, name)));
  return names
    .map((name) => join(to, name))
    .filter((path) => isCopy(path) && !removed.includes(path))
    .sort()
    .map((path) => `${path}, a copy of what was there, stays`);
}
