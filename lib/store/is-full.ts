import { statfs } from 'node:fs/promises';

/** Tells whether nothing more can be written where a path is: neither a block nor a file is left. */
export async function isFull(path: string): Promise<boolean> {
  try {
    const { blocks, bfree, bavail, files, ffree } = await statfs(path);
    // What is kept for root is no use to others.
    const left = process.geteuid?.() === 0 ? bfree : bavail;
    return (blocks > 0 && left === 0) || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
}
