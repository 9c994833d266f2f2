import { describe, expect, test } from '@jest/globals';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyRules } from '../../lib/report/verify-directory.js';
import { daysAgo } from '../support/faketime.js';
import { makeFlawedSet } from '../support/flawed-sets.js';
import { inTurns, leftToWhole } from '../support/form.js';
import { makeSet as makeSetOf } from '../support/made-sets.js';
import { useOneProcess, useProgram } from '../support/one-process.js';
import { shell } from '../support/program.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';

const { program } = useProgram();
const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();
const makeSet = (): Promise<unknown> =>
  makeSetOf(request(temporary(), { hosts: ['h'], passphrase: 'correct horse' }));

describe('--dir', () => {
  const readers = ['verify', 'status', 'inspect', 'explain'];

  test.each(readers)('of %s is the same as the directory as a word', async (command) => {
    await makeSet();
    const byWord = await oneProcess.program(temporary(), [command, 'docker-tls']);
    expect(byWord.code).toBe(0);
    expect(await oneProcess.program(temporary(), [command, '--dir', 'docker-tls'])).toEqual(byWord);
  });

  test.each(readers)('of %s beside a word is refused, and so is an empty one', async (command) => {
    const { refuses } = oneProcess;
    expect(await refuses(temporary(), 2, [command, 'set', '--dir', 'set'])).toContain('given twice');
    expect(await refuses(temporary(), 2, [command, '--dir', ''])).toContain(
      'use --dir . for the current directory',
    );
  });
});

describe('verify', () => {
  test('finds nothing in what all makes, and changes nothing', async () => {
    await makeSet();
    const before = await tree(temporary());
    const { code, stdout, stderr } = await program(temporary(), ['verify']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`3 certificates and 3 keys checked by ${verifyRules.length} rules: nothing found\n`);
    expect(await tree(temporary())).toEqual(before);
  });

  test('exits with 0 where nothing is broken, and tells what is dangerous with what mends it', async () => {
    await makeSet();
    await chmod(join(temporary(), 'docker-tls/key.pem'), 0o444);
    const { code, stdout } = await oneProcess.program(temporary(), ['verify', 'docker-tls']);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'key.pem:',
      '  warning  key-readable: others can read this private key (mode 0444), and anyone who has it can pass for its owner',
      '           fix: chmod 0400 docker-tls/key.pem',
      '',
      `3 certificates and 3 keys checked by ${verifyRules.length} rules: 1 warning`,
      '',
    ]);
    expect(await shell(temporary(), 'chmod 0400 docker-tls/key.pem')).toMatchObject({ code: 0 });
    expect((await oneProcess.program(temporary(), ['verify'])).stdout).toContain('nothing found');
  });

  test.each([
    ["the server's", { server: { extensions: { subjectAltName: undefined } } }],
    ["the client's", { client: { made: '2020-01-01 00:00:00', days: 30 } }],
    ["the CA's", { ca: { made: '2020-01-01 00:00:00', days: 30 } }],
  ])('exits with 4 where something is broken, and tells the command that mends %s', async (_, set) => {
    await makeFlawedSet(join(temporary(), 'docker-tls'), set);
    const { code, stdout, stderr } = await oneProcess.program(temporary(), ['verify']);
    expect({ code, stderr }).toEqual({ code: 4, stderr: '' });
    const [, command] = /^ {2}error {2}.*\n +fix: (docker-tls-openssl .*)$/m.exec(stdout)!;
    const flags = command!.includes('--force ca') ? ' --yes --no-passphrase' : '';
    const mended = await shell(temporary(), `${command!}${flags} --quiet`);
    expect(mended).toMatchObject({ code: 0, stderr: '' });
    expect(await oneProcess.program(temporary(), ['verify'])).toMatchObject({ code: 0 });
  });

  inTurns(1).each([
    ['outlives-ca', { ca: { days: 100 }, client: { days: 90 } }],
    ['before-ca', { client: { made: daysAgo(100), days: 400 } }],
    ['long-lived', { server: { days: 1000 } }],
  ])('tells the command that mends %s', async (id, set) => {
    await makeFlawedSet(join(temporary(), 'docker-tls'), set);
    const { stdout } = await oneProcess.program(temporary(), ['verify']);
    const [, command] = new RegExp(` ${id}: .*\\n +fix: (docker-tls-openssl renew .*)$`, 'm').exec(stdout)!;
    expect(await shell(temporary(), `${command!} --quiet`)).toMatchObject({ code: 0, stderr: '' });
    expect((await oneProcess.program(temporary(), ['verify'])).stdout).not.toContain(id);
  });

  const fixOf = async (id: string): Promise<string> => {
    const { stdout } = await oneProcess.program(temporary(), ['verify']);
    return new RegExp(` ${id}: .*\\n +fix: (.*)$`, 'm').exec(stdout)![1]!;
  };

  test('does not tell to renew a certificate whose key is elsewhere', async () => {
    const set = { ca: { made: daysAgo(90) }, server: { made: daysAgo(80), days: 100 } };
    await makeFlawedSet(join(temporary(), 'docker-tls'), set);
    await rm(join(temporary(), 'docker-tls/server-key.pem'));
    const fix = await fixOf('ends-soon');
    expect(fix).toMatch(/^docker-tls-openssl server .*--force server$/);
    expect(await shell(temporary(), `${fix} --quiet`)).toMatchObject({ code: 0, stderr: '' });
  });

  leftToWhole('tells how to end a roll-over from a CA that ends', async () => {
    await makeFlawedSet(join(temporary(), 'docker-tls'), { ca: { made: daysAgo(80), days: 100 } });
    expect(await fixOf('ca-ends-soon')).toBe('docker-tls-openssl renew ca');
    await oneProcess.succeeds(temporary(), [
      'renew',
      'ca',
      '--new-key',
      '--days',
      '400',
      '--no-passphrase',
      '--quiet',
    ]);
    const fix = await fixOf('ca-ends-soon');
    expect(fix).toBe('docker-tls-openssl renew --all && docker-tls-openssl renew ca --finish');
    expect(await shell(temporary(), fix)).toMatchObject({ code: 0 });
    expect((await oneProcess.program(temporary(), ['verify'])).stdout).not.toMatch(/ends-soon/);
  });

  test('tells to renew a CA that ends soon before what it signed', async () => {
    const set = { ca: { made: daysAgo(80), days: 100 }, client: { made: daysAgo(79), days: 89 } };
    await makeFlawedSet(join(temporary(), 'docker-tls'), set);
    const { stdout } = await oneProcess.program(temporary(), ['verify']);
    expect(stdout).toContain('fix: docker-tls-openssl renew ca && docker-tls-openssl renew cert.pem\n');
  });

  leftToWhole('tells to renew the CA before what it signed', async () => {
    await makeFlawedSet(join(temporary(), 'docker-tls'), {
      ca: { made: daysAgo(60), days: 30 },
      client: { made: daysAgo(60), days: 30 },
    });
    const fix = await fixOf('expired');
    expect(fix).toBe('docker-tls-openssl renew ca && docker-tls-openssl renew cert.pem');
    expect(await shell(temporary(), fix)).toMatchObject({ code: 0 });
    expect((await oneProcess.program(temporary(), ['verify'])).stdout).not.toMatch(/expired/);
  });

  test('prints one object', async () => {
    await makeSet();
    await rename(join(temporary(), 'docker-tls/key.pem'), join(temporary(), 'docker-tls/lost.key'));
    await writeFile(join(temporary(), 'docker-tls/cert.pem'), '').catch(() => undefined);
    const { code, stdout } = await oneProcess.program(temporary(), ['verify', '--json']);
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      command: 'verify',
      directory: 'docker-tls',
      findings: [
        {
          id: 'damaged',
          severity: 'error',
          file: 'cert.pem',
          reason: 'it cannot be used: it is empty',
          fix: expect.stringContaining('backup'),
          source: 'RFC 7468',
        },
      ],
      checked: { certificates: 2, keys: 3, rules: verifyRules.length },
    });
  });

  test('shows what a name would do to a terminal', async () => {
    await makeSet();
    await writeFile(join(temporary(), 'docker-tls', 'a\n\x1b[2Jerror: b'), '');
    const { code, stdout } = await oneProcess.program(temporary(), ['verify']);
    expect(code).toBe(0);
    expect(stdout).not.toContain('\x1b');
    expect(stdout.split('\n')[0]).toBe('a\\u000a\\u001b[2Jerror: b:');
  });

  test('fails where there is nothing', async () => {
    await mkdir(join(temporary(), 'empty'));
    expect(await oneProcess.refuses(temporary(), 1, ['verify', 'empty'])).toContain(
      'there is no certificate and no key in',
    );
    expect(await oneProcess.refuses(temporary(), 1, ['verify'])).toContain('docker-tls: it does not exist');
    expect(await oneProcess.refuses(temporary(), 2, ['verify', ''])).toContain('empty');
    const { code, stdout } = await oneProcess.program(temporary(), ['verify', 'empty', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, command: 'verify', error: { code: 'ERR_FILE' } });
  });
});
