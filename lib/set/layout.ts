import { dirname, join, resolve } from 'node:path';
import { InputError } from '../errors.js';
import { givenPath, givenText } from '../given.js';
import type { LeafRole, Part } from '../x509/role.js';

/** Docker's own names. The directory is 0700, keys are 0400, certificates 0444. */
export const caFiles = { certificate: 'ca.pem', key: 'ca-key.pem' } as const;

/** Where servers and clients have CAs of their own, the CA of the clients; the other files are the CA of the servers. */
export const clientCaFiles = { certificate: 'client-ca.pem', key: 'client-ca-key.pem' } as const;

/** The CAs that a directory can have. */
export const allCaFiles: readonly PairFiles[] = [caFiles, clientCaFiles];

/** The files of one server or client, relative to the certificate directory. */
export interface LeafFiles {
  /** `servers/NAME` or `clients/NAME`; undefined for the default pair. */
  readonly directory: string | undefined;
  readonly key: string;
  readonly certificate: string;
  /** The CA's certificate beside it, so that the directory is complete in itself. */
  readonly ca: string;
  /** Needed only while it is made. */
  readonly csr: string;
  readonly config: string;
}

/** The default pair is at the top, as in the tutorials; further ones in a directory each that can be copied to its host. */
export function leafFiles(role: LeafRole, name?: string): LeafFiles {
  const directory = name === undefined ? undefined : `${role}s/${name}`;
  const within = (file: string): string => (directory === undefined ? file : `${directory}/${file}`);
  return {
    directory,
    key: within(role === 'server' ? 'server-key.pem' : 'key.pem'),
    certificate: within(role === 'server' ? 'server-cert.pem' : 'cert.pem'),
    ca: within('ca.pem'),
    csr: within(`${role}.csr`),
    config: within(`${role}.cnf`),
  };
}

/** Where a private key and its certificate lie. */
export interface PairFiles {
  readonly key: string;
  readonly certificate: string;
}

/** Remembers which key in a token is the CA's. */
export const caKeyName = 'ca-key.uri';

/** Where a CA's key in a token is remembered: beside the CA's certificate. */
export function caKeyFile({ certificate }: Pick<PairFiles, 'certificate'>): string {
  return join(dirname(certificate), caKeyName);
}

/** Remembers the port of a daemon. */
export const endpointName = 'endpoint.json';

/** Where the port of a server's daemon is remembered: beside its certificate. */
export function endpointFile({ certificate }: Pick<PairFiles, 'certificate'>): string {
  return join(dirname(certificate), endpointName);
}

/** Where the three pairs of a set lie, relative to the certificate directory. */
export type SetFiles = Readonly<Record<Part, PairFiles>>;

export function setFiles(name?: string): SetFiles {
  return { ca: caFiles, server: leafFiles('server', name), client: leafFiles('client', name) };
}

/** Where the recipes put their sets; those that are not named use the flat layout. */
export const layouts = {
  flat: setFiles(),
  training: { ...setFiles(), client: { key: 'client-key.pem', certificate: 'client-cert.pem' } },
  'openssl-cnf': {
    ca: { key: 'server/ca-key.pem', certificate: 'server/ca.pem' },
    server: { key: 'server/key.pem', certificate: 'server/cert.pem' },
    client: { key: 'client/key.pem', certificate: 'client/cert.pem' },
  },
} as const satisfies Readonly<Record<string, SetFiles>>;

/**
 * Docker's names of the files of one side, and theirs below the DOCKER_TLS_CERTDIR of docker:dind, in the order in which they may
 * appear there: its dockerd-entrypoint.sh starts a daemon without TLS where `ca/cert.pem` is there and the files in `server/` are not.
 */
export const dindNames = {
  server: [
    ['ca.pem', 'server/ca.pem'],
    ['server-cert.pem', 'server/cert.pem'],
    ['server-key.pem', 'server/key.pem'],
    ['ca.pem', 'ca/cert.pem'],
  ],
  client: [
    ['ca.pem', 'client/ca.pem'],
    ['cert.pem', 'client/cert.pem'],
    ['key.pem', 'client/key.pem'],
  ],
} as const satisfies Readonly<Record<LeafRole, readonly (readonly [name: string, path: string])[]>>;

/** Every layout, the default one first. */
export const allLayouts: readonly SetFiles[] = Object.values(layouts);

/**
 * Checks the NAME of `--name`. It becomes a directory: lower-case letters, digits, `.`, `_`, `-`, so that two names never
 * share a directory on any file system. Throws `ERR_INPUT`.
 */
export function parseName(given: string): string {
  const text = givenText(given, 'name');
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(text) || text.endsWith('.')) {
    throw new InputError('name', `${JSON.stringify(text)} cannot be used as a name`, {
      hint: 'up to 63 lower-case letters, digits, dots, hyphens and underscores, beginning with a letter or a digit',
    });
  }
  return text;
}

/**
 * In bytes. A path has at most 4095, and what is made in a directory for a while has a name of its own, and a file's name of
 * up to 255 behind it: what cannot be reached could not be removed again either.
 */
const MOST_PATH = 3700;

/** A certificate directory, absolute. Throws `ERR_INPUT` naming `option`. */
export function parseDirectory(given: string, option = 'directory'): string {
  const directory = resolve(givenPath(given, option));
  const length = Buffer.byteLength(directory);
  if (length > MOST_PATH)
    throw new InputError(option, `a path of ${length} bytes is too long: ${MOST_PATH} are allowed`);
  return directory;
}

/** A directory beside this one, for a new set. */
export function besideOf(directory: string): string {
  const path = join(directory).replace(/(?<=.)\/$/, '');
  return `${/(?:^|\/)\.{0,2}$/.test(path) ? resolve(path) : path}-new`;
}
