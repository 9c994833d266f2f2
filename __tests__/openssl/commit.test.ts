import { describe, expect, test } from '@jest/globals';
import { link, mkdir, readFile, rm, statfs, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, ca, client, DockerTlsError, server, type StepEvent } from '../../lib/index.js';
import { errorOf, failure } from '../support/failure.js';
import { request } from '../support/request.js';
import { leftToWhole, rows, times } from '../support/form.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { onTmpfs, readOnly } from '../support/tmpfs.js';
import { modes, tree } from '../support/tree.js';
import { only } from '../support/only.js';

const temporary = useTemporaryDirectory();

/** Does something once, when the last step of the plan is about to begin. */
function atTheEnd(action: () => void): (event: StepEvent) => void {
  let last = -1;
  return (event) => {
    if (event.type === 'plan') last = event.plan.steps.length - 1;
    else if (event.type === 'start' && event.index === last) action();
  };
}

describe('a disk on which there is room for less and less', () => {
  const PAGE = 4096;

  /** Fills the file system up to `pages` free ones. */
  async function leave(root: string, pages: number): Promise<void> {
    await rm(join(root, 'ballast'), { force: true });
    const { bavail } = await statfs(root);
    await writeFile(join(root, 'ballast'), Buffer.alloc((bavail - pages) * PAGE, 1));
  }

  test.each(rows(['does not exist yet', 'is there, and empty', 'has a CA'], 2))(
    'holds all or nothing where the directory %s',
    async (state) => {
      await onTmpfs(temporary(), 'size=160k,mode=0700', async (root) => {
        const options = request(root);
        const outcomes: string[] = [];
        for (let pages = 0; pages <= 24; pages += times(8, 1)) {
          await rm(join(root, 'ballast'), { force: true });
          await rm(options.directory, { recursive: true, force: true });
          if (state !== 'does not exist yet') await mkdir(options.directory, { mode: 0o700 });
          if (state === 'has a CA') await ca(only('ca', options));
          await leave(root, pages);
          const before = await tree(root);
          const error = await all(options).then(
            () => undefined,
            (reason: unknown) => reason,
          );
          if (error === undefined) {
            expect(Object.keys(await modes(options.directory))).toHaveLength(7);
            await rm(join(root, 'ballast'));
            expect((await all(options)).made).toEqual([]);
          } else {
            expect(await tree(root)).toEqual(before);
            expect(error).toBeInstanceOf(DockerTlsError);
            expect(error).toMatchObject({
              code: expect.stringMatching(/^ERR_(FILE|READ_BACK|OPENSSL_FAILED)$/) as unknown,
            });
          }
          outcomes.push(error === undefined ? 'made' : 'refused');
        }
        expect(outcomes[0]).toBe('refused');
        expect(outcomes.at(-1)).toBe('made');
      });
    },
  );

  test('names the cause', async () => {
    await onTmpfs(temporary(), 'size=160k,mode=0700', async (root) => {
      const options = request(root);
      await mkdir(options.directory, { mode: 0o700 });
      await leave(root, 0);
      const error = await failure(root, () => all(options));
      expect(`${error.message} ${error.hint}`).toMatch(/disk (is )?full/);
    });
  });
});

describe('a file system that is read only', () => {
  test.each([true, false])('is refused in words, where the directory is there: %p', async (there) => {
    await onTmpfs(temporary(), 'size=160k,mode=0700', async (root) => {
      const options = request(root);
      if (there) await mkdir(options.directory);
      await readOnly(root, async () => {
        expect(await failure(root, () => all(options))).toMatchObject({
          code: 'ERR_FILE',
          message: expect.stringMatching(/the file system is read-only$/) as unknown,
          hint: expect.stringContaining('with `directory`') as unknown,
        });
      });
    });
  });

  test('does no harm where nothing has to be made', async () => {
    await onTmpfs(temporary(), 'size=160k,mode=0700', async (root) => {
      const options = request(root);
      await all(options);
      await readOnly(root, async () => {
        expect((await all(options)).made).toEqual([]);
      });
    });
  });
});

describe('what comes into being meanwhile', () => {
  const files = ['ca-key.pem', 'ca.pem', 'server-key.pem', 'server-cert.pem', 'key.pem', 'cert.pem'];

  test.each(rows(files, 2))('%s stays, and nothing is put beside it', async (file) => {
    const options = request(temporary());
    const path = join(options.directory, file);
    await mkdir(options.directory);
    const work = all({
      ...options,
      observer: atTheEnd(() => void writeFile(path, 'precious', { flag: 'wx' })),
    });
    expect(await errorOf(() => work)).toMatchObject({ code: 'ERR_EXISTS', path });
    expect(Object.keys(await modes(options.directory))).toEqual(['/', file]);
    expect(await readFile(path, 'utf8')).toBe('precious');
  });

  test('the directory is looked at again, and what is in it stays', async () => {
    const options = request(temporary());
    const intrude = async (): Promise<void> => {
      await mkdir(options.directory, { recursive: true });
      await writeFile(join(options.directory, 'precious'), 'precious');
    };
    await all({ ...options, observer: atTheEnd(() => void intrude()) });
    expect(await readFile(join(options.directory, 'precious'), 'utf8')).toBe('precious');
    expect(Object.keys(await modes(options.directory))).toEqual(['/', ...files, 'precious'].sort());
    expect(Object.keys(await modes(temporary()))).toHaveLength(9);
  });

  test('a file where the directory would be stays', async () => {
    const options = request(temporary());
    const observer = atTheEnd(() => void writeFile(options.directory, 'precious'));
    expect(await errorOf(() => all({ ...options, observer }))).toMatchObject({ code: 'ERR_EXISTS' });
    expect(Object.keys(await modes(temporary()))).toEqual(['/', 'docker-tls']);
  });

  leftToWhole('in the way of a named leaf stays', async () => {
    const options = request(temporary());
    await all(options);
    const before = await tree(options.directory);
    const folder = join(options.directory, 'clients', 'alice');
    const intrude = async (): Promise<void> => {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'cert.pem'), 'precious');
    };
    const work = { ...options, name: 'alice', observer: atTheEnd(() => void intrude()) };
    expect(await errorOf(() => client(only('client', work)))).toMatchObject({ code: 'ERR_EXISTS' });
    expect(await readFile(join(folder, 'cert.pem'), 'utf8')).toBe('precious');
    await rm(join(options.directory, 'clients'), { recursive: true });
    expect(await tree(options.directory)).toEqual(before);
  });

  test('brings back what was being replaced, the very same files', async () => {
    const options = request(temporary());
    await ca(only('ca', options));
    await server(only('server', options));
    const before = await tree(temporary());
    const path = join(options.directory, 'key.pem');
    const observer = atTheEnd(() => void writeFile(path, 'precious'));
    const error = await errorOf(() => all({ ...options, force: ['server'], observer }));
    expect(error).toMatchObject({ code: 'ERR_EXISTS', path });
    await rm(path);
    expect(await tree(temporary())).toEqual(before);
  });
});

describe('what stands in the way beforehand is refused:', () => {
  test('a file where the directory would be', async () => {
    const options = request(temporary());
    await writeFile(options.directory, 'precious');
    expect(await failure(temporary(), () => all(options))).toMatchObject({ code: 'ERR_FILE' });
  });

  test('a dangling symbolic link where a file would be', async () => {
    const options = request(temporary());
    await mkdir(options.directory);
    await symlink('/nonexistent/key.pem', join(options.directory, 'key.pem'));
    expect(await failure(temporary(), () => all(options))).toMatchObject({ code: 'ERR_EXISTS' });
  });

  test('a directory where a file would be', async () => {
    const options = request(temporary());
    await mkdir(join(options.directory, 'key.pem'), { recursive: true });
    expect(await failure(temporary(), () => all(options))).toMatchObject({ code: 'ERR_FILE' });
  });
});

describe('a directory', () => {
  test('keeps what else lies in it', async () => {
    const options = request(temporary());
    await mkdir(options.directory);
    await writeFile(join(options.directory, 'notes.txt'), 'mine');
    await all(options);
    expect(await readFile(join(options.directory, 'notes.txt'), 'utf8')).toBe('mine');
    expect(Object.keys(await modes(options.directory))).toHaveLength(8);
  });

  test('can be reached through a symbolic link above it', async () => {
    await mkdir(join(temporary(), 'elsewhere'));
    await symlink('elsewhere', join(temporary(), 'link'));
    const options = request(temporary(), { directory: join(temporary(), 'link/docker-tls') });
    await all(options);
    expect(Object.keys(await modes(join(temporary(), 'elsewhere/docker-tls')))).toHaveLength(7);
    expect((await all(options)).made).toEqual([]);
  });

  test('from which a key has a second name elsewhere leaves that one alone when the key is made anew', async () => {
    const options = request(temporary());
    await all(options);
    const second = join(temporary(), 'second-name.pem');
    await link(join(options.directory, 'key.pem'), second);
    const before = await readFile(second, 'utf8');
    await all({ ...options, force: ['client'] });
    expect(await readFile(second, 'utf8')).toBe(before);
    expect(await readFile(join(options.directory, 'key.pem'), 'utf8')).not.toBe(before);
  });

  leftToWhole('for which two run at once holds the set of one of them', async () => {
    const options = request(temporary());
    const results = await Promise.allSettled([all(options), all(options), all(options)]);
    const made = results.map((result) => (result.status === 'fulfilled' ? result.value.made.length : -1));
    expect(made.sort()).toEqual([0, 0, 6]);
    expect(Object.keys(await modes(temporary())).filter((path) => path.includes('/.'))).toEqual([]);
    expect((await all(options)).made).toEqual([]);
  });
});
