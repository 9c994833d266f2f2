import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { client, renewCa } from '../../lib/index.js';
import { docker, dockerBuilds, startDockerd, type DockerBuild } from '../support/dockerd.js';
import { makeFlawedSet, type Flaw } from '../support/flawed-sets.js';
import { rows } from '../support/form.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const set = (): string => join(temporary(), 'set');
const at = (file: string): string => join(set(), file);
const builds = await dockerBuilds();

/** Whether a daemon of the set and the clients of these directories accept each other. */
async function areLetIn(build: DockerBuild, folders: readonly string[]): Promise<boolean[]> {
  const tls = (ca: string, cert: string, key: string): string[] => [
    '--tlsverify',
    `--tlscacert=${at(ca)}`,
    `--tlscert=${at(cert)}`,
    `--tlskey=${at(key)}`,
  ];
  const daemon = await startDockerd(build, { args: tls('ca.pem', 'server-cert.pem', 'server-key.pem') });
  try {
    const calls = folders.map(async (folder) => {
      const flags = tls('ca.pem', `${folder}cert.pem`, `${folder}key.pem`);
      const host = ['-H', `tcp://localhost:${daemon.port}`];
      return (await docker(build, [...flags, ...host, 'version'])).code === 0;
    });
    return await Promise.all(calls);
  } finally {
    await daemon.stop();
  }
}

/** With whom a set works as it is: what docker accepts, and openssl may not. */
const kinds: readonly (readonly [title: string, accepted: boolean, ca: Flaw, leaf?: Flaw])[] = [
  [
    'without any extension',
    true,
    { extensions: null },
    { extensions: { authorityKeyIdentifier: 'keyid,issuer' } },
  ],
  ['without basicConstraints', false, { extensions: { basicConstraints: undefined } }],
  ['of SHA-1', true, { digest: 'sha1' }],
  ['with a negative serial', true, { serial: '-77' }],
];

describe.each(builds.map((build, number) => [build.name, build, number] as const))(
  '%s',
  (_, build, number) => {
    test.each(rows(kinds, 2, number))(
      'a CA %s is accepted or not, and is once it is renewed',
      async (_title, accepted, ca, leaf = {}) => {
        await makeFlawedSet(set(), { ca, server: leaf, client: leaf });
        expect(await areLetIn(build, [''])).toEqual([accepted]);
        await renewCa({ directory: set(), passphrase: null });
        await client({ directory: set(), name: 'bob', key: 'ec:p256', days: 30, passphrase: null });
        expect(await areLetIn(build, ['', 'clients/bob/'])).toEqual([true, true]);
      },
      120_000,
    );
  },
);
