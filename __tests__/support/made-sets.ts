import { cp, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { all, type IssueOptions } from '../../lib/index.js';
import { madeOnce } from './made-once.js';

type Wanted = IssueOptions & { readonly directory: string };

/** By options, so that calls at the same time make one. */
const making = new Map<string, Promise<string>>();

/**
 * Makes a set as `all` does, for tests about what comes after that. A run of the tests makes one set for the same options, and
 * copies it from then on: what has to be of another CA is made with `all`.
 */
export async function makeSet({ directory, ...options }: Wanted): Promise<void> {
  const id = JSON.stringify([process.env['OPENSSL_BIN'], options]);
  const made = making.get(id) ?? madeOnce('sets', id, (at) => all({ ...options, directory: at }));
  making.set(id, made);
  await mkdir(dirname(directory), { recursive: true });
  await cp(await made, directory, { recursive: true, preserveTimestamps: true });
}
