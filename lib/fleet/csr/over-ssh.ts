import { runProcess, whyNotStarted } from '../../process/run.js';
import { shellWord } from '../../shell/sh.js';

/** How hosts are reached. */
export interface SshOptions {
  /** The ssh to run. Default: the one on PATH. */
  readonly ssh?: string | undefined;
  /** A configuration of ssh, instead of the user's own. */
  readonly sshConfig?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
}

/** What a host printed, or why it printed nothing. */
export type HostAnswer = { readonly stdout: string } | { readonly why: string };

/** The words of an ssh that asks nobody: what is behind `--` is never taken for an option. */
export function sshArguments(target: string, sshConfig: string | undefined): string[] {
  return [
    ...['-T', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=15'],
    ...(sshConfig === undefined ? [] : ['-F', sshConfig]),
    ...['--', target, 'exec /bin/sh -s'],
  ];
}

/** The line that runs a script on a host, for a person. */
export function sshLine(target: string, { ssh = 'ssh', sshConfig }: SshOptions): string {
  return [ssh, ...sshArguments(target, sshConfig)].map(shellWord).join(' ');
}

/**
 * Runs a script on a host, which reads it from its standard input: nothing of it is seen in its list of processes. It runs in this
 * process's environment, for keys and agent are the user's own.
 */
export async function runOverSsh(target: string, script: string, options: SshOptions): Promise<HostAnswer> {
  const { ssh = 'ssh', sshConfig, signal, timeoutMs } = options;
  const end = await runProcess({
    file: ssh,
    argv: sshArguments(target, sshConfig),
    env: process.env,
    input: Buffer.from(script),
    signal,
    timeoutMs,
  });
  switch (end.how) {
    case 'aborted':
      return { why: 'it was stopped' };
    case 'timed-out':
      return { why: `it did not answer within ${timeoutMs / 1000} s` };
    case 'too-much':
      return { why: 'it printed too much' };
    case 'not-started':
      return { why: `cannot start ${ssh}: ${whyNotStarted(end.cause)}` };
    case 'ended':
      return end.exitCode === 0 ? { stdout: end.stdout } : { why: wordsOfSsh(end.stderr, end.exitCode) };
  }
}

/** The last line is why, and those before it are banners and warnings. */
function wordsOfSsh(stderr: string, exitCode: number | undefined): string {
  const said = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .at(-1);
  const what = exitCode === 255 ? 'ssh failed' : 'its script failed';
  return said === undefined ? what : `${what}: ${said}`;
}
