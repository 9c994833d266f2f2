import { describe, expect, test } from '@jest/globals';
import { chmod, lstat, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Folder } from '../../lib/store/folder.js';
import { setModeNow } from '../../lib/store/set-mode.js';
import { writeNew } from '../../lib/store/write-new.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();

/** A tree that nobody is to touch. */
async function victim(): Promise<string> {
  const path = join(temporary(), 'victim');
  await mkdir(join(path, 'inner'), { recursive: true });
  await writeFile(join(path, 'inner', 'file'), 'kept', { mode: 0o600 });
  await chmod(join(path, 'inner'), 0o750);
  return path;
}

async function untouched(path: string): Promise<void> {
  expect(await readFile(join(path, 'inner', 'file'), 'utf8')).toBe('kept');
  expect((await stat(join(path, 'inner'))).mode & 0o777).toBe(0o750);
  expect((await stat(join(path, 'inner', 'file'))).mode & 0o777).toBe(0o600);
}

describe('a directory that is held open', () => {
  test('is the same one when another takes its name', async () => {
    const path = join(temporary(), 'a');
    await mkdir(join(path, 'gone'), { recursive: true });
    const folder = await Folder.open(path);
    const behind = await victim();
    await rename(path, join(temporary(), 'elsewhere'));
    await symlink(behind, path);
    await folder.remove('inner');
    await folder.remove('gone');
    await writeNew(folder.at('new'), 'x', 0o600);
    await folder.close();
    await untouched(behind);
    expect(await readdir(behind)).toEqual(['inner']);
    expect(await readdir(join(temporary(), 'elsewhere'))).toEqual(['new']);
  });

  test('is not entered through a symbolic link', async () => {
    await symlink(await victim(), join(temporary(), 'link'));
    await expect(Folder.open(join(temporary(), 'link'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    const folder = await Folder.open(temporary());
    await expect(folder.enter('link')).rejects.toMatchObject({ code: 'ENOTDIR' });
    await folder.close();
  });

  test('removes links, and not what they lead to, at any depth and of any mode', async () => {
    const behind = await victim();
    const deep = join(temporary(), 'tree', 'a', 'b');
    await mkdir(deep, { recursive: true });
    await symlink(behind, join(deep, 'link'));
    await symlink(join(behind, 'inner', 'file'), join(temporary(), 'tree', 'file'));
    await chmod(deep, 0);
    const folder = await Folder.open(temporary());
    await folder.remove('tree');
    await folder.remove('never there');
    await folder.close();
    await untouched(behind);
    expect(await readdir(temporary())).toEqual(['victim']);
  });
});

describe('a mode', () => {
  test('is never given to what a link leads to', async () => {
    const behind = await victim();
    await symlink(join(behind, 'inner', 'file'), join(temporary(), 'link'));
    expect(() => setModeNow(join(temporary(), 'link'), 0o755)).toThrow(
      expect.objectContaining({ code: 'ELOOP' }),
    );
    await untouched(behind);
  });

  test('is not given to what is not accepted', async () => {
    const behind = await victim();
    const refuse = (): never => {
      throw new Error('refused');
    };
    expect(() => setModeNow(join(behind, 'inner', 'file'), 0o755, refuse)).toThrow('refused');
    await untouched(behind);
  });
});

test('a new file is written through no link, and over nothing', async () => {
  const behind = await victim();
  await symlink(join(behind, 'new'), join(temporary(), 'dangling'));
  await symlink(join(behind, 'inner', 'file'), join(temporary(), 'link'));
  for (const name of ['dangling', 'link'])
    await expect(writeNew(join(temporary(), name), 'x', 0o600)).rejects.toMatchObject({ code: 'EEXIST' });
  await untouched(behind);
  expect((await lstat(join(temporary(), 'dangling'))).isSymbolicLink()).toBe(true);
  expect(await readdir(behind)).toEqual(['inner']);
});
