import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { all, ca, explain } from '../../lib/index.js';
import { gatePrograms } from '../support/client-programs.js';
import { rows } from '../support/form.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { forgetNss, startTlsServer } from '../support/tls-clients.js';

const shared = useSharedDirectory();
const programs = await gatePrograms();
const set = (): string => join(shared(), 'issuing');

beforeAll(async () => {
  const small = { key: 'ec:p256', passphrase: null } as const;
  const parent = join(shared(), 'root');
  await ca({ ...small, directory: parent, pathLength: 1 });
  await all({ ...small, directory: set(), parent, hosts: ['localhost'] });
});

afterAll(async () => {
  for (const { stop } of programs) stop?.();
  await forgetNss();
});

describe('a set of an issuing CA, with the root in its ca.pem', () => {
  test.each(rows(programs, 3))('is accepted by $client, as explain says', async ({ client, ask }) => {
    const { certificates } = await explain({ directory: set(), host: 'localhost' });
    const verdict = certificates[0]!.verdicts.find((one) => one.client === client)!;
    const server = await startTlsServer(set());
    try {
      const answer = await ask({ host: 'localhost', port: server.port, directory: set() });
      expect(verdict).toMatchObject({ says: [], unknown: undefined });
      expect(answer).toBeUndefined();
    } finally {
      await server.stop();
    }
  });
});
