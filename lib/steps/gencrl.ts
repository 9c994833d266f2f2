import type { OpensslStep } from '../plan/step.js';
import type { KeyRef } from '../x509/key-ref.js';
import type { Passphrase } from '../x509/passphrase.js';
import { parseDays } from '../x509/validity.js';
import { signingKey } from './signing-key.js';

/** openssl-ca(1) with -gencrl. */
export interface GencrlOptions {
  /** A configuration with a section of a CA: its index, and the file of CRL numbers. */
  readonly config: string;
  /** The files that the configuration names. */
  readonly configured: readonly string[];
  /** The CA's certificate; of several in one file the first. */
  readonly ca: string;
  readonly caKey: KeyRef | string;
  /** Opens the CA's private key, where it is encrypted. */
  readonly passin?: Passphrase | undefined;
  /** Days until the next CRL. */
  readonly days: number;
  readonly out: string;
  /** For a person. Default: `revocation list OUT`. */
  readonly title?: string | undefined;
}

/** `openssl ca -gencrl -config CNF -cert ca.pem -keyfile ca-key.pem -crldays 30 -out crl.pem` as a value. */
export function gencrlStep(options: GencrlOptions): OpensslStep {
  const { config, ca, caKey, passin, days, out, title = `revocation list ${out}` } = options;
  return {
    kind: 'openssl',
    title,
    command: 'ca',
    alsoReads: options.configured,
    args: [
      '-gencrl',
      '-config',
      { reads: config },
      '-cert',
      { reads: ca },
      ...signingKey('-keyfile', caKey, 'caKey', passin),
      '-crldays',
      String(parseDays(days, 'days')),
      '-out',
      { writes: out, product: 'crl' },
    ],
  };
}
