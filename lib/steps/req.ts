import { givenOneOf } from '../given.js';
import { stepRun, type StepOptions, type StepResult } from '../execute/execute-step.js';
import type { Run } from '../execute/run.js';
import type { Arg, OpensslStep } from '../plan/step.js';
import type { Passphrase } from '../x509/passphrase.js';
import type { KeyKind } from '../x509/key-type.js';
import { formatSubject, parseSubject, type Subject } from '../x509/subject.js';
import type { KeyRef } from '../x509/key-ref.js';
import { signingKey } from './signing-key.js';

/** The digests that today's clients accept in a signature. */
export const digests = ['sha256', 'sha384', 'sha512'] as const;
export type Digest = (typeof digests)[number];

/**
 * The digest that fits a key's strength (FIPS 186-5, 6.1.1): SHA-384 for P-384, SHA-512 for P-521, else SHA-256. Ed25519 signs
 * without one.
 */
export function fittingDigest({ algorithm, curve }: KeyKind): Digest | undefined {
  if (algorithm === 'ed25519') return undefined;
  return curve === 'secp384r1' ? 'sha384' : curve === 'secp521r1' ? 'sha512' : 'sha256';
}

/** What `req` and `req -x509` share. */
export interface RequestOptions {
  /** The private key. */
  readonly key: KeyRef | string;
  /** Opens the private key, where it is encrypted. */
  readonly passin?: Passphrase | string | undefined;
  /** The subject, as `/C=DE/O=Example/CN=client` or as a value. Not needed where `config` has it. */
  readonly subj?: Subject | string | undefined;
  /** A configuration file with the subject, and with extensions (openssl-req(1), CONFIGURATION FILE FORMAT). */
  readonly config?: string | undefined;
  /** Default: openssl's own, which is SHA-256 from 1.0.2 on. */
  readonly digest?: Digest | undefined;
  /** For a person. */
  readonly title?: string | undefined;
}

export interface ReqOptions extends RequestOptions {
  /** The file for the CSR. */
  readonly out: string;
}

/** `openssl req -new -key KEY [-config CNF | -subj /CN=…] -out OUT` as a value. */
export function reqStep(options: ReqOptions): OpensslStep {
  const { key, passin, out, title = `certificate signing request ${out}` } = options;
  const args: Arg[] = [
    ...nameArgs(options),
    '-new',
    ...signingKey('-key', key, 'key', passin),
    '-out',
    { writes: out, product: 'csr' },
  ];
  return { kind: 'openssl', title, command: 'req', args };
}

/** The arguments for who it is, in the order of Docker's own page. */
export function nameArgs({ subj, config, digest }: Omit<RequestOptions, 'key'>): Arg[] {
  const text = subj === undefined ? undefined : formatSubject(parseSubject(subj, 'subj'));
  return [
    ...(text === undefined ? [] : ['-subj', text]),
    ...(text !== undefined && /[^\x20-\x7e]/.test(text) ? ['-utf8'] : []),
    ...(config === undefined ? [] : ['-config', { reads: config }]),
    ...digestArgs(digest),
  ];
}

export function digestArgs(digest: Digest | undefined): Arg[] {
  return digest === undefined ? [] : [`-${givenOneOf(digests, digest, 'digest')}`];
}

/**
 * Makes a certificate signing request (CSR). The file appears whole, or not at all.
 * Errors: `ERR_INPUT`, `ERR_EXISTS`, `ERR_OPENSSL_*` (reasons `wrong-passphrase`, `not-a-key`, …), `ERR_READ_BACK`.
 */
export function req(options: ReqOptions & StepOptions): Run<StepResult> {
  return stepRun(options, reqStep);
}
