import { beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { clientModes } from '../../lib/internal.js';
import { useOneProcess } from '../support/one-process.js';
import { quick } from '../support/program.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const oneProcess = useOneProcess();

beforeAll(async () => {
  await oneProcess.succeeds(shared(), ['all', ...quick]);
});

test('lists each mode as a command line and as an environment, and what it checks', async () => {
  const { stdout, stderr } = await oneProcess.succeeds(shared(), ['modes']);
  expect(stderr).toBe('');
  const paragraphs = stdout.trimEnd().split('\n\n');
  expect(paragraphs.map((paragraph) => paragraph.split('\n')[0])).toEqual(
    clientModes.map(({ name }) => name),
  );
  const path = (file: string): string => join(shared(), 'docker-tls', file);
  expect(paragraphs[3]).toBe(
    [
      'tlsverify, tlscacert, tlscert, tlskey',
      "  it checks the server, and shows the client's certificate: this is mutual TLS",
      '  it does not look for revocation: docker has no such list',
      `  docker --tlsverify --tlscacert=${path('ca.pem')} --tlscert=${path('cert.pem')} --tlskey=${path('key.pem')} -H=tcp://docker.example:2376 version`,
      `  export DOCKER_HOST=tcp://docker.example:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=${join(shared(), 'docker-tls')}`,
    ].join('\n'),
  );
});

test('tells the same as JSON', async () => {
  const { modes, host } = JSON.parse(
    (await oneProcess.succeeds(shared(), ['modes', '--json', '--host', 'h'])).stdout,
  );
  expect(host).toBe('tcp://h:2376');
  expect(modes[0]).toEqual({
    name: 'tls',
    arguments: ['--tls', `--tlscacert=${join(shared(), 'docker-tls', 'ca.pem')}`, '-H=tcp://h:2376'],
    environment: { DOCKER_HOST: 'tcp://h:2376', DOCKER_TLS: '1' },
    certPathHolds: ['ca.pem'],
    checksServer: false,
    showsCertificate: false,
    does: clientModes[0]!.does,
    doesNot: clientModes[0]!.doesNot,
  });
});
