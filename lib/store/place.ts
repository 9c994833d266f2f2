import { DirectoryError, DockerTlsError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import type { Folder } from './folder.js';
import { readRegular } from './read-regular.js';
import { refuseOthers } from './safety.js';

/** A file as it is now. */
export interface FoundFile {
  readonly content: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly dev: number;
  readonly ino: number;
}

/** An entry by the directory that holds it, which is open. */
export interface Place {
  readonly folder: Folder;
  readonly name: string;
  /** For the system. */
  readonly path: string;
  /** For people. */
  readonly shown: string;
}

/** Reads the file in a place. Errors: those of `Rooted.read`. */
export async function readPlace({
  path,
  shown,
}: Pick<Place, 'path' | 'shown'>): Promise<FoundFile | undefined> {
  try {
    const { bytes, stats } = await readRegular(path, {
      ...{ shown, followLinks: false },
      hint: 'nothing was changed; see what it is, and move it away',
    });
    refuseOthers(shown, stats); // what another can change, he can change back
    const { mode, uid, gid, dev, ino } = stats;
    return { content: bytes, mode: mode & 0o7777, uid, gid, dev, ino };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    if (systemCode(error) === 'ELOOP') {
      throw new DirectoryError('ERR_UNSAFE', shown, `${shown} is not safe: it is a symbolic link`, {
        hint: 'nothing was changed; put the file itself there',
      });
    }
    throw error instanceof DockerTlsError ? error : fileError(shown, 'read', error);
  }
}
