import { describe, expect, test } from '@jest/globals';
import { mkdir, readdir, rmdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all } from '../../lib/index.js';
import { lockName, withLock } from '../../lib/store/lock.js';
import { failure } from '../support/failure.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';

const temporary = useTemporaryDirectory();
/** Of a machine that nobody can ask, and days old. */
const left = '.docker-tls-openssl-000000-000000-000000-1-1-abcdef';

async function leave(folder: string, file?: string): Promise<void> {
  const path = join(folder, left);
  await mkdir(path, { recursive: true });
  if (file !== undefined) await writeFile(join(path, file), '{"units":[],"replaces":[]}');
  const before = new Date(Date.now() - 3 * 86_400_000);
  await utimes(path, before, before);
}

describe('what a killed run has left', () => {
  const codes = async (options: ReturnType<typeof request>): Promise<string[]> =>
    (await all(options)).notes.map(({ code }) => code).filter((code) => /FINISHED|CLEANED/.test(code));

  test('beside the directory is removed, and that is said', async () => {
    await leave(temporary(), 'key.pem');
    expect(await codes(request(temporary()))).toEqual(['CLEANED']);
    expect(await readdir(temporary())).not.toContain(left);
  });

  test('in the directory is removed although nothing else is to be done', async () => {
    const options = request(temporary());
    await all(options);
    await leave(options.directory, 'key.pem');
    expect(await codes(options)).toEqual(['CLEANED']);
    expect(await readdir(options.directory)).not.toContain(left);
    expect(await codes(options)).toEqual([]);
  });

  test('beside the directory and decided is for a run there: it stays, and nothing is said', async () => {
    await leave(temporary(), '.journal');
    expect(await codes(request(temporary()))).toEqual([]);
    expect(await readdir(temporary())).toContain(left);
  });

  test('a minute ago by another machine stays', async () => {
    await mkdir(join(temporary(), left));
    expect(await codes(request(temporary()))).toEqual([]);
    expect(await readdir(temporary())).toContain(left);
  });
});

test('a run whose lock is lost is told to end', async () => {
  const directory = temporary();
  await withLock(directory, {}, async ({ signal, held }) => {
    expect([signal.aborted, held()]).toEqual([false, true]);
    await rmdir(join(directory, lockName));
    await until(() => Promise.resolve(signal.aborted));
    expect(held()).toBe(false);
  });
  expect(await readdir(directory)).toEqual([]);
});

test.each(['file', 'file/below'])('a directory at %s, where a file is, is an error of ours', async (name) => {
  await writeFile(join(temporary(), 'file'), 'x');
  const error = await failure(temporary(), () =>
    all({ ...request(temporary()), directory: join(temporary(), name) }),
  );
  expect(error).toMatchObject({ code: 'ERR_FILE' });
});
