import { running, type Run } from '../execute/run.js';
import { makePassing, type TemporarySetOptions } from './in-memory.js';
import type { Issued } from './issue.js';

/** A set that its owner removes: at the end of the scope with `await using`, or with `remove`. */
export interface TemporarySet extends Issued, AsyncDisposable {
  /** Removes its directory. A second call does nothing. */
  remove(): Promise<void>;
}

/**
 * Makes a set in a private directory of mode 0700, for a test or a job: `await using` removes it at the end of the scope, also where that
 * throws. A process that is killed leaves nothing behind either, but on Windows. On Linux the directory lies in memory, unless `/dev/shm`
 * cannot be written. The CA's key is not encrypted, and a key is `ec:p256` unless `key` says otherwise.
 *
 * @throws The errors of {@link all}.
 * @example
 * ```ts
 * import { temporarySet } from 'docker-tls-openssl';
 *
 * await using set = await temporarySet({ hosts: ['127.0.0.1'] });
 * console.log(set.directory, set.files.client.key);
 * ```
 */
export function temporarySet(options: TemporarySetOptions = {}): Run<TemporarySet> {
  return running(options, async (observed: TemporarySetOptions) => {
    const { issued, place } = await makePassing({ ...observed, key: observed.key ?? 'ec:p256' });
    const remove = (): Promise<void> => place.remove();
    return { ...issued, remove, [Symbol.asyncDispose]: remove };
  });
}
