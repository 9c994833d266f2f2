import { beforeEach, describe, expect, test } from '@jest/globals';
import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inTurns, leftToWhole } from '../support/form.js';
import { makeSet } from '../support/made-sets.js';
import { quick } from '../support/program.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { useTerminal, type Terminal } from '../support/terminal.js';
import { modes, tree } from '../support/tree.js';
import { sixFiles } from './six-files.js';

const temporary = useTemporaryDirectory();
const terminal = useTerminal();
const secret = 'correct horse';
const all = ['all', '--host', 'docker.example', '--key', 'ec:p256'];
const enter = '\r';
const ctrlC = '\u0003';

async function answers(screen: Terminal, question: string, keys: string): Promise<void> {
  await screen.sees(question);
  screen.types(keys);
}

/** Whether the CA's private key opens with `passphrase`. */
async function opens(passphrase: string): Promise<boolean> {
  const key = await readFile(join(temporary(), 'docker-tls', 'ca-key.pem'));
  try {
    return createPrivateKey({ key, passphrase }).type === 'private';
  } catch {
    return false;
  }
}

describe('the passphrase of a new CA', () => {
  test('is asked for twice, and not shown', async () => {
    const screen = terminal(temporary(), all);
    await answers(
      screen,
      `New passphrase for the CA's private key ${join(temporary(), 'docker-tls', 'ca-key.pem')}:`,
      secret + enter,
    );
    await answers(screen, 'Repeat passphrase:', secret + enter);
    expect(await screen.ends()).toBe(0);
    expect(screen.words()).not.toContain('horse');
    expect(screen.words()).not.toContain('*');
    expect(await modes(join(temporary(), 'docker-tls'))).toEqual(sixFiles);
    expect(await opens(secret)).toBe(true);
  });

  test('is asked for anew after two different ones', async () => {
    const screen = terminal(temporary(), all);
    await answers(screen, 'New passphrase', secret + enter);
    await answers(screen, 'Repeat passphrase:', `incorrect horse${enter}`);
    await screen.sees('Passphrases do not match.');
    await answers(screen, 'New passphrase', `third horse${enter}`);
    await answers(screen, 'Repeat passphrase:', `third horse${enter}`);
    expect(await screen.ends()).toBe(0);
    expect(screen.words()).not.toContain('horse');
    expect(await opens('third horse')).toBe(true);
  });

  leftToWhole('is asked for anew after one that cannot be used', async () => {
    const screen = terminal(temporary(), all);
    await answers(screen, 'New passphrase', `abc${enter}`);
    await screen.sees('it is shorter than 4 bytes');
    await answers(screen, 'New passphrase', secret + enter);
    await answers(screen, 'Repeat passphrase:', secret + enter);
    expect(await screen.ends()).toBe(0);
    expect(await opens(secret)).toBe(true);
  });

  leftToWhole('can be mended while it is typed', async () => {
    const screen = terminal(temporary(), all);
    await answers(screen, 'New passphrase', `${secret}x\u007f${enter}`);
    await answers(screen, 'Repeat passphrase:', secret + enter);
    expect(await screen.ends()).toBe(0);
    expect(await opens(secret)).toBe(true);
  });

  test.each([
    ['the first time', false],
    ['the second time', true],
  ])('is not waited for after Ctrl-C %s: exit 130, nothing is written', async (_, second) => {
    const before = await tree(temporary());
    const screen = terminal(temporary(), all);
    await answers(screen, 'New passphrase', second ? secret + enter : `corr${ctrlC}`);
    if (second) await answers(screen, 'Repeat passphrase:', ctrlC);
    expect(await screen.ends()).toBe(130);
    expect(screen.words()).toContain('stopped: nothing was changed');
    expect(screen.words()).not.toContain('horse');
    expect(await tree(temporary())).toEqual(before);
  });

  test('is not waited for after Ctrl-C with --json either', async () => {
    const screen = terminal(temporary(), [...all, '--json']);
    await answers(screen, 'New passphrase', ctrlC);
    expect(await screen.ends()).toBe(130);
    const [object] = /^\{[^]*^\}/m.exec(screen.words()) ?? [''];
    expect(JSON.parse(object)).toMatchObject({ ok: false, error: { code: 'ERR_ABORTED' } });
  });

  test('is not asked for where a flag says where it is, or that there is none', async () => {
    const screen = terminal(temporary(), [...all, '--no-passphrase']);
    expect(await screen.ends()).toBe(0);
    expect(screen.words()).not.toContain('passphrase for');
  });

  leftToWhole('is not asked for where nothing has to be signed, or what was asked for is wrong', async () => {
    const wrong = terminal(temporary(), ['all', '--host', 'a b']);
    expect(await wrong.ends()).toBe(2);
    expect(wrong.words()).not.toContain('New passphrase');
    const dry = terminal(temporary(), [...all, '--dry-run']);
    expect(await dry.ends()).toBe(0);
    expect(dry.words()).not.toContain('New passphrase');
  });
});

describe('the passphrase of a CA that is there', () => {
  beforeEach(async () => {
    await makeSet(request(temporary(), { passphrase: secret }));
  });

  test('is asked for once, with the name of the file, and not shown', async () => {
    const screen = terminal(temporary(), ['client', '--name', 'alice', '--key', 'ec:p256']);
    await answers(screen, `Passphrase of ${join(temporary(), 'docker-tls', 'ca-key.pem')}:`, secret + enter);
    expect(await screen.ends()).toBe(0);
    expect(screen.words()).not.toContain('horse');
    expect(screen.words()).not.toContain('Repeat passphrase');
  });

  test('may be typed again after a wrong one', async () => {
    const screen = terminal(temporary(), ['client', '--name', 'alice', '--key', 'ec:p256']);
    await answers(screen, 'Passphrase of ', `incorrect horse${enter}`);
    await screen.sees('Wrong passphrase, try again.');
    await answers(screen, 'Passphrase of ', secret + enter);
    expect(await screen.ends()).toBe(0);
    expect(screen.words()).not.toContain('horse');
  });

  test('that is wrong three times is reported with the name of the file', async () => {
    const before = await tree(temporary());
    const screen = terminal(temporary(), ['client', '--name', 'alice', '--key', 'ec:p256']);
    await answers(screen, 'Passphrase of ', `incorrect horse${enter}`);
    for (const next of ['wrong horse', 'another horse']) {
      await screen.sees('Wrong passphrase, try again.');
      await answers(screen, 'Passphrase of ', next + enter);
    }
    expect(await screen.ends()).toBe(1);
    expect(screen.words()).toContain(
      `the passphrase does not open ${join(temporary(), 'docker-tls', 'ca-key.pem')}`,
    );
    expect(screen.words()).not.toContain('horse');
    expect(await tree(temporary())).toEqual(before);
  });
});

describe('--force ca', () => {
  beforeEach(async () => {
    await makeSet(request(temporary()));
  });
  const again = ['all', ...quick, '--force', 'ca'];

  test('asks, and makes all anew after y', async () => {
    const before = await tree(join(temporary(), 'docker-tls'));
    const screen = terminal(temporary(), again);
    await answers(screen, 'on every host and client.', `y${enter}`);
    expect(await screen.ends()).toBe(0);
    const after = await tree(join(temporary(), 'docker-tls'));
    expect(after.filter((line) => before.includes(line))).toEqual(before.slice(0, 1));
  });

  inTurns(1).each([
    ['n', 'n\r', 1, 'the CA was not replaced'],
    ['Enter alone', '\r', 1, 'the CA was not replaced'],
    ['Ctrl-C', ctrlC, 130, 'stopped: nothing was changed'],
  ])('asks, and changes nothing after %s', async (_, keys, code, words) => {
    const before = await tree(temporary());
    const screen = terminal(temporary(), again);
    await answers(screen, 'on every host and client.', keys);
    expect(await screen.ends()).toBe(code);
    expect(screen.words()).toContain(words);
    expect(await tree(temporary())).toEqual(before);
  });

  leftToWhole('asks nothing with --yes', async () => {
    const screen = terminal(temporary(), [...again, '--yes']);
    expect(await screen.ends()).toBe(0);
    expect(screen.words()).not.toContain('Replace the CA');
  });
});

describe('progress', () => {
  const titles = ['private key of the CA', 'certificate of the server', 'verification of the client'];

  test('is a list that ticks, and what it shows in the end is done', async () => {
    const screen = terminal(temporary(), ['all', ...quick]);
    expect(await screen.ends()).toBe(0);
    for (const title of titles) expect(screen.words()).toContain(`✔ ${title}`);
    expect(screen.words()).not.toContain('done: ');
    expect(screen.words().indexOf('Created in ')).toBeGreaterThan(screen.words().lastIndexOf('✔ '));
    expect(screen.output()).toContain('\u001b[32m');
    // It leaves the cursor visible.
    expect(screen.output().lastIndexOf('\u001b[?25h')).toBeGreaterThan(
      screen.output().lastIndexOf('\u001b[?25l'),
    );
  });

  inTurns(1).each([
    ['NO_COLOR', { NO_COLOR: '1' }],
    ['a dumb terminal', { TERM: 'dumb' }],
  ])('has no colour under %s', async (_, env) => {
    const screen = terminal(temporary(), ['all', ...quick], { env });
    expect(await screen.ends()).toBe(0);
    expect(screen.words()).toContain('Created in ');
    expect(screen.output()).not.toMatch(/\u001b\[(?:3\d|9\d|1|2|4)m/);
  });

  test('has no colour under NO_COLOR in an error either', async () => {
    const screen = terminal(temporary(), ['all', '--host', 'a b'], { env: { NO_COLOR: '1' } });
    expect(await screen.ends()).toBe(2);
    expect(screen.output()).toBe(screen.words());
  });

  test('is plain lines where the terminal does not know its size', async () => {
    const screen = terminal(temporary(), ['all', ...quick], { columns: 0 });
    expect(await screen.ends()).toBe(0);
    expect(screen.words()).toContain('done: private key of the CA (');
    expect(screen.words()).not.toContain('✔');
  });

  test('is nothing with --quiet', async () => {
    const screen = terminal(temporary(), ['all', ...quick, '--quiet']);
    expect(await screen.ends()).toBe(0);
    expect(screen.output()).toBe('');
  });

  leftToWhole('is the commands with --verbose', async () => {
    const screen = terminal(temporary(), ['all', ...quick, '--verbose']);
    expect(await screen.ends()).toBe(0);
    expect(screen.words()).toContain('$ openssl genpkey ');
    expect(screen.words()).not.toContain('✔');
  });

  test('shows no tick for what failed', async () => {
    const screen = terminal(temporary(), ['all', ...quick, '--openssl', '/bin/false']);
    expect(await screen.ends()).toBe(1);
    expect(screen.words()).not.toContain('✔');
    expect(screen.words()).toContain('error: ');
  });

  test('is one JSON object alone with --json', async () => {
    const screen = terminal(temporary(), ['all', ...quick, '--json']);
    expect(await screen.ends()).toBe(0);
    expect(JSON.parse(screen.output())).toMatchObject({ ok: true });
  });
});
