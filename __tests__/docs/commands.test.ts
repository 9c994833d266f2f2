import { beforeAll, describe, expect, test } from '@jest/globals';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { all, client, server } from '../../lib/index.js';
import { inTurns } from '../support/form.js';
import { useOneProcess } from '../support/one-process.js';
import { shell } from '../support/program.js';
import { useMadeRsaKeys } from '../support/rsa-keys.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { only } from '../support/only.js';

const temporary = useTemporaryDirectory();
await useMadeRsaKeys();
const shared = useSharedDirectory();
const { program } = useOneProcess();

/** Pages and the help that stands in each. `npm run docs` writes it anew. */
const pages: Record<string, readonly string[][]> = {
  all: [['all']],
  ca: [['ca']],
  server: [['server']],
  client: [['client']],
  csr: [
    ['csr', 'server'],
    ['csr', 'client'],
  ],
  sign: [['sign']],
  issued: [['issued']],
  revoke: [['revoke']],
  crl: [['crl']],
  authority: [['authority', 'rebuild']],
  import: [['import']],
  'fleet-plan': [['fleet', 'plan']],
  'fleet-apply': [['fleet', 'apply']],
  'fleet-csr': [['fleet', 'csr']],
  'fleet-sign': [['fleet', 'sign']],
  status: [['status']],
  'fleet-status': [['fleet', 'status']],
  inspect: [['inspect']],
  explain: [['explain']],
  verify: [['verify']],
  connect: [['connect']],
  doctor: [['doctor']],
  daemon: [['daemon']],
  env: [['env']],
  'install-client': [['install', 'client']],
  context: [['context']],
  bundle: [['bundle']],
  snippet: [['snippet']],
  modes: [['modes']],
  recipes: [['recipes']],
  completion: [['completion']],
  script: [['script']],
  'install-daemon': [['install', 'daemon']],
  uninstall: [['uninstall', 'daemon']],
  step: ['genrsa', 'genpkey', 'req', 'req-x509', 'x509-req', 'rsa', 'pkey', 'verify'].map((step) => [
    'step',
    step,
  ]),
  renew: [['renew'], ['renew', 'ca']],
  rollback: [['rollback']],
  'fleet-roll-over': ['start', 'status', 'next', 'abort'].map((action) => ['fleet', 'roll-over', action]),
  'fleet-ansible': [['fleet', 'ansible']],
  'fleet-script': [
    ['fleet', 'script'],
    ['fleet', 'cloud-init'],
  ],
  passphrase: ['add', 'change', 'remove'].map((verb) => ['passphrase', verb]),
};

const page = (name: string): string => new URL(`../../docs/commands/${name}.md`, import.meta.url).pathname;

describe('the page of', () => {
  test.each(Object.keys(pages))('%s holds the help that the command prints, in plain ASCII', async (name) => {
    const helps = await Promise.all(
      pages[name]!.map(async (command) => {
        const { stdout } = await program(temporary(), [...command, '--help'], { env: { COLUMNS: '100' } });
        return stdout.trimEnd();
      }),
    );
    const help = helps.join('\n\n\n');
    expect(help).toMatch(/^[\n\x20-\x7e]+$/);
    const text = readFileSync(page(name), 'utf8');
    const current = text.replace(/<!-- help -->[\s\S]*$/, `<!-- help -->\n\`\`\`\n${help}\n\`\`\`\n`);
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(page(name), current);
    else expect(text).toBe(current);
  });
});

/** The lines of the first shell block of a page. */
function example(name: string): string {
  return /```sh\n([\s\S]*?)```/.exec(readFileSync(page(name), 'utf8'))![1]!;
}

test('the chain by hand on the page of step makes a server certificate that verifies', async () => {
  const { code, stdout, stderr } = await shell(
    temporary(),
    `set -e; echo secret > passphrase\n${example('step')}`,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('verification of server-cert.pem: OK');
});

inTurns(1).each(['client', 'server'])('every command on the page of %s runs beside a CA', async (name) => {
  const before =
    name === 'client'
      ? 'docker-tls-openssl all --host h --key ec:p256 --no-passphrase --quiet; rm docker-tls/key.pem docker-tls/cert.pem'
      : 'docker-tls-openssl ca --key ec:p256 --no-passphrase --quiet';
  const lines = example(name).replaceAll(/^(docker-tls-openssl .*)$/gm, '$1 --key ec:p256 --quiet');
  const { code, stderr } = await shell(temporary(), `set -e\n${before}\n${lines}`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

beforeAll(async () => {
  const options = { directory: join(shared(), 'docker-tls'), key: 'ec:p256', passphrase: null } as const;
  await all({ ...options, hosts: ['docker.example.com'] });
  await client(only('client', { ...options, name: 'alice' }));
  await server(only('server', { ...options, name: 'web1', hosts: ['web1.example.com'] }));
});

inTurns(1).each(['env', 'install-client', 'bundle', 'snippet', 'modes', 'daemon'])(
  'every command on the page of %s runs beside a set',
  async (name) => {
    cpSync(join(shared(), 'docker-tls'), join(temporary(), 'docker-tls'), { recursive: true });
    const before = 'HOME=$PWD/home; export HOME; mkdir home';
    const { code, stderr } = await shell(temporary(), `set -e\n${before}\n${example(name)}`);
    expect({ code, stderr: stderr.replaceAll(/^(note|warning): .*\n/gm, '') }).toEqual({
      code: 0,
      stderr: '',
    });
  },
);
