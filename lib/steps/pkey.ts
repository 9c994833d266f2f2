import { stepRun, type StepOptions, type StepResult } from '../execute/execute-step.js';
import type { Run } from '../execute/run.js';
import type { OpensslStep } from '../plan/step.js';
import type { Passphrase } from '../x509/passphrase.js';
import { decryption, encryption, type Encryption } from './encryption.js';
import { keyFile, type KeyRef } from '../x509/key-ref.js';

/** openssl-pkey(1). */
export interface PkeyOptions extends Encryption {
  /** The private key that is read, of any kind. */
  readonly in: KeyRef | string;
  /** Opens it, where it is encrypted. */
  readonly passin?: Passphrase | string | undefined;
  /** The file that is written; the same as `in` replaces it. */
  readonly out: string;
  /** For a person. Default: `private key OUT`. */
  readonly title?: string | undefined;
}

/**
 * `openssl pkey -in IN [-passin fd:3] [-aes256 -passout fd:4] -out OUT` as a value. It writes PKCS#8 with every version, and
 * encrypts with PBES2; `rsa` before OpenSSL 3.0 writes the older form, whose key is one round of MD5 over the passphrase.
 */
export function pkeyStep(options: PkeyOptions): OpensslStep {
  const { passin, out, title = `private key ${out}` } = options;
  return {
    kind: 'openssl',
    title,
    command: 'pkey',
    args: [
      '-in',
      { reads: keyFile(options.in, 'in') },
      ...decryption(passin),
      ...encryption(options, '-passout'),
      '-out',
      { writes: out, product: 'private-key' },
    ],
  };
}

/**
 * Rewrites a private key of any kind: without its passphrase, or with another one. Its file is replaced whole, or stays as
 * it was.
 * Errors: `ERR_EXISTS`, `ERR_OPENSSL_*` (reasons `wrong-passphrase`, `not-a-key`, …), `ERR_READ_BACK`.
 */
export function pkey(options: PkeyOptions & StepOptions): Run<StepResult> {
  return stepRun(options, pkeyStep);
}
