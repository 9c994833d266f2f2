import { describe, expect, test } from '@jest/globals';
import { mkdir, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { quick, refuses, succeeds } from '../support/program.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const directory = (): string => join(temporary(), 'docker-tls');
const lock = (): string => join(directory(), '.docker-tls-openssl.lock');

describe('a lock', () => {
  test('of a run at work is waited for as long as is said, and nothing is changed', async () => {
    await succeeds(temporary(), ['all', ...quick, '--quiet']);
    await mkdir(lock());
    const said = await refuses(temporary(), 1, ['client', '--name', 'alice', '--lock-timeout', '0.2']);
    expect(said).toContain(`error: another run is at work in ${directory()}, for longer than 0.2 s`);
    expect(said).toMatch(/^hint: .*--lock-timeout$/m);
  });

  test('of a run that was killed holds nobody up for long', async () => {
    await succeeds(temporary(), ['all', ...quick, '--quiet']);
    await mkdir(lock());
    await succeeds(temporary(), ['client', '--name', 'alice', '--key', 'ec:p256', '--quiet']);
    expect((await readdir(directory())).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('is not needed where nothing is to be done', async () => {
    await succeeds(temporary(), ['all', ...quick, '--quiet']);
    await mkdir(lock());
    const later = new Date(Date.now() + 60_000);
    await utimes(lock(), later, later);
    const { stdout } = await succeeds(temporary(), ['all', '--lock-timeout', '0']);
    expect(stdout).toContain('Nothing to do. Already in ');
  });

  test.each(['-1', '86401', 'x'])('cannot be waited for for %s seconds', async (seconds) => {
    expect(await refuses(temporary(), 2, ['all', `--lock-timeout=${seconds}`])).toContain(
      '--lock-timeout takes',
    );
  });
});
