import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPrivateKey } from 'node:crypto';
import { chmod, copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { explain } from '../../lib/index.js';
import type { ClientId } from '../../lib/judge/clients.js';
import type { ClientVerdict } from '../../lib/report/explain.js';
import { dockerBuilds, startDockerd, type RunningDockerd } from '../support/dockerd.js';
import { flawedKeys, spoilKeys } from '../support/flawed-keys.js';
import { makeFlawedSet, writeInForm, type FlawedSet } from '../support/flawed-sets.js';
import { rows } from '../support/form.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { askCurl, askNode, type Answer, type Call } from '../support/tls-clients.js';
import { askDeno, askNssHolder, startBun, startDockerJava } from '../support/tls-holders.js';

// Java, rustls, NSS and BoringSSL with a client's pair, at a real daemon: what is told of them is what they print.

const newest = (await dockerBuilds()).at(-1)!;
const shared = useSharedDirectory();
const at = (...names: string[]): string => join(shared(), ...names);
const java = startDockerJava();
const bun = startBun();
let daemon: RunningDockerd;

beforeAll(async () => {
  await makeFlawedSet(at('good'));
  await makeFlawedSet(at('chain'), { intermediate: 'in the leaves' });
  const cas = ['good', 'chain'].map((set) => readFile(at(set, 'ca.pem')));
  await writeFile(at('cas.pem'), Buffer.concat(await Promise.all(cas)));
  const path = (flag: string, file: string): string => `--${flag}=${at('good', file)}`;
  const pair = [path('tlscert', 'server-cert.pem'), path('tlskey', 'server-key.pem')];
  daemon = await startDockerd(newest, { args: ['--tlsverify', `--tlscacert=${at('cas.pem')}`, ...pair] });
}, 90_000);
afterAll(async () => {
  java.stop();
  bun.stop();
  await daemon.stop();
}, 60_000);

const holders: Partial<Record<ClientId, (call: Call) => Promise<Answer>>> = {
  java: java.ask,
  rustls: askDeno,
  nss: askNssHolder,
  boringssl: bun.ask,
};

interface Held extends FlawedSet {
  readonly title: string;
  readonly spoil?: (directory: string) => Promise<void>;
  /** Others whose answer this is about. */
  readonly also?: typeof holders;
}

const key = (title: string, type: string, more: Partial<Held> = {}): Held => ({
  title,
  client: { key: type },
  ...more,
});

const usage = (keyUsage: string, type = 'ec:prime256v1'): Held => ({
  title: `for ${keyUsage} alone, ${type}`,
  client: { key: type, extensions: { keyUsage: `critical,${keyUsage}` } },
});

/** Writes the client's key in another form. */
function rewritten(write: (pem: string) => string): Pick<Held, 'spoil'> {
  return {
    spoil: async (directory) => {
      const path = join(directory, 'key.pem');
      await chmod(path, 0o600);
      await writeFile(path, write(await readFile(path, 'utf8')));
    },
  };
}

const as = (type: 'pkcs1' | 'sec1'): Pick<Held, 'spoil'> =>
  rewritten((pem) => createPrivateKey(pem).export({ type, format: 'pem' }).toString());

const inForm = (form: Parameters<typeof writeInForm>[1]): Held => ({
  title: `in the form ${form}`,
  spoil: (directory) => writeInForm(join(directory, 'cert.pem'), form),
});

/** First those that each go through a rule, then those that everybody presents. */
const refused: readonly Held[] = [
  ...Object.keys(flawedKeys).map((reason) => ({
    title: reason,
    spoil: (directory: string): Promise<void> => spoilKeys(directory, reason),
  })),
  key('secp256k1', 'ec:secp256k1', { also: { curl: askCurl, node: askNode } }),
  key('a short key', 'rsa:1024', { also: { curl: askCurl, node: askNode } }),
  key('Ed25519', 'ed25519'),
  usage('keyEncipherment'),
  { title: 'of version 1', client: { extensions: null } },
  ...rows((['BOM', 'DER', 'TRUSTED', 'X509'] as const).map(inForm), 3),
];
const presented: readonly Held[] = [
  {
    title: 'with its intermediate',
    intermediate: 'in the leaves',
    spoil: (directory) => copyFile(at('cas.pem'), join(directory, 'ca.pem')),
  },
  { title: 'PKCS#8, P-256' },
  key('P-384', 'ec:secp384r1'),
  key('P-521', 'ec:secp521r1'),
  key('PKCS#1', 'rsa:2048', as('pkcs1')),
  key('RSA 4096', 'rsa:4096'),
  { title: 'with CRLF', ...rewritten((pem) => pem.replaceAll('\n', '\r\n')) },
  { title: 'with text before', ...rewritten((pem) => `my key\n${pem}`) },
  { title: 'SEC1', ...as('sec1') },
  usage('keyAgreement'),
  { title: 'a CA itself', client: { extensions: { basicConstraints: 'critical,CA:TRUE' } } },
  key('Brainpool', 'ec:brainpoolP256r1'),
  usage('keyEncipherment', 'rsa:2048'),
];

async function verdictOf(directory: string, client: ClientId): Promise<ClientVerdict> {
  const { certificates } = await explain({ directory });
  const held = certificates.find(({ role }) => role === 'client')!;
  return held.verdicts.find((verdict) => verdict.client === client)!;
}

describe('a pair that its holder presents, or not', () => {
  // In the short form every eighth of the latter.
  test.each([...refused, ...rows(presented, 8)])('$title', async ({ title, spoil, also, ...set }) => {
    const directory = at(title.replaceAll(/\W/g, '-'));
    await makeFlawedSet(directory, set);
    await spoil?.(directory);
    const call = { host: 'localhost', port: daemon.port, directory };
    const given = await Promise.all(
      Object.entries({ ...holders, ...also }).map(async ([client, ask]) => {
        const { accepted, says } = await verdictOf(directory, client as ClientId);
        return { client, accepted, says, answer: await ask(call) };
      }),
    );
    const wrong = given.filter(({ accepted, says, answer }) =>
      accepted ? answer !== undefined : !says.some(({ words }) => answer?.includes(words) === true),
    );
    expect(wrong).toEqual([]);
  });
});

test('of a long RSA key nothing is told of who presents it', async () => {
  const directory = at('long');
  await makeFlawedSet(directory, { client: { key: 'rsa:9000' } });
  expect(await verdictOf(directory, 'java')).toMatchObject({
    accepted: false,
    unknown: expect.stringMatching(/^no client was measured with a pair of RSA with \d+ bits$/),
  });
});
