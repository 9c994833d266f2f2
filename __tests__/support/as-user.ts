import { afterEach } from '@jest/globals';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cleanEnvironment, main, type Outcome } from './program.js';

const run = promisify(execFile);

/** The user and the group `nobody`: no rights but everybody's. */
export const nobody = 65534;

/** Another user still. */
export const somebody = 65533;

export interface As {
  /** Default: root. */
  readonly user?: 'root' | 'nobody';
  /** In octal digits. Default: the caller's. */
  readonly umask?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A command, as words, by which another one runs as a user and with a umask. */
export function wordsAs({ user = 'root', umask }: As): string[] {
  return [
    ...(umask === undefined ? [] : ['/bin/sh', '-c', 'umask "$0" && exec "$@"', umask]),
    ...(user === 'root' ? [] : ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups']),
  ];
}

/** Runs a command as a user and with a umask. */
export async function runAs(cwd: string, words: readonly string[], as: As = {}): Promise<Outcome> {
  const [file = '', ...args] = [...wordsAs(as), ...words];
  const child = spawn(file, args, { cwd, env: cleanEnvironment(as.env), stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: code as number | null, stdout, stderr };
}

/** Copies the program to `folder`, for it may lie where nobody else can read it. Gives the words that start it. */
export async function publicProgram(folder: string): Promise<readonly string[]> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  for (const path of ['dist/cli', 'templates', 'package.json'])
    await cp(join(root, path), join(folder, path), { recursive: true });
  await run('chmod', ['-R', 'a+rX', folder]);
  return [process.execPath, join(folder, 'dist/cli', 'main.cjs')];
}

/** The words that start the program where it is. */
export const ownProgram: readonly string[] = [process.execPath, main];

/** A helper of these tests that runs beside the program, until it is told to end. */
export interface Companion {
  /** Lets it end, and gives all that it said. */
  ends(): Promise<string>;
}

/**
 * Gives a function that starts `__tests__/support/NAME.js` as a user and waits until it says `ready`; `folder` is where
 * that user can read it. What still runs is ended after each test.
 */
export function useCompanions(): (
  name: string,
  args: readonly string[],
  folder: string,
  as?: As,
) => Promise<Companion> {
  const running = new Set<ChildProcess>();
  let started = 0;
  afterEach(() => {
    for (const child of running) child.kill('SIGKILL');
    running.clear();
  });
  return async (name, args, folder, as = {}) => {
    const path = join(folder, `${name}-${++started}.mjs`);
    await cp(fileURLToPath(new URL(`${name}.js`, import.meta.url)), path);
    await run('chmod', ['a+rX', folder, path]);
    const [file = '', ...words] = [...wordsAs(as), process.execPath, path, ...args];
    const child = spawn(file, words, {
      cwd: folder,
      env: cleanEnvironment(),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    running.add(child);
    const closed = once(child, 'close');
    let said = '';
    const ready = new Promise<void>((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (part: string) => {
        said += part;
        if (said.startsWith('ready\n')) resolve();
      });
      child.once('close', () => reject(new Error(`${name} ended at once`)));
    });
    await ready;
    return {
      ends: async () => {
        child.stdin.end();
        const [code] = (await closed) as [number | null];
        running.delete(child);
        if (code !== 0) throw new Error(`${name} exited with ${String(code)}`);
        return said.slice('ready\n'.length);
      },
    };
  };
}
