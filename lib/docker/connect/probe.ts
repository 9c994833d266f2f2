import type { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { aborted, InterruptedError } from '../../errors.js';
import { systemCode } from '../../file-error.js';
import { formatEndpoint, type Endpoint } from '../../x509/endpoint.js';
import { isDockers } from './answer-body.js';

/** What is shown and trusted in TLS, in PEM. */
export interface Identity {
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

export interface ProbeOptions {
  readonly endpoint: Endpoint;
  /** Undefined: plain HTTP. */
  readonly identity: Identity | undefined;
  /** For all of it. */
  readonly timeoutMs: number;
  /** Ends as soon as the served certificate is known: nothing is asked, and no verdict on ours awaited. Default: false. */
  readonly handshakeOnly?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the other side said to `GET /version`. */
export interface Answer {
  readonly status: number;
  /** At most 64 kB of it. */
  readonly body: string;
  /** Whether it is Docker's API that speaks. */
  readonly isDocker: boolean;
  /** The other side's clock. */
  readonly date: Date | undefined;
}

/** Why it went no further. */
export interface ProbeFailure {
  /**
   * `closed` and `reset`: the connection ended without an alert; nothing says why. `unusable`: our own side cannot begin with
   * what it was given. `other`: see `words`.
   */
  readonly why: 'timed-out' | 'closed' | 'reset' | 'alert' | 'not-tls' | 'not-http' | 'unusable' | 'other';
  /** How far it had come. Undefined where there was no connection. */
  readonly during?: ProbeStage | undefined;
  /** The system's or OpenSSL's code. */
  readonly code: string | undefined;
  /** The alert's name (RFC 8446 §6), or the system's own words. */
  readonly words: string;
}

/**
 * `silence`: the other side had not said anything yet. `request`: the request was on its way, or sent. `reply`: a part of the
 * answer had come.
 */
export type ProbeStage = 'silence' | 'handshake' | 'after-handshake' | 'request' | 'reply';

/** How far one exchange came, and what was seen on the way. */
export interface Exchange {
  readonly reached: 'nothing' | 'connection' | 'tls' | 'answer';
  /** The address that was reached, as `127.0.0.1:2376`. */
  readonly address?: string;
  /** `TLSv1.3`, … */
  readonly protocol?: string;
  readonly served?: X509Certificate;
  /** Whether the served certificate leads to `identity.ca`. */
  readonly trusted?: boolean;
  readonly answer?: Answer;
  readonly failure?: ProbeFailure;
}

type ExchangeSoFar = { -readonly [Name in keyof Exchange]: Exchange[Name] };
/** Where an exchange is. */
interface Stage {
  now: ProbeStage | undefined;
}

const MOST_BODY = 65_536;
/** For each address of a host that has several, before the next one is tried. */
const ADDRESS_MS = 1_000;
/** For a verdict on our certificate that has not come with the handshake. */
const VERDICT_MS = 300;

/**
 * Asks `GET /version` once, but with `handshakeOnly`. The served certificate is looked at and not judged; a failure is a result. Errors: `ERR_ABORTED`.
 */
export async function probe(options: ProbeOptions): Promise<Exchange> {
  const { endpoint, identity, timeoutMs, signal } = options;
  const found: ExchangeSoFar = { reached: 'nothing' };
  const stage: Stage = { now: undefined };
  const stopped = (): InterruptedError => aborted(signal, 'stopped before it was done');
  if (signal?.aborted) throw stopped();
  let socket: Socket;
  try {
    socket = await open(endpoint, identity);
  } catch (error) {
    return { ...found, failure: { why: 'unusable', code: systemCode(error), words: wordsOf(error) } };
  }
  const timer = setTimeout(() => socket.destroy(new TimedOut()), timeoutMs);
  const abort = (): unknown => socket.destroy(stopped());
  signal?.addEventListener('abort', abort);
  const broken = new Promise<never>((_, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Closed()));
  });
  broken.catch(() => undefined);
  try {
    await Promise.race([advance(socket, options, found, stage), broken]);
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    found.failure = { ...failureOf(error), during: stage.now };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    socket.destroy();
  }
  return found;
}

class TimedOut extends Error {}
class Closed extends Error {}

async function open({ host, port }: Endpoint, identity: Identity | undefined): Promise<Socket> {
  const where = { host, port, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: ADDRESS_MS };
  if (!identity) return (await import('node:net')).connect(where);
  const { connect } = await import('node:tls'); // late: nothing else needs it
  const { ca, certificate: cert, key } = identity;
  return connect({
    ...where,
    // An address is no server name (RFC 6066 §3).
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ca,
    cert,
    key,
    rejectUnauthorized: false, // what is wrong with it is to be told
  });
}

async function advance(
  socket: Socket,
  { endpoint, handshakeOnly = false }: ProbeOptions,
  found: ExchangeSoFar,
  stage: Stage,
): Promise<void> {
  await event(socket, 'connect');
  found.reached = 'connection';
  stage.now = 'silence';
  const { remoteAddress: host, remotePort: port } = socket;
  if (host !== undefined && port !== undefined) found.address = formatEndpoint({ host, port });
  if (isTls(socket) && handshakeOnly) {
    await shake(socket, found, stage);
    return;
  }
  if (isTls(socket)) await secure(socket, found, stage);
  stage.now = 'request';
  found.answer = await ask(socket, endpoint, stage);
  found.reached = 'answer';
}

function isTls(socket: Socket): socket is TLSSocket {
  return 'encrypted' in socket;
}

async function shake(socket: TLSSocket, found: ExchangeSoFar, stage: Stage): Promise<void> {
  const look = (): void => {
    const served = socket.getPeerX509Certificate();
    if (served) found.served = served;
  };
  // In TLS 1.2 a client without a certificate is refused within the handshake, when the server's has been seen.
  socket.on('keylog', () => {
    stage.now = 'handshake'; // the first keys are there when both sides have spoken
    look();
  });
  await event(socket, 'secureConnect');
  found.reached = 'tls';
  stage.now = 'after-handshake';
  found.trusted = socket.authorized;
  const protocol = socket.getProtocol();
  if (protocol !== null) found.protocol = protocol;
  look();
}

async function secure(socket: TLSSocket, found: ExchangeSoFar, stage: Stage): Promise<void> {
  const verdict = event(socket, 'session', 'close');
  await shake(socket, found, stage);
  // In TLS 1.3 the other side has not looked at our certificate yet. With its ticket it has; and an alert that comes
  // while a request is on its way can get lost.
  if (found.protocol === 'TLSv1.3') await within(VERDICT_MS, verdict);
  // The ticket is told from within a read, and what Node writes there is not sent.
  await new Promise((resolve) => setImmediate(resolve));
  if (socket.destroyed) throw new Closed();
}

async function ask(socket: Socket, endpoint: Endpoint, stage: Stage): Promise<Answer> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const headers = { Host: formatEndpoint(endpoint) };
    request({ path: '/version', headers, createConnection: () => socket }, (response) => {
      let body = '';
      stage.now = 'reply';
      const end = (): void =>
        resolve({
          status: response.statusCode ?? 0,
          body,
          isDocker: 'api-version' in response.headers || isDockers(body),
          date: dateOf(response.headers.date),
        });
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
        if (body.length > MOST_BODY) end();
      });
      response.on('end', end);
      response.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

function dateOf(header: string | undefined): Date | undefined {
  const date = new Date(header ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function failureOf(error: unknown): ProbeFailure {
  const code = systemCode(error);
  const words = wordsOf(error);
  if (error instanceof TimedOut || code === 'ETIMEDOUT') return { why: 'timed-out', code, words };
  const alert = alertOf(code, words);
  if (alert !== undefined) return { why: 'alert', code, words: alert };
  // `node:http` says ECONNRESET of a connection that was closed, too; the system's own names the call.
  if (code === 'ECONNRESET' && typeof error === 'object' && error !== null && 'syscall' in error)
    return { why: 'reset', code, words };
  if (error instanceof Closed || ['ECONNRESET', 'EPIPE'].includes(code ?? ''))
    return { why: 'closed', code, words };
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNEXPECTED_MESSAGE/.test(code ?? ''))
    return { why: 'not-tls', code, words };
  return { why: code?.startsWith('HPE_') ? 'not-http' : 'other', code, words };
}

/** `ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED`; where the alert met a write, it stands in the words of an `EPROTO`. */
function alertOf(code: string | undefined, words: string): string | undefined {
  const [, name] =
    /^ERR_SSL_.*?ALERT_(\w+)$/.exec(code ?? '') ?? /:[^:]*? alert ([a-z ]+)(?::|$)/m.exec(words) ?? [];
  return name?.toLowerCase().replaceAll('_', ' ');
}

function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return wordsOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

/** The first of these. */
function event(socket: Socket, ...names: readonly string[]): Promise<void> {
  return new Promise((resolve) => names.forEach((name) => socket.once(name, () => resolve())));
}

async function within(ms: number, event: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([event, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}
