import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { certificatesIn } from '../../lib/x509/pem.js';
import { useOneProcess } from '../support/one-process.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const { program, succeeds } = useOneProcess();
const shared = useSharedDirectory();
const small = ['--key', 'ec:p256'];
const own = ['--passphrase-file', 'own'];
const ofParent = ['--parent', 'root', '--parent-passphrase-file', 'of-root'];
const held = async (...path: string[]): Promise<number> =>
  certificatesIn(await readFile(join(shared(), ...path), 'utf8')).length;

beforeAll(async () => {
  await writeFile(join(shared(), 'own'), 'correct horse\n', { mode: 0o600 });
  await writeFile(join(shared(), 'of-root'), 'battery staple\n', { mode: 0o600 });
  const root = ['--dir', 'root', '--path-length', '1', '--passphrase-file', 'of-root'];
  const { stdout } = await succeeds(shared(), ['ca', ...small, ...root]);
  expect(stdout).toContain(`ca --parent ${join(shared(), 'root')} --dir DIRECTORY`);
});

test('ca --parent takes the passphrases of both keys', async () => {
  await succeeds(shared(), ['ca', ...small, '--dir', 'made', ...own, ...ofParent]);
  expect(await held('made', 'ca.pem')).toBe(2);
});

test('script --parent makes the same with a shell, and asks for both passphrases', async () => {
  const asked = ['script', ...small, '--host', 'docker.example', '--dir', 'scripted', '--parent', 'root'];
  const { stdout } = await succeeds(shared(), asked);
  await writeFile(join(shared(), 'make.sh'), stdout);
  const env = { ...process.env, PASSPHRASE_FILE: 'own', PARENT_PASSPHRASE_FILE: 'of-root' };
  await promisify(execFile)('sh', ['make.sh'], { cwd: shared(), env });
  expect(await held('scripted', 'ca.pem')).toBe(2);
  expect(await held('scripted', 'server-cert.pem')).toBe(2);
  await succeeds(shared(), ['verify', 'scripted']);
});

describe('refuses', () => {
  test.each<[string, readonly string[], string]>([
    [
      'no passphrase of the parent, and names its flags',
      [...own, '--parent', 'root'],
      '--parent-passphrase-file FILE or --parent-passphrase-fd N',
    ],
    [
      'one descriptor for both',
      ['--passphrase-fd', '3', '--parent', 'root', '--parent-passphrase-fd', '3'],
      'cannot come from the same descriptor',
    ],
    ['a passphrase without a parent', [...own, '--parent-passphrase-file', 'of-root'], 'but no parent'],
    ['a wrong one', [...own, '--parent', 'root', '--parent-passphrase-file', 'own'], 'does not open'],
  ])('%s', async (_, flags, text) => {
    const { code, stderr } = await program(shared(), ['ca', ...small, '--dir', 'refused', ...flags]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(text);
    await expect(readFile(join(shared(), 'refused/ca.pem'))).rejects.toThrow('ENOENT');
  });
});
