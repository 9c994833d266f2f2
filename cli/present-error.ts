/** The words of errors; their voice is that of present.ts. */
import {
  ConfigurationError,
  DifferenceError,
  DirectoryError,
  DockerError,
  DockerTlsError,
  InputError,
  OpensslError,
  PassphraseError,
} from '../lib/index.js';
import { issueOptions, shellWord } from '../lib/internal.js';
import { UsageError } from './environment.js';
import { describeStderr } from './present.js';
import { usage } from './present-usage.js';
import type { Style } from './streams.js';

/** An error in its layers, a line each. */
export function describeError(
  error: unknown,
  args: readonly string[],
  command: string,
  style: Style,
): string[] {
  const verbose = args.includes('--verbose');
  const lines = [`${style.red('error:')} ${errorMessage(error)}`];
  if (error instanceof OpensslError && error.command !== undefined) lines.push(`command: ${error.command}`);
  const hint = errorHint(error, args, command);
  if (hint !== null) lines.push(`${style.bold('hint:')} ${hint}`);
  if (verbose && error instanceof OpensslError && error.stderr !== '') {
    lines.push(...describeStderr(error.stderr, style));
  }
  const unforeseen =
    !(error instanceof DockerTlsError) && error instanceof Error && !(error instanceof UsageError);
  if (verbose && unforeseen && error.stack) lines.push(...error.stack.split('\n').map(style.dim));
  return lines;
}

/** An option's error begins with its flag. */
function errorMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof InputError) || message.includes('--')) return message;
  const flags: Record<string, string> = {
    passphrase: '',
    bits: '',
    force: '',
    endpoint: '',
    context: '',
    names: '',
    timer: '',
  };
  const options: Readonly<Record<string, { readonly flag: string | undefined }>> = issueOptions;
  const flag =
    flags[error.option] ??
    options[error.option]?.flag ??
    error.option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return flag === '' ? message : `--${flag}: ${message}`;
}

/** For what differs: the very command that was typed, with what makes it so. */
function errorHint(error: unknown, args: readonly string[], command: string): string | null {
  if (error instanceof DifferenceError) {
    const again = [
      'docker-tls-openssl',
      ...args.filter((arg) => arg !== '--dry-run'),
      ...error.parts.flatMap((part) => ['--force', part]),
    ];
    return `to recreate it: ${again.map(shellWord).join(' ')}`;
  }
  if (error instanceof DockerTlsError) return error.hint ?? null;
  const own = error instanceof UsageError ? error.hint : undefined;
  return own === undefined ? usage.seeHelp(command) : own;
}

/** What --json prints for an error. */
export function errorAsJson(command: string, error: unknown, args: readonly string[]): object {
  return {
    ok: false,
    command,
    error: {
      code:
        error instanceof DockerTlsError
          ? error.code
          : error instanceof UsageError
            ? 'ERR_USAGE'
            : 'ERR_INTERNAL',
      message: errorMessage(error),
      hint: errorHint(error, args, command),
      ...(error instanceof InputError ? { option: error.option } : {}),
      ...(error instanceof DirectoryError ||
      error instanceof DifferenceError ||
      error instanceof PassphraseError ||
      error instanceof ConfigurationError
        ? { path: error.path }
        : {}),
      ...(error instanceof ConfigurationError && error.line !== undefined
        ? { line: error.line, column: error.column }
        : {}),
      ...(error instanceof DockerError ? { dockerCommand: error.command ?? null, stderr: error.stderr } : {}),
      ...(error instanceof OpensslError
        ? {
            reason: error.reason ?? null,
            opensslCommand: error.command ?? null,
            exitCode: error.exitCode ?? null,
            stderr: error.stderr,
          }
        : {}),
    },
  };
}
