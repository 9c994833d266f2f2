import { dirname, join } from 'node:path';
import { ConfigurationError } from '../../errors.js';
import type { CredentialFile } from '../client/credential-files.js';
import type { DaemonJson, DaemonSettings } from '../daemon/daemon-json.js';
import { daemonRecordPath, recordText, type DaemonRecord, type Written } from './daemon-record.js';
import { daemonFiles, faultsIn, isOpenOverTcp, settingsFor } from '../daemon/daemon-settings.js';
import { passedTo } from '../daemon/daemon-start.js';
import { tcpSockets } from '../daemon/tcp-sockets.js';
import { sha256Of } from './digest.js';
import { foldersMissing, type Host } from '../daemon/host.js';
import { placedAt } from '../daemon/places.js';
import { refuseTrailingText } from '../daemon/podman-service.js';
import { insideSocket } from '../daemon/rootless.js';
import { planNewDaemonJson } from './install-daemon-json.js';
import { readHostJson, readRecordOf } from './installed.js';
import { foldersFor } from './installed-paths.js';
import { isForeign, Placing, type PlannedChange } from './planned-changes.js';
import { option, words } from '../../words.js';
import { refuseUnstartable } from '../daemon/refusals.js';
import { readService, type Service } from '../daemon/service.js';

/** What installing a daemon changes, for one look at the host. */
export interface InstallPlan {
  readonly changes: readonly PlannedChange[];
  readonly make: readonly { readonly path: string; readonly mode: number }[];
  readonly notes: readonly string[];
  readonly service: Service;
  /** What daemon.json is to say; undefined for a daemon that has none. */
  readonly text: string | undefined;
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
  /** The program of Podman, where one is named. */
  readonly podman: string | undefined;
}

/** Plans an installation. Errors: `ERR_CONFIGURATION`, `ERR_UNSAFE`, `ERR_FILE`. */
export async function planInstallation(
  host: Host,
  listen: string,
  source: InstallSource,
): Promise<InstallPlan> {
  const { places } = host;
  const { daemonJson } = places;
  await refuseOwnCa(host);
  const [service, before, inFile] = await Promise.all([
    readService(host.files.shown, places, { listen, to: host.to, podman: source.podman }),
    readRecordOf(host),
    daemonJson === undefined ? undefined : readHostJson(host, daemonJson),
  ]);
  const wanted =
    daemonJson === undefined ? undefined : wantedJson(host, daemonJson, inFile?.json, service, listen);
  if (places.kind === 'podman') refuseForPodman(service, source);
  const placing = new Placing(host);
  const placed = await planFiles(placing, source, before?.record.placed);
  const dropIn =
    places.dropIn === undefined
      ? undefined
      : await planDropIn(placing, places.dropIn, service, before?.record.dropIn);
  const text =
    wanted &&
    (await planNewDaemonJson(placing, { ...wanted, found: inFile?.found }, before?.record.daemonJson));
  const missing = await foldersMissing(host, foldersFor(host.to, places, service.dropIn !== undefined));
  const record: DaemonRecord = {
    version: 2,
    places,
    placed,
    dropIn,
    daemonJson: text?.record,
    source: source.certificate,
    made: [...new Set([...(before?.record.made ?? []), ...missing])].sort(),
  };
  if (placing.changes.length > 0) await placing.record(daemonRecordPath(host.to), recordText(record));
  return {
    ...{ service, text: text?.text, writesText: text?.writes === true, changes: placing.changes },
    make: missing.map((path) => ({ path, mode: path === keyFolder(host) ? 0o700 : 0o755 })),
    notes: tcpSockets({
      hosts: wanted?.settings['hosts'],
      passed: passedTo(service.sockets),
      isPartly: false,
    })
      .on.filter((each) => each !== insideSocket(places, listen))
      .map(
        (each) =>
          `the daemon already listens on ${each}: clients have to authenticate there, too, from now on`,
      ),
  };
}

/** Errors: `ERR_CONFIGURATION` where its service would not start, `ERR_CA_UNUSABLE` for a CA that Podman does not read. */
function refuseForPodman(service: Service, { files }: InstallSource): void {
  refuseUnstartable(service, undefined);
  const ca = files.find(({ name }) => name === daemonFiles.ca);
  if (ca) refuseTrailingText(ca.from, ca.content);
}

/** Where docker:dind has the key of a CA, it signs the daemon's certificate again at each start. */
async function refuseOwnCa({ files, places, to }: Host): Promise<void> {
  const path = join(to, 'ca/key.pem');
  if (places.kind !== 'dind' || !(await files.exists(path))) return;
  const shown = files.show(path);
  throw new ConfigurationError(
    shown,
    `${shown} is the key of a CA: with it docker:dind makes certificates of its own at each start, over these`,
    {
      hint: words`nothing was changed; choose another directory with ${option('to')}, or move that key away, if no certificates have to be signed with it any more`,
    },
  );
}

/** What daemon.json is to say of sockets and TLS. Errors: `ERR_CONFIGURATION` where the daemon would not start with that. */
function wantedJson(
  host: Host,
  path: string,
  json: DaemonJson | undefined,
  service: Service,
  listen: string,
): { path: string; json: DaemonJson | undefined; settings: DaemonSettings } {
  const shown = host.files.show(path);
  refuseOpenBetween(service, json, shown);
  const settings = settingsFor(
    { to: host.to, flagged: service.hosts, local: service.local, listen: insideSocket(host.places, listen) },
    json,
    shown,
  );
  refuseUnstartable(service, settings['hosts']);
  refuseFaults({ ...json?.value, ...settings }, shown);
  return { path, json, settings };
}

/** Plans the daemon's files. Gives what the record says of them. */
async function planFiles(
  placing: Placing,
  { files, inPlace }: InstallSource,
  recorded: DaemonRecord['placed'] | undefined,
): Promise<Map<string, Written>> {
  const placed = new Map<string, Written>();
  const { places, to } = placing.host;
  for (const [name, at] of places.files) {
    const content = files.find((file) => file.name === name)?.content;
    if (!content) continue;
    const what = whatIs[name] ?? '';
    const mode = name === daemonFiles.key ? 0o400 : 0o444;
    const path = join(to, at);
    const written = inPlace
      ? placing.keep(path, content, mode, what)
      : placing.put(path, content, mode, what, recorded?.get(at));
    placed.set(at, await written);
  }
  return placed;
}

/** The directory of the daemon's key. */
function keyFolder({ places, to }: Host): string {
  return dirname(join(to, placedAt(places, daemonFiles.key)));
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
  path: string,
  { dropIn }: Service,
  recorded: Written | undefined,
): Promise<Written | undefined> {
  const found = await placing.host.read(path);
  if (
    found &&
    sha256Of(found.content) !== recorded?.digest &&
    !found.content.toString('utf8').startsWith(MADE_BY_US)
  ) {
    const shown = placing.host.files.show(path);
    throw new ConfigurationError(
      shown,
      `${shown} was not made by this program, which would have to replace it`,
      {
        hint:
          placing.host.places.kind === 'podman'
            ? 'nothing was changed; move it away, and run the same command again'
            : 'nothing was changed; give it another name, one that comes earlier in the alphabet, and run the same command again',
      },
    );
  }
  if (dropIn) {
    return placing.put(path, Buffer.from(dropIn.content), 0o644, dropIn.what, recorded);
  }
  if (!found) return undefined;
  const copy = isForeign(found, recorded) ? await placing.copy(path, found) : undefined;
  placing.changes.push({
    ...{ path, before: found, after: undefined },
    what: 'the unit has no such flags any more',
  });
  const before = recorded && typeof recorded.before === 'object' ? recorded.before : copy;
  return before && { digest: sha256Of(''), before };
}
