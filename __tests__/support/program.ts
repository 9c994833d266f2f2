import { expect } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { checkJsonOutput } from './json-schemas.js';
import { tree } from './tree.js';

/** The built program. */
export const main = fileURLToPath(new URL('../../dist/cli/main.cjs', import.meta.url));
if (!existsSync(main)) throw new Error(`${main} is not there: build it first, with \`npm run build\``);

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What stands at standard input. Default: nothing. */
  readonly input?: string;
  /** What stands at descriptor 3. Default: it is closed. */
  readonly descriptor3?: string;
}

/** Flags for a set that is made quickly. */
export const quick = ['--host', 'docker.example', '--key', 'ec:p256', '--no-passphrase'] as const;

/** The environment of every run: nothing of the user's own but where the programs are. */
export function cleanEnvironment(env: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const chosen = process.env['OPENSSL_BIN'];
  return {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    ...(chosen === undefined ? {} : { OPENSSL_BIN: chosen }),
    ...env,
  };
}

/** Runs the program in `cwd`, away from any terminal. What it prints with `--json` has to be as its schema says. */
export async function program(
  cwd: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Outcome> {
  const outcome = await command(cwd, process.execPath, [main, ...args], options);
  await checkJsonOutput(args, outcome.stdout);
  return outcome;
}

/** Runs a shell line in `cwd`; `docker-tls-openssl` is the program there. */
export async function shell(cwd: string, line: string, options: ProgramOptions = {}): Promise<Outcome> {
  const script = `alias docker-tls-openssl="'${process.execPath}' '${main}'"\n${line}`;
  return command(cwd, '/bin/sh', ['-c', script], options);
}

/** Runs a program in `cwd`, away from any terminal. */
export async function command(
  cwd: string,
  file: string,
  args: readonly string[],
  { env, input = '', descriptor3 }: ProgramOptions,
): Promise<Outcome> {
  const child = spawn(file, args, {
    cwd,
    env: cleanEnvironment(env),
    stdio: ['pipe', 'pipe', 'pipe', ...(descriptor3 === undefined ? [] : ['pipe' as const])],
  });
  const inputs = [
    [child.stdin, input],
    [child.stdio[3] as Writable | undefined, descriptor3],
  ] as const;
  // Nobody has to read them.
  for (const [stream, content] of inputs) stream?.on('error', () => undefined).end(content);
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: code as number | null, stdout: out, stderr: err };
}

type Run<Options extends readonly unknown[], Result> = (
  cwd: string,
  args: readonly string[],
  ...options: Options
) => Promise<Result>;

/** Ways to run the program: as it is, as one that has to succeed, and as one that has to be refused. */
export interface Runs<Options extends readonly unknown[] = []> {
  readonly program: Run<Options, Outcome>;
  /** Runs the program, which has to succeed. */
  readonly succeeds: Run<Options, Outcome>;
  /** Runs the program, which has to exit with `code`, print no result and change nothing. Gives what it said. */
  readonly refuses: (
    cwd: string,
    code: number,
    args: readonly string[],
    ...options: Options
  ) => Promise<string>;
}

export function runsOf<Options extends readonly unknown[]>(run: Run<Options, Outcome>): Runs<Options> {
  return {
    program: run,
    succeeds: async (cwd, args, ...options) => {
      const outcome = await run(cwd, args, ...options);
      if (outcome.code !== 0)
        throw new Error(`${args.join(' ')} exited with ${outcome.code}: ${outcome.stderr}`);
      return outcome;
    },
    refuses: async (cwd, code, args, ...options) => {
      const before = await tree(cwd);
      const outcome = await run(cwd, args, ...options);
      expect(outcome).toMatchObject({ code, stdout: '' });
      expect(outcome.stderr).toMatch(/^error: /);
      expect(outcome.stderr).not.toContain('    at ');
      expect(await tree(cwd)).toEqual(before);
      return outcome.stderr;
    },
  };
}

export const { succeeds, refuses } = runsOf<[options?: ProgramOptions]>(program);

/** The command after `hint:` in what the program said. */
export function hintedCommand(said: string): string {
  const command = /^hint:.*?(docker-tls-openssl .*)$/m.exec(said)?.[1];
  if (command === undefined) throw new Error(`no command is hinted at in: ${said}`);
  return command;
}
