import { beforeAll, describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  all,
  ca,
  client,
  certificateDetails,
  findOpenssl,
  inspect,
  isDockerTlsError,
  renew,
  renewCa,
  server,
  type IssueOptions,
} from '../../lib/index.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import { failure } from '../support/failure.js';
import { makeSet } from '../support/made-sets.js';
import { request } from '../support/request.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const shared = useSharedDirectory();
const set = (): string => join(temporary(), 'docker-tls');
const of = (options: IssueOptions): IssueOptions & { directory: string } => request(temporary(), options);
const read = async (file: string): Promise<X509Certificate> =>
  new X509Certificate(await readFile(join(set(), file)));
const constraintsIn = async (file = 'ca.pem'): Promise<readonly string[] | undefined> =>
  (await inspect({ path: join(set(), file) })).certificates[0]!.nameConstraints;

const names = ['permitted DNS:example', 'excluded IP:0.0.0.0/0', 'excluded IP:::/0'];
const networks = ['permitted IP:10.0.0.0/8', 'permitted DNS:invalid', 'excluded IP:::/0'];
const leftOut = expect.objectContaining({ code: 'LOCALHOST_LEFT_OUT' }) as unknown;

describe('a new CA', () => {
  test('signs for what it permits, and the server goes without localhost', async () => {
    const made = await all(of({ permit: ['example'] }));
    expect(certificateDetails(await read('ca.pem')).nameConstraints?.critical).toBe(true);
    expect(await constraintsIn()).toEqual(names);
    expect(made.names).toEqual([{ type: 'DNS', value: 'docker.example' }]);
    expect((await read('server-cert.pem')).subjectAltName).toBe('DNS:docker.example');
    expect(made.notes).toContainEqual(leftOut);
    expect((await read('cert.pem')).verify((await read('ca.pem')).publicKey)).toBe(true);
    // A second run finds what it wants.
    const again = await all(of({ permit: ['example'] }));
    expect(again.made).toEqual([]);
    expect(again.notes).toEqual([]);
  });

  test('has localhost in its server where that is permitted', async () => {
    const { notes, names: made } = await all(of({ permit: ['example', 'localhost', '127.0.0.1', '::1'] }));
    expect(made.map(({ value }) => value)).toEqual(['docker.example', 'localhost', '127.0.0.1', '::1']);
    expect(notes.map(({ code }) => code)).toEqual(['CA_KEY_UNENCRYPTED', 'NAME_REFUSED']);
  });

  test('of networks has a server whose common name is no address', async () => {
    await all(of({ hosts: ['10.1.2.3'], permit: ['10.0.0.0/8'] }));
    expect(await constraintsIn()).toEqual(networks);
    const made = await read('server-cert.pem');
    expect([made.subject, made.subjectAltName]).toEqual(['CN=docker-server.invalid', 'IP Address:10.1.2.3']);
  });

  test.each<[string, IssueOptions, string, RegExp]>([
    ['a name', { hosts: ['docker.example', 'a.test'] }, 'hosts', /must not sign for a\.test: .*DNS:example/],
    ['an address', { ips: ['10.0.0.5'] }, 'hosts', /must not sign for 10\.0\.0\.5/],
    ['localhost where it is asked for', { hosts: ['localhost'] }, 'hosts', /must not sign for localhost/],
    ['this machine', { hosts: undefined, hostname: 'here.test' }, 'hosts', /must not sign for here\.test/],
    [
      'localhost by its option',
      { localhost: true },
      'hosts',
      /must not sign for localhost, 127\.0\.0\.1, ::1/,
    ],
    ['a client like a host', { clientName: 'a.b' }, 'clientName', /"a\.b" looks like a host name/],
  ])('does not sign for %s outside', async (_, options, option, message) => {
    const error = await failure(temporary(), () => all(of({ permit: ['example'], ...options })));
    expect(error.code).toBe('ERR_INPUT');
    expect(error).toHaveProperty('option', option);
    expect(error.message).toMatch(message);
  });

  test('takes a template that leaves its constraints out for a mistake', async () => {
    const file = new URL('../../templates/recommended/ca.cnf', import.meta.url);
    const text = await readFile(file, 'utf8');
    await writeFile(join(temporary(), 'ca.cnf'), text.replace(/{{#permit}}[\s\S]*{{\/permit}}\n/, ''));
    const options = of({ permit: ['example'], templates: temporary() });
    const error = await failure(temporary(), () => ca({ ...caOptions(options) }));
    expect(error.code).toBe('ERR_READ_BACK');
    expect(error.message).toMatch(/its nameConstraints are missing, not permitted DNS:example, excluded/);
    expect(error.hint).toMatch(/check the template of your own/);
  });

  test('is not made by an openssl that permits other names', async () => {
    const { path } = await findOpenssl();
    const lie = `for word do case $word in *ca.cnf) sed -i s/DNS.1.=.example/DNS.1=example.org/ "$word";; esac; done`;
    const openssl = await fakeOpenssl(shared(), `${lie}\nexec '${path}' "$@"`, `'${path}' version`);
    const error = await failure(temporary(), () =>
      ca({ ...caOptions(of({ permit: ['example'] })), openssl }),
    );
    expect(error.code).toBe('ERR_READ_BACK');
    expect(error.message).toMatch(
      /its nameConstraints is permitted DNS:example\.org,.* not permitted DNS:example,/,
    );
  });

  test('replaces one, and the names that were only there by default', async () => {
    await makeSet(of({}));
    const { notes, names: made } = await all(of({ hosts: undefined, permit: ['example'], force: ['ca'] }));
    expect(made.map(({ value }) => value)).toEqual(['docker.example']);
    expect(notes).toContainEqual(leftOut);
  });
});

/** The options of a set that are also those of a CA. */
function caOptions({ directory, key, passphrase, permit, templates }: IssueOptions) {
  return { directory, key, passphrase, permit, templates };
}

describe('an existing CA', () => {
  beforeAll(() => makeSet(request(shared(), { permit: ['example'] })));

  async function copied(): Promise<void> {
    await cp(join(shared(), 'docker-tls'), set(), { recursive: true });
  }

  test('signs within its constraints alone', async () => {
    await copied();
    const { names: made, notes } = await server({
      directory: set(),
      name: 'web',
      hosts: ['web.example'],
      passphrase: null,
    });
    expect(made.map(({ value }) => value)).toEqual(['web.example']);
    expect(notes).toEqual([leftOut]);
    const outside = await failure(temporary(), () =>
      server({ directory: set(), name: 'db', hosts: ['db.test'], passphrase: null }),
    );
    expect(outside.message).toMatch(/must not sign for db\.test/);
    expect(outside.hint).toContain(`renewCa({ permit: ['example', 'db.test'], directory:`);
    const dotted = await failure(temporary(), () =>
      client({ directory: set(), name: 'a.b', passphrase: null }),
    );
    expect(dotted.message).toMatch(/looks like a host name/);
  });

  test('that permits other names than requested is an error', async () => {
    await copied();
    const error = await failure(temporary(), () => all(of({ permit: ['test'] })));
    expect(error.code).toBe('ERR_DIFFERS');
    expect(error.message).toMatch(/ca\.pem has other name constraints: .*permitted DNS:example/);
    expect(error.hint).toContain(`renewCa({ permit: ['test'], directory:`);
    if (isDockerTlsError(error) && error.code === 'ERR_DIFFERS') expect(error.parts).toEqual([]);
  });

  test('keeps them when it is renewed, and in a roll-over', async () => {
    await copied();
    await renewCa({ directory: set(), passphrase: null });
    expect(await constraintsIn()).toEqual(names);
    await renewCa({ directory: set(), newKey: true, passphrase: null });
    expect(await constraintsIn()).toEqual(names);
    expect((await renew({ directory: set(), all: true, passphrase: null })).renewed).toHaveLength(2);
  });

  test.each([{ newKey: false }, { newKey: true }])('is given others: %j', async ({ newKey }) => {
    await copied();
    const renewal = { directory: set(), newKey, passphrase: null };
    const refused = await failure(temporary(), () => renewCa({ ...renewal, permit: ['test'] }));
    expect(refused).toHaveProperty('option', 'permit');
    expect(refused.message).toMatch(/server-cert\.pem names docker\.example$/);
    const { notes } = await renewCa({ ...renewal, permit: ['test', 'docker.example'] });
    expect(notes.map(({ code }) => code)).toContain('CA_CONSTRAINED');
    expect(await constraintsIn()).toEqual([
      'permitted DNS:test',
      'permitted DNS:docker.example',
      ...names.slice(1),
    ]);
    if (!newKey) await client({ directory: set(), name: 'alice', passphrase: null });
  });

  test('that permits everything can be limited', async () => {
    await makeSet(of({}));
    const permit = ['docker.example', 'localhost', '127.0.0.0/8', '::1'];
    await renewCa({ directory: set(), permit, passphrase: null });
    expect(certificateDetails(await read('ca.pem')).nameConstraints?.critical).toBe(true);
    expect(await constraintsIn()).toHaveLength(permit.length + 1);
    const error = await failure(temporary(), () => renewCa({ directory: set(), finish: true, permit }));
    expect(error.message).toMatch(/finishing a roll-over creates nothing new/);
  });
});
