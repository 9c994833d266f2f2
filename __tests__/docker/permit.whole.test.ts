import { beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { rows } from '../support/form.js';
import { makeSet } from '../support/made-sets.js';
import { docker, dockerBuilds, startDockerd } from '../support/dockerd.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const at = (file: string): string => join(shared(), 'set', file);
const builds = await dockerBuilds();

beforeAll(() =>
  makeSet({
    directory: at('.'),
    hosts: ['127.0.0.1'],
    permit: ['127.0.0.0/8'],
    key: 'ec:p256',
    passphrase: null,
  }),
);

const tls = (cert: string, key: string): string[] => [
  ...['--tlsverify', `--tlscacert=${at('ca.pem')}`],
  ...[`--tlscert=${at(cert)}`, `--tlskey=${at(key)}`],
];

describe.each(rows(builds, 2, 1))('with a CA that permits one network, $name', (build) => {
  test('takes the server and the client, who has no name in it', async () => {
    const daemon = await startDockerd(build, { args: tls('server-cert.pem', 'server-key.pem') });
    try {
      const host = ['-H', `tcp://127.0.0.1:${daemon.port}`];
      const answer = await docker(build, [...tls('cert.pem', 'key.pem'), ...host, 'version']);
      expect(answer).toMatchObject({ code: 0, stderr: '' });
    } finally {
      await daemon.stop();
    }
  }, 90_000);
});
