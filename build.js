// Builds dist/: the library with its types, and the command line. Both are bundled, for their modules and yargs and its like
// cost more to load from many files than Node itself. Types are not checked here: `npm run typecheck` does that.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'rolldown';

rmSync('dist', { recursive: true, force: true });
const compile = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noCheck'];
execFileSync(process.execPath, compile, { stdio: 'inherit' });

const { dependencies, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const common = {
  platform: 'node',
  // Its other form requires its parts where no bundler sees it, and Node takes as long to load that as for all of the library.
  resolve: { alias: { 'jsonc-parser': join(process.cwd(), 'node_modules/jsonc-parser/lib/esm/main.js') } },
  checks: { circularDependency: true },
  onLog(level, log, report) {
    // Of other packages: a circle of theirs, or that yargs would find a configuration that another one extends.
    const isOthers =
      log.code === 'CIRCULAR_DEPENDENCY'
        ? log.ids?.some((id) => id.includes('node_modules'))
        : log.code === 'EMPTY_IMPORT_META' && log.id?.includes('/node_modules/yargs/');
    if (!isOthers) report(level === 'warn' ? 'error' : level, log);
  },
};
// All licences stand in THIRD-PARTY.txt.
const written = { comments: false };

// In the place of the module of that name; the other modules stay for tests, and are not published.
const library = await build({
  ...common,
  input: 'dist/lib/index.js',
  external: Object.keys(dependencies),
  // Not minified, which makes its import no shorter, and a stack is to be read.
  output: { ...written, file: 'dist/lib/index.js', format: 'esm', codeSplitting: false },
});

// Beside it, for tests: it takes from the library what that exports, so that there is one class of each error.
await build({
  ...common,
  input: 'dist/lib/testing.js',
  external: [...Object.keys(dependencies), /\/index\.js$/],
  output: { ...written, file: 'dist/lib/testing.js', format: 'esm', codeSplitting: false },
});

// What yargs imports for things that we do not ask of it, and that cost a start more than all else of it: string-width sets
// up tables of Unicode, and our help is ASCII (a test holds it to that); escalade looks for the package whose version yargs
// guesses, and we name ours; node:assert describes what it compares.
const instead = {
  'string-width': 'export default (text) => text.replace(/\\u001b\\[[\\d;]*m/g, "").length;',
  'escalade/sync': 'export default () => undefined;',
  assert: `
    const refuse = (isRefused) => { if (isRefused) throw new TypeError("an assertion of yargs failed"); };
    export const notStrictEqual = (one, other) => refuse(one === other);
    export const strictEqual = (one, other) => refuse(one !== other);`,
};
const leanYargs = {
  name: 'lean-yargs',
  resolveId(id, importer = '', { kind }) {
    // Not what is required: the prompts' wrap-ansi does that, and the paths that they show need not be ASCII.
    const isOfYargs = kind === 'import-statement' && /node_modules\/(yargs|cliui|wrap-ansi)\//.test(importer);
    return isOfYargs && id in instead ? `\0${id}` : undefined;
  },
  load(id) {
    return instead[id.slice(1)];
  },
};

// A command loads what it imports and no more. lib/index.ts and lib/internal.ts import all of the library, and each command
// would get all of it: so a name that is imported from there comes straight from its own module.
const named = new Map(
  ['lib/index.ts', 'lib/internal.ts'].flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/export \{([^}]*)\} from '(.*)';/g)].flatMap(([, names, path]) =>
      names.split(',').map((name) => [name.trim(), path]),
    ),
  ),
);
const withoutIndex = {
  name: 'without-index',
  transform(code, id) {
    if (!/\/cli\/.*\.ts$/.test(id)) return undefined;
    return code.replace(/import \{([^}]*)\} from '(.*\/lib\/)(?:index|internal)\.js';/g, (_, names, lib) =>
      names
        .split(/,\s*/)
        .map((name) => name.trim())
        .filter((name) => name !== '' && !name.startsWith('type '))
        .map((name) => `import { ${name} } from '${lib}${named.get(name)}';`)
        .join(''),
    );
  },
};

// CommonJS: Node loads it without its loader of modules, which takes a third of the time of `status`. What is loaded late
// stays apart.
const program = await build({
  ...common,
  plugins: [leanYargs, withoutIndex],
  input: 'cli/main.ts',
  output: {
    ...written,
    dir: 'dist/cli',
    format: 'cjs',
    minify: true,
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name]-[hash].cjs',
  },
});
chmodSync('dist/cli/main.cjs', 0o755);

// What derives from the table of the commands.
const MAKER = 'dist/reference.js';
await build({
  ...common,
  input: 'cli/reference/write.ts',
  external: [/^[^./#]/],
  output: { file: MAKER, format: 'esm', codeSplitting: false },
});
const { derivedFiles } = await import(`./${MAKER}`);
const [, date] =
  new RegExp(`^## ${version} \\((.*)\\)$`, 'm').exec(readFileSync('CHANGELOG.md', 'utf8')) ?? [];
if (date === undefined) throw new Error(`CHANGELOG.md has no date of ${version}`);
const template = (name) => readFileSync(join('cli/reference', name), 'utf8');
const derived = await derivedFiles(template, { version, date });
for (const [path, text] of Object.entries(derived)) {
  mkdirSync(join('dist', dirname(path)), { recursive: true });
  writeFileSync(join('dist', path), text);
}
rmSync(MAKER);

const inputs = [library, program].flatMap(({ output }) => output.flatMap(({ moduleIds = [] }) => moduleIds));
const folders = inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
const notices = [...new Set(folders)].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!existsSync(folder) || (!file && !license)) throw new Error(`${folder} says nothing of its licence`);
  return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), 'utf8').trim() : ''}\n`;
});
writeFileSync('dist/THIRD-PARTY.txt', `dist contains these packages.\n\n${notices.join('\n----\n\n')}`);
