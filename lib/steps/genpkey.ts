import { stepRun, type StepOptions, type StepResult } from '../execute/execute-step.js';
import type { Run } from '../execute/run.js';
import type { OpensslStep } from '../plan/step.js';
import { parseKeyType, type KeyType } from '../x509/key-type.js';
import { encryption, type Encryption } from './encryption.js';

/** openssl-genpkey(1). */
export interface GenpkeyOptions extends Encryption {
  /** The file for the private key. */
  readonly out: string;
  /** `rsa:4096`, `ec:p256`, `ed25519`, … or the value that `parseKeyType` makes of it. */
  readonly algorithm: KeyType | string;
  /** For a person. Default: `private key OUT`. */
  readonly title?: string | undefined;
}

/** `openssl genpkey -algorithm EC -pkeyopt … [-aes256 -pass fd:3] -out OUT` as a value. */
export function genpkeyStep(options: GenpkeyOptions): OpensslStep {
  const { out, algorithm, title = `private key ${out}` } = options;
  const type = parseKeyType(algorithm);
  return {
    kind: 'openssl',
    title,
    command: 'genpkey',
    args: [
      '-algorithm',
      ...algorithmArgs(type),
      ...encryption(options, '-pass'),
      '-out',
      { writes: out, product: 'private-key' },
    ],
    ...(type.algorithm === 'rsa' ? {} : { needs: type.algorithm === 'ec' ? 'ec-keys' : 'ed25519' }),
  };
}

/** Curves by the name that every version takes, and named in the key: without it 1.0.2 writes the curve's parameters. */
export function algorithmArgs(type: KeyType): string[] {
  switch (type.algorithm) {
    case 'rsa':
      return ['RSA', '-pkeyopt', `rsa_keygen_bits:${type.bits}`];
    case 'ec':
      return ['EC', '-pkeyopt', `ec_paramgen_curve:${type.curve}`, '-pkeyopt', 'ec_param_enc:named_curve'];
    case 'ed25519':
      return ['ED25519'];
  }
}

/**
 * Makes a private key of any kind. The file appears whole, with mode 0600, or not at all.
 * Errors: `ERR_EXISTS`, `ERR_OPENSSL_*` (`ERR_OPENSSL_TOO_OLD` for Ed25519 before OpenSSL 1.1.1, EC before 1.0.2), `ERR_READ_BACK`,
 * `ERR_FILE`.
 */
export function genpkey(options: GenpkeyOptions & StepOptions): Run<StepResult> {
  return stepRun(options, genpkeyStep);
}
