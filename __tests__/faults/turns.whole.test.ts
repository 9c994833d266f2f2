import { beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { client } from '../../lib/index.js';
import { withLock } from '../../lib/store/lock.js';
import { lockName } from '../../lib/store/lock-file.js';
import { ownerTag } from '../../lib/store/owner.js';
import { takeTurn } from '../../lib/store/turns.js';
import { makeSet } from '../support/made-sets.js';
import { errorOf } from '../support/failure.js';
import { request } from '../support/request.js';
import { times } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const turns = usePromise('calls of one process on one directory take turns, and all succeed');
const shared = useSharedDirectory();
const script = fileURLToPath(new URL('../support/many-clients.js', import.meta.url));

beforeAll(async () => {
  await makeSet(request(shared(), { directory: join(shared(), 'base') }));
});

/** A copy of a set. */
async function place(): Promise<string> {
  const directory = join(await mkdtemp(join(shared(), 'place-')), 'docker-tls');
  await cp(join(shared(), 'base'), directory, { recursive: true });
  return directory;
}

/** The clients that are there: as many as were asked for, no serial twice, and nothing of a lock left. */
async function holds(directory: string, count: number): Promise<void> {
  const names = await readdir(join(directory, 'clients'));
  const read = (name: string): Promise<Buffer> => readFile(join(directory, 'clients', name, 'cert.pem'));
  const certificates = await Promise.all(names.map(read));
  const serials = new Set(certificates.map((pem) => new X509Certificate(pem).serialNumber));
  expect([names.length, serials.size]).toEqual([count, count]);
  expect((await readdir(directory)).filter((name) => name.startsWith('.'))).toEqual([]);
}

test(
  'many at once: all succeed, though they allow others hardly any time',
  async () => {
    const directory = await place();
    const count = times(6, 100);
    const calls = Array.from({ length: count }, (_, at) =>
      client({ directory, name: `client-${String(at)}`, key: 'ec:p256', lockTimeoutMs: 50 }),
    );
    for (const outcome of await Promise.allSettled(calls))
      turns.count(
        outcome.status === 'rejected' ? String(outcome.reason) : '',
        outcome.status === 'fulfilled',
      );
    await holds(directory, count);
    turns.none();
  },
  times(60_000, 900_000),
);

test(
  'of two processes, each with many calls: all succeed',
  async () => {
    const directory = await place();
    const count = times(4, 50);
    const run = promisify(execFile);
    const runs = ['one', 'other'].map((prefix) =>
      run(process.execPath, [script, directory, prefix, String(count)]),
    );
    for (const { stdout, stderr } of await Promise.all(runs)) {
      turns.count(stderr, stdout === String(count));
      turns.kept(count - 1);
    }
    await holds(directory, 2 * count);
    turns.none();
  },
  times(60_000, 900_000),
);

test('wait for one another by whatever path the directory is named', async () => {
  const directory = await place();
  const above = join(directory, '..', 'above');
  await symlink(join(directory, '..'), above);
  const paths = [directory, join(above, 'docker-tls'), `${directory}/`, join(directory, '../docker-tls/.')];
  const work = (): Promise<void> => sleep(15);
  // No time at all for other processes.
  const calls = Array.from({ length: 12 }, (_, at) =>
    withLock(paths[at % paths.length]!, { lockTimeoutMs: 0 }, work),
  );
  for (const outcome of await Promise.allSettled(calls))
    turns.count(outcome.status === 'rejected' ? String(outcome.reason) : '', outcome.status === 'fulfilled');
  turns.none();
});

test('are done in their order', async () => {
  const signal = new AbortController().signal;
  const order: number[] = [];
  const calls = Array.from({ length: 5 }, async (_, at) => {
    const turn = await takeTurn('a directory', signal);
    await sleep(25 - 5 * at); // the first is the slowest
    order.push(at);
    turn?.end();
  });
  await Promise.all(calls);
  expect(order).toEqual([0, 1, 2, 3, 4]);
});

test('count the time that those before them waited for other processes', async () => {
  const signal = new AbortController().signal;
  const first = (await takeTurn('a directory', signal))!;
  const coming = takeTurn('a directory', signal);
  await sleep(60);
  first.blocked(true);
  await sleep(60);
  first.blocked(false);
  const waited = first.waitedMs();
  await sleep(60); // the first is at work
  first.end();
  const second = (await coming)!;
  expect(waited).toBeGreaterThan(30);
  expect(second.waitedMs()).toBe(waited);
  second.end();
  const third = (await takeTurn('a directory', signal))!;
  expect(third.waitedMs()).toBe(0);
  third.end();
});

test('one that fails, and one that is aborted while it waits, leave the place to the next', async () => {
  const directory = await place();
  const stop = new AbortController();
  const order: string[] = [];
  let finish = (): void => undefined;
  const first = withLock(directory, {}, async () => {
    await new Promise<void>((resolve) => (finish = resolve));
    throw new Error('of the first');
  });
  await sleep(50);
  const second = withLock(directory, { signal: stop.signal }, () => Promise.resolve(order.push('second')));
  const third = withLock(directory, {}, () => Promise.resolve(order.push('third')));
  await sleep(50);
  stop.abort();
  // The first is at work still: the second does not wait for it.
  expect(await errorOf(() => second)).toMatchObject({ code: 'ERR_ABORTED' });
  finish();
  expect(await errorOf(() => first)).toMatchObject({ message: 'of the first' });
  await third;
  expect(order).toEqual(['third']);
});

test('behind another process fail when the time is over, and are told its number', async () => {
  const directory = await place();
  const lock = join(directory, lockName);
  const parent = (await ownerTag()).replace(/-\d+-\d+$/, `-1-${await beganOf(1)}`);
  await writeFile(lock, `docker-tls-openssl lock ${parent} 0123456789abcdef a-host\n`);
  let waited = 0;
  const calls = Array.from({ length: 5 }, () =>
    errorOf(() => withLock(directory, { lockTimeoutMs: 600 }, () => Promise.resolve(waited++))),
  );
  for (const error of await Promise.all(calls))
    expect(error).toMatchObject({
      code: 'ERR_LOCKED',
      message: `another run is at work in ${directory}, for longer than 0.6 s: process 1`,
    });
  await unlink(lock);
  await withLock(directory, { lockTimeoutMs: 0 }, () => Promise.resolve());
  expect(waited).toBe(0);
});

async function beganOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
}
