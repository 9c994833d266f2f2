import { describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { program, quick, refuses, succeeds } from '../support/program.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const directory = (): string => join(temporary(), 'docker-tls');
const lock = (): string => join(directory(), '.docker-tls-openssl.lock');

const patient = ['--key', 'ec:p256', '--quiet', '--lock-timeout', '200'];

describe('many runs at once', () => {
  test('in a directory that is not there make one set, and all of them find it', async () => {
    const runs = await Promise.all(Array.from({ length: 12 }, () => program(temporary(), ['all', ...quick])));
    expect(runs.map(({ code }) => code)).toEqual(Array(12).fill(0));
    expect(runs.filter(({ stdout }) => stdout.startsWith('Made in'))).toHaveLength(1);
    expect(runs.filter(({ stdout }) => stdout.includes('nothing was changed'))).toHaveLength(11);
    expect(await readdir(temporary())).toEqual(['docker-tls']);
    expect(await readdir(directory())).toHaveLength(6);
  }, 120_000);

  test('that add clients give as many valid ones, no serial twice', async () => {
    await succeeds(temporary(), ['all', ...quick, '--quiet']);
    const names = Array.from({ length: 30 }, (_, at) => `client-${at}`);
    const runs = await Promise.all(
      names.map((name) => program(temporary(), ['client', '--name', name, ...patient])),
    );
    expect(runs.map(({ code, stderr }) => `${code} ${stderr}`)).toEqual(Array(30).fill('0 '));
    const ca = new X509Certificate(await readFile(join(directory(), 'ca.pem')));
    const made = await Promise.all(
      names.map(
        async (name) => new X509Certificate(await readFile(join(directory(), 'clients', name, 'cert.pem'))),
      ),
    );
    expect(made.every((certificate) => certificate.verify(ca.publicKey))).toBe(true);
    expect(new Set(made.map(({ serialNumber }) => serialNumber)).size).toBe(30);
    expect((await readdir(directory())).filter((name) => name.startsWith('.'))).toEqual([]);
  }, 240_000);
});

describe('a lock', () => {
  test('of a run at work is waited for as long as is said, and nothing is changed', async () => {
    await succeeds(temporary(), ['all', ...quick, '--quiet']);
    await mkdir(lock());
    const said = await refuses(temporary(), 1, ['client', '--name', 'alice', '--lock-timeout', '0.2']);
    expect(said).toContain(`error: another run is at work in ${directory()}, for longer than 0.2 s`);
    expect(said).toMatch(/^hint: .*--lock-timeout$/m);
  });

  test('of a run that was killed holds nobody up for long', async () => {
    await succeeds(temporary(), ['all', ...quick, '--quiet']);
    await mkdir(lock());
    await succeeds(temporary(), ['client', '--name', 'alice', '--key', 'ec:p256', '--quiet']);
    expect((await readdir(directory())).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('is not needed where nothing is to be done', async () => {
    await succeeds(temporary(), ['all', ...quick, '--quiet']);
    await mkdir(lock());
    const later = new Date(Date.now() + 60_000);
    await utimes(lock(), later, later);
    const { stdout } = await succeeds(temporary(), ['all', '--lock-timeout', '0']);
    expect(stdout).toContain('nothing was changed');
  });

  test.each(['-1', '86401', 'x'])('cannot be waited for for %s seconds', async (seconds) => {
    expect(await refuses(temporary(), 2, ['all', `--lock-timeout=${seconds}`])).toContain(
      '--lock-timeout takes',
    );
  });
});
