import { describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { all, ensure, type EnsureOptions } from '../../lib/index.js';
import { errorOf } from '../support/failure.js';
import { makeFlawedSet } from '../support/flawed-sets.js';
import { leftToWhole } from '../support/form.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';

const run = promisify(execFile);
const temporary = useTemporaryDirectory();
const options = (more: EnsureOptions = {}): EnsureOptions => ({
  ...{ directory: join(temporary(), 'set'), hosts: ['docker.example'], key: 'ec:p256', passphrase: null },
  ...more,
});

describe('ensure', () => {
  test('makes a set, then keeps it to the byte, and renews it once it is due', async () => {
    const made = await ensure(options());
    expect(made).toMatchObject({ outcome: 'made', renewed: [], skipped: [] });
    expect(made.certificates.client?.subject).toBe('CN=client');

    const before = await tree(temporary());
    const kept = await ensure(options());
    expect(kept).toMatchObject({ outcome: 'kept', made: [], commands: [] });
    expect(kept.pem).toEqual(made.pem);
    expect(await tree(temporary())).toEqual(before);

    const renewed = await ensure(options({ within: '400d', days: 200 }));
    expect(renewed).toMatchObject({ outcome: 'renewed' });
    expect(renewed.renewed.map(({ path, days }) => [path, days]).sort()).toEqual([
      ['cert.pem', 200],
      ['server-cert.pem', 200],
    ]);
    expect(renewed.certificates.server!.serialNumber).not.toBe(made.certificates.server!.serialNumber);
    expect(renewed.certificates.ca!.fingerprint256).toBe(made.certificates.ca!.fingerprint256);
  });

  test('renews what has expired, where `all` refuses it', async () => {
    const { directory = '' } = options();
    await makeFlawedSet(directory, { server: { made: '2026-01-05 00:00:00', days: 30 } });
    const there = { ...options(), hosts: ['localhost', '127.0.0.1'], localhost: false, key: undefined };
    expect(await errorOf(() => all(there))).toMatchObject({ code: 'ERR_LEAF_UNUSABLE' });
    expect(await ensure(there)).toMatchObject({
      outcome: 'renewed',
      renewed: [{ role: 'server', endedOn: new Date('2026-02-04T00:00:00Z') }],
    });
    expect(await ensure(there)).toMatchObject({ outcome: 'kept' });
  });

  test('makes the part that is missing', async () => {
    const { directory, files } = await ensure(options());
    for (const file of [files.client.key, files.client.certificate]) await rm(join(directory, file));
    const { outcome, made } = await ensure(options());
    expect(outcome).toBe('made');
    expect(made.map(({ path }) => path)).toEqual(expect.arrayContaining(['key.pem', 'cert.pem']));
  });

  test('asks for the passphrase once, and only where one is needed', async () => {
    let asked = 0;
    const passphrase = (): string => {
      asked += 1;
      return 'correct horse';
    };
    await ensure(options({ passphrase }));
    expect(asked).toBe(1);
    await ensure(options({ passphrase }));
    expect(asked).toBe(1);
    await ensure(options({ passphrase, within: '400d' }));
    expect(asked).toBe(2);
  });

  test('refuses a set for another host, and what it does not know', async () => {
    await ensure(options());
    expect(await errorOf(() => ensure(options({ hosts: ['other.example'] })))).toMatchObject({
      code: 'ERR_DIFFERS',
    });
    for (const more of [{ force: ['ca'] }, { wihtin: '3d' }])
      expect(await errorOf(() => ensure(options(more as EnsureOptions)))).toMatchObject({
        code: 'ERR_INPUT',
      });
    expect(await errorOf(() => ensure(options({ within: 'soon' })))).toMatchObject({ option: 'within' });
  });

  test('refuses a mistake before it makes or renews anything', async () => {
    const mistakes = [{ wihtin: '3d' }, { hosts: ['a b'] }, { days: -1 }] as readonly object[];
    expect(await errorOf(() => ensure(options({ within: 'soon' })))).toMatchObject({ option: 'within' });
    expect(await readdir(temporary())).toEqual([]);
    await ensure(options());
    const before = await tree(temporary());
    for (const mistake of mistakes)
      expect(await errorOf(() => ensure(options({ within: '400d', ...mistake })))).toMatchObject({
        ...{ code: 'ERR_INPUT', option: Object.keys(mistake)[0] },
      });
    expect(await tree(temporary())).toEqual(before);
  });

  leftToWhole('is done by one of several processes at once', async () => {
    const root = dirname(fileURLToPath(new URL('../../package.json', import.meta.url)));
    const text = `
      import { ensure } from 'docker-tls-openssl';
      const [directory, within, days] = process.argv.slice(1);
      const options = { directory, within, days, hosts: ['docker.example'], key: 'ec:p256', passphrase: null };
      const { outcome, certificates } = await ensure(options);
      console.log(outcome, certificates.server.serialNumber);`;
    const directory = join(temporary(), 'set');
    const together = async (within: string, days: string): Promise<string[]> => {
      const args = ['--input-type=module', '-e', text, directory, within, days];
      const all = await Promise.all([1, 2, 3].map(() => run(process.execPath, args, { cwd: root })));
      return all.map(({ stdout }) => stdout.trim());
    };
    for (const [within, days, outcome] of [
      ['30d', '100', 'made'],
      ['200d', '365', 'renewed'],
    ] as const) {
      const said = await together(within, days);
      const words = said.map((line) => line.split(' ')[0]).sort();
      expect(words).toEqual(['kept', 'kept', outcome].sort());
      expect(new Set(said.map((line) => line.split(' ')[1])).size).toBe(1);
    }
    expect(await readdir(join(directory, 'archive'))).toHaveLength(1);
  });
});
