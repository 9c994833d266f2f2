import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeSet } from '../support/made-sets.js';
import { splitArchive } from '../support/archive.js';
import { useOneProcess, useProgram } from '../support/one-process.js';
import { hintedCommand, quick, shell } from '../support/program.js';
import { request } from '../support/request.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';
import { certificate, names } from './certificates.js';

const { refuses, succeeds } = useProgram();
const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();
const original = useSharedDirectory();

beforeAll(async () => {
  await makeSet(request(original()));
});
beforeEach(async () => {
  await cp(original(), temporary(), { recursive: true });
});

/** Which files of the set differ from those that were there. */
async function changed(action: () => Promise<unknown>): Promise<string[]> {
  const before = new Set(await tree(join(temporary(), 'docker-tls')));
  await action();
  const after = await tree(join(temporary(), 'docker-tls'));
  return after.filter((line) => !before.has(line)).map((line) => line.split(' ', 1)[0] ?? '');
}

describe('all, run again', () => {
  test.each([[['all', ...quick]], [['all']], [['all', '--host', 'docker.example', '--days', '30']]])(
    '%j changes nothing and says what is there',
    async (args) => {
      let stdout = '';
      expect(await changed(async () => ({ stdout } = await oneProcess.succeeds(temporary(), args)))).toEqual(
        [],
      );
      expect(stdout).toContain(`Nothing to do. Already in ${join(temporary(), 'docker-tls')}:`);
      expect(stdout).toMatch(
        /server-cert\.pem +for docker\.example, localhost, 127\.0\.0\.1, ::1; valid until/,
      );
      expect(stdout).toContain('export DOCKER_HOST=tcp://docker.example:2376');
    },
  );

  test('makes what is missing, and says what was there', async () => {
    await rm(join(temporary(), 'docker-tls', 'key.pem'));
    await rm(join(temporary(), 'docker-tls', 'cert.pem'));
    let stdout = '';
    const made = await changed(
      async () => ({ stdout } = await oneProcess.succeeds(temporary(), ['all', '--key', 'ec:p256'])),
    );
    expect(made).toEqual(['cert.pem', 'key.pem']);
    expect(stdout).toContain('Unchanged:');
  });

  test('refuses half a pair, and says how it is mended', async () => {
    await rm(join(temporary(), 'docker-tls', 'key.pem'));
    const said = await oneProcess.refuses(temporary(), 1, ['all', ...quick]);
    expect(said).toContain('cert.pem exists, but its private key does not');
    expect(said).toContain('--force client');
  });
});

describe('what differs from what is there is refused, and the command that is hinted at makes it', () => {
  test.each([
    [['all', '--host', 'other.example'], 'server-cert.pem', 'does not name DNS:other.example'],
    [['all', '--host', 'docker.example', '--ip', '10.0.0.5'], 'server-cert.pem', 'does not name IP:10.0.0.5'],
    [
      ['all', '--host', 'docker.example', '--no-localhost'],
      'server-cert.pem',
      'names DNS:localhost, IP:127.0.0.1, IP:::1, which were not requested',
    ],
    [['all', '--client-name', "Bob O'Neil"], 'cert.pem', "'Bob O'Neil'"],
    [['all', '--key', 'ec:p384'], 'cert.pem', 'has a key of type ec:p256, not ec:p384'],
    [
      ['server', '--host', '2001:db8::1', '--host', 'büro.example'],
      'server-cert.pem',
      'does not name IP:2001:db8::1',
    ],
  ])('%j', async (args, file, difference) => {
    const said = await oneProcess.refuses(temporary(), 1, args);
    expect(said).toContain('nothing was changed: ');
    expect(said).toContain(file);
    expect(said).toContain(difference);

    const hinted = await shell(temporary(), hintedCommand(said));
    expect(hinted).toMatchObject({ code: 0 });
    const again = await oneProcess.succeeds(temporary(), args);
    expect(again.stdout).toContain('Nothing to do. Already in ');
  });

  test('in another directory with blanks in its name', async () => {
    await oneProcess.succeeds(temporary(), ['all', ...quick, '--dir', "it's another"]);
    const args = ['all', '--host', 'other.example', '--dir', "it's another"];
    const said = await oneProcess.refuses(temporary(), 1, args);
    expect(await shell(temporary(), hintedCommand(said))).toMatchObject({ code: 0 });
    expect((await oneProcess.succeeds(temporary(), args)).stdout).toContain('Nothing to do. Already in ');
  });

  test('for a further server', async () => {
    const server = ['server', '--name', 'web1', '--key', 'ec:p256', '--host'];
    await oneProcess.succeeds(temporary(), [...server, 'web1.example']);
    const said = await oneProcess.refuses(temporary(), 1, [...server, 'web2.example']);
    expect(await shell(temporary(), hintedCommand(said))).toMatchObject({ code: 0 });
    expect(names(await certificate(temporary(), 'servers/web1/server-cert.pem'))[0]).toBe('DNS:web2.example');
  });
});

describe('--force', () => {
  test('server makes the server anew for the names that it had, and nothing else', async () => {
    const made = await changed(() =>
      oneProcess.succeeds(temporary(), ['all', '--force', 'server', '--key', 'ec:p256']),
    );
    expect(made.filter((name) => !name.startsWith('archive/'))).toEqual([
      'server-cert.pem',
      'server-key.pem',
    ]);
    expect(names(await certificate(temporary(), 'server-cert.pem'))[0]).toBe('DNS:docker.example');
  });

  test('client makes the client anew, and nothing else', async () => {
    const made = await changed(() =>
      oneProcess.succeeds(temporary(), ['client', '--force', 'client', '--key', 'ec:p256']),
    );
    expect(made.filter((name) => !name.startsWith('archive/'))).toEqual(['cert.pem', 'key.pem']);
  });

  test('ca without a terminal is refused, and says how it is confirmed', async () => {
    const said = await refuses(temporary(), 1, ['all', ...quick, '--force', 'ca']);
    expect(said).toContain(' has a CA; replacing it invalidates every certificate');
    expect(said).toContain('--yes');
  });

  test('ca with --yes makes all of them anew', async () => {
    const made = await changed(() => succeeds(temporary(), ['all', ...quick, '--force', 'ca', '--yes']));
    expect(splitArchive(made).own).toEqual([
      'ca-key.pem',
      'ca.pem',
      'cert.pem',
      'key.pem',
      'server-cert.pem',
      'server-key.pem',
    ]);
  });

  test('ca names the further ones that become void', async () => {
    await oneProcess.succeeds(temporary(), ['client', '--name', 'alice', '--key', 'ec:p256']);
    const { stderr } = await oneProcess.succeeds(temporary(), ['all', ...quick, '--force', 'ca', '--yes']);
    expect(stderr).toMatch(/^note: .*clients\/alice/m);
  });

  test('ca needs no confirmation where there is none yet', async () => {
    await rm(join(temporary(), 'docker-tls'), { recursive: true });
    await oneProcess.succeeds(temporary(), ['all', ...quick, '--force', 'ca']);
  });

  test('of a CA alone is refused where its certificates would become void', async () => {
    const said = await oneProcess.refuses(temporary(), 1, [
      'ca',
      '--force',
      'ca',
      '--yes',
      '--no-passphrase',
    ]);
    expect(said).toContain('a new CA alone would invalidate the certificates in ');
    expect(said).toContain('docker-tls-openssl all --force ca');
  });

  test.each([
    ['all', '--force', 'everything'],
    ['all', '--force'],
    ['server', '--force', 'client'],
    ['client', '--force', 'ca'],
  ])('%j is refused', async (...args) => {
    await oneProcess.refuses(temporary(), 2, args);
  });

  test('of what cannot be made leaves what is there', async () => {
    const before = await tree(temporary());
    const outcome = await oneProcess.program(temporary(), [
      'all',
      ...quick,
      '--force',
      'server',
      '--openssl',
      '/bin/false',
    ]);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(await tree(temporary())).toEqual(before);
  });
});
