import { expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command, main, type Outcome } from '../support/program.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();

/** Runs the program in a Node that says it is Windows'. */
async function onWindows(...args: readonly string[]): Promise<Outcome> {
  const work = join(temporary(), 'work');
  await mkdir(work, { recursive: true });
  const preload = join(temporary(), 'windows.cjs');
  await writeFile(preload, "Object.defineProperty(process, 'platform', { value: 'win32' });\n");
  return command(work, process.execPath, ['--require', preload, main, ...args], {});
}

test('Windows itself is refused before anything is made, with the page that says what works', async () => {
  const { code, stdout, stderr } = await onWindows('all', '--host', 'docker.example');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  const [, page = ''] = /^hint: run it in WSL 2: (\S+windows\.md) says what works there$/m.exec(stderr) ?? [];
  expect(stderr).toMatch(/^error: docker-tls-openssl does not run on Windows itself/);
  expect(existsSync(page)).toBe(true);
  expect(await readdir(join(temporary(), 'work'))).toEqual([]);
});

test('its help and its version are there', async () => {
  expect(await onWindows('--version')).toMatchObject({ code: 0, stderr: '' });
  expect(await onWindows('all', '--help')).toMatchObject({ code: 0, stderr: '' });
});
