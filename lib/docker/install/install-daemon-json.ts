import type { FoundFile } from '../../store/place.js';
import { withSettings, type DaemonJson, type DaemonSettings } from '../daemon/daemon-json.js';
import type { RecordedJson } from './daemon-record.js';
import { sha256Of } from './digest.js';
import type { Host } from '../daemon/host.js';
import type { Placing } from './planned-changes.js';

interface JsonToPlan {
  readonly path: string;
  readonly settings: DaemonSettings;
  readonly found: FoundFile | undefined;
  readonly json: DaemonJson | undefined;
}

/** Plans what daemon.json is to say, and the copy of what it says now. Gives that text, and what the record says of it. */
export async function planNewDaemonJson(
  placing: Placing,
  { path, settings, found, json }: JsonToPlan,
  recorded: RecordedJson | undefined,
): Promise<{ text: string; writes: boolean; record: RecordedJson }> {
  const keys = Object.keys(settings);
  const isSet = keys.every((key) => JSON.stringify(json?.value[key]) === JSON.stringify(settings[key]));
  const text = json && isSet ? json.text : withSettings(json?.text, settings);
  const backup = recorded ? recorded.backup : found && !isSet ? await placing.copy(path, found) : undefined;
  if (!isSet) {
    const after = { content: text, mode: found?.mode ?? 0o644, owner: found };
    placing.changes.push({ path, before: found, after, what: keys.join(', ') });
  }
  const value = new Map(Object.entries(json?.value ?? {}));
  return {
    ...{ text, writes: !isSet },
    record: {
      backup,
      written: await writtenDigest(placing.host, { json, isSet, text }, recorded),
      settings: new Map(Object.entries(settings)),
      previous:
        recorded?.previous ??
        new Map(keys.filter((key) => value.has(key)).map((key) => [key, value.get(key)])),
    },
  };
}

/** The digest of the text that may be replaced as a whole by the copy; empty where it holds more than the copy and our keys. */
async function writtenDigest(
  host: Host,
  { json, isSet, text }: { json: DaemonJson | undefined; isSet: boolean; text: string },
  recorded: RecordedJson | undefined,
): Promise<string> {
  if (isSet) return recorded?.written ?? '';
  if (!recorded || !json) return sha256Of(text);
  const copy = recorded.backup && (await host.read(recorded.backup.path));
  const isOurs =
    copy?.content.equals(Buffer.from(json.text)) === true || sha256Of(json.text) === recorded.written;
  return isOurs ? sha256Of(text) : '';
}
