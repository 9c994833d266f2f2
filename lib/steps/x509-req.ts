import { executeCertificateStep, type CertificateResult, type StepOptions } from '../execute/execute-step.js';
import type { Arg, OpensslStep } from '../plan/step.js';
import type { Passphrase } from '../x509/passphrase.js';
import { parseSerial } from '../x509/serial.js';
import { parseDays } from '../x509/validity.js';
import { decryption } from './encryption.js';
import { digestArgs, type Digest } from './req.js';

/** openssl-x509(1) with -req. */
export type X509ReqOptions = SigningOptions & (CaSigner | SelfSigner);

export interface CaSigner {
  /** The CA's certificate. */
  readonly ca: string;
  /** The CA's private key. */
  readonly caKey: string;
  readonly signKey?: undefined;
}

/** The certificate is a CA's own, or nobody's. */
export interface SelfSigner {
  /** The private key of the CSR itself. */
  readonly signKey: string;
  readonly ca?: undefined;
  readonly caKey?: undefined;
}

export interface SigningOptions {
  /** The CSR. It contributes its name and its key; its extensions are never taken over. */
  readonly in: string;
  /** Opens the private key that signs, where it is encrypted. */
  readonly passin?: Passphrase | string | undefined;
  /** The file for the certificate. */
  readonly out: string;
  /** Its lifetime in days from now. Default: openssl's own, 30. */
  readonly days?: number | string | undefined;
  /** Its serial number, in hexadecimal. Default: openssl's own, random from 3.0 on; older ones need one. */
  readonly setSerial?: string | undefined;
  /** The file with its extensions. Without one, older versions make a version 1 certificate, which Go refuses. */
  readonly extfile?: string | undefined;
  /** The section of `extfile`. Default: its unnamed first one. */
  readonly extensions?: string | undefined;
  /** Default: openssl's own, which is SHA-256 from 1.1.0 on. */
  readonly digest?: Digest | undefined;
  /** For a person. Default: `certificate OUT`. */
  readonly title?: string | undefined;
}

/** `openssl x509 -req -days DAYS -in CSR -CA ca.pem -CAkey ca-key.pem -out OUT -extfile CNF` as a value. */
export function x509ReqStep(options: X509ReqOptions): OpensslStep {
  const { ca, caKey, signKey, passin, out, days, setSerial, extfile, extensions, digest } = options;
  const args: Arg[] = [
    '-req',
    ...(days === undefined ? [] : ['-days', String(parseDays(days, 'days'))]),
    ...digestArgs(digest),
    '-in',
    { reads: options.in },
    ...(signKey === undefined
      ? ['-CA', { reads: ca }, '-CAkey', { reads: caKey }]
      : ['-signkey', { reads: signKey }]),
    ...decryption(passin),
    ...(setSerial === undefined ? [] : ['-set_serial', `0x${parseSerial(setSerial)}`]),
    '-out',
    { writes: out, product: 'certificate' },
    ...(extfile === undefined ? [] : ['-extfile', { reads: extfile }]),
    ...(extensions === undefined ? [] : ['-extensions', extensions]),
  ];
  return {
    kind: 'openssl',
    title: options.title ?? `certificate ${out}`,
    command: 'x509',
    args,
  };
}

/**
 * Signs a CSR with a CA. The certificate appears whole, or not at all.
 * Errors: `ERR_INPUT`, `ERR_EXISTS`, `ERR_OPENSSL_*` (reasons `wrong-passphrase`, `key-mismatch`, …), `ERR_READ_BACK`.
 */
export async function x509Req(options: X509ReqOptions & StepOptions): Promise<CertificateResult> {
  return executeCertificateStep(x509ReqStep(options), options);
}
