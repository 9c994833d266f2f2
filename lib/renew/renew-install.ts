import { join } from 'node:path';
import { ConfigurationError, DockerTlsError, InputError } from '../errors.js';
import type { RunControl } from '../execute/run-control.js';
import { isInstallable } from '../docker/install/installed-paths.js';
import type { HostChange } from '../docker/daemon/host.js';
import { installDaemon } from '../docker/install/install-daemon.js';
import {
  differencesOf,
  directoryInstalledFrom,
  installedCopy,
  listensOn,
  servedHere,
  serverOf,
  type InstalledCopy,
  type InstallPlace,
} from '../docker/install/installed-copy.js';
import { readCredentials, type CredentialsOptions } from '../docker/client/credentials.js';
import { restartDaemon } from '../docker/daemon/restart.js';
import { readService } from '../docker/daemon/service.js';
import { call, option, words } from '../words.js';

/** Installs renewed files for the daemon of a host that `installDaemon` configured; `true` means this host. */
export type InstallOption = boolean | InstallPlace | undefined;

/** The result for the daemon's own copy. */
export interface InstalledRenewal {
  /** Its directory on the host. */
  readonly to: string;
  readonly root: string;
  readonly ok: boolean;
  /** The files that were replaced, or would be. */
  readonly changes: readonly HostChange[];
  readonly restarted: boolean;
  /** True if the copy now matches the certificate directory; undefined if it cannot be compared. */
  readonly current: boolean | undefined;
  /** The certificate that the daemon serves; `not-looked` in an image, and if nothing went wrong. */
  readonly serves: 'new' | 'other' | 'nothing' | 'not-looked';
  /** Why it is not `ok`. */
  readonly error: DockerTlsError | undefined;
}

/** The daemon that a renewal is for. */
export interface InstallTarget {
  readonly copy: InstalledCopy;
  readonly server: CredentialsOptions & { readonly directory: string };
}

/**
 * Finds the daemon that the set is for, before anything is renewed; undefined if none is requested. Errors: `ERR_CONFIGURATION`
 * if `installDaemon` did not configure it, or from another set; `ERR_INPUT` if it is unknown how to restart it.
 */
export async function installTarget(
  directory: string,
  install: InstallOption,
): Promise<InstallTarget | undefined> {
  if (install === undefined || install === false) return undefined;
  const copy = await installedCopy(install === true ? {} : install);
  const { to = '/etc/docker/tls', root = '/' } = install === true ? {} : install;
  const place = join(root, to);
  if (!copy)
    throw new ConfigurationError(place, `this program installed nothing in ${place}`, {
      hint: words`nothing was changed; configure the daemon with \`${call('installDaemon', root === '/' ? { apply: true, restart: true } : { root, apply: true }, directory)}\`, or name its directory with ${option('to')}`,
    });
  const server = await serverOf(copy, directory);
  if (!server) {
    const from = directoryInstalledFrom(copy);
    throw new ConfigurationError(place, `the files in ${place} were not installed from ${directory}`, {
      hint: words`nothing was changed; ${from === undefined ? words`name the certificate directory that they came from with ${option('directory')}` : words`they came from ${from}: name it with ${option('directory')}`}, or install these with \`${call('installDaemon', { apply: true }, directory)}\``,
    });
  }
  if (copy.root === '/') {
    const service = await readService('/', copy.record.places).catch(() => undefined); // reported when it is needed
    if (service?.restart.length === 0)
      throw new InputError('install', 'it is unknown what starts the daemon, so it cannot be restarted', {
        hint: words`nothing was changed; use \`${call('runHook', { command: 'COMMAND' })}\` instead, where COMMAND runs \`${call('installDaemon', { ...namedOf(copy), apply: true }, directory)}\` and restarts dockerd`,
      });
  }
  return { copy, server };
}

/** Plans what `bringToDaemon` would change now. Errors: those of `installDaemon`. */
export async function planToDaemon({ copy, server }: InstallTarget): Promise<readonly HostChange[]> {
  return (await installDaemon(await optionsFor({ copy, server }))).changes;
}

/** A socket that is in daemon.json stays there. */
async function optionsFor({ copy: { to, root, record }, server }: InstallTarget) {
  const { places } = record;
  const listen = (await listensOn(root, places)).at(-1);
  return {
    ...server,
    for: places.kind,
    home: places.home,
    to,
    root,
    ...(listen === undefined ? {} : { listen }),
  };
}

/**
 * Updates the daemon's copy where it differs from the set, and restarts the daemon; also after an earlier run that did not get
 * that far. Failures are in the result, never thrown: the renewal is done.
 */
export async function bringToDaemon(
  target: InstallTarget,
  { signal, lockTimeoutMs, allowOpenModes }: Pick<RunControl, 'signal' | 'lockTimeoutMs' | 'allowOpenModes'>,
): Promise<InstalledRenewal> {
  const { copy } = target;
  const { to, root } = copy;
  const isHere = root === '/';
  let changes: readonly HostChange[] = [];
  let restarted = false;
  try {
    const options = await optionsFor(target);
    changes = (await installDaemon(options)).changes;
    refuseMore(target, changes);
    if (changes.length > 0)
      ({ restarted } = await installDaemon({
        ...{ ...options, signal, lockTimeoutMs, allowOpenModes, apply: true },
        ...(isHere ? { restart: true } : {}),
      }));
    else if (isHere && (await servesAnother(target, signal))) {
      await restartDaemon(await readService(root, copy.record.places), { signal });
      restarted = true;
    }
    return { to, root, ok: true, changes, restarted, current: true, serves: 'not-looked', error: undefined };
  } catch (error) {
    if (!(error instanceof DockerTlsError)) throw error;
    const current = await differencesOf(copy, target.server).then(
      ({ length }) => length === 0,
      () => undefined,
    );
    const serves = isHere ? await whatIsServed(target) : 'not-looked';
    return { to, root, ok: false, changes, restarted, current, serves, error };
  }
}

/** Refuses other changes: an unattended renewal only replaces files that install created. */
function refuseMore({ copy, server }: InstallTarget, changes: readonly HostChange[]): void {
  const { to, record } = copy;
  const { places } = record;
  const more = changes.filter(({ path }) => path === places.daemonJson || !isInstallable(path, to, places));
  if (more.length === 0) return;
  const [first] = more.filter(({ action }) => action === 'replace');
  const path = first?.path ?? more[0]?.path ?? to;
  const preview = call('installDaemon', { name: server.name, ...namedOf(copy) }, server.directory);
  throw new ConfigurationError(
    path,
    `the configuration has changed since it was installed: ${more.map((one) => one.path).join(', ')} would have to change, too`,
    {
      hint: words`the daemon's files were left unchanged; preview the changes with \`${preview}\`, and apply them with ${option('apply', true)} ${option('restart', true)}`,
    },
  );
}

/** The options that name an installation, as far as they are not the defaults. */
function namedOf({ to, root, record: { places } }: InstalledCopy) {
  return {
    for: places.kind === 'system' ? undefined : places.kind,
    to: to === places.to ? undefined : to,
    root: root === '/' ? undefined : root,
  };
}

/** Tells whether the daemon still serves an older certificate, because it was not restarted since. */
async function servesAnother({ copy, server }: InstallTarget, signal?: AbortSignal): Promise<boolean> {
  const served = await servedHere(await listensOn(copy.root, copy.record.places), signal);
  const { certificate } = (await readCredentials('server', server)).parsed;
  return served !== undefined && served.fingerprint256 !== certificate.fingerprint256;
}

async function whatIsServed({ copy, server }: InstallTarget): Promise<'new' | 'other' | 'nothing'> {
  const served = await listensOn(copy.root, copy.record.places).then(servedHere, () => undefined);
  if (!served) return 'nothing';
  const ours = await readCredentials('server', server).catch(() => undefined);
  return ours?.parsed.certificate.fingerprint256 === served.fingerprint256 ? 'new' : 'other';
}
