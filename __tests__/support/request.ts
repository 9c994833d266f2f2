import { join } from 'node:path';
import type { IssueOptions } from '../../lib/index.js';

/** Options for a set that is made quickly, in `docker-tls` below `root`, with what a test wants otherwise. */
export function request(root: string, others: IssueOptions = {}): IssueOptions & { directory: string } {
  return {
    hosts: ['docker.example'],
    key: 'ec:p256',
    passphrase: null,
    ...others,
    directory: others.directory ?? join(root, 'docker-tls'),
  };
}
