import { beforeAll, describe, expect, test } from '@jest/globals';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, chown, cp, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  addPassphrase,
  all,
  certificateDetails,
  client,
  previewRenewal,
  renew,
  renewCa,
  rollback,
  server,
  type RecipeName,
} from '../../lib/index.js';
import { notAfter, recipeNames, tutorials, type RenewRequest } from '../../lib/internal.js';
import { layouts } from '../../lib/set/layout.js';
import { certificatesIn } from '../../lib/x509/pem.js';
import { makeSet } from '../support/made-sets.js';
import { failure } from '../support/failure.js';
import { opensslOutput as openssl } from '../support/openssl.js';
import { request } from '../support/request.js';
import { useMadeRsaKeys } from '../support/rsa-keys.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';
import { leftToWhole, rows } from '../support/form.js';

await useMadeRsaKeys();
const temporary = useTemporaryDirectory();
const shared = useSharedDirectory();
const DAY = 86_400_000;
const passphrase = 'correct horse';
const identifiers = ['2.5.29.14', '2.5.29.35'];

const read = async (...path: string[]): Promise<X509Certificate> =>
  new X509Certificate(await readFile(join(...path)));
const at = (days: number): Date => new Date(Date.now() + days * DAY);

/** What stays in a renewal: all but its time, its serial, and the identifiers of keys. */
async function kept(directory: string, path: string) {
  const certificate = await read(directory, path);
  const { subject, issuer, extensions } = certificateDetails(certificate);
  const { mode } = await stat(join(directory, path));
  return {
    subject: subject.toString('hex'),
    issuer: issuer.toString('hex'),
    extensions: extensions
      .filter(({ id }) => !identifiers.includes(id))
      .map(({ id, critical, value }) => `${id} ${critical} ${value.toString('hex')}`)
      .sort(),
    key: certificate.publicKey.export({ format: 'der', type: 'spki' }).toString('hex'),
    days: Math.round((notAfter(certificate).getTime() - new Date(certificate.validFrom).getTime()) / DAY),
    mode: (mode & 0o777).toString(8),
  };
}

/** A copy of a set that is made once. */
async function copyOf(set: string): Promise<string> {
  const directory = join(temporary(), `set-${Math.random().toString(36).slice(2)}`);
  await cp(join(shared(), set), directory, { recursive: true, preserveTimestamps: true });
  return directory;
}

/** What lies there, with its mode, but for what was replaced. */
async function withoutArchive(directory: string): Promise<string[]> {
  const names = (await readdir(directory, { recursive: true })).filter((name) => !name.startsWith('archive'));
  return Promise.all(
    names.sort().map(async (name) => {
      const stats = await stat(join(directory, name));
      const content = stats.isFile() ? await readFile(join(directory, name), 'utf8') : '';
      return `${name} ${(stats.mode & 0o777).toString(8)} ${content}`;
    }),
  );
}

beforeAll(async () => {
  const directory = join(shared(), 'set');
  await makeSet(request(shared(), { directory }));
  await server({ directory, key: 'ec:p256', name: 'web', hosts: ['web.example'] });
  await client({ directory, key: 'ec:p256', name: 'alice', clientName: 'Alice' });
}, 60_000);

describe('renew', () => {
  const files = (recipe: RecipeName): string[] => {
    const { server, client } = recipe === 'recommended' ? layouts.flat : tutorials[recipe].files;
    return [server.certificate, client.certificate];
  };

  test.each(
    rows(
      recipeNames.map((recipe) => [recipe]),
      2,
    ),
  )(
    'makes the set of the recipe %s anew, with all that it says',
    async (recipe) => {
      const directory = join(temporary(), 'docker-tls');
      const ca = recipe === 'recommended' ? 'ca.pem' : tutorials[recipe].files.ca.certificate;
      const short = recipe === 'recommended' ? ({ key: 'ec:p256' } as const) : {};
      const needsName = recipe === 'katacoda' || recipe === 'openssl-cnf';
      const names = needsName ? { ips: ['10.0.0.5'] } : { hosts: ['docker.example'] };
      await all({ recipe, directory, passphrase, ...names, ...short });
      const before = await Promise.all(files(recipe).map((path) => kept(directory, path)));
      const texts = await Promise.all(files(recipe).map((path) => readFile(join(directory, path), 'utf8')));

      const { renewed, skipped, archive, made } = await renew({ directory, all: true, passphrase });

      expect(skipped).toEqual([]);
      expect(renewed.map(({ path }) => path).sort()).toEqual([...files(recipe)].sort());
      const after = await Promise.all(files(recipe).map((path) => kept(directory, path)));
      // Where the CA ends with them, they end a day before it.
      const shorter = before.map((one) => ({ ...one, days: one.days - 1 }));
      const { days: caDays } = await kept(directory, ca);
      expect(after).toEqual(caDays > before[0]!.days ? before : shorter);
      for (const [index, path] of files(recipe).entries()) {
        const old = texts[index]!;
        expect(await readFile(join(directory, archive!, path), 'utf8')).toBe(old);
        const now = await read(directory, path);
        expect(now.serialNumber).not.toBe(new X509Certificate(old).serialNumber);
        await openssl(['verify', '-CAfile', join(directory, ca), join(directory, path)]);
      }
      // Nothing else is there now.
      const expected = [
        ...files(recipe),
        ...files(recipe).map((path) => `${archive}/${path}`),
        `${archive}/renewal.json`,
      ];
      expect(made.map(({ path }) => path).sort()).toEqual(expected.sort());
      expect(await renew({ directory, passphrase: 'not even asked for' })).toMatchObject({
        made: [],
        renewed: [],
      });
    },
    120_000,
  );

  test('makes a set anew that no recipe has made, octet by octet the same but for its time', async () => {
    const directory = join(temporary(), 'found');
    await mkdir(directory, { mode: 0o700 });
    const file = (name: string): string => join(directory, name);
    const subject = '/DC=org/DC=example/O=Grüße \\/ Söhne/CN=Wurzel/emailAddress=ca@example.org';
    await openssl(['genrsa', '-out', file('root.key'), '2048']);
    await openssl([
      'req',
      '-x509',
      '-new',
      '-utf8',
      '-key',
      file('root.key'),
      '-subj',
      subject,
      '-days',
      '900',
      '-sha384',
      '-out',
      file('root.crt'),
    ]);
    await openssl(['genrsa', '-out', file('host.key'), '2048']);
    await openssl(
      [
        'req',
        '-new',
        '-key',
        file('host.key'),
        '-subj',
        '/O=One+OU=Two/CN=$ENV::HOME',
        '-multivalue-rdn',
        '-out',
        file('host.csr'),
      ].filter((word) => word !== '-multivalue-rdn'),
    );
    const lines = [
      'subjectAltName = critical,DNS:host.example,email:copy,URI:https://a.example/,otherName:1.2.3.4;UTF8:some text,DNS:xn--mnchen-3ya.example',
      'extendedKeyUsage = serverAuth,1.2.3.4.5',
      'certificatePolicies = 1.2.3.4',
      'nsComment = "$ENV::HOME [v3] #"',
      '1.2.3.4.5.6 = ASN1:UTF8String:a line',
    ];
    await writeFile(file('host.cnf'), `${lines.join('\n').replaceAll('$', '\\$')}\n`);
    await openssl([
      'x509',
      '-req',
      '-in',
      file('host.csr'),
      '-CA',
      file('root.crt'),
      '-CAkey',
      file('root.key'),
      '-set_serial',
      '7',
      '-days',
      '100',
      '-sha384',
      '-extfile',
      file('host.cnf'),
      '-out',
      file('host.crt'),
    ]);
    const before = await kept(directory, 'host.crt');
    expect(before.extensions.length).toBeGreaterThan(4);

    const { renewed } = await renew({ directory, names: ['host.crt'] });

    expect(renewed).toMatchObject([{ path: 'host.crt', role: 'server', days: 100 }]);
    expect(await kept(directory, 'host.crt')).toEqual(before);
    expect(certificateDetails(await read(directory, 'host.crt')).digest).toBe('sha384');
  }, 60_000);

  test('makes a new key of the same kind with newKey, and keeps the old one', async () => {
    const directory = await copyOf('set');
    const old = await readFile(join(directory, 'clients/alice/key.pem'), 'utf8');
    const before = await kept(directory, 'clients/alice/cert.pem');
    const { archive, renewed } = await renew({ directory, names: ['alice'], newKey: true });
    expect(renewed).toMatchObject([{ newKey: 'clients/alice/key.pem', commonName: 'Alice' }]);
    const { key, ...rest } = await kept(directory, 'clients/alice/cert.pem');
    expect(rest).toEqual({ ...before, key: undefined });
    expect(key).not.toBe(before.key);
    const made = await read(directory, 'clients/alice/cert.pem');
    const text = await readFile(join(directory, 'clients/alice/key.pem'), 'utf8');
    expect(made.checkPrivateKey(createPrivateKey(text))).toBe(true);
    expect(await readFile(join(directory, archive!, 'clients/alice/key.pem'), 'utf8')).toBe(old);
    for (const path of ['clients/alice/key.pem', `${archive}/clients/alice/key.pem`])
      expect((await stat(join(directory, path))).mode & 0o777).toBe(0o400);
    const ids = certificateDetails(made);
    expect(ids.subjectKeyIdentifier).not.toBe(
      certificateDetails(await read(directory, archive!, 'clients/alice/cert.pem')).subjectKeyIdentifier,
    );
  });

  const planned = async (directory: string, options: RenewRequest) =>
    previewRenewal({ directory, ...options });
  const everything = ['cert.pem', 'clients/alice/cert.pem', 'server-cert.pem', 'servers/web/server-cert.pem'];

  test.each<[string, RenewRequest, readonly string[]]>(
    rows(
      [
        ['today', {}, []],
        ['31 days before the end', { now: at(334) }, []],
        ['29 days before the end', { now: at(336) }, everything],
        ['within 90 days', { now: at(300), within: '90d' }, everything],
        ['within a share that is not reached', { now: at(200), within: '33%' }, []],
        ['within a share', { now: at(300), within: '33%' }, everything],
        ['after the end', { now: at(400) }, everything],
        ['by role', { names: ['server'] }, ['server-cert.pem', 'servers/web/server-cert.pem']],
        ['by NAME', { names: ['web', 'alice'] }, ['clients/alice/cert.pem', 'servers/web/server-cert.pem']],
        ['by folder', { names: ['servers/web'] }, ['servers/web/server-cert.pem']],
        ['by path', { names: ['cert.pem'] }, ['cert.pem']],
        ['what is named and due: nothing', { names: ['web'], due: true }, []],
        [
          'what is named and due',
          { names: ['web'], due: true, now: at(340) },
          ['servers/web/server-cert.pem'],
        ],
        ['all', { all: true }, everything],
      ],
      2,
    ),
  )('is for what is due, or named: %s', async (_, options, paths) => {
    const { renewed, plan } = await planned(join(shared(), 'set'), options);
    expect(renewed.map(({ path }) => path).sort()).toEqual(paths);
    if (paths.length === 0) expect(plan.steps).toEqual([]);
  });

  test('writes nothing where nothing is due: no lock, no archive', async () => {
    const directory = await copyOf('set');
    const before = await tree(directory);
    const { next } = await renew({ directory });
    expect(await tree(directory)).toEqual(before);
    expect(everything).toContain(next?.path);
  });

  test.each<[string, RenewRequest, RegExp]>([
    ['a name that is none', { names: ['bob'] }, /no server or client .* is named "bob"/],
    ['names and all', { names: ['web'], all: true }, /names were given, too: choose one/],
    ['a kind of key without a new one', { key: 'ec:p384' }, /no new key was requested/],
    ['a time that is none', { within: 'soon' }, /no span of time/],
    ['a share over the whole', { within: '101%' }, /no span of time/],
  ])('refuses %s', async (_, options, message) => {
    const error = await failure(temporary(), () => renew({ directory: join(shared(), 'set'), ...options }));
    expect(error).toMatchObject({ code: 'ERR_INPUT', message: expect.stringMatching(message) as unknown });
  });

  test.each<[string, (directory: string) => Promise<unknown>, RegExp]>([
    [
      'the CA’s key is not there',
      (directory) => rm(join(directory, 'ca-key.pem')),
      /private key, is missing/,
    ],
    [
      'the leaf’s key is not there',
      (directory) => rm(join(directory, 'key.pem')),
      /its private key is missing.*`newKey: true`/,
    ],
    [
      'its file holds more',
      async (directory) => {
        const [one, two] = await Promise.all(
          ['cert.pem', 'ca.pem'].map((name) => readFile(join(directory, name))),
        );
        await rm(join(directory, 'cert.pem'));
        await writeFile(join(directory, 'cert.pem'), Buffer.concat([one!, two!]));
      },
      /its file contains other certificates/,
    ],
  ])('tells why a certificate cannot be made anew: %s', async (_, spoil, why) => {
    const directory = await copyOf('set');
    await spoil(directory);
    const before = await tree(directory);
    const { skipped, renewed } = await renew({ directory, names: ['cert.pem'] });
    expect(renewed).toEqual([]);
    expect(skipped).toMatchObject([{ path: 'cert.pem', why: expect.stringMatching(why) as unknown }]);
    expect(await tree(directory)).toEqual(before);
  });

  test('leaves one that cannot be made anew, and makes the others', async () => {
    const directory = await copyOf('set');
    await rm(join(directory, 'cert.pem'));
    await symlink(join(directory, 'clients/alice/cert.pem'), join(directory, 'cert.pem'));
    const { renewed, skipped } = await renew({ directory, all: true });
    expect(skipped).toMatchObject([
      { path: 'cert.pem', why: expect.stringMatching(/symbolic link/) as unknown },
    ]);
    expect(renewed).toHaveLength(3);
  });

  test('makes no new key in the place of one that another certificate has', async () => {
    const directory = await copyOf('set');
    await cp(join(directory, 'server-cert.pem'), join(directory, 'other-server-cert.pem'));
    const { renewed, skipped } = await renew({ directory, names: ['server-cert.pem'], newKey: true });
    expect(renewed).toEqual([]);
    expect(skipped).toMatchObject([{ why: expect.stringMatching(/another certificate/) as unknown }]);
  });

  test('says that the CA ends first, and what to do', async () => {
    const directory = join(temporary(), 'short');
    await all(request('', { directory, caDays: 366, days: 365 }));
    const soon = await planned(directory, { now: at(340) });
    expect(soon.renewed).toEqual([]);
    expect(soon.skipped).toMatchObject([
      {
        path: 'cert.pem',
        why: expect.stringMatching(/its CA ca\.pem expires on .*`renewCa\(/) as unknown,
      },
      { path: 'server-cert.pem' },
    ]);
    expect(soon.notes).toMatchObject([{ code: 'CA_DUE' }]);
    const over = await planned(directory, { now: at(370) });
    expect(over.skipped[0]?.why).toMatch(/its CA ca\.pem expired on .*`renewCa\(/);
    // It is made anew for as long as the CA still lasts, where that is longer.
    const early = await planned(directory, { now: at(100), all: true, days: 300, newKey: true });
    expect(early.renewed).toMatchObject([{ days: 265 }, { days: 265 }]);
    expect(early.notes).toMatchObject([{ code: 'LEAF_SHORTENED' }, { code: 'LEAF_SHORTENED' }]);
  });

  test('asks for the passphrase of each key, and once for each', async () => {
    const directory = join(temporary(), 'docker-tls');
    await all(request(temporary(), { directory, passphrase }));
    for (const name of ['server-key.pem', 'key.pem'])
      await addPassphrase({ directory, key: join(directory, name), passphrase: `of ${name}` });
    const asked: string[] = [];
    const { renewed, skipped } = await renew({
      directory,
      all: true,
      passphrase: ({ path }) => {
        asked.push(basename(path));
        return basename(path) === 'ca-key.pem' ? passphrase : `of ${basename(path)}`;
      },
    });
    expect(skipped).toEqual([]);
    expect(renewed).toHaveLength(2);
    expect(asked.sort()).toEqual(['ca-key.pem', 'key.pem', 'server-key.pem']);
  });

  test('a wrong passphrase changes nothing', async () => {
    const directory = join(temporary(), 'docker-tls');
    await all({ ...request('', { directory }), passphrase });
    const before = await tree(directory);
    const error = await failure(temporary(), () =>
      renew({ directory, all: true, passphrase: 'wrong horse' }),
    );
    expect(error).toMatchObject({ code: 'ERR_PASSPHRASE_WRONG' });
    expect(await tree(directory)).toEqual(before);
  });
});

describe('rollback', () => {
  test('brings back what the last renewal replaced, then what the one before did', async () => {
    const directory = await copyOf('set');
    const states = [await withoutArchive(directory)];
    await renew({ directory, names: ['alice'] });
    states.push(await withoutArchive(directory));
    await renew({ directory, all: true, newKey: true });
    await rollback({ directory });
    expect(await withoutArchive(directory)).toEqual(states[1]);
    const { files } = await rollback({ directory });
    expect(files).toEqual(['clients/alice/cert.pem']);
    expect(await withoutArchive(directory)).toEqual(states[0]);
    const error = await failure(temporary(), () => rollback({ directory }));
    expect(error).toMatchObject({
      code: 'ERR_FILE',
      message: expect.stringMatching(/nothing to roll back/) as unknown,
    });
  });

  test('brings nothing back through a link, and nothing of another user', async () => {
    const directory = await copyOf('set');
    const { archive } = await renew({ directory, names: ['alice'] });
    const path = join(directory, archive!, 'clients/alice/cert.pem');
    await chown(path, 65_534, 65_534);
    expect(await failure(temporary(), () => rollback({ directory }))).toMatchObject({
      code: 'ERR_UNSAFE',
      path,
    });
    await rm(path);
    await symlink(join(directory, 'ca-key.pem'), path);
    expect(await failure(temporary(), () => rollback({ directory }))).toMatchObject({
      code: 'ERR_UNSAFE',
      path,
    });
  });

  test('needs no openssl', async () => {
    const directory = await copyOf('set');
    await renew({ directory, names: ['alice'] });
    expect(await rollback({ directory, openssl: '/nowhere/openssl' })).toMatchObject({ openssl: undefined });
  });

  test('refuses a record that leads out of the directory, and one that others can change', async () => {
    const directory = await copyOf('set');
    const { archive } = await renew({ directory, names: ['alice'] });
    const path = join(directory, archive!, 'renewal.json');
    const text = await readFile(path, 'utf8');
    await rm(path);
    await writeFile(path, text.replace('clients/alice/cert.pem', '../../outside.pem'));
    const error = await failure(temporary(), () => rollback({ directory }));
    expect(error).toMatchObject({
      code: 'ERR_FILE',
      message: expect.stringMatching(/not the record/) as unknown,
    });
    await rm(path);
    await writeFile(path, text);
    await chmod(path, 0o666);
    const open = await failure(temporary(), () => rollback({ directory }));
    expect(open).toMatchObject({ code: 'ERR_UNSAFE' });
  });
});

describe('renewCa', () => {
  const leaves = ['server-cert.pem', 'cert.pem', 'servers/web/server-cert.pem', 'clients/alice/cert.pem'];
  const verifies = (directory: string, ca: string, path: string): Promise<unknown> =>
    openssl(['verify', '-x509_strict', '-CAfile', join(directory, ca), join(directory, path)]);
  const cas = async (directory: string): Promise<string[]> =>
    certificatesIn(await readFile(join(directory, 'ca.pem'), 'utf8')).map(({ serialNumber }) => serialNumber);

  test('gives the key a new certificate: all that it signed stays valid', async () => {
    const directory = await copyOf('set');
    const before = await kept(directory, 'ca.pem');
    const { stage, copies, endsOn } = await renewCa({ directory, days: 5000 });
    expect(stage).toBe('renewed');
    expect(copies).toEqual(['clients/alice/ca.pem', 'servers/web/ca.pem']);
    expect(await kept(directory, 'ca.pem')).toEqual({ ...before, days: 5000 });
    expect(Math.abs(endsOn.getTime() - notAfter(await read(directory, 'ca.pem')).getTime())).toBeLessThan(
      60_000,
    );
    for (const path of leaves) await verifies(directory, 'ca.pem', path);
    for (const copy of copies)
      expect(await readFile(join(directory, copy))).toEqual(await readFile(join(directory, 'ca.pem')));
    await rollback({ directory });
    expect((await kept(directory, 'ca.pem')).days).toBe(3650);
  });

  test('rolls over to a new CA in three stages', async () => {
    const directory = await copyOf('set');
    const original = await withoutArchive(directory);
    const [old] = await cas(directory);
    const first = await renewCa({ directory, newKey: true, key: 'ec:p384', passphrase });
    expect(first).toMatchObject({
      stage: 'rolling-over',
      copies: ['clients/alice/ca.pem', 'servers/web/ca.pem'],
    });
    expect([...first.ofTheOldCa].sort()).toEqual([...leaves].sort());
    const both = await cas(directory);
    expect(both).toEqual([expect.not.stringMatching(old!) as unknown, old]);
    for (const path of leaves) await verifies(directory, 'ca.pem', path);
    // What is there is still in use, and nothing is made anew by itself.
    expect(await all(request('', { directory, hosts: undefined }))).toMatchObject({ made: [] });

    const again = await failure(temporary(), () => renewCa({ directory, newKey: true, passphrase }));
    expect(again).toMatchObject({
      code: 'ERR_CA_UNUSABLE',
      message: expect.stringMatching(/a roll-over has begun/) as unknown,
    });
    const early = await failure(temporary(), () => renewCa({ directory, finish: true }));
    expect(early).toMatchObject({
      code: 'ERR_LEAF_UNUSABLE',
      message: expect.stringMatching(/still from the old CA/) as unknown,
    });

    await renew({ directory, all: true, passphrase });
    for (const path of leaves) await verifies(directory, 'ca.pem', path);
    // The digest fits the key of the new CA.
    for (const path of ['ca.pem', ...leaves])
      expect(certificateDetails(await read(directory, path)).digest).toBe('sha384');
    expect(await renewCa({ directory, finish: true })).toMatchObject({ stage: 'finished' });
    expect(await cas(directory)).toEqual([both[0]]);
    for (const path of leaves) await verifies(directory, 'ca.pem', path);
    const nothing = await failure(temporary(), () => renewCa({ directory, finish: true }));
    expect(nothing).toMatchObject({
      code: 'ERR_CA_UNUSABLE',
      message: expect.stringMatching(/no roll-over has begun/) as unknown,
    });

    for (let times = 0; times < 3; times++) await rollback({ directory });
    expect(await withoutArchive(directory)).toEqual(original);
  }, 60_000);

  test('refuses a CA that another has signed, and several CAs that are of no roll-over', async () => {
    const directory = await copyOf('set');
    const file = (name: string): string => join(directory, name);
    await openssl([
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      join(temporary(), 'root.key'),
      '-subj',
      '/CN=Root',
      '-days',
      '9',
      '-out',
      join(temporary(), 'root.pem'),
    ]);
    const [own, root] = await Promise.all(
      [file('ca.pem'), join(temporary(), 'root.pem')].map((path) => readFile(path)),
    );
    await rm(file('ca.pem'));
    await writeFile(file('ca.pem'), Buffer.concat([own!, root!]));
    for (const options of [{}, { finish: true }, { newKey: true, passphrase }]) {
      const error = await failure(temporary(), () => renewCa({ directory, ...options }));
      expect(error).toMatchObject({
        code: 'ERR_CA_UNUSABLE',
        message: expect.stringMatching(/several CAs/) as unknown,
      });
    }
    await openssl([
      'x509',
      '-x509toreq',
      '-in',
      join(shared(), 'set/ca.pem'),
      '-signkey',
      file('ca-key.pem'),
      '-out',
      join(temporary(), 'int.csr'),
    ]);
    await writeFile(join(temporary(), 'int.cnf'), 'basicConstraints=critical,CA:TRUE\n');
    await rm(file('ca.pem'));
    await openssl([
      'x509',
      '-req',
      '-in',
      join(temporary(), 'int.csr'),
      '-CA',
      join(temporary(), 'root.pem'),
      '-CAkey',
      join(temporary(), 'root.key'),
      '-set_serial',
      '9',
      '-days',
      '8',
      '-extfile',
      join(temporary(), 'int.cnf'),
      '-out',
      file('ca.pem'),
    ]);
    const error = await failure(temporary(), () => renewCa({ directory }));
    expect(error).toMatchObject({
      code: 'ERR_CA_UNUSABLE',
      message: expect.stringMatching(/signed by another CA/) as unknown,
    });
  });

  test('makes nothing anew by itself in a roll-over, and tells what a rollback of it leaves void', async () => {
    const directory = await copyOf('set');
    await renewCa({ directory, newKey: true, passphrase: null });
    const { renewed, skipped } = await renew({ directory, within: 36_000 });
    expect(renewed).toEqual([]);
    expect(skipped[0]?.why).toMatch(/in a roll-over/);
    await client({ directory, key: 'ec:p256', name: 'bob' });
    const { notes } = await rollback({ directory });
    expect(notes).toMatchObject([
      { code: 'LEAVES_VOID', text: expect.stringContaining('clients/bob/cert.pem') as unknown },
    ]);
  });

  leftToWhole('takes the certificate in ca.pem for the CA, whatever older one lies beside it', async () => {
    const directory = await copyOf('set');
    await cp(join(directory, 'ca.pem'), join(directory, 'a-ca-old.pem'));
    expect(await renewCa({ directory })).toMatchObject({ path: 'ca.pem' });
    expect((await renew({ directory, all: true })).renewed).toHaveLength(4);
  });

  test('needs one CA, with its key', async () => {
    const directory = await copyOf('set');
    await rm(join(directory, 'ca-key.pem'));
    const error = await failure(temporary(), () => renewCa({ directory }));
    expect(error).toMatchObject({ code: 'ERR_CA_MISSING' });
    expect(await readdir(directory)).not.toContain('archive');
  });
});
