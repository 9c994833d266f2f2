import type { FoundFile } from '../../store/place.js';
import { parseDaemonJson, refuseHuge, type DaemonJson, daemonJsonPath } from '../daemon/daemon-json.js';
import { parseRecord, daemonRecordPath, type DaemonRecord } from './daemon-record.js';
import type { Host } from '../daemon/host.js';

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

/** Reads a host's daemon.json as a file, and what it says. Errors: those of `parseDaemonJson` and `Rooted.read`. */
export async function readHostJson(
  host: Host,
): Promise<{ found: FoundFile | undefined; json: DaemonJson | undefined }> {
  const shown = host.files.show(daemonJsonPath);
  const found = await refuseHuge(shown, host.read(daemonJsonPath));
  return { found, json: found && parseDaemonJson(found.content.toString('utf8'), shown) };
}
