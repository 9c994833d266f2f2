import { keyFile, type KeyRef } from '../x509/key-ref.js';
import { toPassphrase, type Passphrase } from '../x509/passphrase.js';
import type { OpensslStep } from '../plan/step.js';

/** openssl-pkcs12(1) with -export. */
export interface Pkcs12ExportOptions {
  /** The private key, unencrypted. */
  readonly inkey: KeyRef | string;
  /** Its certificate; further ones in the same file come along. */
  readonly in: string;
  /** The certificates of the CA. */
  readonly certfile: string;
  /** The name that programs show, and Java's alias. */
  readonly name: string;
  /** How often the passphrase is hashed. Default: openssl's own, which is 2048. OpenSSL 3.0 or newer. */
  readonly iter?: number | undefined;
  readonly passout: Passphrase | string;
  readonly out: string;
}

/**
 * `openssl pkcs12 -export -inkey KEY -in CERTIFICATE -certfile CA -name NAME -keypbe AES-256-CBC -certpbe AES-256-CBC -macalg sha256
 * [-iter N] -passout fd:3 -out OUT` as a value. Without these words OpenSSL before 3.0 encrypts certificates with RC2 of 40 bits.
 */
export function pkcs12ExportStep(options: Pkcs12ExportOptions): OpensslStep {
  const { certfile, name, iter, passout, out } = options;
  return {
    kind: 'openssl',
    title: `PKCS #12 file ${out}`,
    command: 'pkcs12',
    args: [
      '-export',
      '-inkey',
      { reads: keyFile(options.inkey, 'inkey') },
      '-in',
      { reads: options.in },
      '-certfile',
      { reads: certfile },
      '-name',
      name,
      '-keypbe',
      'AES-256-CBC',
      '-certpbe',
      'AES-256-CBC',
      '-macalg',
      'sha256',
      ...(iter === undefined ? [] : ['-iter', String(iter)]),
      '-passout',
      { passphrase: toPassphrase(passout) },
      '-out',
      { writes: out, product: 'pkcs12' },
    ],
    ...(iter === undefined ? {} : { needs: 'pkcs12-iter' }),
  };
}

/** openssl-pkcs12(1) without -export. */
export interface Pkcs12OpenOptions {
  /** A PKCS #12 file that an earlier step of the plan has made. */
  readonly in: string;
  /** Opens it, and encrypts the key where it is printed. */
  readonly passphrase: Passphrase | string;
}

/**
 * `openssl pkcs12 -in FILE -passin fd:3 -aes256 -passout fd:4` as a value: prints what is in it, and the key encrypted again. It is compared
 * with what went in.
 */
export function pkcs12OpenStep(options: Pkcs12OpenOptions): OpensslStep {
  const passphrase = toPassphrase(options.passphrase);
  return {
    kind: 'openssl',
    title: `contents of ${options.in}`,
    command: 'pkcs12',
    args: ['-in', { reads: options.in }, '-passin', { passphrase }, '-aes256', '-passout', { passphrase }],
  };
}
