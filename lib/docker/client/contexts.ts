import type { X509Certificate } from 'node:crypto';
import { DirectoryError, InputError } from '../../errors.js';
import { givenPath, givenText } from '../../given.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';
import { call, words } from '../../words.js';
import { lifetimeOf } from '../../x509/certificate.js';
import { certificateOf } from '../../x509/pem.js';
import type { Lifetime } from '../../x509/life.js';
import {
  configurationDirectory,
  currentContext,
  readStoredContext,
  readStoredContexts,
  type CopiedFile,
  type StoredContext,
} from './context-store.js';

export interface ContextsOptions {
  /** Docker's own directory. Default: `DOCKER_CONFIG`, or else `~/.docker`. */
  readonly configDirectory?: string | undefined;
}

export const contextsNames: OptionNames<ContextsOptions> = { configDirectory: true };

/** A certificate of which a context has a copy. */
export interface ContextCertificate extends Lifetime {
  readonly certificate: X509Certificate;
}

/** A context of docker's: where the daemon is, and the copies of a client's files that docker uses for it. */
export interface DockerContext {
  readonly name: string;
  /** `tcp://HOST:PORT`, or a URL of another scheme; undefined where the context names none. */
  readonly host: string | undefined;
  /** Whether docker uses it by itself. DOCKER_HOST and DOCKER_CONTEXT come before it. */
  readonly current: boolean;
  /** True for one that accepts any daemon. */
  readonly skipsVerification: boolean;
  /** Its copy of the CA's certificate; undefined where there is none, or none that can be read. */
  readonly ca: ContextCertificate | undefined;
  /** Its copy of the client's certificate; undefined where there is none, or none that can be read. */
  readonly client: ContextCertificate | undefined;
  /** Whether it has a copy of the client's key. Of the key itself nothing is kept here. */
  readonly hasKey: boolean;
}

/** The contexts that docker has, and those that could not be read. */
export interface DockerContexts {
  /** In the order of their names. */
  readonly contexts: readonly DockerContext[];
  readonly unread: readonly { readonly path: string; readonly why: string }[];
}

/**
 * Lists docker's contexts with the dates of the certificates that they have copies of: a renewal does not change those. It reads docker's
 * files and starts no docker. Docker's own context `default` has no files, and is not listed.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used.
 * @throws `ERR_FILE`: docker's configuration cannot be read. A context that cannot be read is in `unread`.
 * @example
 * ```ts
 * import { listContexts } from 'docker-tls-openssl';
 *
 * const { contexts } = await listContexts({ configDirectory: 'docker-config' });
 * for (const { name, host, client } of contexts) console.log(name, host, client?.notAfter);
 * ```
 */
export async function listContexts(options: ContextsOptions = {}): Promise<DockerContexts> {
  refuseUnknown(options, contextsNames);
  const configuration = configurationOf(options);
  const current = await currentContext(configuration);
  const contexts: DockerContext[] = [];
  const unread: { path: string; why: string }[] = [];
  for (const stored of await readStoredContexts(configuration)) {
    if (stored instanceof DirectoryError) unread.push({ path: stored.path, why: stored.message });
    else if (stored.name !== undefined) contexts.push(contextOf(stored.name, stored, current));
  }
  contexts.sort((one, other) => (one.name < other.name ? -1 : 1));
  return { contexts, unread };
}

/**
 * Reads one of docker's contexts, with the dates of the certificates that it has copies of.
 *
 * @throws `ERR_INPUT`: an option is unknown, or docker has no context of that name.
 * @throws `ERR_FILE`: a file of docker's cannot be read.
 * @example
 * ```ts
 * import { readContext } from 'docker-tls-openssl';
 *
 * const { host, client } = await readContext('remote', { configDirectory: 'docker-config' });
 * console.log(host, client?.certificate.subject, client?.notAfter);
 * ```
 */
export async function readContext(name: string, options: ContextsOptions = {}): Promise<DockerContext> {
  refuseUnknown(options, contextsNames);
  const configuration = configurationOf(options);
  const stored = await storedContext(configuration, name);
  return contextOf(name, stored, await currentContext(configuration));
}

/** One that has to exist. Errors: `ERR_INPUT`, `ERR_FILE`. */
export async function storedContext(configuration: string, name: string): Promise<StoredContext> {
  const stored = await readStoredContext(configuration, givenText(name, 'context'));
  if (stored instanceof DirectoryError) throw stored;
  if (stored) return stored;
  if (name === 'default')
    throw new InputError('context', "'default' is docker's own context, which has no certificates");
  throw new InputError('context', `docker has no context named ${JSON.stringify(name)}`, {
    hint: words`\`docker context ls\` lists them, and \`${call('syncContext', { context: name, apply: true })}\` makes one`,
  });
}

/** Errors: `ERR_INPUT`. */
export function configurationOf({ configDirectory }: ContextsOptions): string {
  return configurationDirectory(
    configDirectory === undefined ? undefined : givenPath(configDirectory, 'configDirectory'),
  );
}

function contextOf(name: string, stored: StoredContext, current: string | undefined): DockerContext {
  const { host, skipsVerification, files } = stored;
  return {
    name,
    host,
    current: name === current,
    skipsVerification,
    ca: copyOf(files, 'ca.pem'),
    client: copyOf(files, 'cert.pem'),
    hasKey: Buffer.isBuffer(files['key.pem']),
  };
}

function copyOf(files: StoredContext['files'], file: CopiedFile): ContextCertificate | undefined {
  const bytes = files[file];
  const certificate = Buffer.isBuffer(bytes) ? certificateOf(bytes) : undefined;
  return certificate && { certificate, ...lifetimeOf(certificate) };
}
