import { InputError } from '../errors.js';

/** Docker's own names. The directory is 0700, keys are 0400, certificates 0444. */
export const caFiles = { certificate: 'ca.pem', key: 'ca-key.pem' } as const;

export type LeafRole = 'server' | 'client';

/** The files of one server or client, relative to the certificate directory. */
export interface LeafFiles {
  /** `servers/NAME` or `clients/NAME`; undefined for the pair that lies flat. */
  readonly directory: string | undefined;
  readonly key: string;
  readonly certificate: string;
  /** The CA's certificate beside it, so that the directory is complete in itself. */
  readonly ca: string;
  /** Needed only while it is made. */
  readonly csr: string;
  readonly config: string;
}

/** The default pair lies flat, as in the tutorials; further ones in a directory each that can be copied to its host. */
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

/** Where the three pairs of a set lie, relative to the certificate directory. */
export type SetFiles = Readonly<Record<'ca' | LeafRole, PairFiles>>;

export function setFiles(name?: string): SetFiles {
  return { ca: caFiles, server: leafFiles('server', name), client: leafFiles('client', name) };
}

/**
 * Checks the NAME of `--name`. It becomes a directory: lower-case letters, digits, `.`, `_`, `-`, so that two names never
 * share a directory on any file system. Throws `ERR_INPUT`.
 */
export function parseName(text: string): string {
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(text) || text.endsWith('.')) {
    throw new InputError('name', `${JSON.stringify(text)} cannot be used as a name`, {
      hint: 'up to 63 lower-case letters, digits, dots, hyphens and underscores, beginning with a letter or a digit',
    });
  }
  return text;
}
