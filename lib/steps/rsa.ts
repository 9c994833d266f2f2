import { stepRun, type StepOptions, type StepResult } from '../execute/execute-step.js';
import type { Run } from '../execute/run.js';
import type { OpensslStep } from '../plan/step.js';
import type { Passphrase } from '../x509/passphrase.js';
import { decryption, encryption, type Encryption } from './encryption.js';
import { keyFile, type KeyRef } from '../x509/key-ref.js';

/** openssl-rsa(1). */
export interface RsaOptions extends Encryption {
  /** The RSA private key that is read. */
  readonly in: KeyRef | string;
  /** Opens it, where it is encrypted. */
  readonly passin?: Passphrase | string | undefined;
  /** The file that is written; the same as `in` replaces it. */
  readonly out: string;
  /** PKCS#1 (`BEGIN RSA PRIVATE KEY`): for older Java clients. OpenSSL 3.0 or newer; older ones always write it. */
  readonly traditional?: boolean | undefined;
  /** For a person. Default: `RSA private key OUT`. */
  readonly title?: string | undefined;
}

/** `openssl rsa -in IN [-passin fd:3] [-aes256 -passout fd:4] -out OUT` as a value. */
export function rsaStep(options: RsaOptions): OpensslStep {
  const { passin, out, traditional = false, title = `RSA private key ${out}` } = options;
  return {
    kind: 'openssl',
    title,
    command: 'rsa',
    args: [
      '-in',
      { reads: keyFile(options.in, 'in') },
      ...decryption(passin),
      ...encryption(options, '-passout'),
      ...(traditional ? ['-traditional'] : []),
      '-out',
      { writes: out, product: 'private-key' },
    ],
    ...(traditional ? { needs: 'rsa-traditional' as const } : {}),
  };
}

/**
 * Rewrites an RSA private key: without its passphrase, with another one, or in another form. Its file is replaced whole,
 * or stays as it was.
 * Errors: `ERR_EXISTS`, `ERR_OPENSSL_*` (reasons `wrong-passphrase`, `not-a-key`, …), `ERR_READ_BACK`.
 */
export function rsa(options: RsaOptions & StepOptions): Run<StepResult> {
  return stepRun(options, rsaStep);
}
