import { join } from 'node:path';
import { ConfigurationError, DockerTlsError, InputError } from '../errors.js';
import type { RunControl } from '../execute/run-control.js';
import { isInstallable } from '../docker/install/installed-paths.js';
import { daemonJsonPath } from '../docker/daemon/daemon-json.js';
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
import { ownCommand } from '../plan/own-command.js';

/** Brings what was renewed to the daemon of a host that `installDaemon` has set up: `true` is this one. */
export type InstallOption = boolean | InstallPlace | undefined;

/** What became of the daemon's own copy. */
export interface InstalledRenewal {
  /** Where it lies on the host. */
  readonly to: string;
  readonly root: string;
  readonly ok: boolean;
  /** The files that were put in their place, or would be. */
  readonly changes: readonly HostChange[];
  readonly restarted: boolean;
  /** Whether the copy is now what the certificate directory holds; undefined where it cannot be compared. */
  readonly current: boolean | undefined;
  /** What the daemon shows to its clients; `not-looked` in an image, and where nothing went wrong. */
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
 * Finds the daemon that the set is for, before anything is renewed. Undefined where none is asked for. Errors: `ERR_CONFIGURATION` where
 * `install daemon` has set up none there, or from another set; `ERR_INPUT` where nobody knows how to restart it.
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
    throw new ConfigurationError(place, `\`install daemon\` has put nothing into ${place}`, {
      hint: `nothing was changed; set the daemon up with \`${ownCommand(['install', 'daemon', ...(root === '/' ? ['--apply', '--restart'] : ['--root', root, '--apply'])], directory)}\`, or name its directory with --to`,
    });
  const server = await serverOf(copy, directory);
  if (!server) {
    const from = directoryInstalledFrom(copy);
    throw new ConfigurationError(place, `the files in ${place} were not installed from ${directory}`, {
      hint: `nothing was changed; ${from === undefined ? 'name the certificate directory that they came from with --dir' : `they came from ${from}: name it with --dir`}, or install these with \`install daemon\``,
    });
  }
  if (copy.root === '/') {
    const service = await readService('/').catch(() => undefined); // told when it is needed
    if (service?.restart.length === 0)
      throw new InputError('install', 'what starts the daemon is not known, so it cannot be restarted', {
        hint: 'nothing was changed; use --exec with `"$DOCKER_TLS_NODE" "$DOCKER_TLS_OPENSSL" install daemon --dir "$DOCKER_TLS_DIRECTORY" --apply`, and what restarts dockerd',
      });
  }
  return { copy, server };
}

/** What `bringToDaemon` would change now. Errors: those of `installDaemon`. */
export async function planToDaemon({ copy, server }: InstallTarget): Promise<readonly HostChange[]> {
  return (await installDaemon(await optionsFor({ copy, server }))).changes;
}

/** A socket that is in daemon.json stays there. */
async function optionsFor({ copy: { to, root }, server }: InstallTarget) {
  const listen = (await listensOn({ root })).at(-1);
  return { ...server, to, root, ...(listen === undefined ? {} : { listen }) };
}

/**
 * Puts what the set holds in the place of the daemon's copy where they differ, and restarts the daemon: also where an earlier run
 * did not come so far. It never throws for what goes wrong: the renewal is done.
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
    refuseMore(copy, target, changes);
    if (changes.length > 0)
      ({ restarted } = await installDaemon({
        ...{ ...options, signal, lockTimeoutMs, allowOpenModes, apply: true },
        ...(isHere ? { restart: true } : {}),
      }));
    else if (isHere && (await servesAnother(target, signal))) {
      await restartDaemon(await readService(root), { signal });
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

/** An unattended renewal changes what install made, and nothing else. */
function refuseMore({ to }: InstalledCopy, { server }: InstallTarget, changes: readonly HostChange[]): void {
  const more = changes.filter(({ path }) => path === daemonJsonPath || !isInstallable(path, to));
  if (more.length === 0) return;
  const [first] = more.filter(({ action }) => action === 'replace');
  const path = first?.path ?? more[0]?.path ?? to;
  const command = ['install', 'daemon', ...(server.name === undefined ? [] : ['--name', server.name])];
  throw new ConfigurationError(
    path,
    `the configuration was changed since it was installed: ${more.map((one) => one.path).join(', ')} would have to change, too`,
    {
      hint: `the daemon's files were left as they are; see what would be done with \`${ownCommand(command, server.directory)}\`, and do it with --apply --restart`,
    },
  );
}

/** Whether the daemon still serves an older certificate, because it was not restarted since. */
async function servesAnother({ copy, server }: InstallTarget, signal?: AbortSignal): Promise<boolean> {
  const served = await servedHere(await listensOn(copy), signal);
  const { certificate } = (await readCredentials('server', server)).parsed;
  return served !== undefined && served.fingerprint256 !== certificate.fingerprint256;
}

async function whatIsServed({ copy, server }: InstallTarget): Promise<'new' | 'other' | 'nothing'> {
  const served = await listensOn(copy).then(servedHere, () => undefined);
  if (!served) return 'nothing';
  const ours = await readCredentials('server', server).catch(() => undefined);
  return ours?.parsed.certificate.fingerprint256 === served.fingerprint256 ? 'new' : 'other';
}
