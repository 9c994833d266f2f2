import { readRegularNow } from './read-regular.js';
import type { Folder } from './folder.js';

export interface FileSystem {
  /** As the kernel calls it: `vfat`, `cifs`, `9p`, `fuse`, … */
  readonly type: string;
  readonly mountPoint: string;
}

/** The file system of a directory (proc_pid_mountinfo(5)); undefined where that cannot be known. */
export async function fileSystemOf(folder: Folder): Promise<FileSystem | undefined> {
  const { dev } = await folder.stat();
  let text: string;
  try {
    text = readRegularNow('/proc/self/mountinfo')?.toString('utf8') ?? '';
  } catch {
    return undefined;
  }
  // Of mounts of one device the last hides the others.
  const row = text
    .split('\n')
    .map((line) => line.split(' '))
    .findLast((fields) => fields[2] === deviceName(dev));
  const type = row?.[row.indexOf('-') + 1];
  const mountPoint = row?.[4];
  return type === undefined || mountPoint === undefined
    ? undefined
    : {
        type,
        mountPoint: mountPoint.replace(/\\([0-7]{3})/g, (_, octal: string) =>
          String.fromCharCode(parseInt(octal, 8)),
        ),
      };
}

/** `MAJOR:MINOR` of a device number, as Linux composes it (makedev(3)). */
function deviceName(dev: number): string {
  const number = BigInt(dev);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn);
  const minor = (number & 0xffn) | ((number >> 12n) & ~0xffn);
  return `${major}:${minor}`;
}
