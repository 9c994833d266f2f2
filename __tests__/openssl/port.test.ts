import { describe, expect, test } from '@jest/globals';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  all,
  bundle,
  client,
  connect,
  inspect,
  server,
  verifyDirectory,
  type Issued,
  type IssueOptions,
} from '../../lib/index.js';
import { endpointCalled } from '../../lib/internal.js';
import { failure } from '../support/failure.js';
import { makeSet } from '../support/made-sets.js';
import { only } from '../support/only.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes, tree } from '../support/tree.js';

const temporary = useTemporaryDirectory();
const at = (...names: string[]): string => join(temporary(), 'docker-tls', ...names);
const options = (host = 'docker.example:2377'): IssueOptions & { directory: string } =>
  request(temporary(), { hosts: [host] });
const madeBy = ({ made }: Issued): string[] => made.map(({ path }) => path);
const codes = ({ notes }: Pick<Issued, 'notes'>): string[] => notes.map(({ code }) => code);
const remembered = async (...names: string[]): Promise<unknown> =>
  JSON.parse(await readFile(at(...names, 'endpoint.json'), 'utf8'));

describe('the port', () => {
  test('is remembered beside the certificate, with its mode', async () => {
    const issued = await all(options());
    expect(await readFile(at('endpoint.json'), 'utf8')).toBe('{ "port": 2377 }\n');
    expect((await modes(at()))['endpoint.json']).toBe('0444');
    expect(codes(issued)).toContain('PORT_REMEMBERED');
    expect(issued.next.daemon.join()).toContain('-H tcp://0.0.0.0:2377');
    expect(issued.next.client.join()).toContain('DOCKER_HOST=tcp://docker.example:2377');
  });

  test('is kept by a run without one, which changes nothing', async () => {
    await makeSet(options());
    const before = await tree(temporary());
    for (const host of ['docker.example', 'docker.example:2377']) {
      const again = await all({ ...options(host), openssl: '/nonexistent/openssl' });
      expect(again).toMatchObject({ made: [], notes: [] });
      expect(again.next.daemon.join()).toContain(':2377');
    }
    expect(await tree(temporary())).toEqual(before);
  });

  test.each([2376, 2378])('becomes %i when that is given, and nothing else changes', async (port) => {
    await makeSet(options());
    const before = await tree(at());
    const again = await all({ ...options(`docker.example:${port}`), openssl: '/nonexistent/openssl' });
    expect(madeBy(again)).toEqual(['endpoint.json']);
    expect(again.kept).toHaveLength(6);
    expect(codes(again)).toEqual(['PORT_REMEMBERED']);
    expect(again.next.daemon.join()).toContain(`:${port}`);
    const other = (line: string): boolean => !line.startsWith('endpoint.json ') && !line.startsWith('/ ');
    expect((await tree(at())).filter(other)).toEqual(before.filter(other));
    expect(await remembered()).toEqual({ port });
  });

  test('stays where a name differs: then nothing is changed', async () => {
    await makeSet(options());
    expect(await failure(temporary(), () => all(options('other.example:2378')))).toMatchObject({
      code: 'ERR_DIFFERS',
    });
  });

  test('stays when all is made again', async () => {
    await makeSet(options());
    const again = await all({ ...options('docker.example'), force: ['ca'] });
    expect(again.next.daemon.join()).toContain(':2377');
    expect(await remembered()).toEqual({ port: 2377 });
  });

  test('is that of the server for clients that are made later', async () => {
    await makeSet(options());
    const alice = await client(only('client', { ...options(), name: 'alice' }));
    expect(alice.next.client.join()).toContain('DOCKER_HOST=tcp://docker.example:2377');
  });

  test('of a further server is its own, also where that server already exists', async () => {
    await makeSet(options());
    const web1 = only('server', { ...options('web1:2380'), name: 'web1' });
    expect((await server(web1)).next.daemon.join()).toContain(':2380');
    expect(await remembered('servers', 'web1')).toEqual({ port: 2380 });
    const again = await server({ ...web1, hosts: ['web1:2381'] });
    expect(madeBy(again)).toEqual(['servers/web1/endpoint.json']);
    expect(await remembered('servers', 'web1')).toEqual({ port: 2381 });
    expect(await remembered()).toEqual({ port: 2377 });
    await cp(at('servers', 'web1'), join(temporary(), 'copy'), { recursive: true });
    expect(await endpointCalled({ directory: join(temporary(), 'copy') })).toEqual({
      host: 'web1',
      port: 2381,
    });
  });

  test("of a tutorial's set is remembered, kept and changed", async () => {
    const set: IssueOptions = { directory: at(), recipe: 'openssl-cnf' };
    await all({ ...set, ips: ['10.0.0.5:2377'] });
    expect(await remembered('server')).toEqual({ port: 2377 });
    expect((await all(set)).next.client.join()).toContain('-H=10.0.0.5:2377');
    const changed = await all({ ...set, ips: ['10.0.0.5:2378'] });
    expect(madeBy(changed)).toEqual(['server/endpoint.json']);
    expect(changed.next.client.join()).toContain('-H=10.0.0.5:2378');
    expect((await endpointCalled({ directory: at() })).port).toBe(2378);
  });
});

describe('who reads it', () => {
  test.each([
    [undefined, 'docker.example', 2377],
    ['other', 'other', 2377],
    ['tcp://other', 'other', 2377],
    ['other:2376', 'other', 2376],
  ])('called as %s the daemon is %s, port %i', async (host, name, port) => {
    await makeSet(options());
    expect(await endpointCalled({ directory: at(), host })).toEqual({ host: name, port });
  });

  test.each<[string | undefined, NodeJS.ProcessEnv, object]>([
    [undefined, {}, { host: 'localhost', port: 1 }],
    ['127.0.0.1', {}, { host: '127.0.0.1', port: 1 }],
    ['127.0.0.1:2', {}, { host: '127.0.0.1', port: 2 }],
    [undefined, { DOCKER_HOST: 'tcp://127.0.0.1:3' }, { host: '127.0.0.1', port: 3 }],
  ])('connect %p with %j looks at %j', async (endpoint, env, expected) => {
    await makeSet(options('docker.example:1'));
    const found = await connect({ endpoint, env, directory: at(), timeoutMs: 2000 });
    expect(found.endpoint).toEqual(expected);
  });

  test('a bundle for the host carries it, one for a client does not', async () => {
    await makeSet(options());
    const [host, user] = [
      await bundle('server', { directory: at() }),
      await bundle('client', { directory: at() }),
    ];
    expect(host.files).toContainEqual({ name: 'endpoint.json', from: at('endpoint.json'), mode: 0o444 });
    expect(host.files).toHaveLength(4);
    expect(user.files).toHaveLength(3);
  });

  test('verify and inspect know it', async () => {
    await makeSet(options());
    const { findings } = await verifyDirectory({ directory: at() });
    expect(findings.filter(({ file }) => file === 'endpoint.json')).toEqual([]);
    expect((await inspect({ path: at() })).damaged).toEqual([]);
  });

  test('one that is damaged is named by whoever needs it, and by verify and inspect', async () => {
    await makeSet(options('docker.example'));
    await writeFile(at('endpoint.json'), '{"port":"2377"}', { mode: 0o444 });
    for (const needs of [
      () => all(options('docker.example')),
      () => endpointCalled({ directory: at() }),
      () => bundle('server', { directory: at() }),
      () => connect({ directory: at(), env: {} }),
    ])
      expect(await failure(temporary(), needs)).toMatchObject({
        code: 'ERR_FILE',
        path: at('endpoint.json'),
      });
    expect(await endpointCalled({ directory: at(), host: 'h:1' })).toEqual({ host: 'h', port: 1 });
    const { findings } = await verifyDirectory({ directory: at() });
    expect(findings.filter(({ file }) => file === 'endpoint.json').map(({ id }) => id)).toEqual(['damaged']);
    const why = 'it holds no port from 1 to 65535, as in { "port": 2377 }';
    expect((await inspect({ path: at() })).damaged).toEqual([{ path: 'endpoint.json', why }]);
  });
});
