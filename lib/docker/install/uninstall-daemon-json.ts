import { ConfigurationError } from '../../errors.js';
import type { FoundFile } from '../../store/place.js';
import { parseDaemonJson, withSettings, type DaemonJson } from '../daemon/daemon-json.js';
import type { RecordedJson } from './daemon-record.js';
import { isOpenOverTcp } from '../daemon/daemon-settings.js';
import { sha256Of } from './digest.js';
import type { Host } from '../daemon/host.js';
import { readHostJson } from './installed.js';
import type { PlannedChange } from './planned-changes.js';

export interface OldDaemonJson {
  readonly changes: PlannedChange[];
  readonly notes: string[];
  /** What it says then; undefined where it does not exist. */
  readonly text: string | undefined;
}

/**
 * Plans how daemon.json becomes what it was: the copy, where nobody changed it since; else its own text with the old values of
 * the keys that install set. Errors: `ERR_CONFIGURATION` where that would leave a TCP socket without TLS.
 */
export async function planOldDaemonJson(
  host: Host,
  path: string,
  recorded: RecordedJson,
): Promise<OldDaemonJson> {
  const { backup, written } = recorded;
  const { found, json } = await readHostJson(host, path);
  const copy = backup && (await host.read(backup.path));
  const isCopy =
    copy !== undefined && (backup?.digest === undefined || sha256Of(copy.content) === backup.digest);
  if (found && json && sha256Of(json.text) === written) {
    if (backup === undefined) {
      const what = 'there was none before';
      return {
        changes: [{ path, before: found, after: undefined, what }],
        notes: [],
        text: undefined,
      };
    }
    if (isCopy) return asCopied(path, found, { path: backup.path, found: copy });
  }
  const stays = backup && copy ? [`${backup.path}, a copy of what was there before install, stays`] : [];
  if (!found || !json) {
    const state = found ? 'was emptied since, and stays' : 'was removed since';
    return { changes: [], notes: [`${path} ${state}`, ...stays], text: found && '' };
  }
  const { changes, notes, text } = withOldKeys(host, path, found, json, recorded);
  return { changes, notes: [...notes, ...stays], text };
}

function asCopied(path: string, found: FoundFile, copy: { path: string; found: FoundFile }): OldDaemonJson {
  const { content, mode, uid, gid } = copy.found;
  const text = content.toString('utf8');
  return {
    changes: [
      {
        ...{ path, before: found, after: { content, mode, owner: { uid, gid } } },
        what: 'as it was before',
      },
      { path: copy.path, before: copy.found, after: undefined, what: 'the copy is not needed any more' },
    ],
    notes: [],
    text,
  };
}

function withOldKeys(
  host: Host,
  path: string,
  found: FoundFile,
  json: DaemonJson,
  { settings, previous }: RecordedJson,
): OldDaemonJson {
  const shown = host.files.show(path);
  const isValue = (key: string, wanted: unknown): boolean =>
    JSON.stringify(json.value[key]) === JSON.stringify(wanted);
  const keys = [...settings.keys()];
  const ours = keys.filter((key) => isValue(key, settings.get(key)));
  const others = keys.filter((key) => !ours.includes(key) && !isValue(key, previous.get(key)));
  const notes = others.map((key) => `${path}: ${key} was changed since, and stays`);
  const back = ours.filter((key) => !isValue(key, previous.get(key)));
  const text = withSettings(json.text, Object.fromEntries(back.map((key) => [key, previous.get(key)])));
  if (text === json.text) return { changes: [], notes, text };
  if (isOpenOverTcp(parseDaemonJson(text, shown), shown)) {
    throw new ConfigurationError(
      shown,
      `${shown}: "hosts" was changed since, and without TLS those sockets would be open to everybody`,
      { hint: 'nothing was changed; take the TCP sockets out of it, and run the same command again' },
    );
  }
  const { mode, uid, gid } = found;
  const what = `${back.join(', ')} as before; the rest was changed since, and stays`;
  const after = { content: text, mode, owner: { uid, gid } };
  return { changes: [{ path, before: found, after, what }], notes, text };
}
