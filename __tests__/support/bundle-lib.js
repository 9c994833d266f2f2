import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bundle = join(root, '.jest/lib');

/**
 * Bundles lib/ into one file before the tests start, with an entry for each of its modules, where the mapper of
 * jest.config.js looks for them. Jest compiles what a test file imports for each file again, and of the five hundred
 * modules that takes longer than most tests. Only what differs is written, for another run may be reading it.
 */
export default async function bundleLib() {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const modules = readdirSync(join(root, 'lib'), { recursive: true }).filter((path) => path.endsWith('.ts'));
  const { output } = await build({
    cwd: root,
    input: Object.fromEntries(modules.map((path) => [path.slice(0, -'.ts'.length), join('lib', path)])),
    platform: 'node',
    external: Object.keys({ ...dependencies, ...devDependencies }),
    write: false,
    output: {
      dir: bundle,
      format: 'esm',
      sourcemap: true,
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      codeSplitting: { groups: [{ name: 'all-of-lib', test: /\/lib\// }] },
    },
  });
  for (const file of output) writeIfNew(join(bundle, file.fileName), file.code ?? file.source);
  const names = new Set(output.map(({ fileName }) => fileName));
  for (const path of readdirSync(bundle, { recursive: true }))
    if (/\.(js|map)$/.test(path) && !names.has(path)) rmSync(join(bundle, path), { force: true });
}

function writeIfNew(path, content) {
  if (existsSync(path) && readFileSync(path, 'utf8') === content) return;
  mkdirSync(dirname(path), { recursive: true });
  const own = `${path}.${process.pid}`;
  writeFileSync(own, content);
  renameSync(own, path);
}
