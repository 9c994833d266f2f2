import { lstat, unlink } from 'node:fs/promises';
import { once } from 'node:events';
import { connect as connectSocket, createServer, isIP, type Server, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { aborted, DirectoryError, InputError } from '../../errors.js';
import { fileError, systemCode } from '../../file-error.js';
import { givenMs, givenText } from '../../given.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';
import { placeSocket } from '../../store/place-socket.js';
import { formatEndpoint, type Endpoint } from '../../x509/endpoint.js';
import { CurrentOptions } from './current-options.js';
import type { DockerOptions, DockerSource } from './docker-options.js';

/** From where to where. */
export interface TunnelOptions {
  /** The socket to listen on: `unix:PATH`. It gets the mode 0600. */
  readonly listen: string;
  /** The client's files, and the daemon: as `dockerOptions` takes them. Default: the set in `docker-tls`. */
  readonly set?: DockerSource | undefined;
  /** How long a connection to the daemon may take, with its handshake, in milliseconds. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Closes the tunnel. Default: it stays until `close`. */
  readonly signal?: AbortSignal | undefined;
}

const optionNames: OptionNames<TunnelOptions> = { listen: true, set: true, timeoutMs: true, signal: true };

/** A socket that leads to a daemon. */
export interface Tunnel extends AsyncDisposable {
  /** The socket's file, absolute. */
  readonly path: string;
  /** The daemon. */
  readonly endpoint: Endpoint;
  /** Resolves once it is closed. */
  readonly closed: Promise<void>;
  /** Ends its connections and removes the socket. */
  close(): Promise<void>;
}

/** Of what a socket's address holds on Linux and macOS (sun_path). */
const MOST_PATH_BYTES = 103;

/** A daemon whose host is gone is missed also where nothing is sent, as by `docker events`: after this time it is asked, as docker does. */
const KEEP_ALIVE_MS = 30_000;

/**
 * Opens a local socket whose connections lead to a daemon over mutual TLS, for programs that speak to `/var/run/docker.sock` and cannot do
 * TLS. Whoever may open the socket is root on the daemon's host: its mode is 0600, and others can change no directory above it. Files are read
 * again for each connection, so that a renewal needs no restart. Either side can end its half of a connection alone, as `docker exec -i` does.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used. The errors of {@link dockerOptions}.
 * @throws `ERR_EXISTS`: something is there that is no socket, or a socket that someone listens on.
 * @throws `ERR_UNSAFE`, `ERR_OPEN_MODES`, `ERR_FILE`: the socket's directory cannot be used safely.
 * @throws `ERR_ABORTED`: `signal` had aborted.
 * @example
 * ```ts
 * import { tunnel } from 'docker-tls-openssl';
 *
 * await using open = await tunnel({
 *   listen: 'unix:./docker.sock',
 *   set: { directory: 'docker-tls', host: 'docker.example.com' },
 * });
 * console.log(`DOCKER_HOST=unix://${open.path} docker ps`, open.endpoint.port);
 * ```
 */
export async function tunnel(options: TunnelOptions): Promise<Tunnel> {
  refuseUnknown(options, optionNames);
  const { set = {}, signal } = options;
  const path = socketPath(options.listen);
  const timeoutMs = givenMs(options.timeoutMs ?? 10_000, 'timeoutMs', 1, 2 ** 31 - 1);
  if (signal?.aborted) throw aborted(signal, 'stopped before the tunnel was open');
  const current = await CurrentOptions.open(set);
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (local) => {
    sockets.add(local);
    local.once('close', () => sockets.delete(local));
    lead(local, current, timeoutMs).catch(() => local.destroy());
  });
  const removeSocket = await placeSocket(path, async (at) => {
    await refuseInUse(path); // only now: others cannot change the directory
    await listen(server, at);
  }).catch((error: unknown) => {
    server.close();
    throw error;
  });
  const close = once(server, 'close').then(() => removeSocket());
  const end = async (): Promise<void> => {
    if (server.listening) server.close();
    for (const socket of sockets) socket.destroy();
    await close;
  };
  const stop = (): void => void end();
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  const closed = close.finally(() => signal?.removeEventListener('abort', stop));
  const { host, port } = current.last;
  return { path, endpoint: { host, port }, closed, close: end, [Symbol.asyncDispose]: end };
}

function socketPath(listen: unknown): string {
  const [, path = ''] = /^unix:(?:\/\/)?(.+)$/s.exec(givenText(listen, 'listen')) ?? [];
  if (path === '' || path.includes('\0'))
    throw new InputError('listen', `${JSON.stringify(listen)} names no local socket`, {
      hint: 'give unix:PATH',
    });
  const absolute = resolve(path);
  if (Buffer.byteLength(absolute) <= MOST_PATH_BYTES) return absolute;
  throw new InputError('listen', `the path of a socket has at most ${MOST_PATH_BYTES} bytes`, {
    hint: 'choose a shorter one',
  });
}

/** Removes a socket that nobody listens on any more. Errors: `ERR_EXISTS`, `ERR_FILE`. */
async function refuseInUse(path: string): Promise<void> {
  const refuse = (why: string): DirectoryError =>
    new DirectoryError('ERR_EXISTS', path, `${path} ${why}`, {
      hint: 'it was left as it is; choose another path',
    });
  try {
    const stats = await lstat(path);
    if (!stats.isSocket()) throw refuse('exists, and is no socket');
    if (!(await isDead(path))) throw refuse('is a socket that someone listens on');
    await unlink(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error instanceof DirectoryError ? error : fileError(path, 'replace', error);
  }
}

async function isDead(path: string): Promise<boolean> {
  const socket = connectSocket(path);
  try {
    await once(socket, 'connect');
    return false;
  } catch (error) {
    if (systemCode(error) === 'ECONNREFUSED') return true;
    throw error;
  } finally {
    socket.destroy();
  }
}

async function listen(server: Server, path: string): Promise<void> {
  server.listen(path);
  await once(server, 'listening');
}

/** Joins a local connection with one to the daemon, until both are over. */
async function lead(local: Socket, current: CurrentOptions, timeoutMs: number): Promise<void> {
  const { host, port, ca, cert, key } = await current.read();
  if (local.destroyed) return; // the tunnel was closed meanwhile
  // An address is no server name (RFC 6066 §3). Docker's API has no use for ALPN.
  const where = { host, port, servername: isIP(host) === 0 ? host : '' };
  // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
  const always = { allowHalfOpen: true, rejectUnauthorized: true };
  const remote = connectTls(Object.assign({ ...where, ca, cert, key }, always));
  const late = (): void => void remote.destroy(new Error(`no TLS within ${timeoutMs / 1000} s`));
  const timer = setTimeout(late, timeoutMs);
  let hasAnswered = false;
  remote.once('data', () => (hasAnswered = true));
  local.on('error', () => remote.destroy());
  remote.on('error', (error: Error) => {
    if (hasAnswered) local.destroy();
    else local.resume().end(unreachable({ host, port }, error));
  });
  remote.once('close', () => {
    clearTimeout(timer);
    local.destroySoon();
  });
  local.once('close', () => remote.destroy());
  remote.once('secureConnect', () => {
    clearTimeout(timer);
    remote.setKeepAlive(true, KEEP_ALIVE_MS);
    local.pipe(remote);
    remote.pipe(local);
  });
}

/** In HTTP, so that docker says it. */
function unreachable(endpoint: Pick<DockerOptions, 'host' | 'port'>, error: Error): string {
  const message = `the tunnel does not reach ${formatEndpoint(endpoint)}: ${error.message}`;
  const body = `${JSON.stringify({ message })}\n`;
  const head = ['HTTP/1.1 502 Bad Gateway', 'Content-Type: application/json', 'Connection: close'];
  return [...head, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}
