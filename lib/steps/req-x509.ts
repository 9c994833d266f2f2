import { certificateStepRun, type CertificateResult, type StepOptions } from '../execute/execute-step.js';
import type { Run } from '../execute/run.js';
import type { Arg, OpensslStep } from '../plan/step.js';
import { parseSerial } from '../x509/serial.js';
import { parseDays } from '../x509/validity.js';
import { nameArgs, type RequestOptions } from './req.js';
import { signingKey } from './signing-key.js';

/** openssl-req(1) with -x509. */
export interface ReqX509Options extends RequestOptions {
  /** The file for the certificate. */
  readonly out: string;
  /** Its lifetime in days from now. Default: openssl's own, 30. */
  readonly days?: number | string | undefined;
  /** Its serial number, in hexadecimal. Default: openssl's own, random. */
  readonly setSerial?: string | undefined;
  /** The section of `config` with its extensions. Default: `x509_extensions` of the configuration. */
  readonly extensions?: string | undefined;
}

/** `openssl req -new -x509 -days DAYS -key KEY -out OUT` as a value. */
export function reqX509Step(options: ReqX509Options): OpensslStep {
  const { key, passin, days, setSerial, extensions, out, title = `self-signed certificate ${out}` } = options;
  const args: Arg[] = [
    '-new',
    '-x509',
    ...(days === undefined ? [] : ['-days', String(parseDays(days, 'days'))]),
    ...nameArgs(options),
    ...(extensions === undefined ? [] : ['-extensions', extensions]),
    ...(setSerial === undefined ? [] : ['-set_serial', `0x${parseSerial(setSerial)}`]),
    ...signingKey('-key', key, 'key', passin),
    '-out',
    { writes: out, product: 'certificate' },
  ];
  return { kind: 'openssl', title, command: 'req', args };
}

/**
 * Makes a self-signed certificate, such as a CA's. The file appears whole, or not at all.
 * Errors: `ERR_INPUT`, `ERR_EXISTS`, `ERR_OPENSSL_*` (reasons `wrong-passphrase`, `not-a-key`, …), `ERR_READ_BACK`.
 */
export function reqX509(options: ReqX509Options & StepOptions): Run<CertificateResult> {
  return certificateStepRun(options, reqX509Step);
}
