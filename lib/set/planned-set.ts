import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { CertificateSet, type ReadFile } from './certificate-set.js';
import { heldBy } from './held.js';
import { readable } from './files-below.js';

/** A file that is to lie in a certificate directory. */
export interface PlannedFile {
  /** Relative to the directory. */
  readonly path: string;
  readonly content: Buffer;
  readonly mode: number;
}

const [DIRECTORY, REGULAR] = [0o040000, 0o100000];

/** The set that files will be, before they are written. `like`: gives all that is not known yet, such as the time. */
export function plannedSet(directory: string, files: readonly PlannedFile[], like: Stats): CertificateSet {
  const modes = new Map<string, number>([['.', DIRECTORY | 0o700]]);
  for (const { path, mode } of files) {
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder))
      modes.set(folder, DIRECTORY | 0o700);
    modes.set(path, REGULAR | mode);
  }
  const contents = new Map(files.map(({ path, content }) => [path, content]));
  const read = [...modes.keys()].filter((path) => path !== '.').sort();
  return new CertificateSet(
    directory,
    undefined,
    read.map((path): ReadFile => {
      const content = contents.get(path);
      return content && readable.test(path) ? { path, held: heldBy(content) } : { path };
    }),
    (path) => statsLike(like, modes.get(path) ?? REGULAR),
  );
}

/** Owned by this process, as what it writes is. */
function statsLike(stats: Stats, mode: number): Stats {
  const own = { mode, uid: process.geteuid?.() ?? stats.uid, gid: process.getegid?.() ?? stats.gid };
  const prototype = Object.getPrototypeOf(stats) as object;
  return Object.assign(Object.create(prototype) as Stats, stats, own);
}
