import { rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError, fileError, systemCode } from '../errors.js';
import { timerNotes } from '../lifecycle/timer.js';
import { repair } from '../store/leftovers.js';
import { withLock } from '../store/lock.js';
import { prepareFile } from '../store/replace-file.js';
import { parseDaemonJson, readDaemonJson, withSettings, type DaemonJson } from './daemon-json.js';
import { digestOf, readRecord, recordName, type DaemonRecord } from './daemon-record.js';
import { daemonFiles, isOpen } from './daemon-settings.js';
import {
  daemonJsonPath,
  hostOf,
  lookAt,
  removeEmpty,
  type Host,
  type HostChange,
  type HostChanges,
  type HostOptions,
} from './host.js';
import { refuseRestart, restartDaemon, restartLines } from './restart.js';
import { dropInPath, readService } from './service.js';

/**
 * Takes back what `installDaemon` did: daemon.json is what it was, or, where it was changed since, loses the keys that were set;
 * the drop-in and the daemon's files go, and what they had replaced comes back. Killed at any moment, the next run goes on.
 * Errors: `ERR_CONFIGURATION` where nothing was installed there, or daemon.json cannot be read; `ERR_UNSAFE`, `ERR_FILE`,
 * `ERR_LOCKED`; `ERR_DOCKER_FAILED` for a restart that fails.
 */
export async function uninstallDaemon(options: HostOptions = {}): Promise<HostChanges> {
  const host = await hostOf(options);
  const directory = host.at(host.to);
  if (!options.apply) {
    const { steps, notes } = await plan(host, await neededRecord(host));
    return outcome(host, steps, notes, options);
  }
  await neededRecord(host);
  const { steps, notes, record } = await withLock(directory, options, async () => {
    await repair(directory);
    const record = await neededRecord(host);
    refuseRestart(await readService(host.root), options);
    const planned = await plan(host, record);
    for (const { work } of planned.steps) await work();
    // The record is the last: until it is gone, another run can go on.
    await removeIfThere(join(directory, recordName));
    return { ...planned, record };
  });
  await removeEmpty(host, record.made);
  return outcome(host, steps, notes, options);
}

interface UninstallStep extends HostChange {
  readonly work: () => Promise<unknown>;
}

async function outcome(
  host: Host,
  steps: readonly UninstallStep[],
  notes: readonly string[],
  options: HostOptions,
): Promise<HostChanges> {
  const service = await readService(host.root);
  const applied = options.apply === true;
  const restarted = applied && options.restart === true;
  if (restarted) await restartDaemon(service, options);
  return {
    changes: steps.map(({ path, action, what }) => ({ path, action, what })),
    ...{ applied, restarted, notes: [...notes, ...(await timerNotes(host.root))], manager: service.manager },
    restart: restarted ? [] : restartLines(service),
  };
}

async function neededRecord(host: Host): Promise<DaemonRecord> {
  const record = await readRecord(host.at(host.to));
  if (record) return record;
  const path = host.at(host.to);
  throw new ConfigurationError(path, `nothing that this program installed is in ${path}`, {
    hint: 'nothing was changed; name the directory that it was installed to with --to',
  });
}

/** daemon.json first: without it dockerd starts with its own flags again. */
async function plan(host: Host, record: DaemonRecord): Promise<{ steps: UninstallStep[]; notes: string[] }> {
  const { steps, notes } = await planDaemonJson(host, record);
  const dropIn = await lookAt(host.at(dropInPath));
  if (dropIn && digestOf(dropIn.content) === record.dropIn) {
    const what = "the unit's own command line holds again";
    steps.push({ path: dropInPath, action: 'remove', what, work: () => removeIfThere(host.at(dropInPath)) });
  } else if (dropIn) notes.push(`${dropInPath} was changed since, and stays`);
  for (const name of Object.values(daemonFiles)) {
    const path = join(host.to, name);
    const kept = record.kept[name];
    const old = kept === undefined ? undefined : join(host.to, kept);
    const found = await lookAt(host.at(path));
    if (found && digestOf(found.content) !== record.placed[name]) {
      notes.push(`${path} was changed since, and stays`);
    } else if (old !== undefined && (await lookAt(host.at(old)))) {
      const work = (): Promise<unknown> => rename(host.at(old), host.at(path));
      steps.push({ path, action: 'replace', what: `what was there before, kept as ${kept ?? ''}`, work });
    } else if (found) {
      const what = 'put there by install';
      steps.push({ path, action: 'remove', what, work: () => removeIfThere(host.at(path)) });
    }
  }
  return { steps, notes };
}

async function planDaemonJson(
  host: Host,
  { daemonJson }: DaemonRecord,
): Promise<{ steps: UninstallStep[]; notes: string[] }> {
  const path = host.at(daemonJsonPath);
  const existing = await readDaemonJson(path);
  const found = await lookAt(path);
  if (!existing || !found) return { steps: [], notes: [`${daemonJsonPath} is not there any more`] };
  const backup = daemonJson.backup === null ? undefined : await lookAt(host.at(daemonJson.backup));
  const restore = async (content: Buffer | string): Promise<void> => {
    await (await prepareFile({ path, content, mode: backup?.mode ?? found.mode, owner: found })).appear();
  };
  const steps: UninstallStep[] = [];
  const copy = daemonJson.backup ?? '';
  const copyGoes: UninstallStep[] = [
    {
      path: copy,
      action: 'remove',
      what: 'the copy is not needed any more',
      work: () => removeIfThere(host.at(copy)),
    },
  ];
  // A run that was killed has brought it back already.
  if (backup?.content.equals(Buffer.from(existing.text)) === true) return { steps: copyGoes, notes: [] };
  if (digestOf(existing.text) === daemonJson.written) {
    if (backup) {
      const work = (): Promise<void> => restore(backup.content);
      steps.push({ path: daemonJsonPath, action: 'replace', what: 'as it was before', work }, ...copyGoes);
      const open = isOpen(parseDaemonJson(backup.content.toString('utf8'), path), path);
      return { steps, notes: open ? [openAgain] : [] };
    }
    if (daemonJson.backup === null) {
      const what = 'there was none before';
      steps.push({ path: daemonJsonPath, action: 'remove', what, work: () => removeIfThere(path) });
      return { steps, notes: [] };
    }
  }
  const { settings, previous } = daemonJson;
  const ours = Object.keys(settings).filter((key) => isValue(existing, key, settings[key]));
  const others = Object.keys(settings).filter(
    (key) => !ours.includes(key) && !isValue(existing, key, previous[key]),
  );
  const back = Object.fromEntries(ours.map((key) => [key, previous[key]]));
  const text = withSettings(existing.text, back);
  if (text !== existing.text) {
    if (isOpen(parseDaemonJson(text, path), path)) {
      throw new ConfigurationError(
        path,
        `${path}: "hosts" was changed since, and without TLS those sockets would be open to everybody`,
        {
          hint: 'nothing was changed; take the TCP sockets out of it, and run the same command again',
        },
      );
    }
    const what = `${ours.join(', ')} as before; the rest was changed since, and stays`;
    steps.push({ path: daemonJsonPath, action: 'replace', what, work: () => restore(text) });
  }
  const notes = others.map((key) => `${daemonJsonPath}: ${key} was changed since, and stays`);
  return { steps, notes };
}

const openAgain = `${daemonJsonPath} is as it was: the daemon takes everybody over TCP again, who is then root on the host`;

function isValue({ value }: DaemonJson, key: string, wanted: unknown): boolean {
  return JSON.stringify(value[key]) === JSON.stringify(wanted);
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw fileError(path, 'remove', error);
  }
}
