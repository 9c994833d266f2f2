/** Checked by `npm run typecheck`, and never run: what the compiler says about the errors. */
import {
  DirectoryError,
  DockerTlsError,
  InputError,
  InterruptedError,
  isDockerTlsError,
  OpensslError,
  PassphraseError,
  type AnyDockerTlsError,
  type ErrorCode,
  type OpensslReason,
} from '../../lib/index.js';

/** Each code gives the fields of its class, every code is handled, and the compiler knows it: no return is missing below. */
export function handle(error: AnyDockerTlsError): string {
  switch (error.code) {
    case 'ERR_INPUT':
      return error.option;
    case 'ERR_PASSPHRASE_NEEDED':
    case 'ERR_PASSPHRASE_WRONG':
    case 'ERR_ENCRYPTED':
    case 'ERR_NOT_ENCRYPTED':
      return error.path satisfies PassphraseError['path'];
    case 'ERR_CA_MISSING':
    case 'ERR_CA_UNUSABLE':
    case 'ERR_LEAF_UNUSABLE':
    case 'ERR_INCOMPLETE':
    case 'ERR_LOCKED':
    case 'ERR_LOCK_LOST':
    case 'ERR_UNSAFE':
    case 'ERR_OPEN_MODES':
    case 'ERR_EXISTS':
    case 'ERR_FILE':
    case 'ERR_READ_BACK':
      return error.path satisfies DirectoryError['path'];
    case 'ERR_DIFFERS':
      return `${error.path} ${error.parts.join()}`;
    case 'ERR_TEMPLATE':
    case 'ERR_CLOCK':
      return error.hint ?? '';
    case 'ERR_CONFIGURATION':
      return `${error.path}:${error.line ?? 1}:${error.column ?? 1}`;
    case 'ERR_OPENSSL_NOT_FOUND':
    case 'ERR_OPENSSL_TOO_OLD':
    case 'ERR_OPENSSL_FAILED':
      return `${error.reason ?? ''} ${error.exitCode ?? error.signal ?? ''} ${error.queue.length} ${error.stderr}`;
    case 'ERR_DOCKER_NOT_FOUND':
    case 'ERR_DOCKER_FAILED':
      return `${error.command ?? ''} ${error.stderr}`;
    case 'ERR_PROGRAM_NOT_FOUND':
    case 'ERR_PROGRAM_FAILED':
      return `${error.program} ${error.command} ${error.stderr}`;
    case 'ERR_ROLL_OVER':
    case 'ERR_UNCONFIRMED':
      return error.unconfirmed.map(({ name, why }) => `${name}: ${why}`).join();
    case 'ERR_TIMEOUT':
    case 'ERR_ABORTED':
      return error.name satisfies 'AbortError' | 'TimeoutError';
  }
}

/** What is caught is one of them, or none. */
export function caught(error: unknown): string | undefined {
  return isDockerTlsError(error) ? handle(error) : undefined;
}

/** No code is left out. */
export function codeOf(code: ErrorCode): AnyDockerTlsError['code'] {
  return code;
}

export function misspelt(error: DockerTlsError): boolean {
  // @ts-expect-error There is no such code.
  return error.code === 'ERR_PASSPHRASE_MISSING';
}

export function ofAnotherClass(error: DirectoryError): boolean {
  // @ts-expect-error That is a code of another class.
  return error.code === 'ERR_OPENSSL_FAILED';
}

export function details(error: DockerTlsError): string {
  if (error instanceof InputError) {
    const code: 'ERR_INPUT' = error.code;
    return `${code} ${error.option}`;
  }
  if (error instanceof DirectoryError || error instanceof PassphraseError) return error.path;
  if (error instanceof OpensslError) {
    const reason: OpensslReason | undefined = error.reason;
    const [first] = error.queue;
    return `${reason ?? ''} ${error.exitCode ?? error.signal ?? ''} ${first?.text ?? ''} ${error.stderr}`;
  }
  return error.message;
}

// @ts-expect-error A path is not on every error.
export type NoPath = DockerTlsError['path'];

export const hint: string | undefined = new DockerTlsError('ERR_TEMPLATE', 'a template').hint;
export const allowed: ErrorCode = 'ERR_ABORTED';

// @ts-expect-error An interruption has one of two codes.
export const interrupted = new InterruptedError('ERR_FILE', 'stopped');

// @ts-expect-error An error of the directory names its path.
export const pathless = new DirectoryError('ERR_FILE');

export function change(error: DockerTlsError): void {
  // @ts-expect-error What an error says stays.
  error.code = 'ERR_FILE';
}
