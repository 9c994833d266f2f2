import { basename, dirname, join } from 'node:path';
import { realpath } from 'node:fs/promises';
import { fileError } from '../../file-error.js';
import { removeLeftovers } from '../../store/leftovers.js';
import { withLock } from '../../store/lock.js';
import { keepsKeyMode, openModes, openModesNotes } from '../../store/open-modes.js';
import type { X509Certificate } from 'node:crypto';
import { altNamesOf, notAfter } from '../../x509/certificate.js';
import { isOfPublicCa } from '../../x509/public-ca.js';
import { day } from '../../x509/validity.js';
import { hostCalled } from '../../recipes/advice.js';
import { applyHostChanges } from './apply-changes.js';
import { directoryOf, readCredentialFiles } from '../client/credential-files.js';
import {
  credentialsNames,
  readCredentialsFor,
  type Credentials,
  type CredentialsOptions,
} from '../client/credentials.js';
import { endpointUrl, parseHostAndPort, TLS_PORT } from '../../x509/endpoint.js';
import { daemonPort } from '../daemon/port.js';
import {
  hostNames,
  notesOf,
  withHost,
  type Host,
  type HostChanges,
  type HostOptions,
} from '../daemon/host.js';
import { daemonFiles } from '../daemon/daemon-settings.js';
import { placedAt } from '../daemon/places.js';
import { planInstallation, type InstallPlan, type InstallSource } from './install-plan.js';
import { mentioned } from './planned-changes.js';
import { refuseRestart, restartLines } from '../daemon/restart.js';
import { readService, type Service } from '../daemon/service.js';
import { settleChanges } from './settle-changes.js';
import { told } from './take-back.js';
import { validateDaemonJson } from '../daemon/validate-daemon-json.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';
import { InputError } from '../../errors.js';
import { clientCaFiles } from '../../set/layout.js';
import { option, words, type Text } from '../../words.js';

export interface InstallDaemonOptions extends HostOptions, CredentialsOptions {
  /**
   * Where the daemon listens: ADDRESS or ADDRESS:PORT; not for dind. Default: `0.0.0.0`, all addresses of IPv4, and the port that is
   * remembered beside its certificate, else 2376.
   */
  readonly listen?: string | undefined;
  /** The dockerd that checks the configuration, by path or by a name on PATH. Default: `dockerd`. */
  readonly dockerd?: string | undefined;
  /** With `for: 'podman'`: where podman lies on the host, absolute. Default: `/usr/bin/podman` or `/usr/local/bin/podman`. */
  readonly podman?: string | undefined;
  /** Goes on where the file system does not keep the mode of the daemon's key. Default: false. */
  readonly allowOpenModes?: boolean | undefined;
}

const optionNames: OptionNames<InstallDaemonOptions> = {
  ...hostNames,
  ...credentialsNames,
  listen: true,
  dockerd: true,
  podman: true,
  allowOpenModes: true,
};

export interface DaemonInstallation extends HostChanges {
  /** How the daemon is called: the first name of its certificate. */
  readonly host: string;
  /** The socket for clients: as daemon.json or Podman's unit has it, as RootlessKit publishes it, or docker:dind's own. */
  readonly listen: string;
  /** What daemon.json says then; undefined for a daemon that reads none. */
  readonly daemonJson: string | undefined;
  /** Whether `dockerd --validate` took it; undefined where nothing was written, or there is no dockerd that can (23.0 and later). */
  readonly validated: boolean | undefined;
}

/**
 * Lets the daemon of a host take TCP connections of clients that authenticate, and no others. It puts the daemon's three files in
 * their place (or leaves them there, where `to` is the directory that they lie in), removes a conflicting `-H` and the TLS flags from the unit by a drop-in, and merges daemon.json, of which it keeps a copy.
 * The CA's private key stays where it is. All or nothing: after any error everything is what it was, also after a restart that
 * fails; the next run takes back one that was killed. A second run changes nothing. Without `apply` it only shows the changes.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used.
 * @throws `ERR_INCOMPLETE`, `ERR_LEAF_UNUSABLE`, `ERR_CA_UNUSABLE`: the server's files are missing, or cannot work.
 * @throws `ERR_CONFIGURATION`: daemon.json or a unit cannot be changed safely, or dockerd refuses it.
 * @throws `ERR_UNSAFE`, `ERR_OPEN_MODES`, `ERR_FILE`: a file of the host, or of the set, cannot be used safely.
 * @throws `ERR_LOCKED`, `ERR_LOCK_LOST`: another process works on the host's files.
 * @throws `ERR_DOCKER_NOT_FOUND`, `ERR_DOCKER_FAILED`: the daemon cannot be restarted.
 * @throws `ERR_ABORTED`: `signal` aborted.
 * @example
 * ```ts
 * import { installDaemon } from 'docker-tls-openssl';
 *
 * // A preview: `apply: true, restart: true` makes the changes and restarts the daemon.
 * const { changes, daemonJson, notes } = await installDaemon({ directory: 'docker-tls' });
 * for (const { action, path, what } of changes) console.log(action, path, what);
 * console.log(daemonJson, notes);
 * ```
 */
export async function installDaemon(options: InstallDaemonOptions = {}): Promise<DaemonInstallation> {
  refuseUnknown(options, optionNames);
  const { directory, name, podman } = options;
  refuseOtherEngine(options);
  return withHost(options, async (host) => {
    const place = await host.files.realPath(host.to);
    const installedKey =
      place === undefined ? undefined : join(place, placedAt(host.places, daemonFiles.key));
    const credentials = await readCredentialsFor('server', { directory, name }, installedKey);
    const listen = await socketFor(host, options);
    const source: InstallSource = {
      certificate: credentials.certificate,
      files: await readCredentialFiles(credentials),
      podman,
      inPlace: await isInPlace(host, credentials),
    };
    const called = hostCalled(altNamesOf(credentials.parsed.certificate).names) ?? 'HOST';
    const result = (plan: InstallPlan, notes: readonly string[]) => {
      const { service, text } = plan;
      const changes = mentioned(plan.changes);
      const restarted = options.apply === true && options.restart === true && changes.length > 0;
      return {
        ...{
          changes,
          listen,
          host: called,
          daemonJson: text,
          for: host.places.kind,
          manager: service.manager,
          restarted,
        },
        ...notesOf([...notes, ...plan.notes, ...publicNotes(credentials.parsed.certificate, service)]),
        restart: changes.length > 0 && !restarted ? restartLines(service, changes) : [],
      };
    };
    if (!options.apply) {
      const notes = [host.pending()].filter((note) => note !== undefined);
      const plan = await planInstallation(host, listen, source);
      return { ...result(plan, notes), applied: false, validated: undefined };
    }
    return withLock(host.locked, options, async ({ held }) => {
      refuseRestart(await readService(host.files.shown, host.places), options);
      const notes = [await host.recover()].filter((note) => note !== undefined);
      const plan = await planInstallation(host, listen, source);
      if (plan.changes.length === 0) return { ...result(plan, notes), applied: true, validated: undefined };
      const { dockerd = 'dockerd', signal } = options;
      const { places } = host;
      const validated =
        plan.writesText && plan.text !== undefined && places.daemonJson !== undefined
          ? await validateDaemonJson(host, places.daemonJson, plan.text, credentials, { dockerd, signal })
          : undefined;
      notes.push(...(await openModesOf(host, options)));
      const set = { command: 'install daemon', places, to: host.to, emptied: [], ...plan } as const;
      const changes = await applyHostChanges(host.files, set, { held, signal });
      notes.push(...(await settleChanges(changes, plan.service, options)));
      return { ...result(plan, notes), applied: true, validated };
    });
  });
}

/** Errors: `ERR_INPUT` where the program of another engine is named. */
function refuseOtherEngine({ for: kind, podman, dockerd }: InstallDaemonOptions): void {
  const isPodman = kind === 'podman';
  if ((isPodman ? dockerd : podman) === undefined) return;
  throw isPodman
    ? new InputError('dockerd', 'no dockerd has a part in this', {
        hint: words`leave it out, or name podman with ${option('podman')}`,
      })
    : new InputError('podman', 'podman has a part only in its own service', {
        hint: words`leave it out, or use ${option('for', 'podman')}`,
      });
}

/** Public CAs renew on their own, and dockerd does not notice. */
function publicNotes(certificate: X509Certificate, { restart }: Service): Text[] {
  if (!isOfPublicCa(certificate)) return [];
  const apply = option('apply', true);
  const again =
    restart.length > 0
      ? words`${apply} ${option('restart', true)}`
      : words`${apply}, and restart the daemon yourself`;
  return [
    words`a public CA signed this certificate, which expires on ${day(notAfter(certificate))}. dockerd reads it only when it starts: after each renewal run this command again, with ${again}. Clients need the root of that CA as their ca.pem`,
  ];
}

/** The TCP socket of the daemon. docker:dind has a fixed one. Errors: `ERR_INPUT`. */
async function socketFor({ places }: Host, options: InstallDaemonOptions): Promise<string> {
  const { directory, name, listen } = options;
  if (places.kind === 'dind') {
    if (listen === undefined) return endpointUrl({ host: '0.0.0.0', port: TLS_PORT });
    throw new InputError('listen', `docker:dind listens on port ${TLS_PORT} of all its addresses`, {
      hint: words`leave out ${option('listen')}, and publish the port with docker`,
    });
  }
  const { host: address, port } = parseHostAndPort(listen ?? '0.0.0.0', 'listen');
  return endpointUrl({ host: address, port: port ?? (await daemonPort({ directory, name })) });
}

/**
 * Refuses a file system that does not keep the mode of the daemon's key, or says so where that is allowed. Errors:
 * `ERR_OPEN_MODES`, `ERR_FILE`.
 */
async function openModesOf({ files, to }: Host, { allowOpenModes }: InstallDaemonOptions): Promise<string[]> {
  let path = to;
  let folder = await files.enter(path);
  while (!folder && path !== '/') {
    path = dirname(path);
    folder = await files.enter(path);
  }
  const directory = files.show(to);
  if (folder) await removeLeftovers(folder);
  const keepsModes =
    folder === undefined ||
    (await keepsKeyMode(folder).catch((error: unknown) => {
      throw fileError(directory, 'write to', error);
    }));
  if (folder && !keepsModes && allowOpenModes !== true) throw await openModes(folder, directory);
  return openModesNotes({ keepsModes, directory }).map(({ text }) => text);
}

/** Whether the daemon is to use the files where they are, under the names that it gets them by. */
async function isInPlace({ files, places, to }: Host, credentials: Credentials): Promise<boolean> {
  const own = directoryOf(credentials);
  const place = await files.realPath(to);
  if (place === undefined) return false;
  const isAt = async (path: string): Promise<boolean> =>
    place === (await told({ shown: path }, 'look at', () => realpath(path)));
  if (own !== undefined && places.kind !== 'dind') return isAt(own);
  if (own !== undefined && (await isAt(own)))
    throw new InputError('to', `${files.show(to)} is the certificate directory`, {
      hint: words`docker:dind needs a directory of its own: choose it with ${option('to')}`,
    });
  const { ca } = credentials;
  if (basename(ca) === clientCaFiles.certificate && (await isAt(dirname(ca))))
    throw overServerCa(files.show(to));
  return false;
}

/** With separate CAs the daemon's `ca.pem` is another than that of the set. */
function overServerCa(path: string): InputError {
  return new InputError(
    'to',
    `${path} is the certificate directory: its ca.pem is the CA of the servers, not that of the clients`,
    {
      hint: words`choose another directory with ${option('to')}, or give the server a directory of its own with ${option('name')}`,
    },
  );
}
