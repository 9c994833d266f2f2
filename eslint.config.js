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
/** The command line sees of the library what index.ts and internal.ts name. */
const surface = [
  ['**/lib/**', '!**/lib/index.js', '!**/lib/internal.js'],
  'cli imports from lib/index.js and lib/internal.js',
];
// A pipe, a socket or /dev/zero in the place of a file would be read for ever.
const reads = [
  ['node:fs', 'node:fs/promises', 'fs', 'fs/promises'],
  'only lib/store/read-regular.ts reads files that others made',
  ['readFile', 'readFileSync', 'createReadStream', 'open', 'openSync', 'readv', 'readSync', 'openAsBlob'],
];
const library = [processes, workspaces, terminal, cli, reads];

/**
 * The rooms of `lib/`, from the lowest to the highest: each may import those before it, and none behind it. Beside them lie
 * errors.ts, file-error.ts, given.ts, known-options.ts and words.ts, which need no room; index.ts, internal.ts and testing.ts every
 * room leaves alone.
 */
const rooms = [
  'shell',
  'x509',
  'process',
  'openssl',
  'plan',
  'store',
  'judge',
  'set',
  'execute',
  'steps',
  'recipes',
  'issue',
  'docker',
  'renew',
  'report',
  'authority',
  'fleet',
];
/** Rooms that compute, and look at no file. */
const pure = ['plan', 'judge'];
const noFiles = [['node:fs', 'node:fs/promises', 'fs', 'fs/promises'], 'plan and judge look at no file'];
/** Rooms that stand side by side although the list has them one after the other. */
const apart = { judge: ['store'], recipes: ['openssl', 'execute'], steps: ['store', 'openssl'] };

/** What a room may not import. */
function outside(room) {
  const above = rooms.slice(rooms.indexOf(room) + 1);
  const others = [...above, ...(apart[room] ?? [])].map((other) => `../**/${other}/**`);
  return [
    [
      [...others, '../**/index.js', '../**/internal.js', '../**/testing.js'],
      `${room} imports only the rooms below it: docs/architecture.md`,
    ],
    ...(pure.includes(room) ? [noFiles] : []),
  ];
}

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
  'lib/openssl/config.ts': "reads the package's own configuration",
  'lib/recipes/templates.ts': "reads the package's own templates",
};

/** Words that no message has any more. */
const oldWords = String.raw`/\b(anew|whoever|void|mend|mends|mended)\b/i`;
/**
 * The command line of this program: its flags, but for those that docker and dockerd have too, and its commands (a lock begins with
 * `docker-tls-openssl lock`, which is none). */
const ownFlags = String.raw`/(^|[^\w-])--(add-san|allow-open-modes|apply|ca-days|client-name|days|dir|finish|force|install|ip|lock-timeout|name|new-key|no-localhost|no-passphrase|openssl|overwrite|passphrase|print-timer|remove-timer|restart|timeout|to|verbose|yes)\b|(^|[^'.-])docker-tls-openssl (?!lock )[a-z]/`;
/** The files of lib that write command lines, each with why it may. */
const writers = {
  'lib/authority/plan-sign.ts': 'the command that the archive records',
  'lib/issue/keep-replaced.ts': 'the command that the archive records',
  'lib/renew/plan-ca-renewal.ts': 'the command that the archive records',
};
const strings = (pattern, message) =>
  [`Literal[value=${pattern}]`, `TemplateElement[value.raw=${pattern}]`].map((selector) => ({
    selector,
    message,
  }));
const plainWords = strings(oldWords, 'say it in plain words: new, renew, recreate; anyone who; invalid; fix');
const noFlags = strings(ownFlags, 'lib names options and calls with lib/words.ts, and spells no flags');

export default tseslint.config(
  { ignores: ['.jest/', 'dist/', 'node_modules/'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', 'bench/*.js', '.typedoc/*.js', '.changeset/*.cjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // Numbers in messages are what they look like.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // process.env['X'] is what noPropertyAccessFromIndexSignature and readers expect.
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // There is no enum here, and to look for one takes a tenth of the time.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      // Takes a seventh of the time.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    },
  },
  { files: ['**/*.js', '**/*.cjs', 'examples/*.mjs'], ...tseslint.configs.disableTypeChecked },
  // The compiler finds them.
  { files: ['**/*.ts'], rules: { '@typescript-eslint/no-unused-vars': 'off' } },
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
  ...rooms.map((room) => ({
    files: [`lib/${room}/**/*.ts`],
    rules: forbid(...library, ...outside(room)),
  })),
  {
    files: ['lib/process/run.ts'],
    rules: forbid(workspaces, terminal, cli, reads, ...outside('process')),
  },
  {
    files: ['lib/store/open-workspace.ts'],
    rules: forbid(processes, terminal, cli, reads, ...outside('store')),
  },
  ...Object.keys(readers).map((file) => ({
    files: [file],
    rules: forbid(processes, workspaces, terminal, cli, ...outside(file.split('/')[1])),
  })),
  { files: ['cli/**/*.ts'], rules: { 'no-restricted-syntax': ['error', ...plainWords] } },
  { files: ['lib/**/*.ts'], rules: { 'no-restricted-syntax': ['error', ...plainWords, ...noFlags] } },
  { files: Object.keys(writers), rules: { 'no-restricted-syntax': ['error', ...plainWords] } },
  { files: ['cli/**/*.ts'], rules: forbid(processes, workspaces, reads, surface) },
  // The package's own version and scripts; and a passphrase, which may come from a pipe and is read to 4 kB.
  {
    files: ['cli/main.ts', 'cli/read-secret.ts', 'cli/commands/completion.ts'],
    rules: forbid(processes, workspaces, surface),
  },
  {
    // Of the rules that ask for types those about promises: a test that does not await one cannot fail.
    files: ['__tests__/**/*.ts', 'bench/**/*.ts'],
    rules: {
      ...tseslint.configs.disableTypeChecked.rules,
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
