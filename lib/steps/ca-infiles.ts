import type { OpensslStep, SignedCsr } from '../plan/step.js';
import type { KeyRef } from '../x509/key-ref.js';
import type { Passphrase } from '../x509/passphrase.js';
import { parseDays } from '../x509/validity.js';
import type { Digest } from './req.js';
import { signingKey } from './signing-key.js';

/** openssl-ca(1) with -infiles: many CSRs in one run. */
export interface CaInfilesOptions {
  /** A configuration with a section of a CA: its index, its file of serials, and where its certificates go. */
  readonly config: string;
  /** The files that the configuration names. */
  readonly configured: readonly string[];
  /** The CSRs, and what becomes of them. Each contributes its name and its key. */
  readonly signs: readonly SignedCsr[];
  /** The CA's certificate; of several in one file the first. */
  readonly ca: string;
  readonly caKey: KeyRef | string;
  /** Opens the CA's private key, where it is encrypted. */
  readonly passin?: Passphrase | undefined;
  readonly days: number;
  /** Default: the one of the CA's key. */
  readonly digest?: Digest | undefined;
  readonly extfile: string;
  /** The section of `extfile` with the extensions of all these certificates. */
  readonly extensions: string;
  readonly title: string;
}

/** `openssl ca -batch -notext -preserveDN -config CNF … -infiles CSR CSR` as a value. */
export function caInfilesStep(options: CaInfilesOptions): OpensslStep {
  const { config, ca, caKey, passin, days, digest = 'default', extfile, extensions, signs } = options;
  return {
    kind: 'openssl',
    title: options.title,
    command: 'ca',
    alsoReads: options.configured,
    signs,
    args: [
      ...['-batch', '-notext', '-preserveDN', '-config'],
      { reads: config },
      '-cert',
      { reads: ca },
      ...signingKey('-keyfile', caKey, 'caKey', passin),
      ...['-days', String(parseDays(days, 'days')), '-md', digest, '-extfile'],
      { reads: extfile },
      ...['-extensions', extensions, '-infiles'],
      ...signs.map(({ csr }) => ({ reads: csr })),
    ],
  };
}
