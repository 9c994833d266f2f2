import tseslint from 'typescript-eslint';

/** What one room may not import. Patterns are matched against the import as it is written. */
const forbid = (...patterns) => ({
  '@typescript-eslint/no-restricted-imports': [
    'error',
    {
      patterns: patterns.map(([group, message, importNames]) => ({
        group,
        message,
        ...(importNames && { importNames }),
      })),
    },
  ],
});
const processes = [
  ['execa', 'node:child_process', 'child_process'],
  'only lib/process/run.ts starts processes',
];
const workspaces = [['tmp-promise', 'tmp'], 'only lib/store/open-workspace.ts makes temporary directories'];
const terminal = [
  ['yargs', 'yargs/*', 'listr2', '@inquirer/*', 'picocolors'],
  'lib neither parses command lines nor prompts nor prints',
];
const cli = [['**/cli/**'], 'cli touches lib, never back'];
// A pipe, a socket or /dev/zero in the place of a file would be read for ever.
const reads = [
  ['node:fs', 'node:fs/promises', 'fs', 'fs/promises'],
  'only lib/store/read-regular.ts reads files that others made',
  ['readFile', 'readFileSync', 'createReadStream', 'open', 'openSync', 'readv', 'readSync', 'openAsBlob'],
];
const library = [processes, workspaces, terminal, cli, reads];
const recipes = [['../lifecycle/**', '../openssl/**', '../plan/execute*.js'], 'recipes are pure'];

/** The files that open others themselves, each with why it may. */
const readers = {
  'lib/store/read-regular.ts': 'the reader itself',
  'lib/store/commit.ts': 'opens what it has made, to sync it',
  'lib/store/folder.ts': 'opens directories',
  'lib/store/journal.ts': 'opens a file that did not exist before',
  'lib/store/lock.ts': 'opens directories',
  'lib/store/lock-file.ts': 'opens its own lock',
  'lib/store/open-modes.ts': 'opens a file that did not exist before',
  'lib/store/owner.ts': "reads the kernel's files",
  'lib/store/set-mode.ts': 'opens a file to set its mode',
  'lib/store/write-new.ts': 'opens a file that did not exist before',
  'lib/plan/script.ts': "reads the package's own configuration",
};

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', 'bench/*.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // Numbers in messages are what they look like.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // process.env['X'] is what noPropertyAccessFromIndexSignature and readers expect.
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  { files: ['**/*.js', 'examples/*.mjs'], ...tseslint.configs.disableTypeChecked },
  {
    files: ['lib/**/*.ts'],
    rules: {
      ...forbid(...library),
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        ...['exit', 'exitCode', 'stdout', 'stderr', 'stdin'].map((property) => ({
          object: 'process',
          property,
          message: 'lib neither prints nor exits',
        })),
      ],
    },
  },
  { files: ['lib/process/run.ts'], rules: forbid(workspaces, terminal, cli, reads) },
  { files: ['lib/store/open-workspace.ts'], rules: forbid(processes, terminal, cli, reads) },
  { files: Object.keys(readers), rules: forbid(processes, workspaces, terminal, cli) },
  {
    files: ['lib/x509/**/*.ts'],
    rules: forbid(...library, [
      ['../!(errors.js)', '../*/**'],
      'x509 holds values and needs nothing but errors.ts',
    ]),
  },
  {
    files: ['lib/steps/**/*.ts'],
    rules: forbid(...library, [
      ['../recipes/**', '../lifecycle/**', '../docker/**', '../store/**', '../openssl/**'],
      'steps need x509 and plan',
    ]),
  },
  {
    files: ['lib/recipes/**/*.ts'],
    rules: forbid(...library, recipes),
  },
  // It reads the package's own templates; those of a user by the reader.
  {
    files: ['lib/recipes/templates.ts'],
    rules: forbid(processes, workspaces, terminal, cli, recipes),
  },
  { files: ['cli/**/*.ts'], rules: forbid(processes, workspaces, reads) },
  // The package's own version; and a passphrase, which may come from a pipe and is read to 4 kB.
  { files: ['cli/run.ts', 'cli/read-secret.ts'], rules: forbid(processes, workspaces) },
  {
    files: ['__tests__/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
);
