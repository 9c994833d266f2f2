import { aborted, DockerError, InterruptedError } from '../errors.js';
import { shellWord } from '../shell/sh.js';
import { MOST_OUTPUT, runProcess, whyNotStarted } from '../process/run.js';

/** One run of docker, dockerd or of what starts and stops services. */
export interface DockerRunOptions {
  /** The program, by path or by a name on PATH. */
  readonly file: string;
  readonly argv: readonly string[];
  /** Set or, where undefined, unset beside the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  /** Default: one minute. */
  readonly timeoutMs?: number | undefined;
}

export interface DockerRunResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const ONE_MINUTE = 60_000;

/**
 * Runs docker, or what belongs to it, in this process's environment: its contexts and plugins are the user's own. Errors:
 * `ERR_DOCKER_NOT_FOUND`, `ERR_DOCKER_FAILED` for one that prints without end, `ERR_TIMEOUT`, `ERR_ABORTED`. A non-zero exit
 * code is a result.
 */
export async function runDocker(options: DockerRunOptions): Promise<DockerRunResult> {
  const { file, argv, env = {}, signal, timeoutMs = ONE_MINUTE } = options;
  const command = [file, ...argv].map(shellWord).join(' ');
  const end = await runProcess({ file, argv, env: { ...process.env, ...env }, signal, timeoutMs });
  switch (end.how) {
    case 'ended':
      return end;
    case 'aborted':
      throw aborted(signal, `stopped before it was done: ${command}`);
    case 'timed-out':
      throw new InterruptedError('ERR_TIMEOUT', `it did not finish within ${timeoutMs / 1000} s: ${command}`);
    case 'too-much':
      throw new DockerError('ERR_DOCKER_FAILED', `it printed more than ${MOST_OUTPUT} bytes: ${command}`, {
        command,
      });
    case 'not-started':
      throw new DockerError('ERR_DOCKER_NOT_FOUND', `cannot start ${file}: ${whyNotStarted(end.cause)}`, {
        command,
        cause: end.cause,
        hint: `install it, or run this where ${file} is`,
      });
  }
}

/** As `runDocker`, for a command that has to succeed. Errors: `ERR_DOCKER_FAILED` with its own words, too. */
export async function dockerSucceeds(options: DockerRunOptions): Promise<DockerRunResult> {
  const result = await runDocker(options);
  if (result.exitCode === 0) return result;
  const command = [options.file, ...options.argv].map(shellWord).join(' ');
  const said = result.stderr.trim().split('\n').at(-1) ?? '';
  throw new DockerError('ERR_DOCKER_FAILED', `${command} failed${said === '' ? '' : `: ${said}`}`, {
    command,
    stderr: result.stderr,
  });
}
