import type { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDockerTlsError } from '../errors.js';
import { givenMs } from '../given.js';
import { probe } from '../docker/connect/probe.js';
import { whyNotReached } from '../docker/connect/reach.js';
import { serverCertificates } from '../docker/connect/served.js';
import { portRemembered } from '../docker/daemon/port.js';
import { defaultDirectory } from '../issue/request.js';
import { refuseUnknown, type OptionNames } from '../known-options.js';
import { formatEndpoint, parseHostAndPort, type Endpoint } from '../x509/endpoint.js';
import { parseWithin, USUAL_WITHIN, type Within } from '../x509/life.js';
import { status, type CertificateStatus } from './status.js';

/** What to watch, and how often. */
export interface WatchOptions {
  /** The certificate directory. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /** What has less left is due: `30d`, or `33%` of its whole life. Default: whichever of these is less. */
  readonly within?: Within | number | string | undefined;
  /**
   * The daemon that uses the server's certificate: `HOST`, `HOST:PORT` or `tcp://HOST:PORT`, with the remembered port, else 2376. Default:
   * no daemon is asked.
   */
  readonly endpoint?: string | undefined;
  /** The time between two looks, in milliseconds. Default: 60,000, one minute. */
  readonly everyMs?: number | undefined;
  /** Timeout per connection to the daemon, in milliseconds. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Ends the iteration. Default: it goes on until the loop is left. */
  readonly signal?: AbortSignal | undefined;
}

const optionNames: OptionNames<WatchOptions> = {
  directory: true,
  within: true,
  endpoint: true,
  everyMs: true,
  timeoutMs: true,
  signal: true,
};

/** What is seen of a set. Each is reported once, and again after it has changed. */
export type WatchEvent =
  /** A certificate expires soon, or has expired: its `state` says which. */
  | { readonly type: 'due'; readonly certificate: CertificateStatus }
  /** Another certificate has taken the place of `before`. */
  | { readonly type: 'renewed'; readonly certificate: CertificateStatus; readonly before: CertificateStatus }
  /** The daemon serves none of the server certificates in the directory: it was not restarted since a renewal. */
  | {
      readonly type: 'served-differs';
      readonly endpoint: Endpoint;
      readonly served: X509Certificate;
      readonly onDisk: readonly X509Certificate[];
    }
  /** The files cannot be read, or the daemon was not reached over TLS. */
  | { readonly type: 'not-checked'; readonly what: 'files' | 'daemon'; readonly why: string };

/**
 * Watches a set: yields an event for each certificate that becomes due or was renewed, and where the daemon serves another one than the
 * files hold. It changes nothing. What it cannot look at is an event, too, and it goes on. It ends with `signal`.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used.
 * @example
 * ```ts
 * import { watch } from 'docker-tls-openssl';
 *
 * const signal = AbortSignal.timeout(500); // or until the program ends
 * for await (const event of watch({ directory: 'docker-tls', within: '400d', signal }))
 *   if (event.type === 'due') console.log('renew', event.certificate.path, event.certificate.daysLeft);
 * ```
 */
export async function* watch(options: WatchOptions = {}): AsyncGenerator<WatchEvent, undefined> {
  refuseUnknown(options, optionNames);
  const { directory = defaultDirectory, within = USUAL_WITHIN, endpoint, signal } = options;
  const everyMs = givenMs(options.everyMs ?? 60_000, 'everyMs', 1, 2 ** 31 - 1);
  const timeoutMs = givenMs(options.timeoutMs ?? 10_000, 'timeoutMs', 1, 2 ** 31 - 1);
  const place = resolve(directory);
  const files = new WatchedFiles(place, parseWithin(within));
  const daemon = endpoint === undefined ? undefined : new WatchedDaemon(place, endpoint, timeoutMs);
  while (!signal?.aborted) {
    yield* await files.look();
    if (daemon && !signal?.aborted) yield* await daemon.look(signal);
    await sleep(everyMs, undefined, signal && { signal }).catch(() => undefined);
  }
  return undefined;
}

/** Reports a reason once, until it changes. */
class Reasons {
  #last: string | undefined;

  constructor(private readonly what: 'files' | 'daemon') {}

  of(why: string | undefined): WatchEvent[] {
    const isNew = why !== undefined && why !== this.#last;
    this.#last = why;
    return isNew ? [{ type: 'not-checked', what: this.what, why }] : [];
  }
}

class WatchedFiles {
  readonly #reasons = new Reasons('files');
  /** Those of the last look, by their place. */
  #before = new Map<string, CertificateStatus>();
  /** Reported, by serial number and state. */
  readonly #reported = new Set<string>();

  constructor(
    private readonly directory: string,
    private readonly within: Within,
  ) {}

  async look(): Promise<WatchEvent[]> {
    const { directory, within } = this;
    try {
      const { certificates, broken } = await status({ directories: [directory], within });
      const [first] = broken;
      const events = [...this.#changes(certificates), ...certificates.flatMap((one) => this.#due(one))];
      return [...events, ...this.#reasons.of(first && `${first.path}: ${first.why}`)];
    } catch (error) {
      if (!isDockerTlsError(error)) throw error;
      return this.#reasons.of(error.message);
    }
  }

  #changes(certificates: readonly CertificateStatus[]): WatchEvent[] {
    const now = new Map(certificates.map((one) => [`${one.path} ${one.index}`, one]));
    const events = [...now].flatMap(([place, certificate]): WatchEvent[] => {
      const before = this.#before.get(place);
      const isOther = before && before.serial !== certificate.serial;
      return isOther ? [{ type: 'renewed', certificate, before }] : [];
    });
    this.#before = now;
    return events;
  }

  #due(certificate: CertificateStatus): WatchEvent[] {
    const { state, serial, path } = certificate;
    const id = `${path} ${serial} ${state}`;
    if (!['due', 'expired'].includes(state) || this.#reported.has(id)) return [];
    this.#reported.add(id);
    return [{ type: 'due', certificate }];
  }
}

class WatchedDaemon {
  readonly #reasons = new Reasons('daemon');
  readonly #given: ReturnType<typeof parseHostAndPort>;
  #differing: string | undefined;

  constructor(
    private readonly directory: string,
    endpoint: string,
    private readonly timeoutMs: number,
  ) {
    this.#given = parseHostAndPort(endpoint, 'endpoint');
  }

  async look(signal: AbortSignal | undefined): Promise<WatchEvent[]> {
    try {
      return await this.#compare(signal);
    } catch (error) {
      if (!isDockerTlsError(error)) throw error;
      return signal?.aborted ? [] : this.#reasons.of(error.message);
    }
  }

  async #compare(signal: AbortSignal | undefined): Promise<WatchEvent[]> {
    const { directory, timeoutMs } = this;
    const { host } = this.#given;
    const endpoint = { host, port: this.#given.port ?? (await portRemembered(directory)) };
    const { served, failure } = await probe({
      ...{ endpoint, identity: {}, timeoutMs, signal },
      handshakeOnly: true,
    });
    if (!served) {
      const why = failure ? whyNotReached(failure, endpoint, timeoutMs) : 'it showed no certificate';
      return this.#reasons.of(`${formatEndpoint(endpoint)}: ${why}`);
    }
    const onDisk = (await serverCertificates(directory)).map(({ certificate }) => certificate);
    const isThere = onDisk.some(({ fingerprint256 }) => fingerprint256 === served.fingerprint256);
    const ids = isThere ? undefined : [served, ...onDisk].map(({ fingerprint256 }) => fingerprint256).join();
    const isNew = ids !== undefined && ids !== this.#differing;
    this.#differing = ids;
    return [
      ...this.#reasons.of(undefined),
      ...(isNew ? [{ type: 'served-differs', endpoint, served, onDisk } as const] : []),
    ];
  }
}
