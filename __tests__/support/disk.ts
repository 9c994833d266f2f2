import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * All that lies below `root`, by path: kind, mode, owner and content or target. Not when it was written, nor where on the disk:
 * two of these are the same where nobody can tell what was taken back. Paths that match `except` are left out, with what is below.
 */
export async function disk(root: string, except = /(?!)/): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  const visit = async (path: string): Promise<void> => {
    const place = join(root, path);
    const stats = await lstat(place);
    const kind = (stats.mode & 0o170000).toString(8);
    const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
    const content = stats.isSymbolicLink()
      ? await readlink(place)
      : stats.isFile()
        ? createHash('sha256')
            .update(await readFile(place))
            .digest('hex')
        : '';
    all[path] = `${kind} ${mode} ${stats.uid}:${stats.gid} ${content}`;
    if (!stats.isDirectory()) return;
    for (const name of (await readdir(place)).sort()) {
      const below = path === '' ? name : `${path}/${name}`;
      if (!except.test(below)) await visit(below);
    }
  };
  await visit('');
  return all;
}

/** The paths at which two of them differ. */
export function differences(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): string[] {
  const paths = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...paths].filter((path) => before[path] !== after[path]).sort();
}
