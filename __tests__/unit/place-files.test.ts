import { describe, expect, test } from '@jest/globals';
import { mkdir, readdir, readFile, stat, symlink, writeFile, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { placeFile } from '../../lib/store/place-file.js';
import { placeFiles, type FileToPlace } from '../../lib/store/place-files.js';
import { failure } from '../support/failure.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes, tree } from '../support/tree.js';

const temporary = useTemporaryDirectory();
const at = (...names: string[]): string => join(temporary(), ...names);
const place = (files: readonly FileToPlace[], directory = at('to')) =>
  placeFiles(directory, files, { aside: 'before-then' }).then((placed) => placed.files);

function files(text: string): FileToPlace[] {
  return [
    { name: 'cert.pem', content: Buffer.from(`${text} certificate`), mode: 0o444 },
    { name: 'key.pem', content: Buffer.from(`${text} key`), mode: 0o400 },
  ];
}

const placed = { 'to/': '0700', 'to/cert.pem': '0444', 'to/key.pem': '0400' };

describe('placing files', () => {
  test('makes the directory, for its owner alone', async () => {
    const result = await place(files('one'));
    expect(result.map(({ state, aside }) => [state, aside])).toEqual([
      ['absent', undefined],
      ['absent', undefined],
    ]);
    expect(await modes(temporary())).toMatchObject(placed);
    expect(await readdir(at('to'))).toEqual(['cert.pem', 'key.pem']);
  });

  test('into one that is there leaves its mode, and what else it holds', async () => {
    await mkdir(at('to'), { mode: 0o755 });
    await writeFile(at('to', 'config.json'), '{}');
    await place(files('one'));
    expect(await modes(temporary())).toMatchObject({ ...placed, 'to/': '0755', 'to/config.json': '0644' });
  });

  test('again changes nothing', async () => {
    await place(files('one'));
    const before = await tree(temporary());
    expect((await place(files('one'))).map(({ state }) => state)).toEqual(['same', 'same']);
    expect(await tree(temporary())).toEqual(before);
  });

  test('keeps what was there aside, with its mode, and overwrites nothing that is kept', async () => {
    await place(files('one'));
    expect((await place(files('two'))).map(({ aside }) => aside)).toEqual([
      'cert.pem.before-then',
      'key.pem.before-then',
    ]);
    expect((await place(files('three'))).map(({ aside }) => aside)).toEqual([
      'cert.pem.before-then.1',
      'key.pem.before-then.1',
    ]);
    expect(await modes(temporary())).toMatchObject({
      ...placed,
      'to/key.pem.before-then': '0400',
      'to/key.pem.before-then.1': '0400',
    });
    for (const [name, text] of [
      ['key.pem', 'three key'],
      ['key.pem.before-then.1', 'two key'],
      ['key.pem.before-then', 'one key'],
    ] as const)
      expect(await readFile(at('to', name), 'utf8')).toBe(text);
  });

  test('keeps nothing twice', async () => {
    await place(files('one'));
    await place(files('two'));
    await place(files('one'));
    expect((await place(files('two'))).map(({ aside }) => aside)).toEqual([undefined, undefined]);
    expect((await readdir(at('to'))).filter((name) => name.startsWith('key.pem.')).length).toBe(2);
  });

  test('replaces only what differs', async () => {
    await place(files('one'));
    const { ino } = await stat(at('to', 'key.pem'));
    const [certificate] = files('two');
    const [, key] = files('one');
    await place([certificate!, key!]);
    expect((await stat(at('to', 'key.pem'))).ino).toBe(ino);
    expect(await readFile(at('to', 'cert.pem'), 'utf8')).toBe('two certificate');
  });

  test('puts a mode right, and keeps nothing aside for it', async () => {
    await place(files('one'));
    await chmod(at('to', 'key.pem'), 0o644);
    expect((await place(files('one')))[1]).toMatchObject({ state: 'other-mode', aside: undefined });
    expect(await modes(temporary())).toEqual(expect.objectContaining(placed));
  });

  test('leaves no trace of its own', async () => {
    await place(files('one'));
    await place(files('two'));
    expect((await readdir(at('to'))).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('by two at once gives one of both sets, whole', async () => {
    await place(files('none'));
    await Promise.all(['one', 'two', 'three'].map((text) => place(files(text))));
    const [certificate, key] = await Promise.all(
      ['cert.pem', 'key.pem'].map((name) => readFile(at('to', name), 'utf8')),
    );
    expect(certificate!.replace('certificate', '')).toBe(key!.replace('key', ''));
  });
});

describe('placing files is refused', () => {
  test('through a directory that is a link', async () => {
    await mkdir(at('real'), { mode: 0o700 });
    await symlink(at('real'), at('to'));
    expect(await failure(temporary(), () => place(files('one')))).toMatchObject({
      code: 'ERR_UNSAFE',
      hint: `nothing was changed; name the directory itself: \`to: '${at('real')}'\``,
    });
  });

  test('into a directory where others can write', async () => {
    await mkdir(at('to'));
    await chmod(at('to'), 0o777);
    expect(await failure(temporary(), () => place(files('one')))).toMatchObject({ code: 'ERR_UNSAFE' });
  });

  test('over a link', async () => {
    await mkdir(at('to'), { mode: 0o700 });
    await symlink(at('elsewhere'), at('to', 'key.pem'));
    expect(await failure(temporary(), () => place(files('one')))).toMatchObject({ code: 'ERR_UNSAFE' });
  });

  test('over a directory', async () => {
    await mkdir(at('to', 'key.pem'), { recursive: true, mode: 0o700 });
    expect(await failure(temporary(), () => place(files('one')))).toMatchObject({ code: 'ERR_EXISTS' });
  });
});

describe('placing one file', () => {
  const content = Buffer.from('new');

  test('gives it its mode, also in a directory where others can write', async () => {
    await mkdir(at('shared'));
    await chmod(at('shared'), 0o1777);
    await placeFile(at('shared', 'file'), content, 0o600);
    expect(await modes(at('shared'))).toMatchObject({ file: '0600' });
  });

  test('replaces one only where that is asked for', async () => {
    await writeFile(at('file'), 'old');
    const error = await failure(temporary(), () => placeFile(at('file'), content, 0o600));
    expect(error.code).toBe('ERR_EXISTS');
    await placeFile(at('file'), content, 0o600, { overwrite: true });
    expect(await readFile(at('file'), 'utf8')).toBe('new');
    expect(await readdir(temporary())).toEqual(['file']);
  });

  test('makes a directory only where that is asked for', async () => {
    const error = await failure(temporary(), () => placeFile(at('to', 'file'), content, 0o600));
    expect(error.code).toBe('ERR_FILE');
    await placeFile(at('to', 'file'), content, 0o600, { makeDirectory: true });
    expect(await modes(temporary())).toMatchObject({ 'to/': '0700', 'to/file': '0600' });
  });
});
