/** The programs that talk to a Docker daemon, or are one, distinguished by how they judge certificates. */
export type ClientId =
  | 'docker'
  | 'go'
  | 'podman'
  | 'python'
  | 'python-3.13'
  | 'docker-sdk-urllib3-1'
  | 'docker-sdk'
  | 'docker-sdk-3.13'
  | 'node'
  | 'curl'
  | 'java'
  | 'gnutls'
  | 'nss'
  | 'rustls'
  | 'boringssl'
  | 'openssl'
  | 'openssl-strict'
  | 'dockerd';

/** Their common names. */
export const clients: Readonly<Record<ClientId, string>> = {
  docker: 'docker',
  go: 'Traefik and others in Go',
  podman: 'Podman from 5.7 on',
  python: 'Python before 3.13',
  'python-3.13': 'Python from 3.13 on',
  'docker-sdk-urllib3-1': 'docker SDK with urllib3 1',
  'docker-sdk': 'docker SDK with urllib3 2',
  'docker-sdk-3.13': 'docker SDK, Python from 3.13',
  node: 'Node and dockerode',
  curl: 'curl with OpenSSL',
  java: 'Java',
  gnutls: 'GnuTLS',
  nss: 'NSS',
  rustls: 'rustls',
  boringssl: 'BoringSSL',
  openssl: 'openssl verify',
  'openssl-strict': 'openssl verify -x509_strict',
  dockerd: 'dockerd',
};

/** In the order of output. */
export const clientIds = Object.keys(clients) as readonly ClientId[];

/** Clients that judge by another's code: a rule that says nothing of them means what it says of that one. */
const judgesAs: Partial<Record<ClientId, ClientId>> = {
  go: 'docker',
  podman: 'docker',
  'docker-sdk-urllib3-1': 'python',
  'docker-sdk': 'python',
  'docker-sdk-3.13': 'python-3.13',
};

/** Looks up a client in a table, or else the one by whose code it judges. */
export function ofClient<Value>(
  table: Partial<Readonly<Record<ClientId, Value>>>,
  client: ClientId,
): Value | undefined {
  const other = judgesAs[client];
  return client in table || other === undefined ? table[client] : ofClient(table, other);
}

/** Tells whether a client, or the one by whose code it judges, is one of these. */
export function isOneOf(some: readonly ClientId[], client: ClientId): boolean {
  return ofClient(Object.fromEntries(some.map((one) => [one, true])), client) ?? false;
}
