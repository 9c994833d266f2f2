import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const temporary = useTemporaryDirectory();

test('dist/ is the same when it is built twice', () => {
  const said = execFileSync('.ci/reproducible', { cwd: project, encoding: 'utf8' });
  expect(said).toMatch(/^dist\/ is the same twice: \d+ files$/m);
}, 600_000);

test('the changes that were collected become a version with its day, in all places', async () => {
  const at = (path: string): string => join(temporary(), path);
  for (const path of ['.ci', '.changeset', 'package.json', 'package-lock.json', 'README.md', 'CHANGELOG.md'])
    await cp(join(project, path), at(path), { recursive: true });
  await symlink(join(project, 'node_modules'), at('node_modules'));
  await writeFile(
    at('.changeset/one.md'),
    '---\ndocker-tls-openssl: minor\n---\n\nNew in it.\nOn two lines.\n',
  );
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], {
      cwd: temporary(),
    });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '--message=All');
  execFileSync('.ci/version', { cwd: temporary(), stdio: 'pipe' });
  const text = (path: string) => readFile(at(path), 'utf8');
  expect(await text('CHANGELOG.md')).toMatch(
    /^## 0\.2\.0 \(\d{4}-\d\d-\d\d\)\n\n### Minor Changes\n\n- New in it\.\n {2}On two lines\.\n/m,
  );
  for (const path of ['package.json', 'package-lock.json'])
    expect(await text(path)).toContain('"version": "0.2.0"');
  expect(await text('README.md')).toContain('docker-tls-openssl-0.2.0.tgz');
  expect(() => execFileSync('.ci/version', { cwd: temporary(), stdio: 'pipe' })).toThrow(
    /no change in \.changeset/,
  );
}, 120_000);
