import type { X509Certificate } from 'node:crypto';
import type { OpensslVersion } from '../../openssl/capabilities.js';
import type { CertificateFields } from '../../x509/certificate-fields.js';
import type { Csr } from '../../x509/csr.js';
import type { Conf } from '../../x509/openssl-conf.js';
import type { PublicKey } from '../../x509/spki.js';
import type { OpensslStep } from '../../plan/step.js';
import type { Pkcs12Contents } from './pkcs12.js';

/** What is known of a file. */
export interface Known {
  /** As a message calls it. */
  readonly shown: string;
  readonly text?: string;
  readonly publicKey?: PublicKey | undefined;
  readonly csr?: Csr | undefined;
  readonly certificate?: X509Certificate | undefined;
  /** Of a certificate that was signed with many others: it was not parsed by node:crypto. */
  readonly fields?: CertificateFields | undefined;
  /** What was packed into it. */
  readonly packed?: Pkcs12Contents | undefined;
}

/** What a command asks for, and what is known of its inputs: all of it from before the command ran. */
export interface Asked {
  readonly step: OpensslStep;
  readonly version: OpensslVersion | undefined;
  /** Milliseconds since 1970. */
  readonly began: number;
  /** Its -extfile, its -config, or the configuration that openssl has by default here. */
  readonly conf: Conf;
  /** The private key that it uses for the subject: of -key, -signkey or -inkey, or the one that `rsa` and `pkey` rewrite. */
  readonly key: (Known & { readonly publicKey: PublicKey }) | undefined;
  /** The CSR or the certificate that it reads. */
  readonly of: Known | undefined;
  /** The CA that signs. */
  readonly ca: Known | undefined;
  /** What goes into the PKCS #12 file that it makes, or went into the one that it opens. */
  readonly packed: Pkcs12Contents | undefined;
  /** The number that the certificate gets; undefined where openssl draws it. */
  readonly serial: bigint | undefined;
  /** The object identifiers of the extensions that the certificate takes from the CSR. Default: none. */
  readonly copied?: readonly string[];
}
