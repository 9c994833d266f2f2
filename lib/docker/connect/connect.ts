import type { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { DirectoryError, InputError } from '../../errors.js';
import { fileError } from '../../file-error.js';
import { readableCertificates } from '../../x509/pem.js';
import { readRegular } from '../../store/read-regular.js';
import { forge } from '../../x509/forgery.js';
import { checksOf } from './checks.js';
import type { ConnectionCheck } from './check.js';
import type { Evidence } from './evidence.js';
import { readCredentials, type Credentials } from '../client/credentials.js';
import { parseHostAndPort, parseEndpoint, variable, type Endpoint } from '../../x509/endpoint.js';
import { portRemembered } from '../daemon/port.js';
import { installCommand, isThisHosts } from '../install/installed-copy.js';
import { apiVersionOf, type EngineVersion } from './answer-body.js';
import { probe, type Exchange, type Identity } from './probe.js';
import { serverCertificates } from './served.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';

export interface ConnectOptions {
  /**
   * `HOST`, `HOST:PORT` or `tcp://HOST:PORT`. Default: DOCKER_HOST, then this machine. Without a port: the one
   * remembered in the certificate directory, else 2376.
   */
  readonly endpoint?: string | undefined;
  /** The certificate directory. Default: DOCKER_CERT_PATH, then `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /** Uses the client in `clients/NAME`. Default: the default pair. */
  readonly name?: string | undefined;
  /** Timeout per exchange with the daemon, in milliseconds. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Stops the work with `ERR_ABORTED`. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** The variables of DOCKER_HOST and DOCKER_CERT_PATH. Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
}

const optionNames: OptionNames<ConnectOptions> = {
  endpoint: true,
  directory: true,
  name: true,
  timeoutMs: true,
  signal: true,
  env: true,
  now: true,
};

/** The result of the checks of a daemon. */
export interface Connection {
  readonly endpoint: Endpoint;
  /** The certificate directory, absolute. */
  readonly directory: string;
  readonly checks: readonly ConnectionCheck[];
  /** True if no check failed. */
  readonly ok: boolean;
  /** `TLSv1.3`, …; undefined without TLS. */
  readonly protocol: string | undefined;
  /** The daemon's certificate. */
  readonly certificate: X509Certificate | undefined;
  /** What its API reports, if it accepted the client. */
  readonly docker: EngineVersion | undefined;
}

const TEN_SECONDS = 10_000;

/**
 * Checks that a daemon accepts the client's certificate and nothing less: asks its API `GET /version` with it, without one, with a
 * forged one and without TLS, and compares the certificate it shows with those on disk. It changes nothing, neither here nor there. A problem is
 * a check that failed, not an error.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used: an endpoint that is not TCP.
 * @throws `ERR_UNSAFE`, `ERR_FILE`: the remembered port cannot be read.
 * @throws `ERR_ABORTED`: `signal` aborted.
 * @example
 * ```ts
 * import { connect } from 'docker-tls-openssl';
 *
 * const { ok, checks } = await connect({ endpoint: '127.0.0.1:2376', directory: 'docker-tls' });
 * for (const { title, state, detail } of checks) console.log(state, title, detail);
 * console.log(ok ? 'protected' : 'not protected');
 * ```
 */
export async function connect(options: ConnectOptions = {}): Promise<Connection> {
  refuseUnknown(options, optionNames);
  const { name, timeoutMs = TEN_SECONDS, signal, env = process.env, now = new Date() } = options;
  const directory = resolve(options.directory ?? variable(env, 'DOCKER_CERT_PATH') ?? 'docker-tls');
  const { endpoint, source } = await whereTo(options.endpoint, directory, env);
  const credentials = await readCredentials('client', { directory, name }).catch(asResult);
  const identity = credentials instanceof DirectoryError ? {} : await identityOf(credentials);
  const ask = (shown: Identity | undefined): Promise<Exchange> =>
    probe({ endpoint, identity: shown, timeoutMs, signal });

  const client = await ask(identity);
  const more = isWorthMore(client) ? await others(client, credentials, identity, ask) : {};
  const evidence: Evidence = {
    endpoint,
    directory,
    name,
    timeoutMs,
    now,
    credentials,
    client,
    ...more,
    assumed: source === 'assumed',
    bring:
      client.address && (await isThisHosts(client.address)) ? await installCommand(directory) : undefined,
    authorities: readableCertificates(identity.ca ?? ''), // TLS does without the others, too
    onDisk: await serverCertificates(directory),
    environment:
      source === 'environment'
        ? { verify: env['DOCKER_TLS_VERIFY'], certPath: env['DOCKER_CERT_PATH'] }
        : undefined,
  };
  const checks = checksOf(evidence);
  return {
    endpoint,
    directory,
    checks,
    ok: checks.every(({ state }) => state !== 'failed'),
    protocol: client.protocol,
    certificate: client.served,
    docker: client.answer && apiVersionOf(client.answer.body),
  };
}

async function whereTo(
  given: string | undefined,
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<{ endpoint: Endpoint; source: 'given' | 'environment' | 'assumed' }> {
  if (given !== undefined) {
    const { host, port } = parseHostAndPort(given, 'endpoint');
    return { endpoint: { host, port: port ?? (await portRemembered(directory)) }, source: 'given' };
  }
  const variableHost = variable(env, 'DOCKER_HOST');
  if (variableHost === undefined)
    return { endpoint: { host: 'localhost', port: await portRemembered(directory) }, source: 'assumed' };
  try {
    return { endpoint: parseEndpoint(variableHost, 'endpoint'), source: 'environment' };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError('endpoint', `DOCKER_HOST: ${error.message}`, { hint: error.remedy });
  }
}

/** Files that cannot be used are a result like any other. */
function asResult(error: unknown): DirectoryError {
  if (error instanceof DirectoryError) return error;
  throw error;
}

async function identityOf(files: Credentials): Promise<Identity> {
  const read = [files.ca, files.certificate, files.key].map(async (path) => {
    try {
      return (await readRegular(path)).bytes.toString('utf8');
    } catch (error) {
      throw error instanceof DirectoryError ? error : fileError(path, 'read', error);
    }
  });
  const [ca, certificate, key] = await Promise.all(read);
  return { ca, certificate, key };
}

/** A host that does not answer, or accepts a connection and stays silent, is not worth more attempts. */
function isWorthMore({ reached, failure }: Exchange): boolean {
  if (failure?.why === 'unusable') return true;
  return reached !== 'nothing' && !(reached === 'connection' && failure?.why === 'timed-out');
}

/** The exchanges that must fail. */
async function others(
  client: Exchange,
  credentials: Credentials | DirectoryError,
  identity: Identity,
  ask: (identity: Identity | undefined) => Promise<Exchange>,
): Promise<Pick<Evidence, 'anonymous' | 'forged' | 'plain' | 'steady'>> {
  if (credentials instanceof DirectoryError) return { anonymous: client, plain: await ask(undefined) };
  const { ca } = identity;
  const { certificate } = credentials.parsed;
  // Some servers overlook a wrong signature, and some an unknown issuer.
  const forgeries = [forge(certificate), forge(certificate, true)];
  // One after another: a server with a connection limit would close some of them for that alone.
  const anonymous = await ask({ ca });
  const plain = await ask(undefined);
  const forged: Exchange[] = [];
  for (const forgery of forgeries) forged.push(await ask({ ca, ...forgery }));
  // A closed connection means a refusal only if the right client is still let in.
  const steady = client.answer === undefined || (await ask(identity)).answer !== undefined;
  return { anonymous, forged, plain, steady };
}
