import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';

interface Entry {
  readonly path: string;
  readonly mode: string;
  /** Changes whenever the file is touched, even where its content stays. */
  readonly identity: string;
}

/** All that lies below `root`, hidden files too, each as one line that changes when the file is touched. */
export async function tree(root: string): Promise<string[]> {
  return (await entries(root)).map(({ path, mode, identity }) => `${path} ${mode} ${identity}`);
}

/** The modes of all that lies below `root`, by path: `{ 'ca.pem': '0444' }`. A directory ends with `/`. */
export async function modes(root: string): Promise<Record<string, string>> {
  return Object.fromEntries((await entries(root)).map(({ path, mode }) => [path, mode]));
}

async function entries(root: string): Promise<Entry[]> {
  const names = await readdir(root, { recursive: true });
  return Promise.all(
    [root, ...names.sort().map((name) => join(root, name))].map((path) => entry(root, path)),
  );
}

async function entry(root: string, path: string): Promise<Entry> {
  const stats = await lstat(path, { bigint: true });
  const { mode, ino, mtimeNs } = stats;
  const name = relative(root, path);
  const bits = (Number(mode) & 0o7777).toString(8).padStart(4, '0');
  // A workspace that came and went leaves its mark on the time of the directory that held it, and nothing else.
  if (stats.isDirectory()) return { path: `${name}/`, mode: bits, identity: `directory ${ino}` };
  const content = stats.isSymbolicLink()
    ? await readlink(path)
    : createHash('sha256')
        .update(stats.isFile() ? await readFile(path) : '')
        .digest('hex');
  return { path: name, mode: bits, identity: `${ino} ${mtimeNs} ${content}` };
}
