import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file system that does not keep the modes of files, or, for a comparison, one that does. */
export interface FileSystemKind {
  readonly name: string;
  /** As the kernel calls it. */
  readonly type: string;
  readonly keepsModes: boolean;
  /** Mounts an empty one at `at`; `aside` is a new directory for what it is kept in. */
  readonly mount: (at: string, aside: string) => Promise<unknown>;
}

const bindfs =
  (...options: readonly string[]): FileSystemKind['mount'] =>
  (at, aside) =>
    run('bindfs', [...options, aside, at]);

async function fatImage(aside: string): Promise<string> {
  const image = join(aside, 'image');
  await writeFile(image, '');
  await truncate(image, 16_000_000);
  await run('mkfs.vfat', [image]);
  return image;
}

/** Each in its own way: it shows more than was set, takes a mode and forgets it, refuses one, or knows none. */
export const fileSystems: readonly FileSystemKind[] = [
  { name: 'bindfs that shows all', type: 'fuse', keepsModes: false, mount: bindfs('--perms=a+rX') },
  {
    name: 'bindfs that ignores chmod',
    type: 'fuse',
    keepsModes: false,
    mount: bindfs('--chmod-ignore', '--perms=0755'),
  },
  {
    name: 'bindfs that refuses chmod',
    type: 'fuse',
    keepsModes: false,
    mount: bindfs('--chmod-deny', '--perms=0755'),
  },
  {
    name: 'FAT in user space',
    type: 'fuse.fusefat',
    keepsModes: false,
    mount: async (at, aside) => run('fusefat', ['-o', 'rw+', await fatImage(aside), at]),
  },
  // Not every kernel has it.
  ...(/\bvfat$/m.test(readFileSync('/proc/filesystems', 'utf8'))
    ? [
        {
          name: 'FAT',
          type: 'vfat',
          keepsModes: false,
          mount: async (at: string, aside: string) => run('mount', ['-o', 'loop', await fatImage(aside), at]),
        },
      ]
    : []),
  { name: 'bindfs as it is', type: 'fuse', keepsModes: true, mount: bindfs() },
];

/** Where a file system was mounted. */
export interface Mounted extends FileSystemKind {
  readonly at: string;
}

/** Mounts each of them below `root`. */
export async function mountAll(root: string): Promise<Mounted[]> {
  const mounted: Mounted[] = [];
  for (const [number, kind] of fileSystems.entries()) {
    const folder = join(root, `fs-${number}`);
    const [at, aside] = [join(folder, 'mnt'), join(folder, 'aside')];
    for (const path of [folder, at, aside]) {
      await mkdir(path);
      await chmod(path, 0o755);
    }
    await kind.mount(at, aside);
    mounted.push({ ...kind, at });
  }
  return mounted;
}

/** Unmounts them. Nothing is removed that lies below a mount that stays. */
export async function unmountAll(mounted: readonly Mounted[]): Promise<void> {
  for (const { at } of mounted) {
    await run('umount', [at]);
    await rm(at, { recursive: true });
  }
}
