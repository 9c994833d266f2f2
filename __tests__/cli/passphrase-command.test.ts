import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createPrivateKey } from 'node:crypto';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addPassphrase } from '../../lib/index.js';
import { makeSet } from '../support/made-sets.js';
import { outdatedKey } from '../support/outdated-key.js';
import { useOneProcess, useProgram } from '../support/one-process.js';
import { type ProgramOptions } from '../support/program.js';
import { request } from '../support/request.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { useTerminal, type Terminal } from '../support/terminal.js';
import { modes, tree } from '../support/tree.js';
import { sixFiles } from './six-files.js';

const { succeeds } = useProgram();
const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();
const original = useSharedDirectory();
const terminal = useTerminal();
const secret = 'correct horse';
const another = 'another horse';
const enter = '\r';
const ctrlC = '\u0003';

const add = ['passphrase', 'add'];
const change = ['passphrase', 'change'];
const remove = ['passphrase', 'remove'];
const old = ['--passphrase-file', 'pass'];
const fresh = ['--new-passphrase-file', 'new'];
const key = (): string => join(temporary(), 'docker-tls', 'ca-key.pem');

beforeAll(async () => {
  await makeSet(request(original()));
  await writeFile(join(original(), 'pass'), `${secret}\n`);
  await writeFile(join(original(), 'new'), `${another}\n`);
  await writeFile(join(original(), 'wrong'), 'incorrect horse\n');
});
beforeEach(async () => {
  await cp(original(), temporary(), { recursive: true });
});

/** Whether the CA's private key opens with `passphrase`; undefined for none. */
async function opens(passphrase: string | undefined): Promise<boolean> {
  const pem = await readFile(key(), 'utf8');
  try {
    const read = createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
    const before = createPrivateKey(await readFile(join(original(), 'docker-tls', 'ca-key.pem')));
    return read.equals(before);
  } catch {
    return false;
  }
}

describe('passphrase', () => {
  test('add, change and remove: a line each, and the key is the same one with the same mode', async () => {
    const added = await succeeds(temporary(), [...add, ...old]);
    expect(added.stdout).toBe(
      'Encrypted docker-tls/ca-key.pem (AES-256-CBC, PBKDF2)\nOther copies of it stay unencrypted.\n',
    );
    expect([await opens(secret), await opens(undefined)]).toEqual([true, false]);

    const changed = await succeeds(temporary(), [...change, ...old, ...fresh]);
    expect(changed.stdout).toBe(
      'Changed the passphrase of docker-tls/ca-key.pem (AES-256-CBC, PBKDF2)\nOther copies of it keep the old passphrase.\n',
    );
    expect([await opens(another), await opens(secret)]).toEqual([true, false]);

    const removed = await succeeds(temporary(), [...remove, '--passphrase-file', 'new']);
    expect(removed.stdout).toBe('Removed the passphrase of docker-tls/ca-key.pem\n');
    expect(removed.stderr).toBe(
      'note: docker-tls/ca-key.pem is not encrypted: anyone who can read that file can create clients, and a client is root on the host\n',
    );
    expect(await opens(undefined)).toBe(true);
    for (const { stdout, stderr } of [added, changed, removed])
      expect(stdout + stderr).not.toContain('horse');
    expect(await modes(join(temporary(), 'docker-tls'))).toEqual(sixFiles);
  });

  test.each<[string, string[], ProgramOptions]>([
    ['a file and a descriptor', [...old, '--new-passphrase-fd', '3'], { descriptor3: `${another}\n` }],
    ['a descriptor and a file', ['--passphrase-fd', '3', ...fresh], { descriptor3: secret }],
    [
      'standard input and a descriptor',
      ['--passphrase-fd', '0', '--new-passphrase-fd', '3'],
      { input: `${secret}\r\n`, descriptor3: another },
    ],
  ])('change takes them from %s', async (_, flags, options) => {
    await oneProcess.succeeds(temporary(), [...add, ...old]);
    await succeeds(temporary(), [...change, ...flags], options);
    expect(await opens(another)).toBe(true);
  });

  test('takes any key, and says that Docker opens no encrypted one', async () => {
    const { stderr } = await oneProcess.succeeds(temporary(), [...add, 'docker-tls/server-key.pem', ...old]);
    expect(stderr).toBe(
      'note: Docker cannot open encrypted keys: it cannot use docker-tls/server-key.pem until the passphrase is removed again\n',
    );
    expect(await readFile(join(temporary(), 'docker-tls', 'server-key.pem'), 'utf8')).toContain('ENCRYPTED');
    const removed = await oneProcess.succeeds(temporary(), [...remove, 'docker-tls/server-key.pem', ...old]);
    expect(removed.stderr).toBe('');
  });

  test('with --json prints one object', async () => {
    const { stdout, stderr } = await oneProcess.succeeds(temporary(), [...add, ...old, '--json']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      command: 'passphrase add',
      dryRun: false,
      path: key(),
      encrypted: true,
      cipher: 'aes-256-cbc',
      kdf: { name: 'pbkdf2', iterations: 2048, prf: 'hmac-sha256' },
      notes: [],
      commands: ['openssl pkey -in docker-tls/ca-key.pem -aes256 -passout fd:3 -out docker-tls/ca-key.pem'],
      openssl: { path: expect.any(String) as unknown, version: expect.any(String) as unknown },
    });
  });

  test('with --quiet prints nothing, with --verbose the command', async () => {
    expect(await oneProcess.succeeds(temporary(), [...add, ...old, '--quiet'])).toMatchObject({
      stdout: '',
      stderr: '',
    });
    const { stderr } = await oneProcess.succeeds(temporary(), [...remove, ...old, '--verbose']);
    expect(stderr).toContain('$ openssl pkey -in docker-tls/ca-key.pem -passin fd:3 -out');
  });

  test('with --dry-run prints the command, needs no passphrase and changes nothing', async () => {
    const before = await tree(temporary());
    const { stdout } = await oneProcess.succeeds(temporary(), [...add, '--dry-run']);
    expect(stdout).toBe(
      'openssl pkey -in docker-tls/ca-key.pem -aes256 -passout fd:3 -out docker-tls/ca-key.pem\n',
    );
    const json = await oneProcess.succeeds(temporary(), [...add, '--dry-run', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ dryRun: true, kdf: null, openssl: null });
    expect(await tree(temporary())).toEqual(before);
  });
});

describe('passphrase changes nothing, and says why, where', () => {
  beforeEach(async () => {
    await addPassphrase({ key: key(), passphrase: secret });
  });

  test.each<[string, string[], number, string, string]>([
    ['there is one already', [...add, ...old], 1, 'already has a passphrase', 'passphrase change'],
    [
      'it is the wrong one',
      [...change, '--passphrase-file', 'wrong', ...fresh],
      1,
      'the passphrase does not open',
      'nothing was changed',
    ],
    [
      'none is given',
      remove,
      1,
      'but no passphrase was given',
      'with --passphrase-file FILE or --passphrase-fd N, or run at a terminal',
    ],
    [
      'no new one is given',
      [...change, ...old],
      1,
      'no new passphrase',
      'with --new-passphrase-file FILE or --new-passphrase-fd N, or run at a terminal',
    ],
    [
      'there is none to change',
      [...change, 'docker-tls/key.pem', ...old, ...fresh],
      1,
      'has no passphrase',
      'passphrase add docker-tls/key.pem',
    ],
    [
      'there is none to remove',
      [...remove, 'docker-tls/key.pem', ...old],
      1,
      'has no passphrase',
      'nothing to do',
    ],
    ['it is no key', [...add, 'docker-tls/ca.pem', ...old], 1, 'it holds a certificate', 'mixed up'],
    ['there is no key', [...add, 'missing.pem', ...old], 1, 'it does not exist', '--dir'],
    [
      'both are to come from one descriptor',
      [...change, '--passphrase-fd', '3', '--new-passphrase-fd', '3'],
      2,
      'same descriptor',
      'another descriptor',
    ],
    ['no verb is given', ['passphrase'], 2, 'add, change or remove', '--help'],
    ['an unknown verb is given', ['passphrase', 'forget'], 2, 'forget', '--help'],
    ['add is given a new one', [...add, ...fresh], 2, 'new-passphrase-file', '--help'],
  ])('%s', async (_, args, code, words, hint) => {
    const said = await oneProcess.refuses(temporary(), code, args);
    expect(said).toContain(words);
    expect(said.slice(said.indexOf('\nhint: '))).toContain(hint);
    expect(said).not.toContain('horse');
  });

  test('the key is a symbolic link', async () => {
    await symlink('docker-tls/key.pem', join(temporary(), 'link.pem'));
    expect(await oneProcess.refuses(temporary(), 1, [...add, 'link.pem', ...old])).toContain(
      'it is a symbolic link',
    );
  });

  test.each([
    [...change, '--new-passphrase', another],
    [...change, `--new-passphrase=${another}`],
    [...change, `--newPassphrase=${another}`],
    [...add, '--passphrase', another],
  ])('it stands on the command line: %j', async (...args) => {
    const said = await oneProcess.refuses(temporary(), 2, args);
    expect(said).toContain('command line');
    expect(said).not.toContain('horse');
  });

  test('with --json the error is one object', async () => {
    const { code, stdout } = await oneProcess.program(temporary(), [
      ...remove,
      '--passphrase-file',
      'wrong',
      '--json',
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      command: 'passphrase remove',
      error: { code: 'ERR_PASSPHRASE_WRONG', path: key() },
    });
  });
});

describe('at a terminal', () => {
  async function answers(screen: Terminal, question: string, keys: string): Promise<void> {
    await screen.sees(question);
    screen.types(keys);
  }

  test('a new one is asked for twice, an old one once, and none is shown', async () => {
    const adding = terminal(temporary(), add);
    await answers(adding, `New passphrase for the CA's private key ${key()}:`, secret + enter);
    await answers(adding, 'Repeat passphrase:', secret + enter);
    expect(await adding.ends()).toBe(0);

    const changing = terminal(temporary(), change);
    await answers(changing, `Passphrase of ${key()}:`, secret + enter);
    await answers(changing, 'New passphrase for ', another + enter);
    await answers(changing, 'Repeat passphrase:', another + enter);
    expect(await changing.ends()).toBe(0);
    expect(await opens(another)).toBe(true);

    const removing = terminal(temporary(), remove);
    await answers(removing, `Passphrase of ${key()}:`, another + enter);
    expect(await removing.ends()).toBe(0);
    expect(await opens(undefined)).toBe(true);
    for (const screen of [adding, changing, removing]) expect(screen.words()).not.toContain('horse');
  });

  test('a wrong one is told before a new one is asked for', async () => {
    await oneProcess.succeeds(temporary(), [...add, ...old]);
    const before = await tree(temporary());
    const screen = terminal(temporary(), change);
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await answers(screen, 'Passphrase of ', `incorrect horse${enter}`);
      if (attempt < 3) await screen.sees('Wrong passphrase, try again.');
    }
    expect(await screen.ends()).toBe(1);
    expect(screen.words()).toContain('the passphrase does not open');
    expect(screen.words()).not.toContain('New passphrase');
    expect(await tree(temporary())).toEqual(before);
  });

  test('is not called wrong for a key that Node opens no more', async () => {
    await writeFile(join(temporary(), 'old.pem'), outdatedKey, { mode: 0o600 });
    const screen = terminal(temporary(), [...change, 'old.pem']);
    await answers(screen, 'Passphrase of ', secret + enter);
    expect(await screen.ends()).toBe(1);
    expect(screen.words()).toContain('old.pem is encrypted with des-cbc, which is not opened');
    expect(screen.words()).not.toContain('Wrong passphrase');
  });

  test('Ctrl-C at the new one leaves the key as it was', async () => {
    await oneProcess.succeeds(temporary(), [...add, ...old]);
    const before = await tree(temporary());
    const screen = terminal(temporary(), change);
    await answers(screen, 'Passphrase of ', secret + enter);
    await answers(screen, 'New passphrase for ', ctrlC);
    expect(await screen.ends()).toBe(130);
    expect(screen.words()).toContain('stopped: nothing was changed');
    expect(await tree(temporary())).toEqual(before);
  });

  test("of another key it is not said that it is the CA's", async () => {
    const screen = terminal(temporary(), [...add, 'docker-tls/key.pem']);
    await answers(screen, `New passphrase for the private key ${join(temporary(), 'docker-tls')}`, ctrlC);
    expect(await screen.ends()).toBe(130);
  });
});

describe('step pkey', () => {
  test('rewrites a key in place, and another one beside it', async () => {
    const pkey = ['step', 'pkey', '--in', 'docker-tls/key.pem'];
    const { stdout } = await oneProcess.succeeds(temporary(), [
      ...pkey,
      '--passout',
      'file:pass',
      '--out',
      'k.pem',
    ]);
    expect(stdout).toBe('k.pem\n');
    const pem = await readFile(join(temporary(), 'k.pem'));
    expect(createPrivateKey({ key: pem, passphrase: secret }).asymmetricKeyType).toBe('ec');
    const inPlace = ['step', 'pkey', '--in', 'k.pem', '--out', 'k.pem'];
    expect(await oneProcess.refuses(temporary(), 1, [...inPlace, '--passin', 'file:wrong'])).toContain(
      'the passphrase does not open k.pem',
    );
    await oneProcess.succeeds(temporary(), [...inPlace, '--passin', 'file:pass']);
    expect(createPrivateKey(await readFile(join(temporary(), 'k.pem'))).type).toBe('private');
  });

  test.each([
    [['--in', 'docker-tls/ca.pem'], 1, 'docker-tls/ca.pem is not a private key: it holds a certificate'],
    [['--in', 'docker-tls/key.pem', '--aes256'], 2, 'a passphrase is needed'],
  ])('%j is refused', async (flags, code, reason) => {
    expect(
      await oneProcess.refuses(temporary(), code, ['step', 'pkey', ...flags, '--out', 'k.pem']),
    ).toContain(reason);
  });
});
