import { delimiter, isAbsolute, join } from 'node:path';
import { DockerTlsError } from '../../errors.js';
import { findOpenssl, firstExecutable } from '../../openssl/find.js';
import { runDocker } from '../run.js';
import type { Found } from './finding.js';

interface Options {
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export async function opensslFinding(options: Options & { openssl: string | undefined }): Promise<Found> {
  try {
    const { path, version } = await findOpenssl(options);
    return { id: 'openssl', title: 'openssl', state: 'ok', detail: `${path}: ${version.text}` };
  } catch (error) {
    if (!(error instanceof DockerTlsError) || error.code === 'ERR_ABORTED') throw error;
    return { id: 'openssl', title: 'openssl', state: 'problem', detail: error.message, fix: error.remedy };
  }
}

/** Neither has to exist: certificates can be created anywhere. */
export async function dockerFinding(program: 'docker' | 'dockerd', options: Options): Promise<Found> {
  const finding = { id: program, title: program } as const;
  const path = await whereIs(program, options.env);
  if (path === undefined) return { ...finding, state: 'absent', detail: 'not on this machine' };
  const ask = async (argument: string): Promise<string> => {
    const { timeoutMs, signal } = options;
    return (await runDocker({ file: path, argv: [argument], timeoutMs, signal })).stdout;
  };
  try {
    const [said, help] = await Promise.all([ask('--version'), program === 'dockerd' ? ask('--help') : '']);
    const version = /\bversion ([^\s,]+)/.exec(said)?.[1];
    if (version === undefined)
      return {
        ...finding,
        state: 'problem',
        detail: `${path} does not report its version`,
        fix: 'reinstall it',
      };
    const validates = help.includes('--validate')
      ? 'checks its configuration with --validate'
      : 'has no --validate';
    return {
      ...finding,
      state: 'ok',
      detail: `${path}: ${version}${program === 'dockerd' ? `, ${validates}` : ''}`,
    };
  } catch (error) {
    if (!(error instanceof DockerTlsError) || error.code === 'ERR_ABORTED') throw error;
    return { ...finding, state: 'problem', detail: error.message, fix: error.remedy };
  }
}

/** Searches PATH, and directories that are not on an ordinary user's PATH. */
export async function whereIs(program: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folders = [
    ...(env['PATH'] ?? '').split(delimiter).filter(isAbsolute),
    '/usr/local/sbin',
    '/usr/sbin',
    '/sbin',
  ];
  return firstExecutable(folders.map((folder) => join(folder, program)));
}
