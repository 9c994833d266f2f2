import mustache from 'mustache';
import { shellWord } from '../../shell/sh.js';
import { loadTemplates } from '../../recipes/templates.js';
import { calledNames, endpointCalled, type CalledOptions } from '../daemon/called.js';
import { credentialsNames, readCredentials, type CredentialsOptions } from './credentials.js';
import { endpointUrl, type Endpoint } from '../../x509/endpoint.js';
import { refuseUnknown } from '../../known-options.js';
import type { Note } from '../../plan/step.js';
import { proxyNames, proxySnippet, type ProxyName } from '../proxy/proxy-snippet.js';

/** Clients whose code can be printed. */
export const clientSnippetNames = ['curl', 'node', 'python', 'go', 'compose'] as const;
type ClientSnippetName = (typeof clientSnippetNames)[number];

/** Clients, and proxies in front of the daemon. */
export const snippetNames = [...clientSnippetNames, ...proxyNames] as const;
export type SnippetName = (typeof snippetNames)[number];

export interface Snippet {
  readonly text: string;
  readonly endpoint: Endpoint;
  /** For a proxy `CRL_MISSING` and `CRL_EXPIRED`. */
  readonly notes: readonly Note[];
}

/** Its template, and how a value is written there. */
const kinds: Record<
  ClientSnippetName,
  { readonly template: string; readonly quote: (value: string) => string }
> = {
  curl: { template: 'curl.sh.mustache', quote: shellWord },
  node: { template: 'node.mjs.mustache', quote: quoted },
  python: { template: 'python.py.mustache', quote: quoted },
  go: { template: 'go.go.mustache', quote: quoted },
  // Compose puts variables in where a dollar stands alone.
  compose: { template: 'compose.yml.mustache', quote: (value) => quoted(value.replaceAll('$', '$$$$')) },
};

/** JSON's double quotes are those of JavaScript, Python, Go and YAML as well. */
function quoted(value: string): string {
  return JSON.stringify(value);
}

/**
 * Renders code that connects to the daemon with a client's files, or the configuration of a proxy that ends TLS in front of it with a
 * server's. `name` is a client or a server accordingly. Errors: those of `readCredentials`; `ERR_INPUT` if nothing says what the
 * daemon's address is; `ERR_TEMPLATE`; for a proxy those of `proxySnippet`.
 */
export async function snippet(
  name: SnippetName,
  options: CredentialsOptions & CalledOptions = {},
): Promise<Snippet> {
  refuseUnknown(options, { ...credentialsNames, ...calledNames });
  if (isProxy(name)) return proxySnippet(name, options);
  const { directory, name: client, host } = options;
  const { template, quote } = kinds[name];
  const { ca, certificate, key } = await readCredentials('client', { directory, name: client });
  const endpoint = await endpointCalled({ directory, host });
  const { templates } = await loadTemplates('snippets', [template]);
  const view = {
    ca,
    certificate,
    key,
    // curl takes what follows a colon for a passphrase.
    curlCertificate: certificate.replace(/[\\:]/g, '\\$&'),
    host: endpoint.host,
    port: { toString: () => String(endpoint.port) },
    tcp: endpointUrl(endpoint),
    https: endpointUrl(endpoint, 'https'),
    version: `${endpointUrl(endpoint, 'https')}/version`,
  };
  const escape = (value: unknown): string => (typeof value === 'string' ? quote(value) : String(value));
  return { text: mustache.render(templates[template] ?? '', view, {}, { escape }), endpoint, notes: [] };
}

function isProxy(name: SnippetName): name is ProxyName {
  return (proxyNames as readonly string[]).includes(name);
}
