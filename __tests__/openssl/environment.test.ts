import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, ca, genrsa, reqX509, rsa } from '../../lib/index.js';
import { basicConstraints } from '../support/der.js';
import { errorOf } from '../support/failure.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { only } from '../support/only.js';

const temporary = useTemporaryDirectory();
const before = { ...process.env };
const hostile = {
  HOME: '/nonexistent',
  OPENSSL_CONF: '/nonexistent/openssl.cnf',
  OPENSSL_CONF_INCLUDE: '/nonexistent',
  OPENSSL_MODULES: '/nonexistent',
  OPENSSL_ENGINES: '/nonexistent',
  RANDFILE: '/nonexistent/rnd',
  SSLKEYLOGFILE: '/nonexistent/log',
  LC_ALL: 'de_DE.UTF-8',
};
beforeEach(() => {
  Object.assign(process.env, hostile);
});
afterEach(() => {
  for (const name of Object.keys(hostile)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, before);
});

describe('what openssl is given', () => {
  /** Lets an openssl write down what it sees, and reads that. */
  async function seen(look: string): Promise<string> {
    const file = join(temporary(), 'seen');
    const openssl = await fakeOpenssl(temporary(), `{ ${look}; } > '${file}' 2>&1; exit 1`);
    await writeFile(join(temporary(), 'key.pem'), 'a key');
    const secrets = { passin: 'correct horse', passout: 'battery staple' };
    await errorOf(() =>
      rsa({ in: join(temporary(), 'key.pem'), out: 'out.pem', cwd: temporary(), ...secrets, openssl }),
    );
    return readFile(file, 'utf8');
  }

  test('is an environment without anything of the caller that could change its work', async () => {
    const lines = (await seen('env')).trim().split('\n');
    const names = lines
      .map((line) => line.split('=')[0]!)
      .filter((name) => !['PWD', '_', 'SHLVL', 'OLDPWD'].includes(name));
    expect(names).toEqual(expect.arrayContaining(['OPENSSL_CONF', 'PATH']));
    const own = ['OPENSSL_CONF', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];
    const allowed = [...own, 'PATH', 'TMPDIR', 'TEMP', 'TMP', 'LD_LIBRARY_PATH', 'LD_PRELOAD'];
    expect(names.filter((name) => !allowed.includes(name))).toEqual([]);
    expect(lines).toEqual(expect.arrayContaining(['SSL_CERT_FILE=/dev/null', 'SSL_CERT_DIR=/dev/null']));
    expect(lines.find((line) => line.startsWith('OPENSSL_CONF='))).toMatch(/\/templates\/openssl\.cnf$/);
  });

  test('holds no secret in its arguments and its environment', async () => {
    const all = await seen("tr '\\0' ' ' < /proc/$$/cmdline; tr '\\0' ' ' < /proc/$$/environ");
    expect(all).toMatch(/-passin fd:3 -aes256 -passout fd:4/);
    expect(all).not.toMatch(/correct|horse|battery|staple/);
  });

  test('is each passphrase on a descriptor of its own, and nothing more', async () => {
    expect(await seen('cat <&3; echo --; cat <&4; echo --')).toBe('correct horse\n--\nbattery staple\n--\n');
  });

  test('is no standard input, and no terminal', async () => {
    expect(await seen('readlink /proc/$$/fd/0; wc -c; cut -d" " -f6 /proc/$$/stat; echo $$')).toMatch(
      /^\/dev\/null\n0\n(\d+)\n\1\n$/,
    );
  });
});

describe('a configuration in the environment of the caller', () => {
  const subject = { key: 'key.pem', subj: '/CN=x', setSerial: '1', out: 'out.pem' };

  test.each([
    ['is garbage', '[ garbage\n'],
    [
      'makes no CAs',
      '[req]\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\n[v3]\nbasicConstraints=CA:FALSE\n',
    ],
    ['asks at the terminal', '[req]\ndistinguished_name=dn\n[dn]\ncommonName=Who are you\n'],
    ['adds extensions', 'extensions = v3\n[v3]\nbasicConstraints = CA:TRUE\n[req]\nreq_extensions = v3\n'],
  ])('that %s changes nothing', async (_, config) => {
    const cwd = temporary();
    process.env['OPENSSL_CONF'] = join(cwd, 'hostile.cnf');
    await writeFile(process.env['OPENSSL_CONF'], config);
    await genrsa({ cwd, out: 'key.pem', bits: 2048 });
    await reqX509({ cwd, ...subject });
    expect(basicConstraints(await readFile(join(cwd, 'out.pem'), 'utf8')).ca).toBe(true);
    const options = request(cwd, { passphrase: 'correct horse' });
    await all(options);
    const [authority, server] = await Promise.all(
      ['ca.pem', 'server-cert.pem'].map((file) => readFile(join(options.directory, file), 'utf8')),
    );
    expect(basicConstraints(authority!)).toEqual({ ca: true, pathLength: 0 });
    expect(basicConstraints(server!)).toEqual({ ca: false, pathLength: undefined });
  });
});

test('nothing is said about a secret in any error', async () => {
  const openssl = await fakeOpenssl(temporary(), 'echo failed >&2; exit 1');
  const options = request(temporary(), { passphrase: 'correct horse', openssl });
  const error = await errorOf(() => ca(only('ca', options)));
  const everything = JSON.stringify(error, Object.getOwnPropertyNames(error)) + String(error);
  expect(everything).toContain('fd:3');
  expect(everything).not.toContain('horse');
});
