import { beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { client, csr, issued } from '../../lib/index.js';
import { makeSet } from '../support/made-sets.js';
import { useOneProcess } from '../support/one-process.js';
import { shell } from '../support/program.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { useTerminal } from '../support/terminal.js';

const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();
const terminal = useTerminal();
const at = (...names: string[]): string => join(temporary(), ...names);
const run = (...args: string[]) => oneProcess.succeeds(temporary(), args);
const object = async (...args: string[]): Promise<Record<string, unknown>> =>
  JSON.parse((await run(...args, '--json')).stdout) as Record<string, unknown>;
const enter = '\r';

beforeEach(async () => {
  await makeSet(request(temporary()));
});

describe('csr and sign', () => {
  test('say what was made, and what comes next', async () => {
    const made = await run('csr', 'server', '--host', 'web.example', '--key', 'ec:p256', '--dir', 'host');
    expect(made.stdout).toContain("server-key.pem  the server's private key; it stays on this machine\n");
    const [, line = ''] = /\n {2}docker-tls-openssl (sign .*)\n/.exec(made.stdout) ?? [];
    expect(line).toBe('sign server.csr --host web.example');
    await cp(at('host/server.csr'), at('server.csr'));
    const signed = await run(...line.split(' '));
    expect(signed.stdout).toMatch(
      /^Signed 1 certificate in .*\n {2}servers\/web\.example\/server-cert\.pem {2}for web\.example, /,
    );
    expect((await run(...line.split(' '))).stdout).toMatch(/^Nothing to do\./);
  });

  test('print one object', async () => {
    expect(
      await object('csr', 'client', '--name', 'carol', '--key', 'ec:p256', '--dir', 'host'),
    ).toMatchObject({
      ...{ ok: true, command: 'csr client', dryRun: false, subject: '/CN=carol', names: [], kept: [] },
      files: { csr: 'clients/carol/client.csr' },
    });
    const sign = ['sign', 'host/clients/carol/client.csr', '--client-name', 'carol'];
    const planned = await object(...sign, '--dry-run');
    expect(planned).toMatchObject({ dryRun: true, signed: [{ issued: null, kept: false }] });
    expect(existsSync(at('docker-tls/clients'))).toBe(false);
    expect(await object(...sign)).toMatchObject({
      ...{ ok: true, command: 'sign', archive: null },
      signed: [{ role: 'client', key: 'ec:p256', days: 365, issued: { subject: 'CN=carol' } }],
    });
  });

  test('as a script makes the same with sh and openssl alone', async () => {
    const args = ['csr', 'server', '--host', 'db.example', '--key', 'ec:p256'];
    const { stdout } = await run(...args, '--script', '--dir', 'made');
    expect(await shell(temporary(), stdout)).toMatchObject({ code: 0, stderr: '' });
    const { stdout: requests } = await run('sign', 'made/server.csr', '--names-from-csr', '--dry-run');
    expect(requests).toContain('names:    db.example, localhost, 127.0.0.1, ::1\n');
    expect(await oneProcess.refuses(temporary(), 2, [...args, '--script', '--overwrite'])).toContain(
      'mutually exclusive',
    );
  });

  test('with names from the CSR ask first', async () => {
    await csr('client', { directory: at('host'), key: 'ec:p256', clientName: 'carol' });
    const sign = ['sign', 'host/client.csr', '--names-from-csr'];
    expect(await oneProcess.refuses(temporary(), 2, sign)).toContain('--dry-run, then add --yes');
    const no = terminal(temporary(), sign);
    await no.sees('Sign it?');
    expect(no.words()).toContain('subject:  /CN=carol');
    no.types(`n${enter}`);
    expect(await no.ends()).toBe(2);
    expect(existsSync(at('docker-tls/clients'))).toBe(false);
    const yes = terminal(temporary(), sign);
    await yes.sees('Sign it?');
    yes.types(`y${enter}`);
    expect(await yes.ends()).toBe(0);
  });
});

describe('revoke', () => {
  test('asks first, and says that dockerd checks nothing', async () => {
    await client({ directory: at('docker-tls'), name: 'alice' });
    expect(await oneProcess.refuses(temporary(), 2, ['revoke', 'alice'])).toContain(
      '--dry-run, then add --yes',
    );
    const no = terminal(temporary(), ['revoke', 'alice']);
    await no.sees('Revoke it?');
    no.types(`n${enter}`);
    expect(await no.ends()).toBe(2);
    expect(existsSync(at('docker-tls/crl.pem'))).toBe(false);
    const yes = terminal(temporary(), ['revoke', 'alice']);
    await yes.sees('Revoke it?');
    yes.types(`y${enter}`);
    expect(await yes.ends()).toBe(0);
    expect(yes.output()).toContain('dockerd checks no revocation: it still lets a revoked client in.');
    expect(yes.output()).toContain('docker-tls-openssl snippet nginx');
    expect(yes.output()).toContain('docker-tls-openssl renew ca --new-key');
    expect((await run('issued', '--revoked')).stdout).toMatch(
      /^STATE .*\nrevoked .*'alice' clients\/alice\/cert\.pem, revoked on /,
    );
  });

  test('prints one object, and in a dry run changes nothing', async () => {
    const args = ['revoke', 'client', '--reason', 'superseded', '--yes'];
    expect(await object(...args, '--dry-run')).toMatchObject({
      ...{ dryRun: true, number: '1' },
      made: expect.arrayContaining([{ path: 'crl.pem', kind: 'crl', mode: '0444' }]) as unknown,
    });
    expect(existsSync(at('docker-tls/authority'))).toBe(false);
    const { certificates, ...others } = await object(...args);
    expect(others).toMatchObject({
      ok: true,
      command: 'revoke',
      crl: 'crl.pem',
      number: '1',
      dockerdChecks: false,
    });
    expect(certificates).toMatchObject([{ subject: '/CN=client', before: false }]);
    expect(await object('issued', '--revoked')).toMatchObject({
      ...{ command: 'issued', recorded: true },
      certificates: [{ state: 'revoked', reason: 'superseded', role: 'client' }],
    });
  });
});

describe('crl', () => {
  test('signs a list, and says when the next one is due', async () => {
    const { stdout } = await run('crl', '--days', '14');
    expect(stdout).toMatch(/^Signed .*crl\.pem: list 1, 0 certificates revoked; the next one is due on 20/);
    expect((await run('crl', '--due')).stdout).toMatch(/^Nothing to do: /);
    expect(await object('crl')).toMatchObject({ command: 'crl', number: '2', revoked: [] });
  });

  test('prints a timer that does it, which a shell runs', async () => {
    const { stdout } = await run('crl', '--days', '7', '--print-timer', 'cron');
    expect(stdout).toMatch(/^# \/etc\/cron\.d\/docker-tls-openssl-crl\n/);
    const [, line = ''] = /^17 3 \* \* \* root (.*)$/m.exec(stdout) ?? [];
    expect(line).toContain(' crl --due --dir ');
    expect(await shell('/', line.replaceAll('\\%', '%'))).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(existsSync(at('docker-tls/crl.pem'))).toBe(true);
    const units = (await run('crl', '--print-timer', 'systemd')).stdout;
    expect(units).toContain('systemctl enable --now docker-tls-openssl-crl.timer');
  });
});

test('authority rebuild says what it found', async () => {
  expect((await run('authority', 'rebuild', '--dry-run')).stdout).toMatch(/^Preview: .* 3 certificates /);
  expect(existsSync(at('docker-tls/authority'))).toBe(false);
  const whole = (await run('authority', 'rebuild')).stdout;
  expect(whole).toMatch(/^Rebuilt the index: 3 certificates in .*index\.txt, 3 added\.\n$/);
  expect((await run('authority', 'rebuild')).stdout).toMatch(/^Nothing to do: 3 certificates /);
  expect(await readFile(at('docker-tls/authority/index.txt'), 'utf8')).toMatch(/^(V\t.*\n){3}$/);
  await rm(at('docker-tls/cert.pem'));
  expect(await object('authority', 'rebuild')).toMatchObject({
    certificates: 3,
    added: 0,
    lost: 0,
    made: [],
  });
  expect((await issued({ directory: at('docker-tls') })).certificates).toHaveLength(3);
});
