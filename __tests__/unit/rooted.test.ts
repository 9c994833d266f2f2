import { expect, test } from '@jest/globals';
import { mkdir, readdir, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Rooted } from '../../lib/store/rooted.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();

/** A root with a file deep in it. */
async function root(): Promise<string> {
  const folder = join(temporary(), 'etc/docker/tls');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'ca.pem'), 'text');
  return temporary();
}

test('a root that is closed has ended what was still being read, and opens nothing more', async () => {
  const rooted = await Rooted.open(await root());
  const ended: string[] = [];
  const reading = Promise.allSettled(
    [rooted.readText('/etc/docker/tls/ca.pem'), rooted.enter('/etc/docker'), rooted.realPath('/etc')].map(
      (read) => read.finally(() => ended.push('a read')),
    ),
  );
  await rooted.close();
  // All that is left is to hand out what was found.
  await reading;
  expect(ended).toHaveLength(3);
  const held = await Promise.all(
    (await readdir('/proc/self/fd').catch(() => [])).map((fd) =>
      readlink(`/proc/self/fd/${fd}`).catch(() => ''),
    ),
  );
  expect(held.filter((path) => path.startsWith(temporary()))).toEqual([]);
  await expect(rooted.enter('/etc')).rejects.toThrow('is closed');
  await expect(rooted.readText('/etc/docker/tls/ca.pem')).rejects.toThrow('is closed');
});
