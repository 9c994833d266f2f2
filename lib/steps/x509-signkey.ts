import type { OpensslStep } from '../plan/step.js';
import { digestArgs, type Digest } from './req.js';
import { keyFile, type KeyRef } from '../x509/key-ref.js';

/** openssl-x509(1) with -signkey and without -req. */
export interface X509SignkeyOptions {
  /** The certificate whose subject the new one gets, byte for byte. */
  readonly in: string;
  /** The private key that the new one is for, and that signs it. */
  readonly signKey: KeyRef | string;
  /** Default: openssl's own, which is SHA-256 from 1.0.2 on. */
  readonly digest?: Digest | undefined;
  /** The file for the certificate. */
  readonly out: string;
  /** For a person. Default: `self-signed certificate OUT`. */
  readonly title?: string | undefined;
}

/**
 * `openssl x509 -in CERTIFICATE -signkey KEY -clrext -days 1 -out OUT` as a value: a certificate with the same subject for another
 * key, with every version. Before 3.0 `-x509toreq` takes the public key from the certificate, whatever key signs.
 */
export function x509SignkeyStep(options: X509SignkeyOptions): OpensslStep {
  const { signKey, digest, out, title = `self-signed certificate ${out}` } = options;
  return {
    kind: 'openssl',
    title,
    command: 'x509',
    args: [
      '-in',
      { reads: options.in },
      '-signkey',
      { reads: keyFile(signKey, 'signKey') },
      '-clrext',
      ...digestArgs(digest),
      '-days',
      '1',
      '-out',
      { writes: out, product: 'certificate' },
    ],
  };
}
