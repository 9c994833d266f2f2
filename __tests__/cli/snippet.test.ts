import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, client, server, snippets } from '../../lib/index.js';
import { makeSet } from '../support/made-sets.js';
import { pem } from '../support/by-hand.js';
import { makeCrl } from '../support/crl.js';
import { useOneProcess, useProgram } from '../support/one-process.js';
import { type Outcome } from '../support/program.js';
import { request } from '../support/request.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const { program } = useProgram();
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

const clientNames = snippets().flatMap(({ name, isProxy }) => (isProxy ? [] : [name]));
const proxyNames = snippets().flatMap(({ name, isProxy }) => (isProxy ? [name] : []));

/** What reads each language without running it, where no test runs what it says. */
const readers = [
  { name: 'curl', file: 'sh', saved: 'piece.sh', args: ['-n'] },
  { name: 'docker', file: 'sh', saved: 'piece.sh', args: ['-n'] },
  { name: 'buildx', file: 'sh', saved: 'piece.sh', args: ['-n'] },
  { name: 'podman', file: 'sh', saved: 'piece.sh', args: ['-n'] },
  { name: 'testcontainers-go', file: 'sh', saved: 'piece.sh', args: ['-n'] },
  { name: 'node', file: process.execPath, saved: 'piece.mjs', args: ['--check'] },
  { name: 'docker-modem', file: process.execPath, saved: 'piece.mjs', args: ['--check'] },
  { name: 'python', file: 'python3', saved: 'piece.py', args: ['-m', 'py_compile'] },
] as const;

test.each(readers)(
  'the piece for $name can be read, wherever the files lie',
  async ({ name, file, saved, args }) => {
    await writeFile(at(saved), await snippet(name, '--dir', odd, '--host', '::1'));
    execFileSync(file, [...args, at(saved)], { stdio: 'pipe' });
  },
);

describe.each(clientNames)('for %s', (name) => {
  test('it has the files, absolute, and the daemon', async () => {
    const { needsDirectory } = snippets().find((one) => one.name === name)!;
    const text = await snippet(name, '--host', 'other.example:2377');
    for (const path of needsDirectory ? [''] : ['ca.pem', 'cert.pem', 'key.pem'])
      expect(text).toContain(join(at('docker-tls'), path));
    expect(text).toMatch(/other\.example/);
    expect(text).toContain('2377');
    expect(text).not.toMatch(/ca-key\.pem|PRIVATE KEY|\{\{(?! secrets)|(?<!_(CA|CERT|KEY) )\}\}/);
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
])('Compose with %s says where that leads', async (host, said) => {
  for (const name of ['compose', 'dozzle']) {
    const { stderr } = await oneProcess.succeeds(shared(), ['snippet', name, '--host', host]);
    expect(stderr).toMatch(said);
  }
});

test('what runs beside the program gets no remark about containers', async () => {
  const { stderr } = await oneProcess.succeeds(shared(), ['snippet', 'prometheus', '--host', '127.0.0.1']);
  expect(stderr).toBe('');
});

describe('the list', () => {
  const list = (...args: string[]): Promise<Outcome> =>
    oneProcess.program(at('empty'), ['snippet', '--list', ...args]);
  beforeAll(() => mkdir(at('empty')));

  test('has a line for each, before there is any certificate', async () => {
    const { code, stdout, stderr } = await list();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(snippets().map(({ name }) => name));
    for (const line of lines) expect(line).toMatch(/^[\w-]+ {2,}\S[\x20-\x7e]{9,76}$/);
  });

  test('is what the library says, as JSON', async () => {
    const { stdout } = await list('--json');
    expect(JSON.parse(stdout)).toEqual({ ok: true, command: 'snippet', snippets: snippets() });
  });

  test('takes no language and nothing about files or the daemon', async () => {
    expect(await list('curl')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--list takes no language'),
    });
    for (const flag of ['--dir', '--name', '--host'])
      expect(await list(flag, 'h')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('mutually exclusive'),
      });
  });
});

test.each([
  ['ruby', "unknown language, tool or proxy 'ruby'\n"],
  ['bolard', "unknown language, tool or proxy 'bolard'; did you mean 'bollard'?\n"],
  ['Java', "unknown language, tool or proxy 'Java'; did you mean 'docker-java' or 'testcontainers-java'?\n"],
])('%s is unknown, and the names that are near are named', async (typed, said) => {
  expect(await oneProcess.program(shared(), ['snippet', typed])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: `error: ${said}hint: see docker-tls-openssl snippet --list\n`,
  });
});

test('without a name it says where the list is', async () => {
  expect(await oneProcess.program(shared(), ['snippet'])).toMatchObject({
    code: 2,
    stderr: 'error: no language, tool or proxy was given\nhint: see docker-tls-openssl snippet --list\n',
  });
});
