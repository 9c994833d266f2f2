import { beforeAll, describe, expect, test } from '@jest/globals';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  execute,
  findOpenssl,
  genpkey,
  genrsa,
  OpensslError,
  pkey,
  req,
  reqX509,
  rsa,
  verify,
  x509Req,
  type OpensslReason,
  type TokenReason,
} from '../../lib/index.js';
import type { OpensslStep } from '../../lib/internal.js';
import { outdatedKey } from '../support/outdated-key.js';
import { paddedKey } from '../support/padded-key.js';
import { failure } from '../support/failure.js';
import { opensslAsNobody } from '../support/fake-openssl.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { onTmpfs } from '../support/tmpfs.js';

const shared = useSharedDirectory();
const at = (name: string): string => join(shared(), name);
/** Whether this openssl still opens keys in PBES1 with MD5 and DES. */
let opens: boolean;
/** An openssl that may read nothing here. */
let nobody: string;

beforeAll(async () => {
  const cwd = shared();
  opens = (await findOpenssl()).version.major < 3;
  await Promise.all([
    genrsa({ cwd, out: 'encrypted-rsa.pem', bits: 2048, passout: 'correct horse' }),
    genpkey({ cwd, out: 'encrypted-ec.pem', algorithm: 'ec:p256', passout: 'correct horse' }),
    genpkey({ cwd, out: 'key.pem', algorithm: 'ec:p256' }),
    genpkey({ cwd, out: 'other-key.pem', algorithm: 'ec:p256' }),
  ]);
  await reqX509({ cwd, key: 'key.pem', subj: '/CN=ca', setSerial: '01', out: 'ca.pem' });
  await reqX509({ cwd, key: 'other-key.pem', subj: '/CN=other', setSerial: '01', out: 'other.pem' });
  await req({ cwd, key: 'other-key.pem', subj: '/CN=leaf', out: 'leaf.csr' });
  nobody = await opensslAsNobody(shared());
  await writeFile(at('garbage'), 'garbage\n');
  await writeFile(at('empty'), '');
  await writeFile(at('outdated.pem'), outdatedKey);
  await writeFile(at('padded.pem'), paddedKey);
  await writeFile(at('broken.cnf'), '[ req\n');
  await writeFile(at('no-name.cnf'), '[ req ]\nprompt = no\n');
  await writeFile(at('empty-name.cnf'), '[req]\nprompt = no\ndistinguished_name = dn\n[dn]\nO =\nCN = x\n');
  await writeFile(at('unknown-extension.cnf'), 'noSuchExtension = 1\n');
});

/** Runs one openssl command that the steps would not make. */
const run = (command: OpensslStep['command'], ...args: OpensslStep['args']): Promise<unknown> =>
  execute(
    {
      recipe: 'test',
      steps: [{ kind: 'openssl', title: 'thing', command, args }],
      replaces: [],
      notes: [],
      departures: [],
    },
    { directory: shared() },
  );

/** A CSR with a subject that `req` would refuse beforehand. */
const named = (subject: string, ...more: string[]): Promise<unknown> =>
  run('req', '-new', '-key', { reads: 'key.pem' }, '-subj', subject, ...more, '-out', { writes: 'out.csr' });

const sign = (files: { in?: string; ca?: string; caKey?: string; extfile?: string }): Promise<unknown> =>
  x509Req({
    ...{ cwd: shared(), in: 'leaf.csr', ca: 'ca.pem', caKey: 'key.pem', setSerial: '02', out: 'out.pem' },
    ...files,
  });

const request = (options: object): Promise<unknown> =>
  req({ cwd: shared(), key: 'key.pem', subj: '/CN=x', out: 'out.csr', ...options });

/** Each reason, and the ways in which it is provoked. A reason without one does not compile. */
const provoked: Record<Exclude<OpensslReason, TokenReason>, Record<string, () => Promise<unknown>>> = {
  'wrong-passphrase': {
    'of an RSA key': () =>
      rsa({ cwd: shared(), in: 'encrypted-rsa.pem', passin: 'battery staple', out: 'out.pem' }),
    'of a key for a CSR': () => request({ key: 'encrypted-ec.pem', passin: 'battery staple' }),
    'that seems to open a key': () => request({ key: 'padded.pem', passin: 'wrong horse' }),
    "of a CA's key": () =>
      x509Req({
        ...{ cwd: shared(), in: 'leaf.csr', ca: 'ca.pem', caKey: 'encrypted-ec.pem' },
        ...{ passin: 'battery staple', setSerial: '02', out: 'out.pem' },
      }),
  },
  // Before 3.0 it is opened, and is not what the passphrase opens.
  'outdated-encryption': {
    'of a key for a CSR': () => request({ key: 'outdated.pem', passin: 'correct horse' }),
    'of a key to encrypt': () =>
      pkey({
        cwd: shared(),
        in: 'outdated.pem',
        passin: 'correct horse',
        passout: 'battery staple',
        out: 'out.pem',
      }),
  },
  'no-passphrase': {
    'for an RSA key': () => rsa({ cwd: shared(), in: 'encrypted-rsa.pem', out: 'out.pem' }),
    'for a key for a CSR': () => request({ key: 'encrypted-ec.pem' }),
    "for a CA's key": () => sign({ caKey: 'encrypted-ec.pem' }),
  },
  'not-a-key': {
    'but garbage': () => request({ key: 'garbage' }),
    'but empty': () => request({ key: 'empty' }),
    'but a certificate': () => request({ key: 'ca.pem' }),
    'as input of rsa': () => rsa({ cwd: shared(), in: 'garbage', out: 'out.pem' }),
    "as a CA's": () => sign({ caKey: 'garbage' }),
  },
  'not-a-certificate': {
    'but garbage as the CA': () => sign({ ca: 'garbage' }),
    'but a key as the CA': () => sign({ ca: 'key.pem' }),
    'to verify': () => verify({ cwd: shared(), in: 'garbage', caFile: 'ca.pem' }),
  },
  'not-a-csr': {
    'but garbage': () => sign({ in: 'garbage' }),
    'but a certificate': () => sign({ in: 'ca.pem' }),
  },
  'key-mismatch': {
    'of a CA and its key': () => sign({ caKey: 'other-key.pem' }),
  },
  'disk-full': {
    'for what it writes': () =>
      onTmpfs(shared(), 'nr_inodes=1', async (full) => {
        await run(
          'req',
          '-new',
          '-key',
          { reads: 'key.pem' },
          '-subj',
          '/CN=x',
          '-out',
          join(full, 'out.csr'),
        );
      }),
    // openssl reports success there.
    'for a key of which nothing can be written': () =>
      onTmpfs(shared(), 'size=64k', async (full) => {
        await writeFile(join(full, 'rest'), Buffer.alloc(56 * 1024));
        await appendFile(join(full, 'rest'), Buffer.alloc(64 * 1024)).catch(() => undefined);
        await genrsa({ cwd: full, out: 'key.pem', bits: 2048 });
      }),
  },
  'no-such-file': {
    'for a key': () => run('rsa', '-in', '/nonexistent/key.pem', '-out', { writes: 'out.pem' }),
    'for a configuration': () =>
      run('req', '-new', '-config', '/nonexistent.cnf', '-key', { reads: 'key.pem' }, '-out', {
        writes: 'out.csr',
      }),
  },
  'permission-denied': {
    'to read a key': () => request({ openssl: nobody }),
    'to read a CSR': () =>
      x509Req({
        ...{ cwd: shared(), in: 'leaf.csr', ca: 'ca.pem', caKey: 'key.pem', setSerial: '02', out: 'out.pem' },
        openssl: nobody,
      }),
  },
  'string-too-long': {
    'for a common name': () => named(`/CN=${'x'.repeat(65)}`),
    'for a country': () => named('/C=DEU'),
  },
  'bad-country': {
    'of one letter': () => named('/C=D'),
  },
  'string-too-short': {
    // From -subj an empty value is left out.
    'for a common name': () => request({ config: 'empty-name.cnf', subj: undefined }),
  },
  'illegal-characters': {
    'in a country': () => named('/C=D_'),
    'in a serial number': () => named('/serialNumber=a_b'),
  },
  'unknown-option': {
    'of a command': () => run('req', '-no-such-option'),
    'of a digest': () => named('/CN=x', '-no-such-digest'),
    'of a key': () =>
      run('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'no_such:1', '-out', { writes: 'out.pem' }),
    'for a kind of key': () => run('genpkey', '-algorithm', 'NOSUCH', '-out', { writes: 'out.pem' }),
  },
  'bad-config': {
    'with a syntax error': () => request({ config: 'broken.cnf', subj: undefined }),
    'without a name': () => request({ config: 'no-name.cnf', subj: undefined }),
    'with a section that is not there': () =>
      reqX509({ ...{ cwd: shared(), key: 'key.pem', subj: '/CN=x' }, extensions: 'nowhere', out: 'out.pem' }),
    'with an unknown extension': () => sign({ extfile: 'unknown-extension.cnf' }),
    'with a syntax error in the extensions': () => sign({ extfile: 'broken.cnf' }),
  },
  'not-verified': {
    'by another CA': () => verify({ cwd: shared(), in: 'other.pem', caFile: 'ca.pem' }),
  },
};

describe.each(Object.entries(provoked))('%s', (reason, ways) => {
  test.each(Object.entries(ways))('is told %s', async (_, provoke) => {
    const error = await failure(shared(), provoke);
    if (!(error instanceof OpensslError)) throw error;
    // The words stand on both sides, so that those of an openssl that is not known yet can be seen.
    const told = reason === 'outdated-encryption' && opens ? 'wrong-passphrase' : reason;
    expect([error.reason, error.stderr]).toEqual([told, error.stderr]);
    expect(error).toMatchObject({
      code: 'ERR_OPENSSL_FAILED',
      command: expect.stringMatching(/^openssl /) as unknown,
    });
    expect(error.message).not.toMatch(/openssl exited/);
    expect(error.hint).toBeTruthy();
  });
});

test('each row of the table is provoked here', async () => {
  const source = await readFile(new URL('../../lib/openssl/reasons.ts', import.meta.url), 'utf8');
  const rows = [...source.matchAll(/^ {4}reason: '([a-z-]+)'/gm)].map(([, reason]) => reason);
  expect(rows.sort()).toEqual(Object.keys(provoked).sort());
});
