import { beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectoryError } from '../../lib/index.js';
import {
  contextPaths,
  copiedFiles,
  currentContext,
  endpointValue,
  readStoredContext,
  readStoredContexts,
} from '../../lib/docker/client/context-store.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const url = 'tcp://docker.example:2376';
const description = (name: string): string => join(temporary(), contextPaths(name).description);
const copy = (name: string, file: string): string => join(temporary(), contextPaths(name).copies, file);

async function write(name: string, text: string): Promise<void> {
  await mkdir(join(description(name), '..'), { recursive: true });
  await mkdir(copy(name, ''), { recursive: true });
  await writeFile(description(name), text);
  for (const file of copiedFiles) await writeFile(copy(name, file), `${name} ${file}`);
}

beforeEach(() =>
  write('one', JSON.stringify({ Name: 'one', Endpoints: { docker: { Host: url, SkipTLSVerify: true } } })),
);

describe('a context', () => {
  test('is read with its copies', async () => {
    expect(await readStoredContext(temporary(), 'one')).toEqual({
      ...{ name: 'one', host: url, skipsVerification: true },
      files: Object.fromEntries(copiedFiles.map((file) => [file, Buffer.from(`one ${file}`)])),
    });
  });

  test.each([
    '',
    'null',
    '[]',
    '{"Name": 1, "Endpoints": {"docker": {"Host": 2}}}',
    '{"Endpoints": {}}',
    '{',
  ])('whose description is %j has none of what it should say', async (text) => {
    await write('one', text);
    expect(await readStoredContext(temporary(), 'one')).toMatchObject({
      ...{ name: undefined, host: undefined, skipsVerification: false },
    });
  });

  test('that is not there, and a copy that is not there, are undefined', async () => {
    expect(await readStoredContext(temporary(), 'two')).toBeUndefined();
    execFileSync('rm', [copy('one', 'key.pem')]);
    expect(await readStoredContext(temporary(), 'one')).toMatchObject({ files: { 'key.pem': undefined } });
  });

  test('with a pipe in the place of a copy says so, and has the others', async () => {
    execFileSync('rm', [copy('one', 'key.pem')]);
    execFileSync('mkfifo', [copy('one', 'key.pem')]);
    const context = await readStoredContext(temporary(), 'one');
    expect(context).toMatchObject({ host: url, files: { 'ca.pem': Buffer.from('one ca.pem') } });
    const error = context instanceof DirectoryError ? undefined : context?.files['key.pem'];
    expect(error).toMatchObject({ code: 'ERR_FILE', path: copy('one', 'key.pem') });
  });
});

test('all contexts are read, and which cannot be', async () => {
  await mkdir(description('two'), { recursive: true });
  await write('three', '{"Name": "three"}');
  const contexts = await readStoredContexts(temporary());
  const told = contexts.map((each) => (each instanceof DirectoryError ? each.path : each.name));
  expect(told.sort()).toEqual([description('two'), 'one', 'three'].sort());
  expect(await readStoredContexts(join(temporary(), 'nowhere'))).toEqual([]);
});

test.each([
  ['{"currentContext": "one"}', 'one'],
  ['{"currentContext": 1}', undefined],
  ['null', undefined],
  ['{', undefined],
])('with %s in config.json docker uses %s', async (text, name) => {
  await writeFile(join(temporary(), 'config.json'), text);
  expect(await currentContext(temporary())).toBe(name);
});

test('a path with a comma or a quote is quoted as in CSV', () => {
  const files = { ca: '/a,b/ca.pem', cert: '/a"b/cert.pem', key: '/key.pem' };
  expect(endpointValue(url, files)).toBe(`host=${url},"ca=/a,b/ca.pem","cert=/a""b/cert.pem",key=/key.pem`);
});
