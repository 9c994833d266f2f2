/**
 * The vocabulary: a step is a plain value, a plan is a list of steps. Types only.
 *
 * File names in a step are relative to the certificate directory, unless they are absolute. What a step reads and
 * writes is said once, in its arguments; order, parallelism, the dry run and the script all derive from that.
 */
import type { Capability, TokenAccess } from '../openssl/capabilities.js';
import type { AltName } from '../x509/alt-names.js';
import type { NameConstraints } from '../x509/name-constraints.js';
import type { TokenKey } from '../x509/key-ref.js';
import type { Passphrase } from '../x509/passphrase.js';
import type { Serial } from '../x509/serial.js';
import type { Words } from '../words.js';

/** One word of a command line: a fixed word, a file that is read or written, or a passphrase. */
export type Arg =
  | string
  /** `as`: how it is shown, where that differs. */
  | { readonly reads: string; readonly as?: string }
  /** `product`: it is re-read as that before any other step reads it. */
  | { readonly writes: string; readonly as?: string; readonly product?: Product }
  /** Becomes `fd:3`, `fd:4`, … in the order of the arguments; the secret itself goes through that descriptor. */
  | { readonly passphrase: Passphrase }
  /**
   * A private key in a token. `form`: the flag that tells its kind to an openssl that reaches it through its engine. `access`
   * is set when the openssl is known that runs the step; until then it is shown as for the provider.
   */
  | { readonly token: TokenKey; readonly form: '-keyform' | '-CAkeyform'; readonly access?: TokenAccess };

export type OpensslCommand =
  'genrsa' | 'genpkey' | 'req' | 'x509' | 'rsa' | 'pkey' | 'pkcs12' | 'verify' | 'ca';

/** What a file that a command writes has to be. */
export type Product = 'private-key' | 'csr' | 'certificate' | 'pkcs12' | 'crl';

/** Runs openssl once. */
export interface OpensslStep {
  readonly kind: 'openssl';
  /** What it does, for a person: `private key of the CA`. */
  readonly title: string;
  readonly command: OpensslCommand;
  readonly args: readonly Arg[];
  /** Files with a serial number that it reads and writes though no argument names them: `ca.srl`. */
  readonly updates?: readonly string[];
  /** Files that it reads though no argument names them: those of its configuration. */
  readonly alsoReads?: readonly string[];
  /** The certificates that `ca` makes of its CSRs, in their order: each in a file that no argument names. */
  readonly signs?: readonly SignedCsr[];
  /** What not every openssl can do. */
  readonly needs?: Capability;
}

/** A certificate that `ca` signs. */
export interface SignedCsr {
  readonly csr: string;
  /** The number that it takes from its file of serials. */
  readonly serial: Serial;
  readonly writes: string;
  /** It takes its subjectAltName from its CSR, which the plan itself made; every other extension is from the configuration. */
  readonly takesNames?: boolean;
}

/** Writes a text file: an extfile, an openssl.cnf. */
export interface WriteFileStep {
  readonly kind: 'write-file';
  readonly path: string;
  readonly content: string;
}

/** Writes one line into a file, as the tutorials do: `echo 01 > ca.srl`, or with `append` `echo … >> extfile.cnf`. */
export interface EchoStep {
  readonly kind: 'echo';
  readonly path: string;
  readonly text: string;
  readonly append: boolean;
}

export interface MakeDirectoryStep {
  readonly kind: 'make-directory';
  readonly path: string;
}

/** Copies a file, such as the CA's certificate into a client's directory. */
export interface CopyFileStep {
  readonly kind: 'copy-file';
  readonly from: string;
  readonly to: string;
  /** What it is, where no step of the plan has made it. Default: a certificate. */
  readonly product?: Product | 'file';
}

/** Puts files one after the other into one: two CAs that are both trusted, or a certificate and its chain. */
export interface ConcatenateStep {
  readonly kind: 'concatenate';
  readonly from: readonly string[];
  readonly to: string;
  /** `to` exists, and the others follow what it holds. Default: false. */
  readonly append?: boolean;
}

/** Puts many files in their places, and makes the directories that they lie in. */
export interface PutFilesStep {
  readonly kind: 'put-files';
  readonly files: readonly FileToPut[];
}

export type FileToPut =
  | { readonly path: string; readonly content: string }
  /** A copy of a certificate. */
  | { readonly path: string; readonly copyOf: string }
  /** A file that an earlier step made. */
  | { readonly path: string; readonly moved: string };

/** Sets the final mode of files. */
export interface SetModeStep {
  readonly kind: 'set-mode';
  /** e.g. 0o400 */
  readonly mode: number;
  readonly paths: readonly string[];
  /** Whose group may do what the mode lets a group do. Default: whichever the system gives to a new file. */
  readonly group?: number;
  /** Shown with `-v`, as a tutorial has it. */
  readonly verbose?: boolean;
}

/** Removes files that only the plan needed: CSRs, configuration. */
export interface RemoveStep {
  readonly kind: 'remove';
  readonly paths: readonly string[];
  /** Shown with `-v`, as a tutorial has it. */
  readonly verbose?: boolean;
}

/**
 * Re-reads a certificate with node:crypto and compares it with what was asked for: that it belongs to its key, is signed
 * by its issuer, is a CA or none, and has the names.
 */
export interface CheckStep {
  readonly kind: 'check';
  readonly certificate: string;
  /**
   * Its private key; must not be encrypted, unless `passphrase` is given. Undefined where it is elsewhere, or in a token: that it is
   * the right one is told by the signature.
   */
  readonly key?: string | undefined;
  /** Its public key in PEM (SPKI), where the private one is elsewhere. */
  readonly publicKey?: string;
  /** The certificate whose public key it has to have, where `key` cannot tell. */
  readonly publicKeyOf?: string | undefined;
  readonly passphrase?: Passphrase;
  /** The certificate that signed it; itself for a CA. */
  readonly issuer: string;
  readonly role: 'ca' | 'server' | 'client';
  /** Where it is known beforehand. */
  readonly serial?: Serial;
  /** All of its subjectAltNames. */
  readonly altNames: readonly AltName[];
  /** The name constraints of a CA that may sign for some names only; not given: they are not compared. */
  readonly permit?: NameConstraints;
  /** How many CAs may be below a CA; not given: it is not compared. */
  readonly pathLength?: number;
  /** Set where the user's own templates may have added names: then all of `altNames` and more may be there. */
  readonly moreNames?: boolean;
  /** The certificate that it takes the place of: then it has its subject and its extensions, and `altNames` are not looked at. */
  readonly like?: string;
  /** The object identifiers of extensions that it has otherwise than `like`. */
  readonly completed?: readonly string[];
  /** Holds it to more: it has the extendedKeyUsage of its role alone, and does not outlive its issuer. */
  readonly strict?: boolean;
}

/**
 * Re-reads certificates of one role, as strictly as `CheckStep`: each belongs to its key, is signed by the issuer and does not outlive
 * it, and has the extendedKeyUsage of its role and no other names than those given.
 */
export interface CheckSignedStep {
  readonly kind: 'check-signed';
  readonly certificates: readonly SignedForKey[];
  readonly issuer: string;
  readonly role: 'server' | 'client';
}

export type SignedForKey = {
  readonly certificate: string;
  /** All of its subjectAltNames. Default: none. */
  readonly altNames?: readonly AltName[];
} & (
  | {
      /** Its public key (SPKI in DER), in base64. */
      readonly publicKey: string;
    }
  | {
      /** The file of its private key, which the plan made. */
      readonly key: string;
    }
);

/**
 * Re-reads a private key that was rewritten: that it is still the same key, and that it is encrypted with AES-256 in PKCS#8
 * (PBES2), or not at all.
 */
export interface CheckKeyStep {
  readonly kind: 'check-key';
  readonly key: string;
  /** What has to open it. Not given: it must not be encrypted. */
  readonly passphrase?: Passphrase;
  /** Its public half, as it was before: PEM (SPKI). */
  readonly publicKey: string;
}

/** Re-reads a CRL and compares it with what was asked for: who signed it, its number, its dates, and what it revokes. */
export interface CheckCrlStep {
  readonly kind: 'check-crl';
  readonly crl: string;
  /** The certificate of the CA that signed it. */
  readonly issuer: string;
  readonly number: bigint;
  /** From its first moment to the next CRL. */
  readonly days: number;
  /** The serial numbers that it revokes, in upper-case hexadecimal. */
  readonly revoked: readonly string[];
}

/** Records certificates that the plan makes in the index of what the CA has issued. */
export interface RecordStep {
  readonly kind: 'record';
  readonly certificates: readonly string[];
  /** The certificate directory, absolute: the index that is there is continued. */
  readonly directory: string;
  /** The index in the form of `openssl ca`, and what that has no field for. */
  readonly index: string;
  readonly records: string;
  /** How the two begin where they do not exist: the certificates that are there already. */
  readonly start: { readonly index: string; readonly records: string };
}

export type Step =
  | OpensslStep
  | WriteFileStep
  | EchoStep
  | MakeDirectoryStep
  | CopyFileStep
  | ConcatenateStep
  | PutFilesStep
  | SetModeStep
  | RemoveStep
  | CheckStep
  | CheckSignedStep
  | CheckKeyStep
  | CheckCrlStep
  | RecordStep;

/** Something about a plan that a person should know before it runs. */
export interface Note {
  readonly code:
    | 'HOSTNAME_ASSUMED'
    | 'LEAF_SHORTENED'
    | 'CA_SHORTENED'
    | 'CA_BECOMES_ROOT'
    | 'CHAIN_RENEWED'
    | 'RECORDED_BY_PARENT'
    | 'NOT_RECORDED'
    | 'NOT_APPLIED'
    | 'EXPIRES_SOON'
    | 'ED25519_CLIENTS'
    | 'CA_KEY_UNENCRYPTED'
    | 'LEAF_KEY_ENCRYPTED'
    | 'LEAVES_VOID'
    | 'REFUSED_BY_CLIENTS'
    | 'NAME_REFUSED'
    | 'LOCALHOST_LEFT_OUT'
    | 'DEPARTS'
    | 'CA_KEY_COPIED'
    | 'OPEN_MODES'
    | 'FINISHED'
    | 'CLEANED'
    | 'CA_DUE'
    | 'PORT_REMEMBERED'
    | 'CA_KEY_REMEMBERED'
    | 'DIGEST_CHANGED'
    | 'CA_COMPLETED'
    | 'CA_CONSTRAINED'
    | 'CA_SERIAL_KEPT'
    | 'ROLL_OVER'
    | 'REVOKED_OF_OTHER_CA'
    | 'CRL_MISSING'
    | 'CRL_EXPIRED'
    | 'CSR_UNKNOWN';
  /** In the library's words. */
  readonly text: string;
  /** The parts of `text`, where it names options or calls. */
  readonly words?: Words;
}

/** What a recipe makes of options: complete, and the same for the same options. */
export interface Plan {
  readonly recipe: string;
  readonly steps: readonly Step[];
  /** Existing files that the plan may replace; every other existing file makes it fail. */
  readonly replaces: readonly string[];
  readonly notes: readonly Note[];
  /** How it departs from the text that its recipe reproduces; empty for one that keeps to it. */
  readonly departures: readonly string[];
}
