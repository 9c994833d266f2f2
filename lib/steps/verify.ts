import { givenOneOf } from '../given.js';
import { stepRun, type StepOptions, type StepResult } from '../execute/execute-step.js';
import type { Run } from '../execute/run.js';
import type { Arg, OpensslStep } from '../plan/step.js';

/** What a certificate is to be used for (openssl-verification-options(1)). */
export const purposes = ['sslserver', 'sslclient', 'any'] as const;
export type Purpose = (typeof purposes)[number];

/** openssl-verify(1). */
export interface VerifyOptions {
  /** The certificate, or several. */
  readonly in: string | readonly string[];
  /** The CA's certificate, or a bundle of several. */
  readonly caFile: string;
  /** A file with the intermediate CAs between them. */
  readonly untrusted?: string | undefined;
  readonly purpose?: Purpose | undefined;
  /** Holds the chain to RFC 5280 as Python 3.13 does. `verify` needs OpenSSL 3.0 for it: older ones pass what that refuses. */
  readonly x509Strict?: boolean | undefined;
  /** A host name that the certificate must be for. OpenSSL 1.0.2 or newer. */
  readonly verifyHostname?: string | undefined;
  /** An address that the certificate must be for. OpenSSL 1.0.2 or newer. */
  readonly verifyIp?: string | undefined;
  /** For a person. Default: `verification of IN`. */
  readonly title?: string | undefined;
}

/** `openssl verify [-x509_strict] [-purpose sslserver] -CAfile ca.pem [-untrusted chain.pem] IN` as a value. */
export function verifyStep(options: VerifyOptions): OpensslStep {
  const {
    caFile,
    untrusted,
    purpose,
    x509Strict = false,
    verifyHostname,
    verifyIp,
    title = `verification of ${String(options.in)}`,
  } = options;
  const args: Arg[] = [
    ...(x509Strict ? ['-x509_strict'] : []),
    ...(purpose === undefined ? [] : ['-purpose', givenOneOf(purposes, purpose, 'purpose')]),
    ...(verifyHostname === undefined ? [] : ['-verify_hostname', verifyHostname]),
    ...(verifyIp === undefined ? [] : ['-verify_ip', verifyIp]),
    '-CAfile',
    { reads: caFile },
    ...(untrusted === undefined ? [] : ['-untrusted', { reads: untrusted }]),
    ...[options.in].flat().map((reads) => ({ reads })),
  ];
  const names = verifyHostname !== undefined || verifyIp !== undefined;
  return {
    kind: 'openssl',
    title,
    command: 'verify',
    args,
    ...(names ? { needs: 'verify-names' as const } : {}),
  };
}

/** Verifies a certificate. Resolves where it is valid; rejects with the reason `not-verified` where it is not. */
export function verify(options: VerifyOptions & StepOptions): Run<StepResult> {
  return stepRun(options, (given) => {
    const step = verifyStep(given);
    return given.x509Strict ? { ...step, needs: 'x509-strict' } : step;
  });
}
