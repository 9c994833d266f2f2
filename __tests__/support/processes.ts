import { readdir, readFile, readlink } from 'node:fs/promises';

/** The command lines of the processes that work in `root` or name it: what a program left behind there. Linux only. */
export async function processesIn(root: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const lines = await Promise.all(
    ids.map(async (id) => {
      try {
        const cwd = await readlink(`/proc/${id}/cwd`);
        const line = (await readFile(`/proc/${id}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
        return cwd.startsWith(root) || line.includes(root) ? [line] : [];
      } catch {
        return []; // it ended meanwhile
      }
    }),
  );
  return lines.flat().filter((line) => line !== '');
}
