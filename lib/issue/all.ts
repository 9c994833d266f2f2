import { running, type Run } from '../execute/run.js';
import { inMemory, type InMemoryOptions, type InMemorySet } from './in-memory.js';
import { issue, type Issued, type IssueOptions } from './issue.js';

/**
 * Makes the CA, a server's and a client's certificate, each with its key, for a Docker daemon with mutual TLS. Existing files
 * stay as they are, so a second run changes nothing. After success the directory holds all of it; after any error, what it
 * held before. `force: ['ca']` replaces the whole set and keeps the old one in `archive/`: `rollback` brings it back.
 * With `directory: null` it makes a set without a directory: the result holds the texts and the keys, and nothing stays on disk.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used; nothing has run.
 * @throws `ERR_PASSPHRASE_NEEDED`, `ERR_PASSPHRASE_WRONG`: the CA's key needs a passphrase, or another one.
 * @throws `ERR_CA_MISSING`, `ERR_CA_UNUSABLE`: the existing CA lacks its certificate or key, or cannot sign.
 * @throws `ERR_LEAF_UNUSABLE`, `ERR_INCOMPLETE`: an existing certificate cannot work, or lacks its key.
 * @throws `ERR_DIFFERS`: an existing certificate differs from these options.
 * @throws `ERR_TEMPLATE`: a template cannot be read or rendered.
 * @throws `ERR_CLOCK`: the machine's clock is certainly wrong.
 * @throws `ERR_UNSAFE`, `ERR_OPEN_MODES`: others could change the directory, or read its keys.
 * @throws `ERR_LOCKED`, `ERR_LOCK_LOST`: another process works in the directory.
 * @throws `ERR_EXISTS`, `ERR_FILE`: a file is in the way, or the file system refused.
 * @throws `ERR_OPENSSL_NOT_FOUND`, `ERR_OPENSSL_TOO_OLD`, `ERR_OPENSSL_FAILED`, `ERR_READ_BACK`: openssl is missing, too old, failed, or made
 * something else.
 * @throws `ERR_TIMEOUT`, `ERR_ABORTED`: `timeoutMs` has passed, or `signal` aborted.
 * @example
 * ```ts
 * import { all } from 'docker-tls-openssl';
 *
 * const { made, certificates } = await all({
 *   directory: 'docker-tls',
 *   hosts: ['docker.example.com', '10.0.0.5'],
 *   passphrase: 'correct horse battery staple',
 * });
 * console.log(made.map(({ path }) => path), certificates.server?.validTo);
 * ```
 */
export function all(options: InMemoryOptions): Run<InMemorySet>;
export function all(options?: IssueOptions): Run<Issued>;
export function all(options: IssueOptions | InMemoryOptions = {}): Run<Issued | InMemorySet> {
  return running(options, async (observed: IssueOptions | InMemoryOptions) =>
    hasNoDirectory(observed) ? inMemory(observed) : issue(['ca', 'server', 'client'], observed),
  );
}

function hasNoDirectory(options: IssueOptions | InMemoryOptions): options is InMemoryOptions {
  return (options as Partial<InMemoryOptions> | null)?.directory === null;
}
