// Builds dist/: the library with its types, and the command line. Both are bundled, for their modules and yargs and its like
// cost more to load from many files than Node itself.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});

// Its other form requires its parts where no bundler sees it, and Node takes as long to load that as for all of the library.
const alias = { 'jsonc-parser': './node_modules/jsonc-parser/lib/esm/main.js' };
const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

// In the place of the module of that name; the other modules stay for tests, and are not published.
const library = await build({
  alias,
  external: Object.keys(dependencies),
  entryPoints: ['dist/lib/index.js'],
  outfile: 'dist/lib/index.js',
  allowOverwrite: true,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  legalComments: 'none',
  metafile: true,
});

// yargs measures its help with string-width, whose Unicode tables take as long to set up as Node takes to start. Our help
// is ASCII (a test holds it to that), where the width is the length.
const asciiWidth = {
  name: 'ascii-width',
  setup({ onResolve, onLoad }) {
    // Not what is required: the prompts' wrap-ansi does that, and the paths that they show need not be ASCII.
    onResolve({ filter: /^string-width$/ }, ({ importer, kind }) =>
      kind === 'import-statement' && /node_modules\/(yargs|cliui|wrap-ansi)\//.test(importer)
        ? { path: 'ascii-width', namespace: 'ascii-width' }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'ascii-width' }, () => ({
      contents: 'export default (text) => text.replace(/\\u001b\\[[\\d;]*m/g, "").length;',
    }));
  },
};

// A command loads what it imports and no more. lib/index.ts and lib/internal.ts import all of the library, and esbuild would
// give each command all of it: so a name that is imported from there comes straight from its own module.
const named = new Map(
  ['lib/index.ts', 'lib/internal.ts'].flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/export \{([^}]*)\} from '(.*)';/g)].flatMap(([, names, path]) =>
      names.split(',').map((name) => [name.trim(), path]),
    ),
  ),
);
const withoutIndex = {
  name: 'without-index',
  setup({ onLoad }) {
    onLoad({ filter: /\/cli\/.*\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8').replace(
        /import \{([^}]*)\} from '(.*\/lib\/)(?:index|internal)\.js';/g,
        (_, names, lib) =>
          names
            .split(/,\s*/)
            .map((name) => name.trim())
            .filter((name) => name !== '' && !name.startsWith('type '))
            .map((name) => `import { ${name} } from '${lib}${named.get(name)}';`)
            .join(''),
      ),
    }));
  },
};

const program = await build({
  alias,
  plugins: [asciiWidth, withoutIndex],
  entryPoints: ['cli/main.ts'],
  outdir: 'dist/cli',
  bundle: true,
  splitting: true, // what is loaded late stays apart
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minify: true,
  chunkNames: '[name]-[hash]',
  legalComments: 'none', // all licences stand in THIRD-PARTY.txt
  // What is bundled requires nothing but Node's own modules; and createRequire in each chunk takes longer than the chunk.
  banner: { js: 'const require=process.getBuiltinModule;' },
  metafile: true,
});
chmodSync('dist/cli/main.js', 0o755);

const inputs = [library, program].flatMap(({ metafile }) => Object.keys(metafile.inputs));
const folders = inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
const notices = [...new Set(folders)].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!existsSync(folder) || (!file && !license)) throw new Error(`${folder} says nothing of its licence`);
  return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), 'utf8').trim() : ''}\n`;
});
writeFileSync('dist/THIRD-PARTY.txt', `dist contains these packages.\n\n${notices.join('\n----\n\n')}`);
