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
  ProgramError,
  RollOverError,
} from '../lib/index.js';
import { problemLine } from '../lib/internal.js';
import { flagOf, ownLine, spelled } from './own-command.js';
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
  if (error instanceof ConfigurationError && error.problems.length > 0) return describeProblems(error, style);
  const verbose = args.includes('--verbose');
  const lines = [`${style.red('error:')} ${errorMessage(error, command)}`];
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

/** What is wrong in a fleet file, a line each: `file:line:column: path: message`. */
function describeProblems({ path, problems, problemCount }: ConfigurationError, style: Style): string[] {
  const lines = problems.flatMap((problem) => [
    `${style.red('error:')} ${problemLine(path, problem)}`,
    ...(problem.remedy === undefined ? [] : [`${style.bold('hint:')} ${spelled(problem.remedy)}`]),
  ]);
  const others = problemCount - problems.length;
  return others === 0
    ? lines
    : [...lines, `${others} more ${others === 1 ? 'problem' : 'problems'} not shown`];
}

/** Options that have no flag, or several, or whose errors name it themselves. */
const withoutFlag = [
  'passphrase',
  'bits',
  'force',
  'endpoint',
  'context',
  'names',
  'timer',
  'csrs',
  'from',
  'path',
];

/** An option's error begins with its flag. */
function errorMessage(error: unknown, command: string): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof InputError) || withoutFlag.includes(error.option)) return message;
  return `--${flagOf(error.option, command)}: ${message}`;
}

/** For what differs: the very command that was typed, with what makes it so. */
function errorHint(error: unknown, args: readonly string[], command: string): string | null {
  if (error instanceof DifferenceError && error.parts.length > 0) {
    return `to recreate it: ${ownLine(...args, ...error.parts.flatMap((part) => ['--force', part]))}`;
  }
  if (error instanceof DockerTlsError) {
    if (error.remedy !== undefined) return spelled(error.remedy);
    const hasMore = error instanceof OpensslError && error.stderr !== '' && !args.includes('--verbose');
    return hasMore ? 'see what openssl said with --verbose' : null;
  }
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
      message: errorMessage(error, command),
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
      ...(error instanceof ConfigurationError && error.problems.length > 0
        ? { problems: error.problems.map(problemAsJson), problemCount: error.problemCount }
        : {}),
      ...(error instanceof RollOverError ? { unconfirmed: error.unconfirmed } : {}),
      ...(error instanceof DockerError ? { dockerCommand: error.command ?? null, stderr: error.stderr } : {}),
      ...(error instanceof ProgramError
        ? { program: error.program, programCommand: error.command, stderr: error.stderr }
        : {}),
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

function problemAsJson({
  key,
  line,
  column,
  message,
  remedy,
}: ConfigurationError['problems'][number]): object {
  const hint = remedy === undefined ? null : spelled(remedy);
  return { key, line: line ?? null, column: column ?? null, message, hint };
}
