import type { X509Certificate } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import mustache from 'mustache';
import { note } from '../../plan/note.js';
import type { Note } from '../../plan/step.js';
import { loadTemplates } from '../../recipes/templates.js';
import { caddyComment, caddyPath, haproxyPath, nginxPath } from '../../shell/proxies.js';
import { crlFilesOf } from '../../set/crl-files.js';
import { readRegular } from '../../store/read-regular.js';
import { chainOf } from '../../x509/ca-chain.js';
import { commonNameOf } from '../../x509/certificate.js';
import { readableCertificates } from '../../x509/pem.js';
import { call, words } from '../../words.js';
import type { Endpoint } from '../../x509/endpoint.js';
import { readCredentials, type CredentialsOptions } from '../client/credentials.js';
import { endpointCalled, type CalledOptions } from '../daemon/called.js';
import { acceptedClients, type AcceptedClient } from './accepted-clients.js';
import { readCrlFile, type CrlFile } from './crl-file.js';

/** Proxies whose configuration can be printed. They end TLS in front of dockerd, which checks no revocation. */
export type ProxyName = 'nginx' | 'haproxy' | 'caddy';

/** The template, how the language writes a path, and whether the proxy reads the CRL itself. */
const kinds: Record<
  ProxyName,
  {
    readonly template: string;
    readonly quote: (path: string, option: string) => string;
    readonly readsCrl: boolean;
  }
> = {
  nginx: { template: 'nginx.conf.mustache', quote: nginxPath, readsCrl: true },
  haproxy: { template: 'haproxy.cfg.mustache', quote: haproxyPath, readsCrl: true },
  caddy: { template: 'caddy.Caddyfile.mustache', quote: caddyPath, readsCrl: false },
};

/**
 * Renders the configuration of a proxy. `name`: the server in `servers/NAME`. Errors: those of `readCredentials` and
 * `endpointCalled`; `ERR_INPUT` for a path that the configuration cannot hold; for Caddy also `ERR_INCOMPLETE` if there is no client
 * to accept; `ERR_FILE` for a CRL that cannot be used; `ERR_TEMPLATE`.
 */
export async function proxySnippet(
  proxy: ProxyName,
  { directory = 'docker-tls', name, host }: CredentialsOptions & CalledOptions,
): Promise<{ text: string; endpoint: Endpoint; notes: Note[] }> {
  const { template, quote, readsCrl } = kinds[proxy];
  const root = resolve(directory);
  const { ca, certificate, key } = await readCredentials('server', { directory, name });
  const endpoint = await endpointCalled({ directory, host }, name);
  const crlPath = join(root, crlFilesOf('client').crl);
  const crl = await readCrlFile(crlPath);
  const cas = readableCertificates((await readRegular(ca)).bytes.toString('latin1'));
  const clients = readsCrl ? [] : await acceptedClients(root, cas, crl);
  const { templates } = await loadTemplates('snippets', [template]);
  const paths = { ca, certificate, key, crl: crlPath };
  const quoted = Object.fromEntries(
    Object.entries(paths).map(([file, path]) => [file, quote(path, 'directory')]),
  );
  const view = {
    ...quoted,
    port: endpoint.port,
    clients: clients.map(described),
  };
  return {
    text: mustache.render(templates[template] ?? '', view, {}, { escape: String }),
    endpoint,
    notes: [...notesOn(crlPath, crl, readsCrl), ...(readsCrl ? withoutCrl(crlPath, crl, cas) : [])],
  };
}

function described({ commonName = '', serial, notAfter, der }: AcceptedClient): {
  about: string;
  der: string;
} {
  const until = notAfter.toISOString().slice(0, 10);
  return {
    about: caddyComment(`${commonName}, serial ${serial}, expires ${until}`),
    der: der.toString('base64'),
  };
}

/** OpenSSL looks for a CRL of every CA on the path. */
function withoutCrl(path: string, crl: CrlFile | undefined, cas: readonly X509Certificate[]): Note[] {
  const { between, root } = chainOf(cas) ?? { between: [] };
  const lacking = [...between, ...(root ? [root] : [])].filter((ca) => crl && !crl.isOf(ca));
  if (lacking.length === 0) return [];
  const names = lacking.map((ca) => commonNameOf(ca) ?? ca.serialNumber).join(', ');
  const text = `${path} has no CRL of ${names}, and the proxy refuses every client: append the crl.pem of that CA's directory`;
  return [note('CRL_MISSING', text)];
}

function notesOn(path: string, crl: CrlFile | undefined, readsCrl: boolean): Note[] {
  const sign = words`sign one with \`${call('crl', {}, dirname(path))}\`, on the machine with the CA`;
  if (!crl) {
    const text = readsCrl
      ? words`${path} does not exist yet, and the proxy does not start without it: ${sign}`
      : `${path} does not exist: no client counts as revoked`;
    return [note('CRL_MISSING', text)];
  }
  const { nextUpdate } = crl;
  if (!nextUpdate || nextUpdate.getTime() > Date.now()) return [];
  const expired = `${path} expired on ${nextUpdate.toISOString().slice(0, 10)}`;
  const text = readsCrl
    ? words`${expired}, and the proxy refuses every client: ${sign}`
    : `${expired}: clients that were revoked since then are still in the list`;
  return [note('CRL_EXPIRED', text)];
}
