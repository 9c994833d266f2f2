import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder for what is made once for the whole run: keys, sets. */
export function madeOnceFolder(kind: string): string {
  const folder = process.env['MADE_ONCE'];
  if (folder === undefined) throw new Error('the reporter made-once-folder.js has not run');
  const path = join(folder, kind);
  mkdirSync(path, { recursive: true });
  return path;
}

/**
 * Gives the path of a directory that is made the first time that any file of the run asks for `id`. Two workers may make it
 * at the same time: the one that is done first stays, and each is whole.
 */
export async function madeOnce(
  kind: string,
  id: string,
  make: (directory: string) => Promise<unknown>,
): Promise<string> {
  const path = join(madeOnceFolder(kind), createHash('sha256').update(id).digest('hex').slice(0, 32));
  if (existsSync(path)) return path;
  const own = await mkdtemp(`${path}.`);
  await make(join(own, 'made'));
  await rename(join(own, 'made'), path).catch((error: unknown) => {
    if (!existsSync(path)) throw error;
  });
  await rm(own, { recursive: true, force: true });
  return path;
}
