import { afterEach, expect } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { findOpenssl, previewIssue, script, type IssueOptions } from '../../lib/index.js';
import { tree } from './tree.js';

const { path: real } = await findOpenssl();
export const passphrase = 'correct horse';
export const hosts = ['docker.example'];
export const ips = ['10.0.0.5'];

export async function scriptFor(options: IssueOptions): Promise<string> {
  const { plan } = await previewIssue(['ca', 'server', 'client'], options, { fresh: true });
  return script(plan);
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Run {
  readonly root: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly shell?: readonly [string, ...string[]];
  readonly openssl?: string;
  /** What the file says that PASSPHRASE_FILE names; null for no such variable. */
  readonly secret?: string | Buffer | null;
}

/** Lays out ROOT: `bin` is first on PATH, `place` is where the script starts. */
export async function prepare(
  content: string,
  run: Run,
): Promise<{ env: NodeJS.ProcessEnv; words: string[] }> {
  const { root, args = [], shell = ['/bin/sh'], openssl = real, secret = passphrase, env } = run;
  for (const folder of ['bin', 'place']) await mkdir(join(root, folder), { recursive: true });
  await symlink(openssl, join(root, 'bin', 'openssl')).catch(() => undefined);
  await writeFile(join(root, 'script'), content);
  await writeFile(join(root, 'secret'), secret ?? '');
  const named = secret === null ? {} : { PASSPHRASE_FILE: join(root, 'secret') };
  const PATH = `${join(root, 'bin')}:/usr/bin:/bin`;
  return {
    env: { PATH, LANG: 'C.UTF-8', ...named, ...env },
    words: [...shell, join(root, 'script'), ...args],
  };
}

export const started = new Set<ChildProcess>();
afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  started.clear();
});

export async function start(
  content: string,
  run: Run,
): Promise<{ child: ChildProcess; outcome: Promise<Outcome> }> {
  const { env, words } = await prepare(content, run);
  const [file, ...args] = words;
  const cwd = join(run.root, 'place');
  const child = spawn(file!, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  started.add(child);
  const read = async (): Promise<Outcome> => {
    const closed = once(child, 'close');
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = await closed;
    return { code: code as number | null, stdout, stderr };
  };
  return { child, outcome: read() };
}

export async function runScript(content: string, run: Run): Promise<Outcome> {
  return (await start(content, run)).outcome;
}

/** For a script that has to succeed. */
export async function made(content: string, run: Run): Promise<void> {
  const outcome = await runScript(content, run);
  if (outcome.code !== 0) throw new Error(`the script exited with ${outcome.code}: ${outcome.stderr}`);
}

/** For a script that has to fail and to leave all in `place` as it was. */
export async function refused(content: string, run: Run): Promise<Outcome> {
  const place = join(run.root, 'place');
  await mkdir(place, { recursive: true });
  const before = await tree(place);
  const outcome = await runScript(content, run);
  expect(outcome.code).not.toBe(0);
  expect(outcome.stdout).not.toContain('made in');
  expect(await tree(place)).toEqual(before);
  return outcome;
}
