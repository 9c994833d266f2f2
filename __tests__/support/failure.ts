import { expect } from '@jest/globals';
import { DockerTlsError } from '../../lib/index.js';
import { tree } from './tree.js';

/**
 * Expects `action` to fail and to leave all below `root` as it was, to the inode; no workspace either. Gives its error.
 */
export async function failure(root: string, action: () => Promise<unknown>): Promise<DockerTlsError> {
  const before = await tree(root);
  const error = await errorOf(action);
  expect(await tree(root)).toEqual(before);
  if (error instanceof DockerTlsError) return error;
  throw new Error('it failed with something else than a DockerTlsError', { cause: error });
}

/** What `action` fails with. */
export async function errorOf(action: () => Promise<unknown>): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}
