import { join } from 'node:path';
import { DirectoryError, InputError } from '../../errors.js';
import { refuseUnknown } from '../../known-options.js';
import { call, option, words, type Text } from '../../words.js';
import { endpointUrl, parseEndpoint, variable, type Endpoint } from '../../x509/endpoint.js';
import { unshown } from '../../x509/unshown.js';
import { calledNames, endpointCalled, type CalledOptions } from '../daemon/called.js';
import { configurationDirectory, contextPaths, currentContext } from './context-store.js';
import { configurationOf, contextsNames, storedContext, type ContextsOptions } from './contexts.js';
import { readCredentialFiles } from './credential-files.js';
import { credentialsNames, readCredentials, type CredentialsOptions } from './credentials.js';

/** A client's files in a certificate directory, and the daemon that they are for. */
export interface ClientSet extends CredentialsOptions, CalledOptions {}

export const clientSetNames = { ...credentialsNames, ...calledNames };

/** One of docker's contexts. */
export interface ContextSource extends ContextsOptions {
  /** Its name. */
  readonly context: string;
}

/** The variables that docker reads: DOCKER_HOST, DOCKER_CERT_PATH, DOCKER_CONTEXT and DOCKER_CONFIG. */
export interface EnvironmentSource {
  /** Such as `process.env`. */
  readonly env: NodeJS.ProcessEnv;
}

/** Where a client's files and its daemon are found. */
export type DockerSource = ClientSet | ContextSource | EnvironmentSource;

/**
 * How to reach a daemon with mutual TLS, in the names that dockerode, docker-modem, `https.Agent`, `tls.connect` and undici's `connect`
 * share. `console.log` and `util.inspect` leave the key out.
 */
export interface DockerOptions {
  readonly protocol: 'https';
  readonly host: string;
  readonly port: number;
  /** The CA's certificate, PEM. */
  readonly ca: string;
  /** The client's certificate, PEM. */
  readonly cert: string;
  /** The client's private key, PEM. */
  readonly key: string;
  /** Verifies the daemon whatever NODE_TLS_REJECT_UNAUTHORIZED says. dockerode and docker-modem do not pass it on: leave that variable unset. */
  readonly rejectUnauthorized: true;
  /** `https://HOST:PORT`, for clients that take a URL. */
  readonly url: string;
}

/**
 * Reads what a client of Docker's API in Node needs to reach a daemon: from a certificate directory, from one of docker's contexts, or
 * from the variables of the environment, as the docker CLI reads them. A connection without TLS, or one that accepts any daemon, is
 * refused. The files are read once: `reloadingAgent` follows a renewal.
 *
 * @throws `ERR_INPUT`: an option is unknown, or the daemon is not reached over TCP with verified TLS.
 * @throws `ERR_INCOMPLETE`, `ERR_LEAF_UNUSABLE`, `ERR_CA_UNUSABLE`, `ERR_UNSAFE`, `ERR_FILE`: as `readCredentials`.
 * @example
 * ```ts
 * import { Agent } from 'node:https';
 * import { dockerOptions } from 'docker-tls-openssl';
 *
 * const options = await dockerOptions({ directory: 'docker-tls', host: 'docker.example.com' });
 * // new Docker(options), new Agent(options), new undici.Agent({ connect: options })
 * console.log(options.url, new Agent(options).options.port);
 * ```
 */
export async function dockerOptions(source: DockerSource = {}): Promise<DockerOptions> {
  if ('context' in source) {
    refuseUnknown(source, { ...contextsNames, context: true });
    return ofContext(configurationOf(source), source.context);
  }
  if ('env' in source) {
    refuseUnknown(source, { env: true });
    return ofEnvironment(source.env);
  }
  refuseUnknown(source, clientSetNames);
  const { directory, name, host } = source;
  return optionsFor(await endpointCalled({ directory, host }), { directory, name });
}

async function optionsFor(endpoint: Endpoint, set: CredentialsOptions): Promise<DockerOptions> {
  const files = await readCredentialFiles(await readCredentials('client', set));
  const [ca = '', cert = '', key = ''] = files.map(({ content }) => content.toString('utf8'));
  return optionsOf(endpoint, { ca, cert, key });
}

function optionsOf(
  endpoint: Endpoint,
  { ca, cert, key }: Pick<DockerOptions, 'ca' | 'cert' | 'key'>,
): DockerOptions {
  const options: DockerOptions = {
    protocol: 'https',
    ...endpoint,
    ...{ ca, cert, key },
    rejectUnauthorized: true,
    url: endpointUrl(endpoint, 'https'),
  };
  return unshown(options, ['key']);
}

/** A context has copies of the three files, which lie as in a DOCKER_CERT_PATH. */
async function ofContext(configuration: string, name: string): Promise<DockerOptions> {
  const { host, skipsVerification } = await storedContext(configuration, name);
  const update = words`\`${call('syncContext', { context: name, apply: true })}\` gives it a client's files`;
  if (skipsVerification)
    throw new InputError('context', `the context ${name} has skip-tls-verify: it accepts any daemon`, {
      hint: update,
    });
  if (host === undefined) throw new InputError('context', `the context ${name} names no daemon`);
  const endpoint = overTls(host, 'context', `the context ${name}`);
  try {
    return await optionsFor(endpoint, { directory: join(configuration, contextPaths(name).copies) });
  } catch (error) {
    throw error instanceof DirectoryError && error.code === 'ERR_INCOMPLETE'
      ? new DirectoryError(error.code, error.path, error.message, { hint: update })
      : error;
  }
}

/** As the docker CLI: DOCKER_HOST comes before DOCKER_CONTEXT, and that before the context in its configuration. */
async function ofEnvironment(env: NodeJS.ProcessEnv): Promise<DockerOptions> {
  const configuration = configurationDirectory(env['DOCKER_CONFIG'] ?? '');
  const host = variable(env, 'DOCKER_HOST');
  if (host === undefined) {
    const context = variable(env, 'DOCKER_CONTEXT') ?? (await currentContext(configuration)) ?? 'default';
    if (context !== 'default') return ofContext(configuration, context);
    throw new InputError('env', 'neither DOCKER_HOST nor a context names a daemon that is reached over TCP', {
      hint: words`set DOCKER_HOST to tcp://HOST:2376, or name a context with ${option('context')}`,
    });
  }
  const endpoint = overTls(host, 'env', 'DOCKER_HOST');
  if (variable(env, 'DOCKER_TLS_VERIFY') === undefined)
    throw new InputError('env', 'DOCKER_TLS_VERIFY is not set, so docker would not verify the daemon', {
      hint: 'set it to 1',
    });
  return optionsFor(endpoint, { directory: variable(env, 'DOCKER_CERT_PATH') ?? configuration });
}

function overTls(url: string, name: string, where: string): Endpoint {
  const refuse = (why: string, hint?: Text): never => {
    throw new InputError(name, `${where}: ${why}`, { hint });
  };
  try {
    if (!url.startsWith('http://')) return parseEndpoint(url, name);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return refuse(error.message, error.remedy);
  }
  return refuse(`${JSON.stringify(url)} is reached without TLS`);
}
