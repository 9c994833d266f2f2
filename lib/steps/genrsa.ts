import { stepRun, type StepOptions, type StepResult } from '../execute/execute-step.js';
import type { Run } from '../execute/run.js';
import type { Arg, OpensslStep } from '../plan/step.js';
import { InputError } from '../errors.js';
import { encryption, type Encryption } from './encryption.js';

/** openssl-genrsa(1). */
export interface GenrsaOptions extends Encryption {
  /** The file for the private key. */
  readonly out: string;
  /** The size of the modulus in bits, 1024 to 16384. Default: 4096. */
  readonly bits?: number | string | undefined;
  /** PKCS#1 (`BEGIN RSA PRIVATE KEY`) instead of PKCS#8: for older Java clients. OpenSSL 3.0 or newer. */
  readonly traditional?: boolean | undefined;
  /** For a person. Default: `RSA private key OUT`. */
  readonly title?: string | undefined;
}

/** `openssl genrsa [-aes256 -passout fd:3] -out OUT BITS` as a value. */
export function genrsaStep(options: GenrsaOptions): OpensslStep {
  const { out, traditional = false, title = `RSA private key ${out}` } = options;
  const bits = Number(options.bits ?? 4096);
  if (!Number.isInteger(bits) || bits < 1024 || bits > 16_384) {
    throw new InputError('bits', `'${options.bits}' is no size of an RSA key: 1024 to 16384 bits`);
  }
  const args: Arg[] = [
    ...encryption(options, '-passout'),
    ...(traditional ? ['-traditional'] : []),
    '-out',
    { writes: out, product: 'private-key' },
    String(bits),
  ];
  return {
    kind: 'openssl',
    title,
    command: 'genrsa',
    args,
    ...(traditional ? { needs: 'genrsa-traditional' as const } : {}),
  };
}

/**
 * Makes an RSA private key. The file appears whole, with mode 0600, or not at all.
 * Errors: `ERR_EXISTS`, `ERR_OPENSSL_*`, `ERR_READ_BACK`, `ERR_FILE`.
 */
export function genrsa(options: GenrsaOptions & StepOptions): Run<StepResult> {
  return stepRun(options, genrsaStep);
}
