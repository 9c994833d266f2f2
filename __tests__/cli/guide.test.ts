import { describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { look } from '../../cli/guide/look.js';
import { inTurns } from '../support/form.js';
import { makeSet } from '../support/made-sets.js';
import { shell } from '../support/program.js';
import { request } from '../support/request.js';
import { useMadeRsaKeys } from '../support/rsa-keys.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { useTerminal, type Terminal } from '../support/terminal.js';
import { modes, tree } from '../support/tree.js';
import { sixFiles } from './six-files.js';

await useMadeRsaKeys();

const temporary = useTemporaryDirectory();
const terminal = useTerminal();
const enter = '\r';
const ctrlC = '\u0003';
const ctrlU = '\u0015';

const where = 'Where does the Docker daemon run?';
const hosts = 'Names and addresses that clients use for it:';
const passphrase = "Protect the CA's private key with a passphrase?";

/** The program without arguments at a terminal, in an empty directory and without docker's contexts. */
function start(env: Readonly<Record<string, string>> = {}): Terminal {
  return terminal(temporary(), [], { env: { DOCKER_CONFIG: join(temporary(), 'none'), ...env } });
}

async function answers(screen: Terminal, question: string, keys: string): Promise<void> {
  await screen.sees(question);
  screen.types(keys);
}

/** The command lines below a heading. */
function linesBelow(screen: Terminal, heading: string): string[] {
  const [, ...lines] = (screen.words().split(heading)[1] ?? '').split(/\r*\n/);
  const end = lines.findIndex((line) => !line.startsWith('  '));
  return lines.slice(0, end === -1 ? undefined : end).map((line) => line.trim());
}

describe('without arguments, where there is nothing', () => {
  test('a set is made of the defaults, and the line that is printed makes it again', async () => {
    const screen = start();
    await screen.sees('Certificates:  none in docker-tls');
    await answers(screen, where, `1${enter}`);
    await answers(screen, hosts, enter);
    await answers(screen, passphrase, `n${enter}`);
    const { dockerd, isRoot } = await look();
    if (dockerd !== undefined && isRoot)
      await answers(screen, 'Install the certificates on this machine too', enter);
    await answers(screen, 'Run it?', enter);
    expect(await screen.ends()).toBe(0);
    expect(await modes(join(temporary(), 'docker-tls'))).toEqual(sixFiles);

    const lines = linesBelow(screen, 'To do the same again:');
    expect(lines).toEqual(linesBelow(screen, 'Your answers on the command line:'));
    expect(lines).toHaveLength(1);
    const again = join(temporary(), 'again');
    await mkdir(again);
    expect(await shell(again, lines.join('\n'))).toMatchObject({ code: 0 });
    expect(await modes(join(again, 'docker-tls'))).toEqual(sixFiles);
    const [one, other] = await Promise.all(
      [temporary(), again].map(
        async (folder) =>
          new X509Certificate(await readFile(join(folder, 'docker-tls', 'server-cert.pem'))).subjectAltName,
      ),
    );
    expect(one).toBe(other);
  });

  inTurns(1).each([
    ['the first question', [[where, ctrlC]]],
    [
      'a text',
      [
        [where, `2${enter}`],
        [hosts, `docker${ctrlC}`],
      ],
    ],
    [
      'the last one',
      [
        [where, `2${enter}`],
        [hosts, `docker.example${enter}`],
        [passphrase, enter],
        ['Run it?', ctrlC],
      ],
    ],
  ])('Ctrl-C at %s ends with 130, and nothing is made', async (_, keys) => {
    const before = await tree(temporary());
    const screen = start();
    for (const [question = '', typed = ''] of keys) await answers(screen, question, typed);
    expect(await screen.ends()).toBe(130);
    expect(screen.words()).toContain('stopped: nothing was changed');
    expect(await tree(temporary())).toEqual(before);
  });

  test('what is no host is refused; who declines gets the line, and nothing is made', async () => {
    const before = await tree(temporary());
    const screen = start();
    await answers(screen, where, `2${enter}`);
    await answers(screen, hosts, enter);
    await answers(screen, 'give at least one name or address', `a"b;id${enter}`);
    await answers(screen, 'cannot be used as a host', `${ctrlU}docker.example 10.0.0.5${enter}`);
    await answers(screen, passphrase, enter);
    await answers(screen, 'Run it?', `n${enter}`);
    expect(await screen.ends()).toBe(0);
    expect(linesBelow(screen, 'Nothing was run. To do it later:')).toEqual([
      'docker-tls-openssl all --host docker.example --host 10.0.0.5',
    ]);
    expect(await tree(temporary())).toEqual(before);
  });
});

test('where a set is in order, a client is added to it', async () => {
  await makeSet(request(temporary()));
  const screen = start();
  await screen.sees('3 certificates in docker-tls');
  await answers(screen, 'What do you want to do?', `1${enter}`);
  await answers(screen, 'Name of the client:', `alice${enter}`);
  await answers(screen, 'Run it?', enter);
  expect(await screen.ends()).toBe(0);
  expect(linesBelow(screen, 'To do the same again:')).toEqual(['docker-tls-openssl client --name alice']);
  expect(await tree(join(temporary(), 'docker-tls', 'clients', 'alice'))).not.toEqual([]);
});

test.each([
  ['a terminal that shows no questions', { TERM: 'dumb' }],
  ['CI', { CI: 'true' }],
])('for %s the help is shown, as an error', async (_, env) => {
  const screen = start(env);
  expect(await screen.ends()).toBe(2);
  expect(screen.words()).toContain('Usage: docker-tls-openssl COMMAND');
  expect(screen.words()).not.toContain(where);
});
