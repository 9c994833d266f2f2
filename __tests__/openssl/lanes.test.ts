import { afterEach, expect, test } from '@jest/globals';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lanes } from '../../lib/process/lanes.js';
import type { ProcessEnd } from '../../lib/process/run.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const open: Lanes[] = [];
afterEach(() => {
  for (const lanes of open.splice(0)) lanes.close();
});

function lanesIn(directory: string): Lanes {
  const lanes = new Lanes(() => Promise.resolve(directory));
  open.push(lanes);
  return lanes;
}

const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
const run = (lanes: Lanes, script: string, more: { signal?: AbortSignal; timeoutMs?: number } = {}) =>
  lanes.run({ file: 'sh', argv: ['-c', script], env, timeoutMs: 60_000, ...more });

test('runs programs one after the other, and tells their ends apart', async () => {
  const lanes = lanesIn(temporary());
  const ends: ProcessEnd[] = [];
  for (const script of ['echo one >&2; printf two', 'exit 3', 'pwd', 'kill -TERM $$'])
    ends.push(await run(lanes, script));
  expect(ends).toMatchObject([
    { how: 'ended', exitCode: 0, stdout: '', stderr: 'one\ntwo' },
    { how: 'ended', exitCode: 3, stderr: '' },
    { how: 'ended', exitCode: 0, stderr: `${temporary()}\n` },
    { how: 'ended', exitCode: undefined, signal: 'SIGTERM' },
  ]);
});

test('runs many at once, and gives each its own words', async () => {
  const lanes = lanesIn(temporary());
  const words = [`it's`, '$HOME `x`', 'a\nb', '', '*', 'ü', '-n'];
  const ends = await Promise.all(
    words.map((word) => lanes.run({ file: 'printf', argv: ['%s|', word, word], env, timeoutMs: 60_000 })),
  );
  expect(ends.map((end) => (end.how === 'ended' ? end.stderr : end.how))).toEqual(
    words.map((word) => `${word}|${word}|`),
  );
});

test('gives a program neither input nor a terminal nor more of the environment', async () => {
  const [end] = await Promise.all([run(lanesIn(temporary()), 'cat; env | sort | cut -d= -f1; tty')]);
  expect(end).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^(?:LC_ALL|OLDPWD|PATH|PWD|SHLVL|_|not a tty|\n)*$/),
  });
});

test('says why a program cannot be started', async () => {
  const lanes = lanesIn(temporary());
  const file = join(temporary(), 'no-program');
  const start = () => lanes.run({ file, argv: [], env, timeoutMs: 60_000 });
  expect(await start()).toMatchObject({ how: 'not-started', cause: { code: 'ENOENT' } });
  await writeFile(file, 'x', { mode: 0o600 });
  expect(await start()).toMatchObject({ how: 'not-started', cause: { code: 'EACCES' } });
});

test('starts a program also where a shell has ended meanwhile', async () => {
  const lanes = lanesIn(temporary());
  for (const ms of [0, 500]) {
    const end = await run(lanes, 'echo $PPID');
    process.kill(Number(end.how === 'ended' && end.stderr), 'SIGKILL');
    await sleep(ms);
    expect(await run(lanes, 'exit 3', { timeoutMs: 5000 })).toMatchObject({ how: 'ended', exitCode: 3 });
  }
});

test('starts nothing where the work was aborted while the shell started', async () => {
  const aborting = new AbortController();
  const lanes = new Lanes(() => {
    aborting.abort();
    return Promise.resolve(temporary());
  });
  open.push(lanes);
  const end = await run(lanes, 'touch started', { signal: aborting.signal });
  expect(end).toEqual({ how: 'aborted' });
  expect(await readdir(temporary())).toEqual([]);
});

test('ends a program that takes too long, that prints without end, or that is not wanted any more', async () => {
  const lanes = lanesIn(temporary());
  const hang = `echo $$ >> pids; sleep 1000`;
  expect(await run(lanes, hang, { timeoutMs: 500 })).toEqual({ how: 'timed-out' });
  expect(await run(lanes, 'yes')).toEqual({ how: 'too-much' });
  expect(await run(lanes, hang, { signal: AbortSignal.timeout(500) })).toEqual({ how: 'aborted' });
  expect(await run(lanes, hang, { signal: AbortSignal.abort() })).toEqual({ how: 'aborted' });
  expect(await run(lanes, 'echo on', {})).toMatchObject({ exitCode: 0, stderr: 'on\n' });
  await allEnded(join(temporary(), 'pids'), 2);
});

test('ends what still runs when it is closed', async () => {
  const lanes = lanesIn(temporary());
  const end = run(lanes, 'echo $$ >> pids; sleep 1000');
  while (!(await readFile(join(temporary(), 'pids'), 'utf8').catch(() => ''))) await sleep(20);
  lanes.close();
  expect(await end).toEqual({ how: 'aborted' });
  await allEnded(join(temporary(), 'pids'), 1);
  await rm(join(temporary(), 'pids'));
});

async function allEnded(file: string, count: number): Promise<void> {
  const ids = (await readFile(file, 'utf8')).trim().split('\n').map(Number);
  expect(ids).toHaveLength(count);
  const isAlive = (id: number): boolean => {
    try {
      return process.kill(id, 0);
    } catch {
      return false;
    }
  };
  while (ids.some(isAlive)) await sleep(20);
}
