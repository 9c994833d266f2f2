import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all } from '../../lib/index.js';
import { snippetNames } from '../../lib/internal.js';
import { useOneProcess } from '../support/one-process.js';
import { program } from '../support/program.js';
import { request } from '../support/request.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const oneProcess = useOneProcess();
const at = (...names: string[]): string => join(shared(), ...names);
const odd = `it's "my" $HOME \${x} a\\b: ü`;
const snippet = async (name: string, ...args: string[]): Promise<string> =>
  (await oneProcess.succeeds(shared(), ['snippet', name, ...args])).stdout;

beforeAll(async () => {
  await all(request(shared()));
  await cp(at('docker-tls'), at(odd), { recursive: true });
});

const loadsYaml = 'import sys, yaml; yaml.safe_load(open(sys.argv[1], encoding="utf-8"))';

/** What reads each language without running it. Go's tools are too large for that. */
const readers = [
  { name: 'curl', file: 'sh', saved: 'piece.sh', args: ['-n'] },
  { name: 'node', file: process.execPath, saved: 'piece.mjs', args: ['--check'] },
  { name: 'python', file: 'python3', saved: 'piece.py', args: ['-m', 'py_compile'] },
  { name: 'compose', file: 'python3', saved: 'compose.yml', args: ['-c', loadsYaml] },
] as const;

test.each(readers)(
  'the piece for $name can be read, wherever the files lie',
  async ({ name, file, saved, args }) => {
    await writeFile(at(saved), await snippet(name, '--dir', odd, '--host', '::1'));
    execFileSync(file, [...args, at(saved)], { stdio: 'pipe' });
  },
);

describe.each(snippetNames)('for %s', (name) => {
  test('it has the three files, absolute, and the daemon', async () => {
    const text = await snippet(name, '--host', 'other.example:2377');
    for (const path of ['ca.pem', 'cert.pem', 'key.pem']) expect(text).toContain(at('docker-tls', path));
    expect(text).toMatch(/other\.example/);
    expect(text).toContain('2377');
    expect(text).not.toContain('ca-key.pem');
    expect(text).not.toMatch(/\{\{|\}\}/);
  });

  test('it is the same as JSON', async () => {
    const text = await snippet(name);
    expect(JSON.parse(await snippet(name, '--json'))).toEqual({
      ok: true,
      command: 'snippet',
      language: name,
      host: 'tcp://docker.example:2376',
      text,
    });
  });
});

test('Compose puts no variable in where a path has a dollar', async () => {
  const text = await snippet('compose', '--dir', odd);
  const [, source] = /source: (".*key\.pem")/.exec(text)!;
  expect(JSON.parse(source!)).toBe(at(odd, 'key.pem').replaceAll('$', '$$$$'));
});

test.each([
  ['127.0.0.1', /^note: in a container 127\.0\.0\.1 is the container itself/],
  ['docker.example', /^$/],
])('Compose with %s is told of where that leads', async (host, said) => {
  const { stderr } = await oneProcess.succeeds(shared(), ['snippet', 'compose', '--host', host]);
  expect(stderr).toMatch(said);
});

test('an unknown language is an error', async () => {
  expect(await program(shared(), ['snippet', 'perl'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('"curl", "node", "python", "go", "compose"'),
  });
});
