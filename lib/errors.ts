import { libraryText, option, words, wordsOf, type Text, type Words } from './words.js';

/**
 * The one tree of errors. Every error has a `code` from the union below, and most have a `hint`: what to do about it. A
 * message says what could not be done and why; the hint stands apart from it. `isDockerTlsError` gives the type that pairs
 * each code with its class, so that `switch (error.code)` narrows.
 */

/** Every error code, with its meaning. */
export type ErrorCode =
  /** An option's value cannot be used; `option` says which. Nothing has run. */
  | 'ERR_INPUT'
  /** A passphrase is needed, but none was given. */
  | 'ERR_PASSPHRASE_NEEDED'
  /** The passphrase does not open the key at `path`. */
  | 'ERR_PASSPHRASE_WRONG'
  /** The key at `path` already has a passphrase, so none can be added; nothing was changed. */
  | 'ERR_ENCRYPTED'
  /** The key at `path` has no passphrase to change or remove; nothing was changed. */
  | 'ERR_NOT_ENCRYPTED'
  /** The CA's certificate or key is needed but does not exist. */
  | 'ERR_CA_MISSING'
  /** The existing CA cannot sign: it is not a CA certificate, does not match its key, or expires too soon. */
  | 'ERR_CA_UNUSABLE'
  /** The machine's clock is certainly wrong; a certificate made now would be invalid. */
  | 'ERR_CLOCK'
  /** An existing certificate or key of a server or client cannot work. */
  | 'ERR_LEAF_UNUSABLE'
  /** Only half of a pair exists: a key without its certificate, or the reverse. */
  | 'ERR_INCOMPLETE'
  /** An existing certificate differs from the request; nothing was changed. */
  | 'ERR_DIFFERS'
  /** Another run was still using the directory when the lock timeout ended; nothing was changed. */
  | 'ERR_LOCKED'
  /** Other runs repeatedly took over the lock before this one had moved anything; nothing was changed. */
  | 'ERR_LOCK_LOST'
  /** Others can change a directory or file, or a symbolic link would be followed for writing; nothing was changed. */
  | 'ERR_UNSAFE'
  /** The file system does not keep file modes, so others could read the keys; nothing was changed. */
  | 'ERR_OPEN_MODES'
  /** A file to write already exists; nothing was changed. */
  | 'ERR_EXISTS'
  /** A file system operation failed; `cause` has the system's error. */
  | 'ERR_FILE'
  /** A template cannot be read or rendered. */
  | 'ERR_TEMPLATE'
  /** No openssl was found, or the program named is not openssl. */
  | 'ERR_OPENSSL_NOT_FOUND'
  /** This openssl cannot do what the step needs. */
  | 'ERR_OPENSSL_TOO_OLD'
  /** openssl ran and failed; `reason` says why, if known. */
  | 'ERR_OPENSSL_FAILED'
  /** openssl reported success, but the file it made does not match the request. */
  | 'ERR_READ_BACK'
  /** docker, dockerd or the service manager was not found. */
  | 'ERR_DOCKER_NOT_FOUND'
  /** docker, dockerd or the service manager ran and failed; `stderr` has its output. */
  | 'ERR_DOCKER_FAILED'
  /** A program that encrypts for a reader, age or gpg, was not found. */
  | 'ERR_PROGRAM_NOT_FOUND'
  /** age or gpg ran and failed, or did not encrypt; `stderr` has its output. */
  | 'ERR_PROGRAM_FAILED'
  /** A configuration file cannot be read or changed safely; `line` and `column` say where, if known. */
  | 'ERR_CONFIGURATION'
  /** No roll-over of the fleet's CA is under way, or it is at a step that does not allow the request; nothing was changed. */
  | 'ERR_ROLL_OVER'
  /** Hosts or clients have not taken the last step of the roll-over; nothing was changed. `unconfirmed` names them. */
  | 'ERR_UNCONFIRMED'
  /** A step ran longer than `timeoutMs`. */
  | 'ERR_TIMEOUT'
  /** The caller's signal aborted the work. */
  | 'ERR_ABORTED';

export interface ErrorDetails {
  /** What to do about it: a sentence, or its parts. */
  readonly hint?: Text | undefined;
  readonly cause?: unknown;
}

/** The root of the tree: every error that this library throws on purpose. */
export class DockerTlsError extends Error {
  override readonly name: string = 'DockerTlsError';
  readonly code: ErrorCode;
  /** What to do about it, in the library's words. */
  readonly hint: string | undefined;
  /** The parts of `hint`: text, options and calls, for a program that names them in its own words. */
  readonly remedy: Words | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint === undefined ? undefined : libraryText(details.hint);
    this.remedy = details.hint === undefined ? undefined : wordsOf(details.hint);
  }
}

/** An option's value cannot be used. Thrown before anything runs. */
export class InputError extends DockerTlsError {
  override readonly name = 'InputError';
  override readonly code = 'ERR_INPUT' as const;
  /** The option as the library names it: `hosts`, `days`, … */
  readonly option: string;

  constructor(option: string, message: string, details: ErrorDetails = {}) {
    super('ERR_INPUT', message, details);
    this.option = option;
  }
}

/** The codes of a {@link DirectoryError}. */
export type DirectoryErrorCode =
  | 'ERR_CA_MISSING'
  | 'ERR_CA_UNUSABLE'
  | 'ERR_LEAF_UNUSABLE'
  | 'ERR_INCOMPLETE'
  | 'ERR_LOCKED'
  | 'ERR_LOCK_LOST'
  | 'ERR_UNSAFE'
  | 'ERR_OPEN_MODES'
  | 'ERR_EXISTS'
  | 'ERR_FILE'
  | 'ERR_READ_BACK';

/** The state of the certificate directory, or of a file, does not allow the request. */
export class DirectoryError extends DockerTlsError {
  override readonly name = 'DirectoryError';
  declare readonly code: DirectoryErrorCode;
  /** The file or directory concerned. */
  readonly path: string;

  constructor(code: DirectoryErrorCode, path: string, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
    this.path = path;
  }
}

/** An existing certificate differs from the request; nothing was changed. */
export class DifferenceError extends DockerTlsError {
  override readonly name = 'DifferenceError';
  override readonly code = 'ERR_DIFFERS' as const;
  /** The certificate that differs, or the first of them. */
  readonly path: string;
  /** The parts to recreate: `force` takes them. Empty where the hint says what else to do. */
  readonly parts: readonly ('ca' | 'server' | 'client')[];

  /** `remedy`: what to do where recreating is not the way. */
  constructor(
    path: string,
    message: string,
    parts: readonly ('ca' | 'server' | 'client')[],
    remedy: Text = words`to recreate it, ask for the same with ${option('force', parts)}`,
  ) {
    super('ERR_DIFFERS', message, { hint: remedy });
    this.path = path;
    this.parts = parts;
  }
}

/** The codes of a {@link PassphraseError}. */
export type PassphraseErrorCode =
  'ERR_PASSPHRASE_NEEDED' | 'ERR_PASSPHRASE_WRONG' | 'ERR_ENCRYPTED' | 'ERR_NOT_ENCRYPTED';

/** A passphrase is missing or wrong, or the key is encrypted when it should not be, or the reverse. */
export class PassphraseError extends DockerTlsError {
  override readonly name = 'PassphraseError';
  declare readonly code: PassphraseErrorCode;
  /** The private key concerned. */
  readonly path: string;

  constructor(code: PassphraseErrorCode, path: string, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
    this.path = path;
  }
}

/** The codes of an {@link InterruptedError}. */
export type InterruptedErrorCode = 'ERR_TIMEOUT' | 'ERR_ABORTED';

/**
 * The caller's signal or a timeout stopped the work. Nothing was written. `name` is `AbortError` or `TimeoutError`, as in
 * Node's own errors; after an abort, `cause` is the signal's `reason`.
 */
export class InterruptedError extends DockerTlsError {
  override readonly name: 'AbortError' | 'TimeoutError';
  declare readonly code: InterruptedErrorCode;

  constructor(code: InterruptedErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
    this.name = code === 'ERR_ABORTED' ? 'AbortError' : 'TimeoutError';
  }
}

/** The error for work that the caller's signal stopped. */
export function aborted(signal: AbortSignal | undefined, message: string): InterruptedError {
  return new InterruptedError('ERR_ABORTED', message, { cause: signal?.reason as unknown });
}

/** The codes of a {@link DockerError}. */
export type DockerErrorCode = 'ERR_DOCKER_NOT_FOUND' | 'ERR_DOCKER_FAILED';

/** docker, dockerd or the service manager was not found or failed. */
export class DockerError extends DockerTlsError {
  override readonly name = 'DockerError';
  declare readonly code: DockerErrorCode;
  /** The command that ran, quoted for a shell. */
  readonly command: string | undefined;
  readonly stderr: string;

  constructor(
    code: DockerErrorCode,
    message: string,
    details: ErrorDetails & { command?: string; stderr?: string } = {},
  ) {
    super(code, message, details);
    this.command = details.command;
    this.stderr = details.stderr ?? '';
  }
}

/** The codes of a {@link ProgramError}. */
export type ProgramErrorCode = 'ERR_PROGRAM_NOT_FOUND' | 'ERR_PROGRAM_FAILED';

/** A program that encrypts for a reader was not found or failed; nothing was written. */
export class ProgramError extends DockerTlsError {
  override readonly name = 'ProgramError';
  declare readonly code: ProgramErrorCode;
  /** Its name: `age` or `gpg`. */
  readonly program: string;
  /** The command that ran, quoted for a shell. */
  readonly command: string;
  readonly stderr: string;

  constructor(
    code: ProgramErrorCode,
    program: string,
    message: string,
    details: ErrorDetails & { readonly command: string; readonly stderr?: string },
  ) {
    super(code, message, details);
    this.program = program;
    this.command = details.command;
    this.stderr = details.stderr ?? '';
  }
}

/** One thing that is wrong in a configuration file. */
export interface ConfigurationProblem {
  /** The value's place among the keys, such as `hosts.web1.names[0]`; empty for the file as a whole. */
  readonly key: string;
  /** Counted from 1; undefined for a value that is in no file. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly message: string;
  /** What to do about it, in the library's words. */
  readonly hint: string | undefined;
  /** The parts of `hint`. */
  readonly remedy: Words | undefined;
}

/** A configuration file (daemon.json, a unit, a context, a fleet file) has an error or an unexpected setting; nothing was changed. */
export class ConfigurationError extends DockerTlsError {
  override readonly name = 'ConfigurationError';
  override readonly code = 'ERR_CONFIGURATION' as const;
  readonly path: string;
  /** Counted from 1. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** What is wrong in a fleet file, in its order, up to 20; empty for other files. */
  readonly problems: readonly ConfigurationProblem[];
  /** How many problems there are with those that are not in `problems`. */
  readonly problemCount: number;

  constructor(
    path: string,
    message: string,
    details: ErrorDetails & {
      readonly line?: number | undefined;
      readonly column?: number | undefined;
      readonly problems?: readonly ConfigurationProblem[];
      readonly problemCount?: number;
    } = {},
  ) {
    super('ERR_CONFIGURATION', message, details);
    this.path = path;
    this.line = details.line;
    this.column = details.column;
    this.problems = details.problems ?? [];
    this.problemCount = details.problemCount ?? this.problems.length;
  }
}

/** The codes of a {@link RollOverError}. */
export type RollOverErrorCode = 'ERR_ROLL_OVER' | 'ERR_UNCONFIRMED';

/** A host or a client that has not taken a step of a roll-over, as far as can be seen. */
export interface Unconfirmed {
  readonly role: 'server' | 'client';
  readonly name: string;
  readonly why: string;
}

/** The roll-over of a fleet's CA cannot go on, or back, from where it is; nothing was changed. */
export class RollOverError extends DockerTlsError {
  override readonly name = 'RollOverError';
  declare readonly code: RollOverErrorCode;
  /** Those who have not taken the last step, the hosts first. */
  readonly unconfirmed: readonly Unconfirmed[];

  constructor(
    code: RollOverErrorCode,
    message: string,
    details: ErrorDetails & { readonly unconfirmed?: readonly Unconfirmed[] } = {},
  ) {
    super(code, message, details);
    this.unconfirmed = details.unconfirmed ?? [];
  }
}

/** Why an openssl command failed, if its output says so. The table is in `openssl/reasons.ts`. */
export type OpensslReason =
  | 'wrong-passphrase'
  | 'no-passphrase'
  | 'outdated-encryption'
  | 'not-a-key'
  | 'not-a-certificate'
  | 'not-a-csr'
  | 'key-mismatch'
  | 'disk-full'
  | 'no-such-file'
  | 'permission-denied'
  | 'string-too-long'
  | 'bad-country'
  | 'string-too-short'
  | 'illegal-characters'
  | 'unknown-option'
  | 'bad-config'
  | 'not-verified'
  | TokenReason;

/** Why a key in a token could not be used. The table is in `openssl/token-reasons.ts`. */
export type TokenReason =
  /** The token did not accept the PIN. It was tried once, for a few wrong ones lock most tokens: do not try again by yourself. */
  | 'wrong-pin'
  /** Too many wrong PINs have locked the token. */
  | 'pin-locked'
  | 'token-missing'
  /** The token has no such private key. */
  | 'key-not-found'
  /** The token's PKCS #11 module cannot be loaded. */
  | 'module-missing'
  /** This openssl lacks the engine or the provider through which it would reach a token. */
  | 'provider-missing';

/** One entry of OpenSSL's error queue (ERR_print_errors(3)). */
export interface OpensslQueueEntry {
  /** The library that reported it, such as `PEM routines`. */
  readonly library: string;
  /** The function, if the build names it, such as `get_name`. */
  readonly function: string;
  /** The reason in OpenSSL's words, such as `no start line`. */
  readonly text: string;
  /** Additional data, such as `maxsize=64`. */
  readonly data: string;
}

/** The codes of an {@link OpensslError}. */
export type OpensslErrorCode = 'ERR_OPENSSL_NOT_FOUND' | 'ERR_OPENSSL_TOO_OLD' | 'ERR_OPENSSL_FAILED';

/** An openssl command failed, could not be started, or lacks a needed feature. */
export class OpensslError extends DockerTlsError {
  override readonly name = 'OpensslError';
  declare readonly code: OpensslErrorCode;
  /** Why, as one word of the reason table; undefined if openssl's output is not in it. */
  readonly reason: OpensslReason | undefined;
  /** The command as shown to the user, without secrets. */
  readonly command: string | undefined;
  readonly exitCode: number | undefined;
  /** The signal that ended it, such as `SIGSEGV`. */
  readonly signal: string | undefined;
  /** OpenSSL's error queue, in order. */
  readonly queue: readonly OpensslQueueEntry[];
  /** Everything openssl wrote to stderr; of a verification also what LibreSSL and 1.0 write to stdout. */
  readonly stderr: string;

  constructor(
    code: OpensslErrorCode,
    message: string,
    details: ErrorDetails & {
      readonly reason?: OpensslReason | undefined;
      readonly command?: string | undefined;
      readonly exitCode?: number | undefined;
      readonly signal?: string | undefined;
      readonly queue?: readonly OpensslQueueEntry[];
      readonly stderr?: string;
    } = {},
  ) {
    super(code, message, details);
    this.reason = details.reason;
    this.command = details.command;
    this.exitCode = details.exitCode;
    this.signal = details.signal;
    this.queue = details.queue ?? [];
    this.stderr = details.stderr ?? '';
  }
}

/** Every error of this library, each class with its codes: `switch (error.code)` narrows to the class and its fields. */
export type AnyDockerTlsError =
  | InputError
  | DirectoryError
  | DifferenceError
  | PassphraseError
  | InterruptedError
  | DockerError
  | ProgramError
  | ConfigurationError
  | RollOverError
  | OpensslError
  | (DockerTlsError & { readonly code: 'ERR_TEMPLATE' | 'ERR_CLOCK' });

/** Tells whether this library threw an error on purpose. */
export function isDockerTlsError(error: unknown): error is AnyDockerTlsError {
  return error instanceof DockerTlsError;
}
