import { availableParallelism } from 'node:os';

// Jest runs the ESM sources of the tests and of cli/ as they are: ts-jest only strips types (npm run typecheck checks them),
// and the mapper lets an import say './x.js', as Node wants it, while the file is still x.ts. What is imported from lib/ comes
// from one file, made of it before the tests start: its five hundred modules by themselves cost each test file 0.7 s of
// processor time to load, and together 0.1 s.
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__'],
  testMatch: ['**/*.test.ts'],
  // What only the whole form runs, from the first line to the last.
  testPathIgnorePatterns: process.env.TESTS === 'whole' ? [] : ['\\.whole\\.test\\.ts$'],
  extensionsToTreatAsEsm: ['.ts'],
  globalSetup: './__tests__/support/bundle-lib.js',
  moduleNameMapper: {
    '^(?:\\.\\./)+lib/(.*\\.js)$': '<rootDir>/.jest/lib/$1',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': ['ts-jest', { useESM: true, diagnostics: false }],
    '/\\.jest/lib/.*\\.js$': './__tests__/support/bundle-map.js',
  },
  // Generous: a test that hangs is ended, and one on a busy machine is not.
  testTimeout: 240_000,
  // More workers than cores: a fifth of the time they wait, for dockerd, a lock or a clock.
  maxWorkers: availableParallelism() + 2,
  testSequencer: './__tests__/support/longest-first.js',
  reporters: [
    'default',
    './__tests__/support/faults-report.js',
    './__tests__/support/form-report.js',
    './__tests__/support/made-once-folder.js',
  ],
};
