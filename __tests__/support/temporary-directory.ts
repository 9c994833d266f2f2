import { afterAll, afterEach } from '@jest/globals';
import { mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives each test a directory of its own, which is removed after it: `const temporary = useTemporaryDirectory();`. */
export function useTemporaryDirectory(): () => string {
  return directoryUntil(afterEach);
}

/** Gives all tests of a `describe`, or of a file, one directory, which is removed after the last of them. */
export function useSharedDirectory(): () => string {
  return directoryUntil(afterAll);
}

function directoryUntil(after: (cleanUp: () => Promise<void>) => void): () => string {
  let path: string | undefined;
  after(async () => {
    if (path !== undefined) await rm(path, { recursive: true, force: true });
    path = undefined;
  });
  return () => (path ??= realpathSync(mkdtempSync(join(tmpdir(), 'docker-tls-test-'))));
}
