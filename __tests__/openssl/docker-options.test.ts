import { beforeAll, describe, expect, test } from '@jest/globals';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { dockerOptions, listContexts, readContext } from '../../lib/index.js';
import { contextPaths } from '../../lib/docker/client/context-store.js';
import { errorOf } from '../support/failure.js';
import { makeSet } from '../support/made-sets.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const set = (): string => join(shared(), 'set');
const configuration = (): string => join(shared(), 'docker');
const text = (name: string): Promise<string> => readFile(join(set(), name), 'utf8');

interface Written {
  readonly host?: string;
  readonly skips?: boolean;
  readonly files?: readonly string[];
}

/** Writes a context as docker does. */
async function write(name: string, { host, skips = false, files = [] }: Written): Promise<void> {
  const { description, copies } = contextPaths(name);
  await mkdir(join(configuration(), description, '..'), { recursive: true });
  const docker = { ...(host === undefined ? {} : { Host: host }), SkipTLSVerify: skips };
  await writeFile(
    join(configuration(), description),
    JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker } }),
  );
  await mkdir(join(configuration(), copies), { recursive: true, mode: 0o700 });
  for (const file of files) await cp(join(set(), file), join(configuration(), copies, file));
}

const three = ['ca.pem', 'cert.pem', 'key.pem'];
const host = 'tcp://docker.example.com:2377';

beforeAll(async () => {
  await makeSet({ directory: set(), hosts: ['docker.example.com:2400'], key: 'ec:p256', passphrase: null });
  await write('whole', { host, files: three });
  await write('local', { host: 'unix:///var/run/docker.sock' });
  await write('plain', { host: 'http://docker.example.com:2375', files: three });
  await write('lax', { host, skips: true, files: three });
  await write('bare', { host });
  await write('nowhere', {});
  await writeFile(join(configuration(), 'config.json'), JSON.stringify({ currentContext: 'whole' }));
});

test('a set gives the texts of its files, the name in its server certificate and the remembered port', async () => {
  expect(await dockerOptions({ directory: set() })).toEqual({
    protocol: 'https',
    host: 'docker.example.com',
    port: 2400,
    ca: await text('ca.pem'),
    cert: await text('cert.pem'),
    key: await text('key.pem'),
    rejectUnauthorized: true,
    url: 'https://docker.example.com:2400',
  });
});

test('an address of IPv6 stands in brackets in the URL alone', async () => {
  const options = await dockerOptions({ directory: set(), host: '[2001:db8::1]:2376' });
  expect(options).toMatchObject({ host: '2001:db8::1', url: 'https://[2001:db8::1]:2376' });
});

test('what is printed of it holds no key', async () => {
  const options = await dockerOptions({ directory: set() });
  for (const shown of [inspect(options), inspect({ options }, { depth: 5 })])
    expect(shown).not.toContain('PRIVATE KEY');
  expect(inspect(options)).toContain("host: 'docker.example.com'");
});

describe('a context', () => {
  test('gives its copies, which lie below its own directory for docker', async () => {
    const options = await dockerOptions({ context: 'whole', configDirectory: configuration() });
    expect(options).toMatchObject({ host: 'docker.example.com', port: 2377, key: await text('key.pem') });
  });

  test.each([
    ['local', /the context local: .* is not reached over TCP/],
    ['plain', /the context plain: .* is reached without TLS/],
    ['lax', /skip-tls-verify/],
    ['nowhere', /names no daemon/],
    ['default', /docker's own context/],
    ['other', /docker has no context named "other"/],
  ])('is refused where it is not reached with verified TLS: %s', async (context, why) => {
    const error = await errorOf(() => dockerOptions({ context, configDirectory: configuration() }));
    expect(error).toMatchObject({
      code: 'ERR_INPUT',
      option: 'context',
      message: expect.stringMatching(why),
    });
  });

  test('without files names the call that gives it some', async () => {
    const error = await errorOf(() => dockerOptions({ context: 'bare', configDirectory: configuration() }));
    expect(error).toMatchObject({ code: 'ERR_INCOMPLETE', hint: expect.stringContaining('syncContext({') });
  });
});

describe('the environment', () => {
  const files = (): NodeJS.ProcessEnv => ({
    DOCKER_HOST: host,
    DOCKER_CERT_PATH: set(),
    DOCKER_TLS_VERIFY: '1',
  });

  test('names the daemon and the files', async () => {
    expect(await dockerOptions({ env: files() })).toMatchObject({ port: 2377, cert: await text('cert.pem') });
  });

  test('takes any value of DOCKER_TLS_VERIFY for yes, as docker does, but not an empty one', async () => {
    expect(await dockerOptions({ env: { ...files(), DOCKER_TLS_VERIFY: '0' } })).toMatchObject({
      port: 2377,
    });
    for (const DOCKER_TLS_VERIFY of ['', undefined])
      expect(await errorOf(() => dockerOptions({ env: { ...files(), DOCKER_TLS_VERIFY } }))).toMatchObject({
        option: 'env',
        message: expect.stringContaining('DOCKER_TLS_VERIFY is not set'),
      });
  });

  test("without DOCKER_CERT_PATH has its files in docker's own directory", async () => {
    const own = join(shared(), 'own');
    await cp(set(), own, { recursive: true });
    const env = { ...files(), DOCKER_CERT_PATH: '', DOCKER_CONFIG: own };
    expect(await dockerOptions({ env })).toMatchObject({ key: await text('key.pem') });
  });

  test('without DOCKER_HOST names a context, or has the one that docker uses', async () => {
    const env = { DOCKER_CONFIG: configuration() };
    expect(await dockerOptions({ env })).toMatchObject({ url: 'https://docker.example.com:2377' });
    expect(await errorOf(() => dockerOptions({ env: { ...env, DOCKER_CONTEXT: 'local' } }))).toMatchObject({
      option: 'context',
    });
    expect(await errorOf(() => dockerOptions({ env: { DOCKER_CONFIG: shared() } }))).toMatchObject({
      option: 'env',
      message: expect.stringContaining('neither DOCKER_HOST nor a context'),
    });
  });

  test('of a local socket is refused', async () => {
    const error = await errorOf(() => dockerOptions({ env: { DOCKER_HOST: 'unix:///var/run/docker.sock' } }));
    expect(error).toMatchObject({ code: 'ERR_INPUT', option: 'env' });
  });
});

test('an option of another source is refused', async () => {
  for (const source of [
    { context: 'whole', directory: set() },
    { env: {}, host },
    { directory: set(), use: true },
  ])
    expect(await errorOf(() => dockerOptions(source as object))).toMatchObject({ code: 'ERR_INPUT' });
});

describe('the contexts', () => {
  test('are listed by name with the dates of their copies, and those that cannot be read apart', async () => {
    const broken = join(configuration(), contextPaths('broken').description);
    await mkdir(broken, { recursive: true });
    const { contexts, unread } = await listContexts({ configDirectory: configuration() });
    await rm(join(broken, '..'), { recursive: true });
    expect(contexts.map(({ name, current, hasKey }) => [name, current, hasKey])).toEqual([
      ['bare', false, false],
      ['lax', false, true],
      ['local', false, false],
      ['nowhere', false, false],
      ['plain', false, true],
      ['whole', true, true],
    ]);
    expect(unread).toEqual([{ path: broken, why: expect.stringContaining('it is a directory') }]);
  });

  test('are read one by one', async () => {
    const { client, ca, ...context } = await readContext('whole', { configDirectory: configuration() });
    expect(context).toEqual({ name: 'whole', host, current: true, skipsVerification: false, hasKey: true });
    expect(client?.certificate.subject).toBe('CN=client');
    expect(client?.notAfter).toEqual(new Date(client!.certificate.validTo));
    expect(ca?.notAfter.getTime()).toBeGreaterThan(client!.notAfter.getTime());
    expect(await readContext('bare', { configDirectory: configuration() })).toMatchObject({
      client: undefined,
      ca: undefined,
    });
  });
});
