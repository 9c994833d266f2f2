import { afterEach, describe, expect, test } from '@jest/globals';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, findOpenssl } from '../../lib/index.js';
import { errorOf, failure } from '../support/failure.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const real = await findOpenssl();
const named = process.env['OPENSSL_BIN'];

afterEach(() => {
  if (named === undefined) Reflect.deleteProperty(process.env, 'OPENSSL_BIN');
  else process.env['OPENSSL_BIN'] = named;
});

/** A folder for PATH in which openssl is called `name`. */
async function folder(name = 'openssl'): Promise<string> {
  const path = join(temporary(), 'bin');
  await mkdir(path);
  await symlink(real.path, join(path, name));
  return path;
}

describe('openssl is found', () => {
  test('by its path', async () => {
    expect(await findOpenssl({ openssl: real.path, env: {} })).toEqual(real);
  });

  test('by the path in OPENSSL_BIN', async () => {
    expect(await findOpenssl({ env: { OPENSSL_BIN: real.path } })).toEqual(real);
  });

  test('on PATH, past folders in which it is not', async () => {
    const there = await folder();
    await mkdir(join(temporary(), 'directory', 'openssl'), { recursive: true });
    await mkdir(join(temporary(), 'file'));
    await writeFile(join(temporary(), 'file', 'openssl'), 'not executable', { mode: 0o644 });
    const PATH = [
      '/nonexistent',
      '',
      '.',
      join(temporary(), 'directory'),
      join(temporary(), 'file'),
      there,
    ].join(':');
    expect(await findOpenssl({ env: { PATH } })).toEqual({ ...real, path: join(there, 'openssl') });
  });

  test.each(['option', 'variable'])('by another name on PATH, given as %s', async (how) => {
    const there = await folder('openssl-9');
    const found = await findOpenssl(
      how === 'option'
        ? { openssl: 'openssl-9', env: { PATH: there } }
        : { env: { PATH: there, OPENSSL_BIN: 'openssl-9' } },
    );
    expect(found.path).toBe(join(there, 'openssl-9'));
  });

  test('and an empty OPENSSL_BIN is none', async () => {
    const there = await folder();
    expect((await findOpenssl({ env: { PATH: there, OPENSSL_BIN: '' } })).path).toBe(join(there, 'openssl'));
  });

  test('before PATH in OPENSSL_BIN, and before that in the option', async () => {
    const there = await folder();
    const env = { PATH: there, OPENSSL_BIN: '/nonexistent/openssl' };
    expect((await findOpenssl({ openssl: real.path, env })).path).toBe(real.path);
    expect(await errorOf(() => findOpenssl({ env }))).toMatchObject({ code: 'ERR_OPENSSL_NOT_FOUND' });
  });
});

describe('what is no openssl is refused:', () => {
  const root = (): string => join(temporary(), 'place');
  const refused = async (openssl: string): Promise<unknown> => {
    await mkdir(root());
    return failure(root(), () => all(request(root(), { openssl })));
  };
  const notFound = (words: RegExp): unknown =>
    expect.objectContaining({
      code: 'ERR_OPENSSL_NOT_FOUND',
      message: expect.stringMatching(words) as unknown,
      hint: expect.any(String) as unknown,
    });

  test('a path where nothing is', async () => {
    expect(await refused('/nonexistent/openssl')).toEqual(
      notFound(/cannot use \/nonexistent\/openssl as openssl: it does not exist/),
    );
  });

  test('a name that is not on PATH', async () => {
    expect(await refused('no-such-openssl')).toEqual(notFound(/it is not on PATH/));
  });

  test('a directory', async () => {
    expect(await refused(temporary())).toEqual(notFound(/it is not a file/));
  });

  test('a file that is not executable', async () => {
    const path = join(temporary(), 'openssl');
    await writeFile(path, '#!/bin/sh\n', { mode: 0o644 });
    expect(await refused(path)).toEqual(notFound(/it is not executable/));
  });

  test('what OPENSSL_BIN names', async () => {
    process.env['OPENSSL_BIN'] = '/nonexistent/openssl';
    await mkdir(root());
    expect(await failure(root(), () => all(request(root())))).toEqual(notFound(/from OPENSSL_BIN/));
  });

  test.each([
    ['a script without an interpreter', '#!/nonexistent/sh\n'],
    ['a program for another machine', '\x7fELF\x02\x01\x01'],
  ])('%s', async (_, content) => {
    const path = join(temporary(), 'openssl');
    await writeFile(path, content, { mode: 0o755 });
    expect(await refused(path)).toEqual(notFound(/cannot (start|use) /));
  });

  test.each([
    ['that says nothing', 'true', /it answers ""/],
    ['that says nonsense', "echo 'Hello, world'", /it answers "Hello, world"/],
    ['that is another program', "echo 'GNU bash, version 5.2.15'", /it answers "GNU bash/],
    ['that fails', "echo 'OpenSSL 3.0.0 1 Jan 2026'; exit 1", /to 'version' it answers/],
  ])('one %s', async (_, version, words) => {
    expect(await refused(await fakeOpenssl(temporary(), '', version))).toEqual(notFound(words));
  });

  test.each(['OpenSSL 1.0.0t 3 Dec 2015', 'OpenSSL 0.9.8zh 3 Dec 2015', 'LibreSSL 2.8.3'])(
    'one that is too old: %s',
    async (version) => {
      expect(await refused(await fakeOpenssl(temporary(), '', `echo '${version}'`))).toMatchObject({
        code: 'ERR_OPENSSL_TOO_OLD',
        message: expect.stringContaining(version) as unknown,
      });
    },
  );

  test('one that cannot make the kind of key that is asked for', async () => {
    const openssl = await fakeOpenssl(temporary(), '', "echo 'OpenSSL 1.0.1t 3 May 2016'");
    await mkdir(root());
    const error = await failure(root(), () => all(request(root(), { openssl, key: 'ed25519' })));
    expect(error).toMatchObject({
      code: 'ERR_OPENSSL_TOO_OLD',
      hint: expect.stringMatching(/OpenSSL 1\.1\.1/) as unknown,
    });
  });
});
