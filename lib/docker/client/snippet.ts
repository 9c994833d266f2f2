import mustache from 'mustache';
import { givenOneOf } from '../../given.js';
import { refuseUnknown } from '../../known-options.js';
import type { Note } from '../../plan/step.js';
import { loadTemplates } from '../../recipes/templates.js';
import { endpointUrl, type Endpoint } from '../../x509/endpoint.js';
import { calledNames, endpointCalled, type CalledOptions } from '../daemon/called.js';
import { proxySnippet } from '../proxy/proxy-snippet.js';
import { credentialsNames, readCredentials, type CredentialsOptions } from './credentials.js';
import { certificatePath } from './environment.js';
import type { ClientKind, SnippetCheck, SnippetKind, SnippetValues } from './snippet-kind.js';
import { snippetKinds } from './snippet-kinds.js';

/** A client of the daemon, or a proxy in front of it, whose code or configuration can be printed. */
export type SnippetName = keyof typeof snippetKinds;

type ProxySnippetName = {
  [Name in SnippetName]: (typeof snippetKinds)[Name] extends { proxy: true } ? Name : never;
}[SnippetName];

const kinds: Readonly<Record<SnippetName, SnippetKind>> = snippetKinds;

/** In the order in which they are listed. */
export const snippetNames = Object.keys(snippetKinds) as SnippetName[];

export interface SnippetSummary {
  readonly name: SnippetName;
  /** One line: what it is for. */
  readonly summary: string;
  /** Where its facts come from: a tool, its version, and a page or a file. */
  readonly source: string;
  /** `run` against a daemon, `validated` by the tool itself, or compared with its `documentation` or source. */
  readonly check: SnippetCheck;
  /** It runs in a container, where `localhost` is the container itself. */
  readonly inContainer: boolean;
  /** It needs ca.pem, cert.pem and key.pem in one directory, as DOCKER_CERT_PATH does. */
  readonly needsDirectory: boolean;
  /** A proxy in front of the daemon, which uses a server's files. */
  readonly isProxy: boolean;
}

/** Lists what `snippet` can print, and where the facts of each come from. It reads no files. */
export function snippets(): SnippetSummary[] {
  return snippetNames.map((name) => {
    const kind = kinds[name];
    const { summary, source, check } = kind;
    const isProxy = 'proxy' in kind;
    const inContainer = !isProxy && kind.mountedIn !== undefined;
    const needsDirectory = !isProxy && kind.needsDirectory === true;
    return { name, summary, source, check, inContainer, needsDirectory, isProxy };
  });
}

export interface Snippet {
  readonly text: string;
  readonly endpoint: Endpoint;
  /** For a proxy `CRL_MISSING` and `CRL_EXPIRED`. */
  readonly notes: readonly Note[];
}

/**
 * Renders code or configuration with which a client reaches the daemon, or the configuration of a proxy that ends TLS in front of it.
 * It has the paths of the files and never a private key. `options.name` is a client, or for a proxy a server.
 *
 * @throws `ERR_INPUT`: there is no snippet of that name, nothing says what the daemon's address is, or the language cannot hold a path.
 * @throws `ERR_INCOMPLETE`: a file is missing, or the tool needs a directory with ca.pem, cert.pem and key.pem and there is none.
 * @throws `ERR_LEAF_UNUSABLE`, `ERR_CA_UNUSABLE`, `ERR_UNSAFE`, `ERR_FILE`: the files cannot be used, or for Caddy the CRL.
 * @throws `ERR_TEMPLATE`: a template of this package cannot be read.
 *
 * @example
 * ```ts
 * import { snippet } from 'docker-tls-openssl';
 *
 * const { text } = await snippet('terraform', { directory: 'docker-tls', host: 'docker.example.com' });
 * console.log(text);
 * ```
 */
export async function snippet(
  name: SnippetName,
  options: CredentialsOptions & CalledOptions = {},
): Promise<Snippet> {
  refuseUnknown(options, { ...credentialsNames, ...calledNames });
  const known = givenOneOf(snippetNames, name, 'language');
  if (isProxySnippet(known)) return proxySnippet(known, options);
  return clientSnippet(snippetKinds[known], options);
}

function isProxySnippet(name: SnippetName): name is ProxySnippetName {
  return 'proxy' in kinds[name];
}

async function clientSnippet(
  kind: ClientKind,
  { directory, name, host }: CredentialsOptions & CalledOptions,
): Promise<Snippet> {
  const { template, quote, needsDirectory, more } = kind;
  const credentials = await readCredentials('client', { directory, name });
  const { ca, certificate, key } = credentials;
  const endpoint = await endpointCalled({ directory, host });
  const values: SnippetValues = { ca, certificate, key, endpoint };
  const view = {
    ca,
    certificate,
    key,
    ...(needsDirectory && { directory: certificatePath(credentials, { directory, name }) }),
    host: endpoint.host,
    port: endpoint.port,
    tcp: endpointUrl(endpoint),
    https: endpointUrl(endpoint, 'https'),
    version: `${endpointUrl(endpoint, 'https')}/version`,
    mounts: mountsOf(kind, values),
    ...more?.(values),
  };
  const { templates } = await loadTemplates('snippets', [template, 'mounts.yml.mustache']);
  const text = mustache.render(
    templates[template] ?? '',
    view,
    { mounts: templates['mounts.yml.mustache'] ?? '' },
    { escape: (value: unknown) => (typeof value === 'string' ? quote(value) : String(value)) },
  );
  return { text, endpoint, notes: [] };
}

function mountsOf(
  { mountedIn }: ClientKind,
  { ca, certificate, key, endpoint }: SnippetValues,
): { source: string; target: string }[] {
  if (mountedIn === undefined) return [];
  const folder = typeof mountedIn === 'string' ? mountedIn : mountedIn(endpoint);
  const names = { 'ca.pem': ca, 'cert.pem': certificate, 'key.pem': key };
  return Object.entries(names).map(([name, source]) => ({ source, target: `${folder}/${name}` }));
}
