import type { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { placeOf } from '../../set/find-leaf.js';
import { call, type CallPart } from '../../words.js';
import { Rooted } from '../../store/rooted.js';
import { readCredentialFiles } from '../client/credential-files.js';
import { readCredentials, type CredentialsOptions } from '../client/credentials.js';
import { readDaemonJson } from '../daemon/daemon-json.js';
import type { DaemonRecord } from './daemon-record.js';
import { daemonFiles, hostsOf, isTcp } from '../daemon/daemon-settings.js';
import { certificateOf } from '../../x509/pem.js';
import { readDaemonRecord } from './installed.js';
import { placedAt, daemonPlaces, type DaemonPlaces } from '../daemon/places.js';
import { localEndpoint, socketsOfStarter } from '../daemon/own-sockets.js';
import { probe } from '../connect/probe.js';
import { serverCertificates, type CertificateFile } from '../connect/served.js';

/** Where `install daemon` put the daemon's files. */
export interface InstallPlace {
  /** As the host has it. Default: `/etc/docker/tls`. */
  readonly to?: string | undefined;
  /** The host's root directory. Default: `/`. */
  readonly root?: string | undefined;
}

/** The daemon's own copy of a server's files, which `install daemon` made. */
export interface InstalledCopy {
  /** As the host has it. */
  readonly to: string;
  readonly root: string;
  readonly record: DaemonRecord;
  /** Its certificate; undefined where it cannot be read. */
  readonly certificate: X509Certificate | undefined;
}

/** Undefined where `install daemon` put nothing there. Errors: those of `readRecord`. */
export async function installedCopy({ to = '/etc/docker/tls', root = '/' }: InstallPlace = {}): Promise<
  InstalledCopy | undefined
> {
  const files = await Rooted.open(root);
  try {
    const place = resolve(to);
    const found = await readDaemonRecord({ files, to: place, read: (path) => files.read(path) });
    if (!found) return undefined;
    const path = placedAt(found.record.places, daemonFiles.certificate);
    const certificate = await files.read(join(place, path)).catch(() => undefined);
    return {
      ...{ to: place, root: resolve(root), record: found.record },
      certificate: certificate && certificateOf(certificate.content),
    };
  } finally {
    await files.close();
  }
}

/**
 * The server of a certificate directory of which this is the copy: the one that it was installed from, or else the one with its
 * key; or, where an older record does not say that, the only one of the same CA with its subject and names. Undefined where there
 * is none.
 */
export async function serverOf(
  { record, certificate: copy }: InstalledCopy,
  directory: string,
): Promise<(CredentialsOptions & { readonly directory: string }) | undefined> {
  const root = resolve(directory);
  const all = await serverCertificates(root);
  const servers = all.filter((server) => placeIn(root, server) !== undefined);
  const nameAlike =
    record.source === undefined
      ? servers.filter(({ certificate }) => copy && isCalledAlike(certificate, copy))
      : [];
  const found =
    servers.find(({ path }) => path === record.source) ??
    servers.find(({ certificate }) => copy && certificate.publicKey.equals(copy.publicKey)) ??
    (nameAlike.length === 1 ? nameAlike[0] : undefined);
  return found && { directory: root, name: placeIn(root, found)?.name };
}

function isCalledAlike(one: X509Certificate, other: X509Certificate): boolean {
  const called = ({ issuer, subject, subjectAltName }: X509Certificate): string =>
    JSON.stringify([issuer, subject, subjectAltName]);
  return called(one) === called(other);
}

function placeIn(directory: string, { path }: CertificateFile): ReturnType<typeof placeOf> {
  return placeOf(relative(directory, path), 'server');
}

/** The certificate directory that it was installed from, as far as that is written down and still there. */
export function directoryInstalledFrom({ record: { source } }: InstalledCopy): string | undefined {
  if (source === undefined || !existsSync(source)) return undefined;
  const folder = dirname(source);
  return /^(.*)\/servers\/[^/]+$/.exec(folder)?.[1] ?? folder;
}

/** The files of the copy that are not as in the set, by name. Errors: those of `readCredentials`. */
export async function differencesOf(
  { to, root, record }: InstalledCopy,
  server: CredentialsOptions,
): Promise<string[]> {
  const files = await readCredentialFiles(await readCredentials('server', server));
  const there = await Rooted.open(root);
  try {
    const copies = await Promise.all(
      files.map(({ name }) => there.read(join(to, placedAt(record.places, name))).catch(() => undefined)),
    );
    return files.filter(({ content }, at) => !copies[at]?.content.equals(content)).map(({ name }) => name);
  } finally {
    await there.close();
  }
}

/** Where the daemon of a host listens over TCP, as daemon.json says. */
export async function listensOn(
  root: string,
  places: DaemonPlaces = daemonPlaces('system'),
): Promise<string[]> {
  const published = await socketsOfStarter(root, places);
  if (published) return published;
  const { daemonJson } = places;
  if (daemonJson === undefined) return [];
  return hostsOf(await readDaemonJson(root, daemonJson), join(root, daemonJson)).filter(isTcp);
}

const LOOK_MS = 3_000;

/** What the daemon of this machine shows at its first socket that answers; undefined where none does. */
export async function servedHere(
  hosts: readonly string[],
  signal?: AbortSignal,
): Promise<X509Certificate | undefined> {
  for (const host of hosts) {
    const endpoint = localEndpoint(host);
    if (!endpoint) continue;
    const { served } = await probe({ endpoint, identity: {}, timeoutMs: LOOK_MS, signal });
    if (served) return served;
  }
  return undefined;
}

/**
 * The call that copies the current files of `directory` to this host's daemon; undefined if `installDaemon` did not configure
 * it, or used another set. Never fails: it is for a hint.
 */
export async function installCommand(
  directory: string,
  place: InstallPlace = {},
): Promise<CallPart | undefined> {
  const copy = await installedCopy(place).catch(() => undefined);
  if (!copy) return undefined;
  const from = (await serverOf(copy, directory)) ? directory : directoryInstalledFrom(copy);
  if (from === undefined) return undefined;
  const to = copy.to === '/etc/docker/tls' ? undefined : copy.to;
  const root = copy.root === '/' ? undefined : copy.root;
  const install = to === undefined && root === undefined ? true : { to, root };
  return call('renew', { install }, from);
}

/** Whether an address, as `127.0.0.1:2376`, is one at which this host's daemon listens. Never fails. */
export async function isThisHosts(address: string): Promise<boolean> {
  const reached = localEndpoint(address);
  const own = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []);
  if (!reached || !own.includes(reached.host)) return false;
  const hosts = await listensOn('/').catch(() => []);
  return hosts.some((host) => localEndpoint(host)?.port === reached.port);
}
