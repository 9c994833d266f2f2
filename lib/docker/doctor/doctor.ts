import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { DockerTlsError } from '../../errors.js';
import { refuseClock } from '../../issue/authority.js';
import { notBefore } from '../../x509/certificate.js';
import { moment } from '../../x509/validity.js';
import { configurationFindings } from './configuration.js';
import { contextFindings } from './contexts.js';
import { findingOf, type Finding, type Found } from './finding.js';
import { certificatesFinding, keysFinding } from './folder-findings.js';
import { installedFindings } from './installed.js';
import { installCommand } from '../install/installed-copy.js';
import { readFolder, readHostFolder, type FolderContents } from './folder.js';
import { dockerFinding, opensslFinding } from './programs.js';
import { variable } from '../../x509/endpoint.js';
import { probe } from '../connect/probe.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';

export interface DoctorOptions {
  /** The certificate directory. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /** The root directory of the host, for an image. Default: `/`. */
  readonly root?: string | undefined;
  /** Default: OPENSSL_BIN, then PATH. */
  readonly openssl?: string | undefined;
  /** Docker's port for plain HTTP, to check on this machine. Default: 2375. */
  readonly plainPort?: number | undefined;
  /** Timeout per program and per answer, in milliseconds. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The variables HOME, DOCKER_CONFIG and PATH. Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
}

const optionNames: OptionNames<DoctorOptions> = {
  directory: true,
  root: true,
  openssl: true,
  plainPort: true,
  timeoutMs: true,
  signal: true,
  env: true,
  now: true,
};

/** The results of the checks of this machine. */
export interface Diagnosis {
  /** The certificate directory, absolute. */
  readonly directory: string;
  readonly findings: readonly Finding[];
  /** True if there is no problem; there may be warnings. */
  readonly ok: boolean;
}

/**
 * Checks this machine: programs, clock, port 2375, the modes and dates of the files in the certificate directory, `~/.docker`
 * and `/etc/docker/tls`, the daemon's configuration, and Docker's contexts. Changes nothing.
 * Errors: `ERR_ABORTED`.
 */
export async function doctor(options: DoctorOptions = {}): Promise<Diagnosis> {
  refuseUnknown(options, optionNames);
  const { root = '/', openssl, plainPort = 2375, timeoutMs = 10_000, signal } = options;
  const { env = process.env, now = new Date() } = options;
  const directory = resolve(options.directory ?? 'docker-tls');
  const config = variable(env, 'DOCKER_CONFIG') ?? join(variable(env, 'HOME') ?? homedir(), '.docker');
  const onHost = resolve(root, 'etc/docker/tls');
  const own = [...new Set([directory, resolve(config)])].filter((path) => path !== onHost);
  const folders = Promise.all([...own.map(readFolder), readHostFolder(root, 'etc/docker/tls')]);
  const running = { env, timeoutMs, signal };

  const findings = await Promise.all([
    opensslFinding({ ...running, openssl }),
    dockerFinding('docker', running),
    dockerFinding('dockerd', running),
    folders.then((all) => clockFinding(all, now)),
    plainPortFinding(plainPort, timeoutMs, signal),
    folders.then(async (all) => {
      const bring = await installCommand(directory, { root });
      return all.flatMap((folder) => [
        keysFinding(folder, folder.path === onHost),
        certificatesFinding(folder, now, folder.path === onHost ? bring : undefined) ?? [],
      ]);
    }),
    installedFindings(root, directory, signal),
    configurationFindings(root, now, { timeoutMs, signal }),
    contextFindings(config, directory, now),
  ]);
  const all = findings.flat(2);
  return { directory, findings: all.map(findingOf), ok: all.every(({ state }) => state !== 'problem') };
}

function clockFinding(folders: readonly FolderContents[], now: Date): Found {
  const finding = { id: 'clock', title: "This machine's clock" } as const;
  try {
    refuseClock(now);
  } catch (error) {
    if (!(error instanceof DockerTlsError)) throw error;
    return { ...finding, state: 'problem', detail: error.message, fix: 'set it: timedatectl set-ntp true' };
  }
  const early = folders
    .flatMap(({ certificates }) => certificates)
    .find(({ certificate }) => notBefore(certificate) > now);
  if (!early) return { ...finding, state: 'ok', detail: moment(now) };
  return {
    ...finding,
    state: 'problem',
    detail: `it says ${moment(now)}, and ${early.path} is not valid before ${moment(notBefore(early.certificate))}`,
    fix: 'set it, here or on the machine that created that certificate: timedatectl set-ntp true',
  };
}

async function plainPortFinding(
  port: number,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const finding = { id: 'port-2375', title: `Port ${port} of this machine` } as const;
  const endpoint = { host: 'localhost', port };
  const { reached, answer } = await probe({ endpoint, identity: undefined, timeoutMs, signal });
  if (reached === 'nothing') return { ...finding, state: 'ok', detail: 'closed' };
  if (!answer?.isDocker)
    return { ...finding, state: 'ok', detail: "open, but not Docker's API in plain HTTP" };
  return {
    ...finding,
    state: 'problem',
    detail: "Docker's API answers in plain HTTP: anyone who can reach it is root on this host",
    fix: 'remove this port from the flags of dockerd, from "hosts" in daemon.json, and from socket units; the port with TLS is 2376',
  };
}
