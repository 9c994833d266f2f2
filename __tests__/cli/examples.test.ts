import { beforeAll, expect, test } from '@jest/globals';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { all, client, server } from '../../lib/index.js';
import { madeFleet, passphrase } from '../support/fleet-scene.js';
import { rows } from '../support/form.js';
import { helps } from '../support/helps.js';
import { dockerCe, makeImage } from '../support/host-images.js';
import { useOneProcess } from '../support/one-process.js';
import { only } from '../support/only.js';
import { useMadeRsaKeys } from '../support/rsa-keys.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';

/** The examples at the end of each command's help: each runs in a prepared directory, and ends with one of the listed codes. */

await useMadeRsaKeys();
const temporary = useTemporaryDirectory();
const shared = useSharedDirectory();
const { program, succeeds } = useOneProcess();

interface Way {
  /** What is in docker-tls. Default: a set, with the client alice and the server web1. */
  readonly base?: 'nothing' | 'ca';
  /** Commands that run before. */
  readonly before?: readonly (readonly string[])[];
  /** What a person would say at a prompt, or what shortens the run. */
  readonly more?: readonly string[];
  /** What is left out, as it needs more than a directory. */
  readonly without?: readonly string[];
  /** With what it may end here. Default: 0. */
  readonly codes?: readonly number[];
}

const p256 = ['--key', 'ec:p256'];
const secret = ['--passphrase-file', 'ca.pass'];
const started = ['fleet', 'roll-over', 'start', ...secret, '--quiet'];
const encrypted = ['passphrase', 'add', ...secret, '--quiet'];

/** By command. */
const ways: Readonly<Record<string, Way>> = {
  all: { base: 'nothing', more: [...p256, ...secret] },
  ca: { base: 'nothing', more: [...p256, ...secret] },
  'csr server': { base: 'nothing', more: p256 },
  'csr client': { base: 'nothing', more: p256 },
  sign: { base: 'ca' },
  import: { base: 'nothing' },
  rollback: { before: [['renew', '--all', '--quiet']] },
  revoke: { more: ['--yes'] },
  'bundle --p12': { more: secret },
  'passphrase add': { more: secret },
  'passphrase change': { before: [encrypted], more: [...secret, '--new-passphrase-file', 'new.pass'] },
  'passphrase remove': { before: [encrypted], more: secret },
  'fleet plan': { codes: [2] },
  'fleet roll-over abort': { before: [started], more: secret },
  // These ask machines that are not there: a daemon, and hosts of the fleet.
  connect: { more: ['--timeout', '1'], codes: [1] },
  doctor: { codes: [0, 1] },
  'fleet csr': { more: ['--dry-run'] },
  'fleet status': { more: ['--timeout', '1'], codes: [3, 4] },
  'fleet roll-over status': { before: [started], more: ['--connect-timeout', '1'], codes: [3] },
  'fleet roll-over next': { before: [started], more: ['--connect-timeout', '1', ...secret], codes: [1] },
  // These change a host: here they preview what they would do to an image of one.
  'install daemon': { more: ['--root', 'image'], without: ['--apply', '--restart'] },
  'uninstall daemon': { more: ['--root', 'image'], without: ['--apply', '--restart'] },
};

beforeAll(async () => {
  const at = (...path: string[]): string => join(shared(), ...path);
  await madeFleet(at('fleet'));
  for (const base of ['set', 'ca', 'nothing']) cpSync(at('fleet'), at(base), { recursive: true });
  const set = { directory: at('set', 'docker-tls'), ...{ key: 'ec:p256', passphrase: null } } as const;
  await all({ ...set, hosts: ['docker.example.com', '10.0.0.5'] });
  await client(only('client', { ...set, name: 'alice' }));
  await server(only('server', { ...set, name: 'web1', hosts: ['web1.example.com', '10.0.0.6'] }));
  mkdirSync(at('ca', 'docker-tls'));
  await makeImage(at('set', 'image'), dockerCe);
  for (const name of ['ca.pem', 'ca-key.pem'])
    cpSync(at('set', 'docker-tls', name), at('ca', 'docker-tls', name));
  for (const base of ['set', 'ca', 'nothing']) {
    cpSync(at('set', 'docker-tls'), at(base, 'home', '.docker', 'machine'), { recursive: true });
    for (const name of ['ca.pem', 'ca-key.pem', 'server-cert.pem', 'server-key.pem'])
      cpSync(at('set', 'docker-tls', name), at(base, name));
    cpSync(at('set', 'docker-tls', 'key.pem'), at(base, 'client-key.pem'));
    writeFileSync(at(base, 'ca.pass'), `${passphrase}\n`, { mode: 0o600 });
    writeFileSync(at(base, 'key.pass'), 'battery staple\n', { mode: 0o600 });
    writeFileSync(at(base, 'new.pass'), 'staple battery\n', { mode: 0o600 });
  }
  const fleet = JSON.stringify({
    ...{ ca: { directory: 'ca', key: 'ec:p256' }, csrs: 'csrs', defaults: { key: 'ec:p256', days: 90 } },
    hosts: {
      web1: { names: ['web1.example.com', '10.0.0.5'] },
      web2: { names: ['web2.example.com'] },
      db: { names: ['db.example.com'], keys: 'on-controller' },
    },
    clients: { alice: {}, ci: {} },
  });
  for (const base of ['set', 'ca', 'nothing']) writeFileSync(at(base, 'docker-tls.json'), fleet);
  const quiet = [...p256, '--quiet', '--dir'];
  const run = (...args: string[]) => succeeds(at('set'), args);
  await run('step', 'genrsa', '2048', '--out', 'rsa-key.pem', '--quiet');
  await run(
    'step',
    'pkey',
    '--in',
    'client-key.pem',
    '--out',
    'secret-key.pem',
    '--aes256',
    '--passout',
    'file:ca.pass',
    '--quiet',
  );
  await run('csr', 'server', '--host', 'docker.example.com', '--no-localhost', ...quiet, 'new-server');
  await run('csr', 'client', '--client-name', 'alice', ...quiet, 'new-alice');
  await run('csr', 'client', '--client-name', 'bob', ...quiet, 'new-bob');
  for (const base of ['set', 'ca']) {
    cpSync(at('set', 'new-server', 'server.csr'), at(base, 'server.csr'));
    cpSync(at(base, 'server.csr'), at(base, 'a.csr'));
    for (const name of ['alice', 'bob'])
      cpSync(at('set', `new-${name}`, 'client.csr'), at(base, `${name}.csr`));
  }
});

const examples = helps.flatMap(({ command, examples, exitCodes }) =>
  examples.map(([line]) => [line, command, exitCodes] as const),
);

/** The words of the program's own part of a line, as a shell reads them. */
function wordsOf(line: string, home: string): string[] {
  const [, own] = /docker-tls-openssl ((?:'[^']*'|[^'|>)])*)/.exec(line)!;
  return [...own!.matchAll(/(?:'[^']*'|[^' ])+/g)].map(([word]) =>
    word.replaceAll("'", '').replace(/^~(?=\/)/, home),
  );
}

/** In the short form about one of each command. */
test.each(rows(examples, 2))('%s runs', async (line, command, listed) => {
  const way = ways[`${command} ${line.split(' ').at(-1)!}`] ?? ways[command] ?? {};
  const { base = 'set', before = [], more = [], without = [], codes = [0] } = way;
  cpSync(join(shared(), base), temporary(), { recursive: true });
  const home = join(temporary(), 'home');
  const env = { HOME: home };
  for (const one of before) await succeeds(temporary(), one, { env });
  const typed = wordsOf(line, home).filter((word) => !without.includes(word));
  const flags = more.filter((word, at) => {
    const flag = word.startsWith('--') ? word : more[at - 1]!;
    return !typed.includes(flag);
  });
  const { code, stderr } = await program(temporary(), [...typed, ...flags], { env });
  expect(listed).toContain(code);
  if (!codes.includes(code!)) throw new Error(`it ended with ${String(code)}: ${stderr}`);
});

test.each(helps.map((help) => [help.command, help] as const))(
  'the help of %s ends with examples of it and its exit codes',
  (command, { examples, exitCodes, lines }) => {
    expect(examples.length).toBeGreaterThan(0);
    for (const [line, does] of examples) {
      expect(line).toMatch(
        new RegExp(`^[^ ].*docker-tls-openssl ${command}\\b|^docker-tls-openssl ${command}\\b`),
      );
      expect(does).toMatch(/^[A-Z].*[^.]$/);
    }
    expect(exitCodes.slice(0, 3)).toEqual([0, 1, 2]);
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
  },
);
