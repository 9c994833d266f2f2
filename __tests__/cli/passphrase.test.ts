import { beforeEach, describe, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inTurns } from '../support/form.js';
import { makeSet } from '../support/made-sets.js';
import { useOneProcess, useProgram } from '../support/one-process.js';
import { openssl } from '../support/openssl.js';
import { type ProgramOptions } from '../support/program.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const { refuses, succeeds } = useProgram();
const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();
const secret = 'correct horse battery';
const all = ['all', '--host', 'docker.example', '--key', 'ec:p256'];
const another = ['client', '--name', 'alice', '--key', 'ec:p256'];

/** Whether the CA's private key opens with `passphrase`. */
async function opens(passphrase: string): Promise<boolean> {
  const { code } = await openssl(
    ['pkey', '-in', 'ca-key.pem', '-passin', `pass:${passphrase}`, '-noout'],
    join(temporary(), 'docker-tls'),
  );
  return code === 0;
}

beforeEach(async () => {
  await writeFile(join(temporary(), 'pass'), `${secret}\n`);
  await writeFile(join(temporary(), 'wrong'), 'incorrect horse\n');
});

describe('the passphrase of a new CA', () => {
  inTurns(1).each<[string, string[], ProgramOptions]>([
    ['a file', ['--passphrase-file', 'pass'], {}],
    ['descriptor 3', ['--passphrase-fd', '3'], { descriptor3: `${secret}\n` }],
    ['descriptor 3 without a line end', ['--passphrase-fd', '3'], { descriptor3: secret }],
    ['standard input', ['--passphrase-fd', '0'], { input: `${secret}\r\n` }],
  ])('comes from %s, and is printed nowhere', async (_, flags, options) => {
    const { stdout, stderr } = await succeeds(temporary(), [...all, ...flags, '--verbose'], options);
    expect(await readFile(join(temporary(), 'docker-tls', 'ca-key.pem'), 'utf8')).toContain('ENCRYPTED');
    expect(await opens(secret)).toBe(true);
    expect(await opens('incorrect horse')).toBe(false);
    expect(stdout + stderr).not.toContain('horse');
    expect(stderr).not.toContain('is not encrypted');
  });

  test('leaves the keys of the server and the client unencrypted', async () => {
    await oneProcess.succeeds(temporary(), [...all, '--passphrase-file', 'pass']);
    for (const file of ['server-key.pem', 'key.pem'])
      expect(await readFile(join(temporary(), 'docker-tls', file), 'utf8')).not.toContain('ENCRYPTED');
  });

  test('can be left away, and what that means is said', async () => {
    const { stderr } = await oneProcess.succeeds(temporary(), [...all, '--no-passphrase']);
    expect(await readFile(join(temporary(), 'docker-tls', 'ca-key.pem'), 'utf8')).not.toContain('ENCRYPTED');
    expect(stderr).toContain(
      'note: ca-key.pem is not encrypted: anyone who can read that file can create clients',
    );
  });

  test('without a terminal and without a flag is missed by an error that names the flags', async () => {
    const said = await refuses(temporary(), 1, all);
    expect(said).toContain(join(temporary(), 'docker-tls', 'ca-key.pem'));
    for (const flag of ['--passphrase-file', '--passphrase-fd', '--no-passphrase'])
      expect(said).toContain(flag);
  });

  test.each([
    [['--passphrase-file', 'pass', '--passphrase-fd', '3'], 2, 'mutually exclusive'],
    [['--passphrase-file', 'pass', '--no-passphrase'], 2, 'exclude each other'],
    [['--passphrase-file', 'missing'], 1, 'cannot read the passphrase from missing'],
    [['--passphrase-file', '.'], 1, 'cannot read the passphrase from .'],
    [['--passphrase-fd', '7'], 1, 'cannot read the passphrase from descriptor 7'],
    [['--passphrase-fd', '1'], 2, 'is no descriptor to read from'],
    [['--passphrase-fd', 'x'], 2, 'is no descriptor to read from'],
    [['--passphrase-fd', '-1'], 2, 'is no descriptor to read from'],
  ])('%j is refused', async (flags, code, reason) => {
    expect(await oneProcess.refuses(temporary(), code, [...all, ...flags])).toContain(reason);
  });

  test.each([
    ['', 'it is empty'],
    ['abc', 'it is shorter than 4 bytes'],
    ['first line\nsecond line\n', 'it holds a line end'],
    ['x'.repeat(1024), 'openssl would cut it at 1023'],
    ['nul\0byte', 'it holds a NUL byte'],
  ])('%j is refused without repeating it', async (text, reason) => {
    await writeFile(join(temporary(), 'pass'), text);
    const said = await oneProcess.refuses(temporary(), 2, [...all, '--passphrase-file', 'pass']);
    expect(said).toContain(reason);
    if (text !== '') expect(said).not.toContain(text.split('\n', 1)[0]);
  });
});

describe('a passphrase on the command line', () => {
  test.each([
    [...all, '--passphrase', secret],
    [...all, `--passphrase=${secret}`],
    [...all, '--pass', secret],
    [...all, `--password=${secret}`],
    ['--passphrase', secret, ...all],
    ['step', 'genrsa', '--out', 'k.pem', '--passout', `pass:${secret}`],
    ['step', 'genrsa', '--out', 'k.pem', '--passout', secret],
  ])('%j is refused without repeating it', async (...args) => {
    const said = await oneProcess.refuses(temporary(), 2, args);
    expect(said).toMatch(/command line/);
    expect(said).not.toContain('horse');
    const outcome = await oneProcess.program(temporary(), [...args, '--json']);
    expect(outcome.code).toBe(2);
    expect(outcome.stdout + outcome.stderr).not.toContain('horse');
    expect(JSON.parse(outcome.stdout)).toMatchObject({ ok: false });
  });
});

describe('the passphrase of a CA that is there', () => {
  beforeEach(async () => {
    await makeSet(request(temporary(), { passphrase: secret }));
  });

  test('opens it', async () => {
    await oneProcess.succeeds(temporary(), [...another, '--passphrase-file', 'pass']);
  });

  test('that is wrong is told with the name of the file', async () => {
    const said = await oneProcess.refuses(temporary(), 1, [...another, '--passphrase-file', 'wrong']);
    expect(said).toContain(`the passphrase does not open ${join(temporary(), 'docker-tls', 'ca-key.pem')}`);
    expect(said).not.toContain('horse');
  });

  test('that is missing is told with the flags', async () => {
    const said = await oneProcess.refuses(temporary(), 1, another);
    expect(said).toContain('ca-key.pem is encrypted, but no passphrase was given');
    expect(said).toContain('--passphrase-file');
    expect(said).not.toContain('--no-passphrase');
  });

  test('is not needed where nothing has to be signed', async () => {
    const { stdout } = await oneProcess.succeeds(temporary(), all);
    expect(stdout).toContain('Nothing to do. Already in ');
  });
});
