/** Who talks to a Docker daemon, or is one, told apart where they judge certificates differently. */
export type ClientId =
  | 'docker'
  | 'python'
  | 'python-3.13'
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

/** What people call them. */
export const clients: Readonly<Record<ClientId, string>> = {
  docker: 'docker and other clients in Go',
  python: 'Python before 3.13, and the docker SDK on it',
  'python-3.13': 'Python from 3.13 on',
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

/** In the order in which they are told. */
export const clientIds = Object.keys(clients) as readonly ClientId[];
