import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, client, server } from '../../lib/index.js';
import { clientSnippetNames } from '../../lib/docker/client/snippet.js';
import { proxyNames } from '../../lib/docker/proxy/proxy-snippet.js';
import { makeSet } from '../support/made-sets.js';
import { pem } from '../support/by-hand.js';
import { makeCrl } from '../support/crl.js';
import { useOneProcess } from '../support/one-process.js';
import { program } from '../support/program.js';
import { request } from '../support/request.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const oneProcess = useOneProcess();
const at = (...names: string[]): string => join(shared(), ...names);
const odd = `it's "my" $HOME \${x} a\\b: ü`;
const snippet = async (name: string, ...args: string[]): Promise<string> =>
  (await oneProcess.succeeds(shared(), ['snippet', name, ...args])).stdout;

beforeAll(async () => {
  await makeSet(request(shared()));
  const web1 = { name: 'web1', hosts: ['web1.example:2378'] };
  await server({ directory: at('docker-tls'), ...web1 });
  await cp(at('docker-tls'), at(odd), { recursive: true });
});

const loadsYaml = 'import sys, yaml; yaml.safe_load(open(sys.argv[1], encoding="utf-8"))';

/** What reads each language without running it. Go's tools are too large for that. */
const readers = [
  { name: 'curl', file: 'sh', saved: 'piece.sh', args: ['-n'] },
  { name: 'node', file: process.execPath, saved: 'piece.mjs', args: ['--check'] },
  { name: 'python', file: 'python3', saved: 'piece.py', args: ['-m', 'py_compile'] },
  { name: 'compose', file: 'python3', saved: 'compose.yml', args: ['-c', loadsYaml] },
] as const;

test.each(readers)(
  'the piece for $name can be read, wherever the files lie',
  async ({ name, file, saved, args }) => {
    await writeFile(at(saved), await snippet(name, '--dir', odd, '--host', '::1'));
    execFileSync(file, [...args, at(saved)], { stdio: 'pipe' });
  },
);

describe.each(clientSnippetNames)('for %s', (name) => {
  test('it has the three files, absolute, and the daemon', async () => {
    const text = await snippet(name, '--host', 'other.example:2377');
    for (const path of ['ca.pem', 'cert.pem', 'key.pem']) expect(text).toContain(at('docker-tls', path));
    expect(text).toMatch(/other\.example/);
    expect(text).toContain('2377');
    expect(text).not.toContain('ca-key.pem');
    expect(text).not.toMatch(/\{\{|\}\}/);
  });

  test('it is the same as JSON', async () => {
    const text = await snippet(name);
    expect(JSON.parse(await snippet(name, '--json'))).toEqual({
      ok: true,
      command: 'snippet',
      language: name,
      host: 'tcp://docker.example:2376',
      text,
      notes: [],
    });
  });
});

test('Compose puts no variable in where a path has a dollar', async () => {
  const text = await snippet('compose', '--dir', odd);
  const [, source] = /source: (".*key\.pem")/.exec(text)!;
  expect(JSON.parse(source!)).toBe(at(odd, 'key.pem').replaceAll('$', '$$$$'));
});

describe.each(proxyNames)('for %s', (name) => {
  interface Printed {
    text: string;
    host: string;
    notes: { code: string }[];
  }
  const json = async (...args: string[]): Promise<Printed> =>
    JSON.parse(await snippet(name, '--json', ...args)) as Printed;

  test('it has the files of a server, absolute, the port, and no private key but its own', async () => {
    const text = await snippet(name, '--host', 'other.example:2377');
    for (const path of ['ca.pem', 'server-cert.pem', 'server-key.pem'])
      expect(text).toContain(at('docker-tls', path));
    expect(text).toContain(':2377');
    expect(text).not.toMatch(/ca-key\.pem|\/key\.pem|PRIVATE KEY|\{\{|\}\}/);
  });

  test('--name is a server', async () => {
    const named = await json('--name', 'web1');
    expect(named.text).toContain(at('docker-tls/servers/web1/server-key.pem'));
    expect(named.host).toBe('tcp://web1.example:2378');
  });

  test('it says that there is no CRL, or that it has expired', async () => {
    const { stderr } = await oneProcess.succeeds(shared(), ['snippet', name]);
    expect(stderr).toMatch(/^note: .*crl\.pem does not exist/);
    expect((await json()).notes).toMatchObject([{ code: 'CRL_MISSING' }]);
    expect(JSON.stringify((await json()).notes)).toContain(
      name === 'caddy' ? 'counts as revoked' : 'docker-tls-openssl crl',
    );
    const directory = at(`expired-${name}`);
    await cp(at('docker-tls'), directory, { recursive: true });
    await makeCrl(directory, {
      args: ['-crl_lastupdate', '20200101000000Z', '-crl_nextupdate', '20200102000000Z'],
    });
    expect((await json('--dir', directory)).notes).toMatchObject([
      { code: 'CRL_EXPIRED', text: expect.stringContaining('expired on 2020-01-02') },
    ]);
    await makeCrl(directory);
    expect((await json('--dir', directory)).notes).toEqual([]);
  });
});

describe('the list of clients for Caddy', () => {
  const of = (...names: string[]): string => at('revoking', ...names);
  const list = (): Promise<string> => snippet('caddy', '--dir', of());
  const fails = async (): Promise<string> => {
    const { code, stderr } = await program(shared(), ['snippet', 'caddy', '--dir', of()]);
    expect(code).not.toBe(0);
    return stderr;
  };

  beforeAll(async () => {
    await cp(at('docker-tls'), of(), { recursive: true });
    await client({ directory: of(), name: 'alice' });
  });

  test('has every client that is not revoked, once, and no server', async () => {
    const count = (text: string): number => text.match(/trusted_leaf_cert /g)!.length;
    const certificate = async (path: string): Promise<X509Certificate> =>
      new X509Certificate(await readFile(of(path)));
    const [alice, other] = [await certificate('clients/alice/cert.pem'), await certificate('cert.pem')];
    const before = await list();
    expect(count(before)).toBe(2);
    for (const { raw, serialNumber } of [alice, other]) {
      expect(before).toContain(`trusted_leaf_cert ${raw.toString('base64')}\n`);
      expect(before).toContain(`serial ${serialNumber}, expires `);
    }
    await makeCrl(of(), { revoked: [[of('clients/alice/cert.pem')]] });
    const after = await list();
    expect(count(after)).toBe(1);
    expect(after).not.toContain(alice.raw.toString('base64'));
    expect(after).toContain(other.raw.toString('base64'));
  });

  test('is not printed empty: Caddy would accept every client of the CA', async () => {
    await makeCrl(of(), { revoked: [[of('clients/alice/cert.pem')], [of('cert.pem')]] });
    expect(await fails()).toContain('has no client to accept');
  });

  test('is not printed with the CRL of another CA, or a damaged one', async () => {
    await makeCrl(of(), { revoked: [[of('clients/alice/cert.pem')]] });
    const good = await readFile(of('crl.pem'), 'utf8');
    await all(request(at('elsewhere')));
    await makeCrl(at('elsewhere/docker-tls'), { out: of('crl.pem') });
    expect(await fails()).toMatch(/crl\.pem cannot be used: it has no CRL of the CA/);
    const lines = good.split('\n');
    await writeFile(of('crl.pem'), lines.filter((_, at) => at !== 2).join('\n'));
    expect(await fails()).toContain('crl.pem cannot be used: it is damaged');
    await writeFile(of('crl.pem'), '');
    expect(await fails()).toContain('crl.pem cannot be used: it has no CRL in PEM');
    // One revoked serial for another.
    const der = Buffer.from(lines.slice(1, -2).join(''), 'base64');
    const { serialNumber } = new X509Certificate(await readFile(of('clients/alice/cert.pem')));
    der[der.indexOf(Buffer.from(serialNumber, 'hex')) + 5]! ^= 1;
    await writeFile(of('crl.pem'), pem('X509 CRL', der));
    expect(await fails()).toContain('crl.pem cannot be used: the CA did not sign its CRL');
  });
});

test.each([
  ['127.0.0.1', /^note: in a container 127\.0\.0\.1 is the container itself/],
  ['docker.example', /^$/],
])('Compose with %s is told of where that leads', async (host, said) => {
  const { stderr } = await oneProcess.succeeds(shared(), ['snippet', 'compose', '--host', host]);
  expect(stderr).toMatch(said);
});

test('an unknown language is an error', async () => {
  expect(await program(shared(), ['snippet', 'perl'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('"compose", "nginx", "haproxy"'),
  });
});
