import { describe, expect, test } from '@jest/globals';
import { unlinkSync, writeFileSync } from 'node:fs';
import { chmod, lchown, mkdir, readdir, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all } from '../../lib/index.js';
import { repair } from '../../lib/store/leftovers.js';
import { lockName, withLock } from '../../lib/store/lock.js';
import { ownerTag } from '../../lib/store/owner.js';
import { failure } from '../support/failure.js';
import { makeSet } from '../support/made-sets.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';

const temporary = useTemporaryDirectory();
/** Of a machine that nobody can ask, and days old. */
const left = '.docker-tls-openssl-000000-000000-000000-1-1-abcdef';

const gone = (await ownerTag()).replace(/-\d+$/, '-1'); // the process id is another's now
const lockText = (owner: string): string => `docker-tls-openssl lock ${owner} 0123456789abcdef a-host\n`;

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
    await makeSet(options);
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

  test('elsewhere stays, where another user led the way there after the directory was looked at', async () => {
    const elsewhere = join(temporary(), 'elsewhere');
    const sticky = join(temporary(), 'sticky');
    await leave(elsewhere, 'key.pem');
    await mkdir(sticky);
    await chmod(sticky, 0o1777);
    await symlink(elsewhere, join(sticky, 'docker-tls'));
    await lchown(join(sticky, 'docker-tls'), 65534, 65534);
    await expect(repair(join(sticky, 'docker-tls'))).rejects.toMatchObject({ code: 'ERR_UNSAFE' });
    expect(await readdir(join(elsewhere, left))).toEqual(['key.pem']);
  });

  test('a minute ago by another machine stays', async () => {
    await mkdir(join(temporary(), left));
    expect(await codes(request(temporary()))).toEqual([]);
    expect(await readdir(temporary())).toContain(left);
  });
});

test('a link of our own in a directory such as /tmp is not followed: another user can have moved it there', async () => {
  const [elsewhere, sticky] = [join(temporary(), 'elsewhere'), join(temporary(), 'sticky')];
  await mkdir(elsewhere);
  await mkdir(sticky);
  await chmod(sticky, 0o1777);
  await symlink(elsewhere, join(sticky, 'link'));
  const directory = join(sticky, 'link', 'docker-tls');
  expect(await failure(temporary(), () => all(request('', { directory })))).toMatchObject({
    ...{ code: 'ERR_UNSAFE', path: join(sticky, 'link') },
    hint: 'nothing was changed; name the directory that it leads to',
  });
});

describe('a run that loses its lock', () => {
  /** Takes the lock away, as a run elsewhere would that takes this one for gone. */
  const takeAway = async (): Promise<void> => {
    await unlink(join(temporary(), lockName));
    await writeFile(join(temporary(), lockName), lockText('000000-000000-000000-1-1'));
  };
  const giveBack = (): Promise<void> => unlink(join(temporary(), lockName));

  test('is told to end, begins again, and leaves the lock of the other alone', async () => {
    let tries = 0;
    const result = await withLock(temporary(), {}, async ({ signal, held }) => {
      if (tries++ > 0) return 'done';
      expect([signal.aborted, await held()]).toEqual([false, true]);
      await takeAway();
      setTimeout(() => void giveBack(), 1_500);
      await until(() => Promise.resolve(signal.aborted));
      expect(await held()).toBe(false);
      throw new Error('stopped by its signal');
    });
    expect([result, tries]).toEqual(['done', 2]);
    expect(await readdir(temporary())).toEqual([]);
  });

  test('fails in the end, with an error of its own, and has moved nothing', async () => {
    const options = request(temporary());
    await makeSet(options);
    let tries = 0;
    const observer = ({ type }: { readonly type: string }): void => {
      if (type !== 'plan') return;
      tries++;
      unlinkSync(join(options.directory, lockName)); // and another takes its place
      writeFileSync(join(options.directory, lockName), lockText(gone));
    };
    const error = await failure(temporary(), async () => {
      try {
        await all({ ...options, force: ['server'], observer });
      } finally {
        await unlink(join(options.directory, lockName));
      }
    });
    expect(error).toMatchObject({
      code: 'ERR_LOCK_LOST',
      hint: expect.stringContaining('nothing was changed'),
    });
    expect(tries).toBe(3);
  });
});

test.each(['file', 'file/below'])('a directory at %s, where a file is, is an error of ours', async (name) => {
  await writeFile(join(temporary(), 'file'), 'x');
  const error = await failure(temporary(), () =>
    all({ ...request(temporary()), directory: join(temporary(), name) }),
  );
  expect(error).toMatchObject({ code: 'ERR_FILE' });
});
