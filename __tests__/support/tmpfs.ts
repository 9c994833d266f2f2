import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Mounts a small file system below `root` while `work` is done there. */
export async function onTmpfs(
  root: string,
  options: string,
  work: (path: string) => Promise<void>,
): Promise<void> {
  const path = join(root, 'tmpfs');
  await mkdir(path);
  await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
  try {
    await work(path);
  } finally {
    await run('umount', [path]);
    await rm(path, { recursive: true });
  }
}

/** Lets a mounted file system be read only while `work` is done. */
export async function readOnly(path: string, work: () => Promise<void>): Promise<void> {
  await run('mount', ['-o', 'remount,ro', path]);
  try {
    await work();
  } finally {
    await run('mount', ['-o', 'remount,rw', path]);
  }
}
