import { shellWord } from '../../shell/sh.js';
import type { Credentials } from './credentials.js';
import { endpointUrl, type Endpoint } from '../../x509/endpoint.js';

/** The flags that docker and dockerd share, without their dashes. */
type TlsFlag = 'tls' | 'tlsverify' | 'tlscacert' | 'tlscert' | 'tlskey';
type DockerFile = 'ca.pem' | 'cert.pem' | 'key.pem';

/** One way in which docker speaks TLS. */
export interface ClientMode {
  /** As the tutorials' tables name it. */
  readonly name: string;
  readonly flags: readonly TlsFlag[];
  /** The variable that turns it on. */
  readonly variable: 'DOCKER_TLS' | 'DOCKER_TLS_VERIFY';
  /** What DOCKER_CERT_PATH has to hold for it, and nothing else. */
  readonly holds: readonly DockerFile[];
  /** Whether the daemon has to have a certificate of the CA, for the host that is called. */
  readonly checksServer: boolean;
  /** Whether it shows a certificate of its own, without which a daemon with `--tlsverify` refuses it. */
  readonly showsCertificate: boolean;
  /** In words. */
  readonly does: string;
  readonly doesNot: string;
}

const all = ['ca.pem', 'cert.pem', 'key.pem'] as const;

/**
 * The four modes of the tutorials' tables, as docker 20.10.24 and 28.5.2 behave. The texts say that `tls` checks the
 * server with the public CAs; docker checks nothing then. It needs a ca.pem in every mode, though only two look at it.
 */
export const clientModes: readonly ClientMode[] = [
  {
    name: 'tls',
    flags: ['tls', 'tlscacert'],
    variable: 'DOCKER_TLS',
    holds: ['ca.pem'],
    checksServer: false,
    showsCertificate: false,
    does: 'encrypts',
    doesNot:
      'check who the server is: a certificate of any CA, for any name, will do (the ca.pem only has to be there)',
  },
  {
    name: 'tlsverify, tlscacert',
    flags: ['tlsverify', 'tlscacert'],
    variable: 'DOCKER_TLS_VERIFY',
    holds: ['ca.pem'],
    checksServer: true,
    showsCertificate: false,
    does: 'checks that the server has a certificate of this CA, for the host that is called',
    doesNot: 'say who the client is: a daemon that authenticates clients refuses it',
  },
  {
    name: 'tls, tlscert, tlskey',
    flags: ['tls', 'tlscacert', 'tlscert', 'tlskey'],
    variable: 'DOCKER_TLS',
    holds: all,
    checksServer: false,
    showsCertificate: true,
    does: "shows the client's certificate",
    doesNot: 'check who the server is, as tls',
  },
  {
    name: 'tlsverify, tlscacert, tlscert, tlskey',
    flags: ['tlsverify', 'tlscacert', 'tlscert', 'tlskey'],
    variable: 'DOCKER_TLS_VERIFY',
    holds: all,
    checksServer: true,
    showsCertificate: true,
    does: "checks the server, and shows the client's certificate: this is mutual TLS",
    doesNot: 'look for revocation: docker has no such list',
  },
];

/** The mode's words after `docker`, without those of a command. */
export function clientModeArguments(
  { flags }: ClientMode,
  { ca, certificate, key }: Pick<Credentials, 'ca' | 'certificate' | 'key'>,
  endpoint: Endpoint,
): string[] {
  const paths = { tlscacert: ca, tlscert: certificate, tlskey: key };
  return [
    ...flags.map((flag) =>
      flag === 'tls' || flag === 'tlsverify' ? `--${flag}` : `--${flag}=${paths[flag]}`,
    ),
    `-H=${endpointUrl(endpoint)}`,
  ];
}

/** The mode as an environment; `directory` holds just what the mode's `holds` says. */
export function clientModeEnvironment(
  { variable }: ClientMode,
  directory: string,
  endpoint: Endpoint,
): Record<string, string> {
  return { DOCKER_HOST: endpointUrl(endpoint), [variable]: '1', DOCKER_CERT_PATH: directory };
}

/** Variables as one line for a POSIX shell. */
export function exportLine(environment: Readonly<Record<string, string>>): string {
  return `export ${Object.entries(environment)
    .map(([name, value]) => `${name}=${shellWord(value)}`)
    .join(' ')}`;
}
