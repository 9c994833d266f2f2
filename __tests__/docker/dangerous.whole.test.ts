import { describe, expect, test } from '@jest/globals';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { doctor, verifyDirectory } from '../../lib/index.js';
import { docker, dockerBuilds, freePort, startDockerd, type DockerBuild } from '../support/dockerd.js';
import { errorOf } from '../support/failure.js';
import { makeFlawedSet } from '../support/flawed-sets.js';
import { opensslOutput } from '../support/openssl.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { inTurns, rows } from '../support/form.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const at = (...names: string[]): string => join(temporary(), ...names);

/** Whether the API answers a client with these files. */
async function isLetIn(
  build: DockerBuild,
  port: number,
  files: { readonly ca: string; readonly cert: string; readonly key: string },
): Promise<boolean> {
  const { ca, cert, key } = files;
  const tls = ['--tlsverify', '--tlscacert', ca, '--tlscert', cert, '--tlskey', key];
  const args = [...tls, '-H', `tcp://localhost:${port}`, 'version', '--format', '{{.Server.Version}}'];
  return (await docker(build, args)).code === 0;
}

const serverFlags = (set: string): string[] => [
  '--tlsverify',
  `--tlscacert=${join(set, 'ca.pem')}`,
  `--tlscert=${join(set, 'server-cert.pem')}`,
  `--tlskey=${join(set, 'server-key.pem')}`,
];

/** A client's certificate that the key of another client signed, with that one behind it. */
async function signedByClient(set: string): Promise<{ ca: string; cert: string; key: string }> {
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout sub-key.pem';
  await writeFile(join(set, 'sub.cnf'), 'extendedKeyUsage=clientAuth\n');
  await opensslOutput(`req -new ${key} -subj /CN=sub -out sub.csr`.split(' '), set);
  const signer = '-CA cert.pem -CAkey key.pem -set_serial 77 -days 9';
  await opensslOutput(`x509 -req -in sub.csr ${signer} -extfile sub.cnf -out sub.pem`.split(' '), set);
  const chain = await Promise.all(['sub.pem', 'cert.pem'].map((file) => readFile(join(set, file))));
  await writeFile(join(set, 'chain.pem'), Buffer.concat(chain));
  return { ca: join(set, 'ca.pem'), cert: join(set, 'chain.pem'), key: join(set, 'sub-key.pem') };
}

describe.each(rows(await dockerBuilds(), 2))('the daemon of $name', (build) => {
  test.each([
    ['lets in whom a client that is a CA has signed', {}, true],
    [
      'does not where the CA allows no further one',
      { basicConstraints: 'critical,CA:TRUE,pathlen:0' },
      false,
    ],
  ])('%s, and verify says so', async (_, extensions, isDangerous) => {
    const set = at('set');
    const usage = { basicConstraints: 'critical,CA:TRUE', keyUsage: 'critical,digitalSignature,keyCertSign' };
    await makeFlawedSet(set, { ca: { extensions }, client: { extensions: usage } });
    const daemon = await startDockerd(build, { args: serverFlags(set) });
    try {
      expect(await isLetIn(build, daemon.port, await signedByClient(set))).toBe(isDangerous);
    } finally {
      await daemon.stop();
    }
    const { findings } = await verifyDirectory({ directory: set });
    const found = findings.filter(({ id, file }) => id === 'can-sign' && file === 'cert.pem');
    expect(found.length > 0).toBe(isDangerous);
  });

  test.each([
    ['no tlscacert', {}],
    ['an empty one', { tlscacert: '' }],
  ])('lets in the clients of any CA of the machine with %s, and doctor says so', async (_, more) => {
    const [own, foreign] = ['own', 'foreign'].map((name) => join(shared(), build.name, _, name)) as [
      string,
      string,
    ];
    await makeFlawedSet(own);
    await makeFlawedSet(foreign, { ca: { subject: '/CN=Foreign', key: 'ec:secp384r1' } });
    const port = await freePort();
    const config = {
      ...{ hosts: [`tcp://127.0.0.1:${port}`], tlsverify: true, ...more },
      ...{ tlscert: join(own, 'server-cert.pem'), tlskey: join(own, 'server-key.pem') },
    };
    // A foreign CA stands for those of the machine.
    const env = { SSL_CERT_FILE: join(foreign, 'ca.pem') };
    const daemon = await startDockerd(build, { config, port, env });
    const client = (set: string) => ({ cert: join(set, 'cert.pem'), key: join(set, 'key.pem') });
    try {
      const ca = join(own, 'ca.pem');
      expect(await isLetIn(build, port, { ca, ...client(foreign) })).toBe(true);
      expect(await isLetIn(build, port, { ca, ...client(own) })).toBe(false);
    } finally {
      await daemon.stop();
    }
    await mkdir(at('root/etc/docker'), { recursive: true });
    await writeFile(at('root/etc/docker/daemon.json'), JSON.stringify(config));
    const { findings } = await doctor({
      directory: at('none'),
      root: at('root'),
      env: { HOME: temporary() },
    });
    expect(findings).toContainEqual(
      expect.objectContaining({
        state: 'problem',
        id: 'tcp',
        detail: expect.stringContaining('without tlscacert'),
      }),
    );
  });

  inTurns(2).each<[string, string]>([
    ['{"hosts": "tcp://127.0.0.1:1"}', 'cannot unmarshal string into Go struct field'],
    ['{"tlsverify": "true"}', 'cannot unmarshal string into Go struct field'],
    ['{"tlscert ": "/c"}', "don't match any configuration option"],
    ['{"TLSVerify": true}', "don't match any configuration option"],
    ['{"tls-verify": true}', "don't match any configuration option"],
  ])('does not start with %s, and doctor says so', async (config, words) => {
    expect(String(await errorOf(() => startDockerd(build, { config, port: 1 })))).toContain(words);
    await mkdir(at('etc/docker'), { recursive: true });
    await writeFile(at('etc/docker/daemon.json'), config);
    const { findings } = await doctor({
      directory: at('none'),
      root: temporary(),
      env: { HOME: at('home') },
    });
    expect(findings).toContainEqual(expect.objectContaining({ state: 'problem', id: 'daemon-json' }));
  });

  test('is found by doctor while it runs without TLS, however it was started', async () => {
    const daemon = await startDockerd(build);
    const look = () => doctor({ directory: at('none'), env: { HOME: temporary() }, plainPort: 1 });
    const open = {
      ...{ id: 'tcp', state: 'problem', title: `The daemon that runs, process ${daemon.pid}` },
      detail: expect.stringContaining(`:${daemon.port} without TLS: anyone who can reach it is root`),
    };
    try {
      expect((await look()).findings).toContainEqual(expect.objectContaining(open));
    } finally {
      await daemon.stop();
    }
    expect((await look()).findings.map(({ title }) => title)).not.toContain(open.title);
  });

  test('starts with a key that stands twice', async () => {
    const daemon = await startDockerd(build, { config: '{"debug": false, "debug": true}' });
    await daemon.stop();
  });

  test('heeds the flags for its files only beside --tlsverify', async () => {
    const set = at('set');
    await makeFlawedSet(set);
    for (const [file, as] of [
      ['server-cert.pem', 'cert.pem'],
      ['server-key.pem', 'key.pem'],
    ] as const)
      await copyFile(join(set, file), at(as));
    const config = { tlsverify: true, tlscert: at('cert.pem'), tlskey: at('key.pem') };
    const daemon = await startDockerd(build, { config, args: ['--tlscacert=/nonexistent'] });
    await daemon.stop();
    const error = await errorOf(() =>
      startDockerd(build, {
        config: { ...config, tlsverify: undefined },
        args: ['--tlsverify', '--tlscacert=/nonexistent'],
      }),
    );
    expect(String(error)).toContain('could not read CA certificate "/nonexistent"');
  });
});
