import { join } from 'node:path';
import { InputError } from '../errors.js';
import { givenText } from '../given.js';
import { ownProgram } from '../process/own-program.js';
import { runProcess, whyNotStarted } from '../process/run.js';

/** What a hook is told: on stdin as one JSON object, and the most of it in its environment. */
export interface HookChange {
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** The files that were replaced or made, relative to it. */
  readonly files: readonly string[];
  /** Where what was replaced is kept, relative to it. */
  readonly archive: string | undefined;
  /** Each certificate that was made anew. */
  readonly renewed: readonly { readonly path: string; readonly role: 'ca' | 'server' | 'client' }[];
}

export interface HookOptions {
  readonly signal?: AbortSignal | undefined;
  /** After this time it is ended. Default: ten minutes. */
  readonly timeoutMs?: number | undefined;
  /** The environment to which the variables are added. Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** How a hook ended. */
export interface HookResult {
  readonly command: string;
  /** Whether it ended by itself with 0. */
  readonly ok: boolean;
  /** Why not; undefined where it is `ok`. */
  readonly why: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The variables in which a hook finds what changed, and this program: `"$DOCKER_TLS_NODE" "$DOCKER_TLS_OPENSSL" …` runs it again. */
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
 * Runs a command line with `/bin/sh -c` after a renewal: to restart the daemon, to copy files. It is told what changed; what it has left running
 * in its own process group ends with it. It never throws for what the command does: the renewal is done. Errors: `ERR_INPUT`.
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
