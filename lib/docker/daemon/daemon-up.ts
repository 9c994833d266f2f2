import { lstat } from 'node:fs/promises';
import { connect } from 'node:net';
import { readDaemonJson, daemonJsonPath } from './daemon-json.js';
import { probe } from '../connect/probe.js';
import { certificateOf } from '../../x509/pem.js';
import { readHostFile } from './host-file.js';
import { hostsOf, isTcp } from './daemon-settings.js';
import { readCommand } from './dockerd-command.js';
import type { Endpoint } from '../../x509/endpoint.js';
import { localEndpoint, socketsOfStarter } from './own-sockets.js';
import { podmanCertificate } from './podman-daemon.js';
import type { Service } from './service.js';
import { readUnit } from './unit.js';

/** Where a daemon is to answer once it is up. */
export interface Listening {
  /** Paths of its local sockets. */
  readonly local: readonly string[];
  readonly tcp: readonly Endpoint[];
  /** The socket units that `fd://` takes its sockets from. */
  readonly sockets: readonly { readonly name: string; readonly paths: readonly string[] }[];
  /** The file of the certificate by which it is known, where no local socket tells that it is the daemon that listens. */
  readonly certificate?: string | undefined;
}

/** Reads from daemon.json and the unit, as they are now, where this host's daemon listens. Errors: `ERR_FILE`. */
export async function readListening({ manager, sockets, places, local }: Service): Promise<Listening> {
  const published = await socketsOfStarter('/', places);
  const endpoints = (tcp: readonly string[]): Endpoint[] => tcp.flatMap((host) => localEndpoint(host) ?? []);
  if (places.kind === 'podman')
    return {
      ...{ local: [], sockets: [], tcp: endpoints(published ?? []) },
      certificate: await podmanCertificate('/', places),
    };
  const { daemonJson = daemonJsonPath } = places;
  // A file that cannot be read is for dockerd to complain of.
  const inFile = await readDaemonJson('/', daemonJson)
    .then((file) => hostsOf(file, daemonJson))
    .catch(() => []);
  const unit = manager === 'systemd' ? await readUnit('/', places.unit, undefined, places.units) : undefined;
  const command = unit && (await readCommand('/', unit, places));
  const hosts = [...inFile, ...(command && !('why' in command) ? command.hosts : [])];
  if (hosts.length === 0) hosts.push(local);
  const wantsDescriptors = hosts.some((host) => host.startsWith('fd://'));
  const units = wantsDescriptors ? sockets.filter(({ on, forDocker }) => on && forDocker) : [];
  const opened = units.map(({ name, streams }) => ({
    name,
    paths: streams.flatMap(({ value }) => (isPath(value) ? [value.replace(/^%t\//, '/run/')] : [])),
  }));
  return {
    local: [
      ...hosts.flatMap((host) => /^unix:\/\/(\/.*)$/.exec(host)?.[1] ?? []),
      ...opened.flatMap(({ paths }) => paths),
    ],
    tcp: endpoints(published ?? hosts.filter(isTcp)),
    sockets: opened,
  };
}

/** A path without specifiers other than `%t`. */
function isPath(value: string): boolean {
  return /^(%t)?\/[^%]*$/.test(value);
}

/** Tells whether a socket is at a path. */
export async function isSocket(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isSocket(),
    () => false,
  );
}

const ANSWER_MS = 5_000;

/** Tries each of its sockets once. Undefined where all answer. */
export async function whyNotUp({
  local,
  tcp,
  certificate,
}: Listening): Promise<{ text: string; final: boolean } | undefined> {
  for (const path of local)
    if (!(await answers(path))) return { text: `the daemon does not answer on ${path}`, final: false };
  for (const { host, port } of tcp) {
    if (!(await listens(host, port)))
      return { text: `the daemon does not listen on ${host} port ${port}`, final: false };
    if (certificate !== undefined && !(await serves({ host, port }, certificate)))
      return { text: `what listens on ${host} port ${port} does not serve ${certificate}`, final: false };
  }
  return undefined;
}

/** Tells whether the API answers on a local socket. */
async function answers(socketPath: string): Promise<boolean> {
  const { request } = await import('node:http'); // late: nothing else needs it
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/_ping', timeout: ANSWER_MS, agent: false }, (response) => {
      response.resume();
      asked.destroy();
      resolve(response.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.on('close', () => resolve(false));
    asked.end();
  });
}

/** Tells whether what listens there shows the certificate of a file. */
async function serves(endpoint: Endpoint, path: string): Promise<boolean> {
  const options = { endpoint, identity: {}, timeoutMs: ANSWER_MS, handshakeOnly: true };
  const [{ served }, text] = await Promise.all([probe(options), readHostFile('/', path)]);
  return served !== undefined && served.fingerprint256 === certificateOf(text ?? '')?.fingerprint256;
}

async function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ANSWER_MS });
    const end = (up: boolean): void => {
      socket.destroy();
      resolve(up);
    };
    socket.on('connect', () => end(true));
    socket.on('timeout', () => end(false));
    socket.on('error', () => end(false));
  });
}
