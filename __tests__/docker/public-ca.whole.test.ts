import { beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, connect, explain, installDaemon } from '../../lib/index.js';
import { dockerBuilds, startDockerd } from '../support/dockerd.js';
import { debian, makeImage } from '../support/host-images.js';
import { opensslOutput } from '../support/openssl.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const [build] = await dockerBuilds();
const shared = useSharedDirectory();
const at = (...names: string[]): string => join(shared(), ...names);
const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Signs as a public CA does: by an intermediate CA, with the timestamps of a log. */
async function publicCertificate(): Promise<void> {
  const root = ['req', '-x509', ...ec, '-subj', '/O=Public/CN=Root', '-days', '3650'];
  await opensslOutput(
    [...root, '-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-keyout', 'root.key', '-out', 'root.pem'],
    shared(),
  );
  const sign = async (name: string, by: string, extensions: string, days: string): Promise<void> => {
    await writeFile(at(`${name}.ext`), extensions);
    await opensslOutput(
      ['req', ...ec, '-subj', `/O=Public/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`],
      shared(),
    );
    const ca = ['-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial'];
    const files = ['-in', `${name}.csr`, '-out', `${name}.pem`, '-extfile', `${name}.ext`];
    await opensslOutput(['x509', '-req', ...ca, ...files, '-days', days], shared());
  };
  await sign(
    'R1',
    'root',
    'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n',
    '1000',
  );
  await sign(
    'localhost',
    'R1',
    'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost\n1.3.6.1.4.1.11129.2.4.2=ASN1:FORMAT:HEX,OCTETSTRING:0000\n',
    '47',
  );
}

beforeAll(async () => {
  await publicCertificate();
  await all({ directory: at('ours'), key: 'ec:p256', passphrase: null, hosts: ['other.example'] });
  for (const side of ['host', 'client']) await mkdir(at(side), { mode: 0o700 });
  const chain = await Promise.all(['localhost.pem', 'R1.pem'].map((name) => readFile(at(name))));
  await writeFile(at('host/server-cert.pem'), Buffer.concat(chain));
  await copyFile(at('localhost.key'), at('host/server-key.pem'));
  await chmod(at('host/server-key.pem'), 0o400);
  await copyFile(at('ours/ca.pem'), at('host/ca.pem'));
  for (const file of ['cert.pem', 'key.pem']) await copyFile(at('ours', file), at('client', file));
  await copyFile(at('root.pem'), at('client/ca.pem'));
});

test('a public certificate and a private CA for clients work together', async () => {
  const file = (name: string): string => at('host', name);
  const daemon = await startDockerd(build!, {
    args: [
      ...['--tlsverify', `--tlscacert=${file('ca.pem')}`],
      ...[`--tlscert=${file('server-cert.pem')}`, `--tlskey=${file('server-key.pem')}`],
    ],
  });
  try {
    const { checks } = await connect({ directory: at('client'), endpoint: `localhost:${daemon.port}` });
    expect(checks.filter(({ state }) => state === 'failed')).toEqual([]);
    expect(checks.find(({ id }) => id === 'api')?.state).toBe('passed');
    expect(checks.find(({ id }) => id === 'anonymous')?.state).toBe('passed');
  } finally {
    await daemon.stop();
  }
});

test('explain and install daemon know that it is public', async () => {
  const [server] = (await explain({ directory: at('host') })).certificates;
  const why =
    'a public CA signed it: clients accept it if their ca.pem has the root of that CA, which is not here';
  expect(JSON.stringify(server)).toContain(why);
  const root = at('image');
  await makeImage(root, debian);
  const { notes } = await installDaemon({ directory: at('host'), root });
  expect(notes.join('\n')).toMatch(
    /^a public CA signed this certificate, which expires on \d{4}-\d\d-\d\d\. dockerd reads it only when it starts: after each renewal run this command again, with `apply: true` `restart: true`\. Clients need the root of that CA as their ca\.pem$/m,
  );
  const inContainer = await installDaemon({ directory: at('host'), root, for: 'dind' });
  expect(inContainer.notes.join('\n')).toContain(
    'run this command again, with `apply: true`, and restart the daemon yourself. Clients',
  );
  const own = await installDaemon({ directory: at('ours'), root });
  expect(own.notes.join('\n')).not.toContain('public');
});

test("certbot's hook of the documentation leaves other certificates alone", async () => {
  const page = await readFile(new URL('../../docs/public-certificates.md', import.meta.url), 'utf8');
  const [, hook = ''] = /```sh\n(#!\/bin\/sh\n[^`]*)```/.exec(page) ?? [];
  expect(hook).toContain('install daemon');
  const run = (name: string) =>
    spawnSync('/bin/sh', ['-c', hook], {
      env: { PATH: '/nowhere', RENEWED_LINEAGE: `/etc/letsencrypt/live/${name}` },
    }).status;
  expect(run('www.example.com')).toBe(0);
  expect(run('docker.example.com')).not.toBe(0);
});
