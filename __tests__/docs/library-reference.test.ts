import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { leftToWhole } from '../support/form.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const reference = join(project, 'docs/reference');
const temporary = useTemporaryDirectory();

const pages = (directory: string): Map<string, string> =>
  new Map(
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md'))
      .sort()
      .map((path) => [path, readFileSync(join(directory, path), 'utf8')]),
  );

test('the reference has all that the library exports', () => {
  const page = readFileSync(join(reference, 'docker-tls-openssl.md'), 'utf8');
  const documented = [...page.matchAll(/^### (\w+)/gm)].map(([, name]) => name);
  const index = readFileSync(join(project, 'lib/index.ts'), 'utf8');
  const exported = [...index.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = '']) =>
    list.split(',').flatMap((one) => one.trim().replace(/^type /, '') || []),
  );
  expect(documented.sort()).toEqual(exported.sort());
});

leftToWhole(
  'the reference is what the source says (`npm run docs` writes it)',
  () => {
    const out = temporary();
    execFileSync(process.execPath, [join(project, 'node_modules/typedoc/bin/typedoc'), '--out', out], {
      cwd: project,
    });
    expect(pages(out)).toEqual(pages(reference));
  },
  300_000,
);
