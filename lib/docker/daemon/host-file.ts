import { Rooted } from '../../store/rooted.js';

/** A configuration file of the host, read. */
export interface ConfigText {
  /** As messages name it. */
  readonly file: string;
  readonly text: string;
}

/**
 * Reads a configuration file of the host or image below `root`, bounded and only if it is a regular file. Links are followed
 * inside the root. Undefined where there is none; a link to /dev/null, as `systemctl mask` makes it, reads as an empty file.
 * Errors: `ERR_FILE`, `ERR_UNSAFE` for the root itself.
 */
export async function readHostFile(root: string, path: string): Promise<string | undefined> {
  return inRoot(root, (files) => files.readText(path));
}

/** Lists the names in a directory below `root`; empty where there is none. Errors: as above. */
export async function listHostFolder(root: string, path: string): Promise<string[]> {
  return inRoot(root, (files) => files.list(path));
}

/** Tells whether something exists at a path below `root`, links followed inside it. Errors: as above. */
export async function existsOnHost(root: string, path: string): Promise<boolean> {
  return inRoot(root, (files) => files.exists(path));
}

/** The user who owns a directory below `root`; undefined where there is none. Errors: also `ERR_UNSAFE` where others can change it. */
export async function ownerOnHost(root: string, path: string): Promise<number | undefined> {
  return inRoot(root, async (files) => (await (await files.enter(path))?.stat())?.uid);
}

/** Roots that are being read: a unit has dozens of files, and the way to the root is looked at once for all of them. */
const open = new Map<string, { readonly files: Promise<Rooted>; users: number }>();

async function inRoot<Result>(root: string, work: (files: Rooted) => Promise<Result>): Promise<Result> {
  const entry = open.get(root) ?? { files: Rooted.open(root), users: 0 };
  open.set(root, entry);
  entry.users++;
  try {
    return await work(await entry.files);
  } finally {
    entry.users--;
    setImmediate(() => {
      if (entry.users > 0 || open.get(root) !== entry) return; // someone reads on
      open.delete(root);
      void entry.files.then((files) => files.close()).catch(() => undefined); // it could not be opened
    });
  }
}
