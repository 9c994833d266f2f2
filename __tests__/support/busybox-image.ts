import { execFile } from 'node:child_process';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Packs this machine's busybox with its libraries for `docker import`: no registry is needed. Gives the path of the archive. */
export async function busyboxImage(directory: string): Promise<string> {
  const root = join(directory, 'busybox');
  const { stdout } = await run('ldd', ['/usr/bin/busybox']);
  const libraries = stdout.match(/\/\S+/g) ?? [];
  for (const file of ['/usr/bin/busybox', ...libraries]) {
    await mkdir(join(root, dirname(file)), { recursive: true });
    await cp(file, join(root, file), { dereference: true });
  }
  await mkdir(join(root, 'bin'), { recursive: true });
  for (const applet of ['sh', 'cat', 'sleep']) await symlink('/usr/bin/busybox', join(root, 'bin', applet));
  const archive = join(directory, 'busybox.tar');
  await run('tar', ['-C', root, '-cf', archive, '.']);
  return archive;
}
