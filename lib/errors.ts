/**
 * The one tree of errors. Every error has a `code` from the union below, and most have a `hint`: what to do about it. A
 * message says what could not be done and why; the hint stands apart from it. `isDockerTlsError` gives the type that pairs
 * each code with its class, so that `switch (error.code)` narrows.
 */

/** Each code, and when it is given. */
export type ErrorCode =
  /** An option's value cannot be used; `option` says which. Nothing has run. */
  | 'ERR_INPUT'
  /** A passphrase is needed and none was given. */
  | 'ERR_PASSPHRASE_NEEDED'
  /** The passphrase does not open the key that `path` names. */
  | 'ERR_PASSPHRASE_WRONG'
  /** The key that `path` names has a passphrase already, and one was to be added; nothing was changed. */
  | 'ERR_ENCRYPTED'
  /** The key that `path` names has no passphrase that could be changed or removed; nothing was changed. */
  | 'ERR_NOT_ENCRYPTED'
  /** The CA's certificate or key is needed and is not there. */
  | 'ERR_CA_MISSING'
  /** The CA that is there cannot sign: no CA certificate, another key's, or at its end. */
  | 'ERR_CA_UNUSABLE'
  /** The machine's clock is certainly wrong; a certificate made now would be void. */
  | 'ERR_CLOCK'
  /** A server's or client's certificate or key that is there cannot work. */
  | 'ERR_LEAF_UNUSABLE'
  /** Half of a pair is there: a key without its certificate, or the other way round. */
  | 'ERR_INCOMPLETE'
  /** What is there differs from what was asked for; nothing was changed. */
  | 'ERR_DIFFERS'
  /** Another run is at work in the directory, for longer than was to be waited; nothing was changed. */
  | 'ERR_LOCKED'
  /** Another run took over the lock before this one had moved anything, several times; nothing was changed. */
  | 'ERR_LOCK_LOST'
  /** Others can change a directory or file, or a symbolic link would be followed for writing; nothing was changed. */
  | 'ERR_UNSAFE'
  /** The file system does not keep file modes, so that others could read the keys; nothing was changed. */
  | 'ERR_OPEN_MODES'
  /** A file that would have been written is there already; nothing was changed. */
  | 'ERR_EXISTS'
  /** The file system said no; `cause` has its words. */
  | 'ERR_FILE'
  /** A template cannot be read or rendered. */
  | 'ERR_TEMPLATE'
  /** No openssl was found, or what was named is none. */
  | 'ERR_OPENSSL_NOT_FOUND'
  /** This openssl cannot do what the step needs. */
  | 'ERR_OPENSSL_TOO_OLD'
  /** openssl ran and failed; `reason` says why, where it is known. */
  | 'ERR_OPENSSL_FAILED'
  /** openssl reported success, but the file it made is not what was asked for. */
  | 'ERR_READ_BACK'
  /** docker, dockerd or what starts services is not there. */
  | 'ERR_DOCKER_NOT_FOUND'
  /** docker, dockerd or what starts services ran and failed; `stderr` has its words. */
  | 'ERR_DOCKER_FAILED'
  /** A configuration file cannot be read or changed safely; `line` and `column` say where, if that is known. */
  | 'ERR_CONFIGURATION'
  /** A step ran longer than `timeoutMs`. */
  | 'ERR_TIMEOUT'
  /** The caller's signal aborted the work. */
  | 'ERR_ABORTED';

export interface ErrorDetails {
  /** What to do about it, a sentence or a command. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** The root of the tree: every error that this library throws on purpose. */
export class DockerTlsError extends Error {
  override readonly name: string = 'DockerTlsError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
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

/** The state of the certificate directory, or of a file, does not allow what was asked for. */
export class DirectoryError extends DockerTlsError {
  override readonly name = 'DirectoryError';
  declare readonly code: DirectoryErrorCode;
  /** The file or directory it is about. */
  readonly path: string;

  constructor(code: DirectoryErrorCode, path: string, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
    this.path = path;
  }
}

/** What is there differs from what was asked for; nothing was changed. */
export class DifferenceError extends DockerTlsError {
  override readonly name = 'DifferenceError';
  override readonly code = 'ERR_DIFFERS' as const;
  /** The certificate that differs, or the first of them. */
  readonly path: string;
  /** What would have to be made anew: `force` takes it. */
  readonly parts: readonly ('ca' | 'server' | 'client')[];

  constructor(path: string, message: string, parts: readonly ('ca' | 'server' | 'client')[]) {
    super('ERR_DIFFERS', message, {
      hint: `to make it anew, ask for the same with --force ${parts.join(' --force ')}`,
    });
    this.path = path;
    this.parts = parts;
  }
}

/** The codes of a {@link PassphraseError}. */
export type PassphraseErrorCode =
  'ERR_PASSPHRASE_NEEDED' | 'ERR_PASSPHRASE_WRONG' | 'ERR_ENCRYPTED' | 'ERR_NOT_ENCRYPTED';

/** A passphrase is missing, or does not open its key; or the key is encrypted where it should not be, or the other way round. */
export class PassphraseError extends DockerTlsError {
  override readonly name = 'PassphraseError';
  declare readonly code: PassphraseErrorCode;
  /** The private key that it is for. */
  readonly path: string;

  constructor(code: PassphraseErrorCode, path: string, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
    this.path = path;
  }
}

/** The codes of an {@link InterruptedError}. */
export type InterruptedErrorCode = 'ERR_TIMEOUT' | 'ERR_ABORTED';

/**
 * The work was stopped, by the caller's signal or by a time-out. Nothing was written. Its name is `AbortError` or
 * `TimeoutError`, as that of Node's own; after an abort, `cause` is the signal's `reason`.
 */
export class InterruptedError extends DockerTlsError {
  override readonly name: 'AbortError' | 'TimeoutError';
  declare readonly code: InterruptedErrorCode;

  constructor(code: InterruptedErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
    this.name = code === 'ERR_ABORTED' ? 'AbortError' : 'TimeoutError';
  }
}

/** For work that the caller's signal has stopped. */
export function aborted(signal: AbortSignal | undefined, message: string): InterruptedError {
  return new InterruptedError('ERR_ABORTED', message, { cause: signal?.reason as unknown });
}

/** The codes of a {@link DockerError}. */
export type DockerErrorCode = 'ERR_DOCKER_NOT_FOUND' | 'ERR_DOCKER_FAILED';

/** docker, or what belongs to it, is not there or failed. */
export class DockerError extends DockerTlsError {
  override readonly name = 'DockerError';
  declare readonly code: DockerErrorCode;
  /** What was run, as a shell takes it. */
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

/** A configuration file (daemon.json, a unit, a context) is not as it has to be; nothing was changed. */
export class ConfigurationError extends DockerTlsError {
  override readonly name = 'ConfigurationError';
  override readonly code = 'ERR_CONFIGURATION' as const;
  readonly path: string;
  /** From 1 on. */
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(
    path: string,
    message: string,
    details: ErrorDetails & { line?: number; column?: number } = {},
  ) {
    super('ERR_CONFIGURATION', message, details);
    this.path = path;
    this.line = details.line;
    this.column = details.column;
  }
}

/** Why an openssl command failed, where its own words tell. The table is in `openssl/reasons.ts`. */
export type OpensslReason =
  | 'wrong-passphrase'
  | 'no-passphrase'
  | 'not-a-key'
  | 'not-a-certificate'
  | 'not-a-csr'
  | 'key-mismatch'
  | 'disk-full'
  | 'no-such-file'
  | 'permission-denied'
  | 'string-too-long'
  | 'bad-country'
  | 'unknown-option'
  | 'bad-config'
  | 'not-verified';

/** One entry of OpenSSL's error queue (ERR_print_errors(3)). */
export interface OpensslQueueEntry {
  /** The library that reported it, e.g. `PEM routines`. */
  readonly library: string;
  /** The function, where the build names it, e.g. `get_name`. */
  readonly function: string;
  /** The reason in OpenSSL's words, e.g. `no start line`. */
  readonly text: string;
  /** Additional data, e.g. `maxsize=64`. */
  readonly data: string;
}

/** The codes of an {@link OpensslError}. */
export type OpensslErrorCode = 'ERR_OPENSSL_NOT_FOUND' | 'ERR_OPENSSL_TOO_OLD' | 'ERR_OPENSSL_FAILED';

/** An openssl command failed, could not be started, or cannot do what is needed. */
export class OpensslError extends DockerTlsError {
  override readonly name = 'OpensslError';
  declare readonly code: OpensslErrorCode;
  /** Why, as one word of the reason table; undefined where the words are not known. */
  readonly reason: OpensslReason | undefined;
  /** The command as it was shown to the user: no secret is in it. */
  readonly command: string | undefined;
  readonly exitCode: number | undefined;
  /** The signal that ended it, e.g. `SIGSEGV`. */
  readonly signal: string | undefined;
  /** OpenSSL's error queue, in its order. */
  readonly queue: readonly OpensslQueueEntry[];
  /** All that openssl wrote to stderr. */
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
  | ConfigurationError
  | OpensslError
  | (DockerTlsError & { readonly code: 'ERR_TEMPLATE' | 'ERR_CLOCK' });

/** Tells whether this library threw an error on purpose. */
export function isDockerTlsError(error: unknown): error is AnyDockerTlsError {
  return error instanceof DockerTlsError;
}

/** For a run that another took for one that is gone. */
export function lockLost(directory: string, cause?: unknown): DirectoryError {
  return new DirectoryError('ERR_LOCK_LOST', directory, `another run took over the lock of ${directory}`, {
    cause,
    hint: 'nothing was changed; run the same command again',
  });
}

/** The `code` of a Node system error (`ENOENT`, …), or undefined. */
export function systemCode(error: unknown): string | undefined {
  // Not `instanceof Error`: an error of Node's own is none of the Error of another realm (node:vm, Jest).
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** A file-system failure as an error of this tree: which file, what was tried, what the system said. */
export function fileError(path: string, tried: string, cause: unknown): DirectoryError {
  const why: Record<string, string> = {
    ENOENT: 'it is not there',
    EACCES: 'permission denied',
    EPERM: 'operation not permitted',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    ENOTDIR: 'a part of the path is not a directory',
    EISDIR: 'it is a directory',
    ELOOP: 'a symbolic link is in the way',
    ENAMETOOLONG: 'the name is too long',
    EEXIST: 'it is there already',
    ENOTEMPTY: 'it is not empty',
    EMFILE: 'too many files are open',
  };
  const code = systemCode(cause);
  const words = (code && why[code]) ?? (cause instanceof Error ? cause.message : String(cause));
  const hints: Record<string, string> = {
    EACCES: `run as a user who may, or choose another directory with --dir`,
    EPERM: `run as a user who may, or choose another directory with --dir`,
    EROFS: 'choose a directory on a writable file system with --dir',
    ENOSPC: 'free some space and run the same command again: nothing was changed',
    EDQUOT: 'free some space and run the same command again: nothing was changed',
  };
  return new DirectoryError(
    code === 'EEXIST' ? 'ERR_EXISTS' : 'ERR_FILE',
    path,
    `cannot ${tried} ${path}: ${words}`,
    {
      cause,
      hint: (code && hints[code]) ?? 'nothing was changed',
    },
  );
}
