import { beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useOneProcess, useProgram } from '../support/one-process.js';
import { opensslOutput } from '../support/openssl.js';
import { hintedCommand, quick, shell } from '../support/program.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes, tree } from '../support/tree.js';
import { rows } from '../support/form.js';
import { sixFiles } from './six-files.js';

const { succeeds } = useProgram();
const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();

/** Runs the printed script with sh in a new directory of mode 0700; gives the directory. */
async function play(script: string): Promise<string> {
  const directory = join(temporary(), 'played');
  await mkdir(directory, { mode: 0o700 });
  const played = await shell(directory, `umask 022\nset -e\n${script}`);
  if (played.code !== 0) throw new Error(`the script exited with ${played.code}: ${played.stderr}`);
  return directory;
}

describe('the printed script of all', () => {
  test.each(
    rows(
      [
        ['ec:p256', []],
        [
          'rsa:2048',
          ['--subject', `/C=DE/O=It's $HOME`, '--client-name', 'größe', '--ip', '10.0.0.5,2001:db8::2'],
        ],
        ['ed25519', ['--host', 'büro.example']],
      ],
      3,
    ),
  )(
    'with keys of kind %s and %j makes the same files with the same modes when sh runs it',
    async (key, flags) => {
      const args = ['all', '--host', 'docker.example', '--key', key, '--no-passphrase', ...flags];
      const { stdout } = await succeeds(temporary(), [...args, '--dry-run']);
      const directory = await play(stdout);
      expect(await modes(directory)).toEqual(sixFiles);
      for (const [file, purpose] of [
        ['server-cert.pem', 'sslserver'],
        ['cert.pem', 'sslclient'],
      ] as const) {
        const verify = ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', 'ca.pem', file];
        expect(await opensslOutput(verify, directory)).toContain('OK');
      }
    },
  );

  test('is what is run: the same commands in the same order', async () => {
    const dry = JSON.parse(
      (await oneProcess.succeeds(temporary(), ['all', ...quick, '--dry-run', '--json'])).stdout,
    ) as { commands: string[]; script: string[] };
    const run = JSON.parse((await oneProcess.succeeds(temporary(), ['all', ...quick, '--json'])).stdout) as {
      commands: string[];
    };
    const withoutSerial = (commands: string[]): string[] =>
      commands.map((command) => command.replace(/0x[0-9A-F]{32}/, 'SERIAL'));
    expect(withoutSerial(dry.commands)).toEqual(withoutSerial(run.commands));
    expect(dry.script.filter((line) => line.startsWith('openssl '))).toEqual(dry.commands);
  });
});

describe('--dry-run', () => {
  beforeEach(async () => {
    await writeFile(join(temporary(), 'pass'), 'correct horse\n');
  });

  test.each([
    ['all', '--host', 'docker.example'],
    ['all', '--host', 'docker.example', '--passphrase-file', 'pass'],
    ['all', '--host', 'docker.example', '--passphrase-file', 'missing'],
    ['all', '--host', 'docker.example', '--no-passphrase'],
    ['all', '--host', 'docker.example', '--openssl', '/bin/false'],
    ['ca'],
  ])('%j writes nothing, runs nothing and holds no secret', async (...args) => {
    const before = await tree(temporary());
    const { stdout, stderr } = await oneProcess.succeeds(temporary(), [...args, '--dry-run']);
    expect(stdout).toMatch(/^openssl genrsa /);
    expect(stdout).not.toContain('horse');
    expect(stderr).not.toContain('horse');
    expect(stderr).not.toContain('done:');
    expect(await tree(temporary())).toEqual(before);
  });

  test('gives the passphrase on a descriptor', async () => {
    const { stdout } = await oneProcess.succeeds(temporary(), ['all', '--host', 'a', '--dry-run']);
    expect(stdout).toContain('openssl genrsa -aes256 -passout fd:3 -out ca-key.pem 4096');
    expect(stdout.match(/-passin fd:3/g)).toHaveLength(3);
  });

  test('of what is there says so, and prints no command', async () => {
    await oneProcess.succeeds(temporary(), ['all', ...quick]);
    const { stdout } = await oneProcess.succeeds(temporary(), ['all', ...quick, '--dry-run']);
    expect(stdout).toContain('Nothing to do. Already in ');
    expect(stdout).not.toMatch(/^openssl /m);
  });

  test('of a server and a client signs with the CA that is there', async () => {
    const base = ['--key', 'ec:p256'];
    await oneProcess.succeeds(temporary(), ['ca', ...base, '--passphrase-file', 'pass']);
    const before = await tree(temporary());
    for (const command of [
      ['server', '--name', 'web1', '--host', 'a'],
      ['client', '--name', 'alice'],
    ]) {
      const { stdout } = await oneProcess.succeeds(temporary(), [...command, ...base, '--dry-run']);
      expect(stdout).toMatch(/^openssl x509 -req .*-CAkey ca-key\.pem -passin fd:3/m);
      expect(stdout).toContain(`cp ca.pem ${command[0]!}s/${command[2]!}/ca.pem`);
      expect(stdout).not.toContain('req -new -x509');
    }
    expect(await tree(temporary())).toEqual(before);
  });

  test('of a new CA over an old one needs no confirmation', async () => {
    await oneProcess.succeeds(temporary(), ['all', ...quick]);
    const before = await tree(temporary());
    await oneProcess.succeeds(temporary(), ['all', ...quick, '--force', 'ca', '--dry-run']);
    expect(await tree(temporary())).toEqual(before);
  });

  test('refuses what a run would refuse', async () => {
    await oneProcess.succeeds(temporary(), ['all', ...quick]);
    const outcome = await oneProcess.program(temporary(), ['all', '--host', 'other.example', '--dry-run']);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
  });

  test('is kept in the command that a hint gives', async () => {
    await oneProcess.succeeds(temporary(), ['all', ...quick]);
    const before = await tree(temporary());
    const asked = ['all', '--host', 'other.example', '--dry-run'];
    const hinted = hintedCommand(await oneProcess.refuses(temporary(), 1, asked));
    expect(hinted).toBe('docker-tls-openssl all --host other.example --dry-run --force server');
    expect(await shell(temporary(), hinted)).toMatchObject({ code: 0 });
    expect(await tree(temporary())).toEqual(before);
  });
});
