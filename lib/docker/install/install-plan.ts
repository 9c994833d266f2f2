import { join } from 'node:path';
import { ConfigurationError } from '../../errors.js';
import type { CredentialFile } from '../client/credential-files.js';
import { type DaemonJson, daemonJsonPath } from '../daemon/daemon-json.js';
import { daemonRecordPath, recordText, type DaemonRecord, type Written } from './daemon-record.js';
import { daemonFiles, faultsIn, isOpenOverTcp, settingsFor } from '../daemon/daemon-settings.js';
import { passedTo } from '../daemon/daemon-start.js';
import { tcpSockets } from '../daemon/tcp-sockets.js';
import { sha256Of } from './digest.js';
import { foldersMissing, type Host } from '../daemon/host.js';
import { planNewDaemonJson } from './install-daemon-json.js';
import { readHostJson, readDaemonRecord } from './installed.js';
import { foldersFor } from './installed-paths.js';
import { isForeign, Placing, type PlannedChange } from './planned-changes.js';
import { refuseUnstartable } from '../daemon/refusals.js';
import { dropInPath, readService, type Service } from '../daemon/service.js';

/** What installing a daemon changes, for one look at the host. */
export interface InstallPlan {
  readonly changes: readonly PlannedChange[];
  readonly make: readonly { readonly path: string; readonly mode: number }[];
  readonly notes: readonly string[];
  readonly service: Service;
  /** What daemon.json is to say. */
  readonly text: string;
  /** Whether it is to be written. */
  readonly writesText: boolean;
}

/** The server's files that are installed. */
export interface InstallSource {
  /** Its certificate, absolute. */
  readonly certificate: string;
  readonly files: readonly CredentialFile[];
  /** Whether they already lie in the place that they are installed in. */
  readonly inPlace: boolean;
}

/** Plans an installation. Errors: `ERR_CONFIGURATION`, `ERR_UNSAFE`, `ERR_FILE`. */
export async function planInstallation(
  host: Host,
  listen: string,
  source: InstallSource,
): Promise<InstallPlan> {
  const [service, { found, json }, before] = await Promise.all([
    readService(host.files.shown),
    readHostJson(host),
    readDaemonRecord(host),
  ]);
  const shown = host.files.show(daemonJsonPath);
  refuseOpenBetween(service, json, shown);
  const settings = settingsFor({ to: host.to, flagged: service.hosts, listen }, json, shown);
  refuseUnstartable(service, settings['hosts']);
  refuseFaults({ ...json?.value, ...settings }, shown);
  const placing = new Placing(host);
  const placed = new Map<string, Written>();
  for (const file of source.files) {
    const what = whatIs[file.name] ?? '';
    const mode = file.name === daemonFiles.key ? 0o400 : 0o444;
    const path = join(host.to, file.name);
    const recorded = before?.record.placed.get(file.name);
    const written = source.inPlace
      ? placing.keep(path, file.content, mode, what)
      : placing.put(path, file.content, mode, what, recorded);
    placed.set(file.name, await written);
  }
  const dropIn = await planDropIn(placing, service, before?.record.dropIn);
  const text = await planNewDaemonJson(placing, { settings, found, json }, before?.record.daemonJson);
  const missing = await foldersMissing(host, foldersFor(host.to, service.dropIn !== undefined));
  const record: DaemonRecord = {
    version: 2,
    placed,
    dropIn,
    daemonJson: text.record,
    source: source.certificate,
    made: [...new Set([...(before?.record.made ?? []), ...missing])].sort(),
  };
  if (placing.changes.length > 0) await placing.record(daemonRecordPath(host.to), recordText(record));
  return {
    ...{ service, text: text.text, writesText: text.writes, changes: placing.changes },
    make: missing.map((path) => ({ path, mode: path === host.to ? 0o700 : 0o755 })),
    notes: tcpSockets({ hosts: settings['hosts'], passed: passedTo(service.sockets), isPartly: false })
      .on.filter((each) => each !== listen)
      .map(
        (each) =>
          `the daemon already listens on ${each}: clients have to authenticate there, too, from now on`,
      ),
  };
}

const whatIs: Readonly<Record<string, string>> = {
  [daemonFiles.ca]: 'the CA that signs its clients',
  [daemonFiles.certificate]: "the daemon's certificate",
  [daemonFiles.key]: "the daemon's private key",
};

/** Between the two changes the daemon would listen without TLS. */
function refuseOpenBetween(service: Service, json: DaemonJson | undefined, shown: string): void {
  if (!service.flagsTls || !isOpenOverTcp(json, shown)) return;
  throw new ConfigurationError(shown, `${shown} has TCP sockets, and the unit's command line TLS for them`, {
    hint: 'nothing was changed; remove "hosts" from daemon.json, or move the --tls… flags into it, then try again',
  });
}

/** What dockerd refuses stays where this program does not set it. */
function refuseFaults(value: DaemonJson['value'], shown: string): void {
  const [fault] = faultsIn(value);
  if (fault === undefined) return;
  throw new ConfigurationError(shown, `${shown}: ${fault}`, {
    hint: 'nothing was changed; correct the file, with which dockerd does not start, and run the same command again',
  });
}

/** How the drop-ins of this program begin. */
const MADE_BY_US = '# Made by docker-tls-openssl.';

async function planDropIn(
  placing: Placing,
  { dropIn }: Service,
  recorded: Written | undefined,
): Promise<Written | undefined> {
  const found = await placing.host.read(dropInPath);
  if (
    found &&
    sha256Of(found.content) !== recorded?.digest &&
    !found.content.toString('utf8').startsWith(MADE_BY_US)
  ) {
    const shown = placing.host.files.show(dropInPath);
    throw new ConfigurationError(
      shown,
      `${shown} was not made by this program, which would have to replace it`,
      {
        hint: 'nothing was changed; give it another name, one that comes earlier in the alphabet, and run the same command again',
      },
    );
  }
  if (dropIn) {
    const what = `the unit's command line without ${dropIn.removed.join(' ')}`;
    return placing.put(dropInPath, Buffer.from(dropIn.content), 0o644, what, recorded);
  }
  if (!found) return undefined;
  const copy = isForeign(found, recorded) ? await placing.copy(dropInPath, found) : undefined;
  placing.changes.push({
    ...{ path: dropInPath, before: found, after: undefined },
    what: 'the unit has no such flags any more',
  });
  const before = recorded && typeof recorded.before === 'object' ? recorded.before : copy;
  return before && { digest: sha256Of(''), before };
}
