import { InputError } from '../../errors.js';
import type { FoundFile } from '../../store/place.js';
import { parseDaemonJson, refuseHuge, type DaemonJson } from '../daemon/daemon-json.js';
import { parseRecord, daemonRecordPath, type DaemonRecord } from './daemon-record.js';
import type { Host } from '../daemon/host.js';
import { option, words } from '../../words.js';

/** Reads the record of an installation; undefined where there is none. Errors: `ERR_CONFIGURATION`, those of `Rooted.read`. */
export async function readDaemonRecord(
  host: Pick<Host, 'files' | 'to' | 'read'>,
): Promise<{ found: FoundFile; record: DaemonRecord } | undefined> {
  const path = daemonRecordPath(host.to);
  const found = await host.read(path);
  return (
    found && { found, record: parseRecord(found.content.toString('utf8'), host.to, host.files.show(path)) }
  );
}

/** As `readDaemonRecord`, of the kind of daemon that the host is changed for. Errors: also `ERR_INPUT` for another kind. */
export async function readRecordOf(host: Host): ReturnType<typeof readDaemonRecord> {
  const recorded = await readDaemonRecord(host);
  const kind = recorded?.record.places.kind;
  if (kind !== undefined && (kind !== host.places.kind || recorded?.record.places.home !== host.places.home))
    throw new InputError('for', `the files in ${host.files.show(host.to)} were installed for ${kind}`, {
      hint: words`nothing was changed; use ${option('for', kind)}, or another directory`,
    });
  return recorded;
}

/** Reads a host's daemon.json as a file, and what it says. Errors: those of `parseDaemonJson` and `Rooted.read`. */
export async function readHostJson(
  host: Host,
  path: string,
): Promise<{ found: FoundFile | undefined; json: DaemonJson | undefined }> {
  const shown = host.files.show(path);
  const found = await refuseHuge(shown, host.read(path));
  return { found, json: found && parseDaemonJson(found.content.toString('utf8'), shown) };
}
