import { resolve } from 'node:path';
import { InputError } from '../errors.js';
import { isSerialFile } from '../execute/serial-file.js';
import { certificateStepRun, type CertificateResult, type StepOptions } from '../execute/execute-step.js';
import type { Run } from '../execute/run.js';
import { givenPath } from '../given.js';
import type { Arg, OpensslStep } from '../plan/step.js';
import { option, words } from '../words.js';
import type { Passphrase } from '../x509/passphrase.js';
import { parseSerial } from '../x509/serial.js';
import { parseDays } from '../x509/validity.js';
import { digestArgs, type Digest } from './req.js';
import type { KeyRef } from '../x509/key-ref.js';
import { signingKey } from './signing-key.js';

/** openssl-x509(1) with -req. */
export type X509ReqOptions = SigningOptions & (CaSigner | SelfSigner);

export interface CaSigner {
  /** The CA's certificate. */
  readonly ca: string;
  /** The CA's private key. */
  readonly caKey: KeyRef | string;
  /**
   * The file with the last serial number of the CA; the certificate gets the next one, and the file holds that afterwards.
   * Default: the name of `ca` with `.srl`, if that file is there.
   */
  readonly caSerial?: string | undefined;
  /** Creates the file of serials with a random number where it does not exist. Default: false. */
  readonly caCreateSerial?: boolean | undefined;
  readonly signKey?: undefined;
}

/** The certificate is a CA's own, or nobody's. */
export interface SelfSigner {
  /** The private key of the CSR itself. */
  readonly signKey: KeyRef | string;
  readonly ca?: undefined;
  readonly caKey?: undefined;
  readonly caSerial?: undefined;
  readonly caCreateSerial?: undefined;
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
  /** Its serial number, in hexadecimal. Default: the next one of the CA's file of serials, else a random one. */
  readonly setSerial?: string | undefined;
  /** The file with its extensions. Without one, older versions make a version 1 certificate, which Go refuses. */
  readonly extfile?: string | undefined;
  /** The section of `extfile`. Default: its unnamed first one. */
  readonly extensions?: string | undefined;
  /** Default: openssl's own, which is SHA-256 from 1.0.2 on. */
  readonly digest?: Digest | undefined;
  /** For a person. Default: `certificate OUT`. */
  readonly title?: string | undefined;
}

/** `openssl x509 -req -days DAYS -in CSR -CA ca.pem -CAkey ca-key.pem -out OUT -extfile CNF` as a value. */
export function x509ReqStep(options: X509ReqOptions): OpensslStep {
  const { ca, caKey, signKey, passin, out, days, setSerial, extfile, extensions, digest } = options;
  const serials = serialArgs(options);
  const args: Arg[] = [
    '-req',
    ...(days === undefined ? [] : ['-days', String(parseDays(days, 'days'))]),
    ...digestArgs(digest),
    '-in',
    { reads: options.in },
    ...(signKey === undefined
      ? ['-CA', { reads: ca }, ...signingKey('-CAkey', caKey, 'caKey', passin)]
      : signingKey('-signkey', signKey, 'signKey', passin)),
    ...(setSerial === undefined ? [] : ['-set_serial', `0x${parseSerial(setSerial)}`]),
    ...serials.args,
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
    ...(serials.file === undefined ? {} : { updates: [serials.file] }),
  };
}

/** The file of serials that openssl keeps beside a CA unless it is given another: `ca.srl` for `ca.pem`. */
export function serialFileOf(ca: string): string {
  return `${ca.replace(/\.[^./]*$/, '')}.srl`;
}

function serialArgs({ ca, caSerial, caCreateSerial = false, setSerial }: X509ReqOptions): {
  readonly args: readonly Arg[];
  readonly file?: string;
} {
  if (caSerial === undefined && !caCreateSerial) return { args: [] };
  const given = caSerial === undefined ? 'caCreateSerial' : 'caSerial';
  if (ca === undefined) throw new InputError(given, 'only a CA has a file of serials');
  if (setSerial !== undefined)
    throw new InputError('setSerial', 'the serial number is given, and a file of serials too', {
      hint: words`leave out ${option('setSerial')} or ${option(given)}`,
    });
  const args: readonly Arg[] = [
    ...(caCreateSerial ? ['-CAcreateserial'] : []),
    ...(caSerial === undefined ? [] : ['-CAserial', { writes: givenPath(caSerial, 'caSerial') }]),
  ];
  return { args, file: caSerial ?? serialFileOf(ca) };
}

/**
 * Signs a CSR with a CA. The certificate and the next serial in the CA's file of serials appear together, or neither does; where
 * that file is in another directory, a run that is killed between the two skips a number.
 * Errors: `ERR_INPUT`, `ERR_EXISTS`, `ERR_FILE`, `ERR_LOCKED`, `ERR_OPENSSL_*` (reasons `wrong-passphrase`, `key-mismatch`, …),
 * `ERR_READ_BACK`.
 */
export function x509Req(options: X509ReqOptions & StepOptions): Run<CertificateResult> {
  return certificateStepRun(options, stepOf);
}

async function stepOf(options: X509ReqOptions & StepOptions): Promise<OpensslStep> {
  const step = x509ReqStep(options);
  const { ca, caSerial, caCreateSerial, setSerial, cwd = '.' } = options;
  if (ca === undefined || caSerial !== undefined || setSerial !== undefined) return step;
  // openssl would write to this file, wherever it is: it is named, so that it writes to a copy.
  const beside = serialFileOf(ca);
  if (caCreateSerial !== true && !(await isSerialFile(resolve(cwd, beside)))) return step;
  return x509ReqStep({ ...options, caSerial: beside });
}
