import { expect, test } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AppliedChanges } from '../../lib/docker/install/apply-changes.js';
import { daemonPlaces } from '../../lib/docker/daemon/places.js';
import type { Service } from '../../lib/docker/daemon/service.js';
import { settleChanges } from '../../lib/docker/install/settle-changes.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();

/** A daemon whose restart is a line for a shell, and changes that write down what becomes of them. */
async function scene(line: string, others: Partial<AppliedChanges> = {}) {
  const log = join(temporary(), 'log');
  await mkdir(temporary(), { recursive: true });
  const write = (word: string) => async (): Promise<void> => {
    await writeFile(log, `${word}\n`, { flag: 'a' });
  };
  const service: Service = {
    ...{ manager: 'openrc', hosts: [], flagsTls: false, dropIn: undefined, refusals: [] },
    ...{ places: daemonPlaces('system'), local: 'unix:///var/run/docker.sock' },
    ...{
      withoutDescriptors: [],
      sockets: [],
      withdraw: [],
      restart: [['sh', '-c', `echo restart >> '${log}'; ${line}`]],
    },
  };
  const finish = (): Promise<boolean> => write('finish')().then(() => true);
  const changes: AppliedChanges = { undo: write('undo'), finish, ...others };
  return { changes, service, log: () => readFile(log, 'utf8') };
}

test('a daemon that does not start with either is said to be so, after everything was put back', async () => {
  const { changes, service, log } = await scene('echo it fails >&2; exit 1');
  await expect(settleChanges(changes, service, { restart: true })).rejects.toMatchObject({
    code: 'ERR_DOCKER_FAILED',
    message: expect.stringMatching(
      /^the daemon did not start: .*it fails; everything was put back, but the daemon does not start with that either: .*it fails$/,
    ) as unknown,
  });
  expect(await log()).toBe('restart\nundo\nrestart\n');
});

test('a caller who stops the restart gets everything back, and the daemon is restarted all the same', async () => {
  const { changes, service, log } = await scene('exit 1');
  const signal = AbortSignal.abort();
  await expect(settleChanges(changes, service, { restart: true, signal })).rejects.toThrow(
    'everything was put back, but',
  );
  expect(await log()).toBe('undo\nrestart\n');
});

test('what could not be put back is said, and how', async () => {
  const undo = (): Promise<void> => Promise.reject(new Error('the disk is gone'));
  const { changes, service, log } = await scene('exit 1', { undo });
  await expect(settleChanges(changes, service, { restart: true })).rejects.toMatchObject({
    code: 'ERR_FILE',
    message: expect.stringMatching(/; and not everything could be put back: the disk is gone$/) as unknown,
    hint: expect.stringMatching(/^run the same command again/) as unknown,
  });
  expect(await log()).toBe('restart\n');
});

test('without a restart the changes stay, and what could not be removed is a note', async () => {
  const { changes, service } = await scene('exit 1', { finish: () => Promise.resolve(false) });
  expect(await settleChanges(changes, service, {})).toEqual([
    expect.stringContaining('temporary files could not be removed'),
  ]);
});
