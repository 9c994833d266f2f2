import tseslint from 'typescript-eslint';

/** What one room may not import. Patterns are matched against the import as it is written. */
const forbid = (...patterns) => ({
  '@typescript-eslint/no-restricted-imports': [
    'error',
    { patterns: patterns.map(([group, message]) => ({ group, message })) },
  ],
});
const processes = [
  ['execa', 'node:child_process', 'child_process'],
  'only lib/process/run.ts starts processes',
];
const workspaces = [['tmp-promise', 'tmp'], 'only lib/store/workspace.ts makes temporary directories'];
const terminal = [
  ['yargs', 'yargs/*', 'listr2', '@inquirer/*', 'picocolors'],
  'lib neither parses command lines nor prompts nor prints',
];
const cli = [['**/cli/**'], 'cli touches lib, never back'];
const library = [processes, workspaces, terminal, cli];

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
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
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
  { files: ['lib/process/run.ts'], rules: forbid(workspaces, terminal, cli) },
  { files: ['lib/store/workspace.ts'], rules: forbid(processes, terminal, cli) },
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
    rules: forbid(...library, [
      ['../lifecycle/**', '../openssl/**', '../plan/execute*.js'],
      'recipes are pure',
    ]),
  },
  { files: ['cli/**/*.ts'], rules: forbid(processes, workspaces) },
  {
    files: ['__tests__/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
);
