import type { OpensslStep } from '../plan/step.js';
import type { Passphrase } from '../x509/passphrase.js';
import { digestArgs, type Digest } from './req.js';
import type { KeyRef } from '../x509/key-ref.js';
import { signingKey } from './signing-key.js';

/** openssl-x509(1) with -x509toreq. */
export interface X509ToReqOptions {
  /** The certificate whose subject the CSR gets, byte for byte. */
  readonly in: string;
  /** The private key of the certificate: before OpenSSL 3.0 the CSR is for that, whatever key signs it. */
  readonly signKey: KeyRef | string;
  /** Opens the private key, where it is encrypted. */
  readonly passin?: Passphrase | string | undefined;
  /** Default: openssl's own, which is SHA-256 from 1.0.2 on. */
  readonly digest?: Digest | undefined;
  /** The file for the CSR. */
  readonly out: string;
  /** For a person. Default: `certificate signing request OUT`. */
  readonly title?: string | undefined;
}

/** `openssl x509 -x509toreq -in CERTIFICATE -signkey KEY -out CSR` as a value. */
export function x509ToReqStep(options: X509ToReqOptions): OpensslStep {
  const { signKey, passin, digest, out, title = `certificate signing request ${out}` } = options;
  return {
    kind: 'openssl',
    title,
    command: 'x509',
    args: [
      '-x509toreq',
      ...digestArgs(digest),
      '-in',
      { reads: options.in },
      // From 3.0 on also -key, which older ones do not know.
      ...signingKey('-signkey', signKey, 'signKey', passin),
      '-out',
      { writes: out, product: 'csr' },
    ],
  };
}
