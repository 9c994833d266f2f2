import { join } from 'node:path';
import { InputError } from '../errors.js';
import { givenText } from '../given.js';
import { ownProgram } from '../process/own-program.js';
import { runProcess, whyNotStarted } from '../process/run.js';

/** The input of a hook: one JSON object on stdin, and most of it in environment variables. */
export interface HookChange {
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** The files that were replaced or created, relative to it. */
  readonly files: readonly string[];
  /** The directory that keeps the replaced files, relative to it. */
  readonly archive: string | undefined;
  /** Each renewed certificate. */
  readonly renewed: readonly { readonly path: string; readonly role: 'ca' | 'server' | 'client' }[];
}

export interface HookOptions {
  readonly signal?: AbortSignal | undefined;
  /** The timeout, in milliseconds. Default: 600,000. */
  readonly timeoutMs?: number | undefined;
  /** The environment to add the variables to. Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** The result of a hook. */
export interface HookResult {
  readonly command: string;
  /** True if it exited with 0. */
  readonly ok: boolean;
  /** Why it failed; undefined if it is `ok`. */
  readonly why: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The variables that tell a hook what changed, and how to run this program: `"$DOCKER_TLS_NODE" "$DOCKER_TLS_OPENSSL" …`. */
function hookEnvironment({ directory, renewed, archive }: HookChange): Record<string, string> {
  const { node, program } = ownProgram();
  return {
    DOCKER_TLS_NODE: node,
    DOCKER_TLS_OPENSSL: program,
    DOCKER_TLS_DIRECTORY: directory,
    DOCKER_TLS_RENEWED: renewed.map(({ path }) => path).join('\n'),
    DOCKER_TLS_ROLES: [...new Set(renewed.map(({ role }) => role))].join(' '),
    DOCKER_TLS_ARCHIVE: archive === undefined ? '' : join(directory, archive),
  };
}

/**
 * Runs a command line with `/bin/sh -c` after a renewal, such as to restart the daemon or copy files. Its environment and stdin
 * say what changed; processes that it leaves in its process group are ended. A failure is in the result, never thrown: the
 * renewal is done. Errors: `ERR_INPUT`.
 */
export async function runHook(
  command: string,
  change: HookChange,
  { signal, timeoutMs = 600_000, env = process.env }: HookOptions = {},
): Promise<HookResult> {
  if (givenText(command, 'exec').trim() === '') throw new InputError('exec', 'the command is empty');
  const end = await runProcess({
    file: '/bin/sh',
    argv: ['-c', command],
    cwd: change.directory,
    env: { ...env, ...hookEnvironment(change) },
    input: Buffer.from(`${JSON.stringify(change)}\n`),
    signal,
    timeoutMs,
  });
  const result = (why: string | undefined, stdout = '', stderr = ''): HookResult => ({
    command,
    ok: why === undefined,
    why,
    stdout,
    stderr,
  });
  switch (end.how) {
    case 'ended': {
      const why =
        end.exitCode === 0
          ? undefined
          : end.exitCode === undefined
            ? `it was ended by ${end.signal}`
            : `it exited with ${end.exitCode}`;
      return result(why, end.stdout, end.stderr);
    }
    case 'aborted':
      return result('it was stopped');
    case 'timed-out':
      return result(`it did not end within ${timeoutMs / 1000} s`);
    case 'too-much':
      return result('it printed too much, and was stopped');
    case 'not-started':
      return result(whyNotStarted(end.cause));
  }
}
