import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { shellWord } from '../shell/sh.js';
import { lockName, type FoundLock } from './lock-file.js';
import { isStopped, ownerState, pidOf } from './owner.js';
import { option, words, type Text } from '../words.js';

/** For a run that waited long enough: it names the one that has the lock, and the way out. */
export async function locked(
  directory: string,
  lockTimeoutMs: number,
  { owner, host }: FoundLock,
): Promise<DirectoryError> {
  const refused = (who: string, way: Text): DirectoryError =>
    new DirectoryError(
      'ERR_LOCKED',
      directory,
      `another run is at work in ${directory}, for longer than ${lockTimeoutMs / 1000} s${who}`,
      { hint: words`nothing was changed; ${way}` },
    );
  const lock = shellWord(join(directory, lockName));
  const elsewhere = words`if that run has ended, remove its lock: rm -r ${lock}; otherwise allow more time with ${option('lockTimeoutMs')}`;
  if (owner === undefined) return refused('', elsewhere);
  const pid = pidOf(owner);
  const state = await ownerState(owner);
  const again = words`try again, or allow more time with ${option('lockTimeoutMs')}`;
  if (state === 'gone') return refused('', again); // another run is about to take it over
  if (state === 'elsewhere')
    return refused(
      `: process ${pid} on ${host ?? 'another machine'}, which cannot be asked from here`,
      elsewhere,
    );
  if (await isStopped(owner)) {
    const way = `let it go on with \`kill -CONT ${pid}\`, or end it, and run the same command again`;
    return refused(`: process ${pid}, which was stopped`, way);
  }
  return refused(`: process ${pid}`, again);
}

/** For what is at the name of the lock, and is none: no run made it, so none removes it. */
export function notALock(path: string, is: string): DirectoryError {
  return new DirectoryError('ERR_FILE', path, `${path} is in the way of the lock: it is ${is}`, {
    hint: `nothing was changed; look at it, and move it elsewhere if it is not needed here`,
  });
}

/** The error of a run whose lock another run took over. */
export function lockLost(directory: string, cause?: unknown): DirectoryError {
  return new DirectoryError('ERR_LOCK_LOST', directory, `another run took over the lock of ${directory}`, {
    cause,
    hint: 'nothing was changed; try again',
  });
}
