import { beforeAll, expect, test } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ca } from '../../lib/index.js';
import { helps } from '../support/helps.js';
import { makeSet } from '../support/made-sets.js';
import { useOneProcess } from '../support/one-process.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const { program } = useOneProcess();

const fleet = `
ca: { directory: fleet-tls }
defaults: { key: ec:p256, keys: on-controller }
hosts: { web1: { names: [web1.example], address: 127.0.0.1, port: 1 } }
clients: { alice: {} }
`;

beforeAll(async () => {
  const at = shared();
  const options = { key: 'ec:p256', passphrase: null } as const;
  await makeSet({ directory: join(at, 'docker-tls'), hosts: ['docker.example'], ...options });
  await ca({ directory: join(at, 'fleet-tls'), ...options });
  for (const directory of ['home', 'root/etc']) mkdirSync(join(at, directory), { recursive: true });
  writeFileSync(join(at, 'passphrase'), 'secret\n');
  writeFileSync(join(at, 'docker-tls.yaml'), fleet);
});

const secret = '--passphrase-file passphrase';

/** A command line for each command, in an order in which each has what it needs; those that fail have their exit code. */
const lines: readonly (readonly [command: string, rest: string, code?: number, error?: string])[] = [
  ['all', '--dry-run --dir other --host h.example --no-passphrase'],
  ['ca', '--dry-run --dir other --no-passphrase'],
  ['server', '--dry-run --name web1 --host web1.example'],
  ['client', '--dry-run --name alice'],
  ['csr server', '--dry-run --dir server --host h.example'],
  ['csr client', '--name carol --key ec:p256 --dir carol'],
  ['sign', 'carol/clients/carol/client.csr --names-from-csr --dry-run'],
  ['import', 'docker-tls --dir imported'],
  ['renew', 'client'],
  ['renew ca', '--dry-run'],
  ['rollback', '--dry-run'],
  ['issued', ''],
  ['revoke', 'client --dry-run'],
  ['crl', '--dry-run'],
  ['authority rebuild', '--dry-run'],
  ['status', ''],
  ['inspect', ''],
  ['verify', ''],
  ['explain', ''],
  ['connect', 'tcp://127.0.0.1:1', 1],
  ['doctor', '--root root'],
  ['daemon', ''],
  ['install client', ''],
  ['install daemon', '--root root'],
  ['uninstall daemon', '--root root'],
  ['env', ''],
  ['context', 'production'],
  ['bundle', '--dry-run'],
  ['snippet', 'curl'],
  ['modes', ''],
  ['recipes', ''],
  ['step genrsa', '--dry-run --out new.pem'],
  ['step genpkey', '--dry-run --algorithm ec:p256 --out new.pem'],
  ['step req', '--dry-run --key docker-tls/key.pem --subj /CN=a --out new.csr'],
  ['step req-x509', '--dry-run --key docker-tls/key.pem --subj /CN=a --days 1 --out new.pem'],
  [
    'step x509-req',
    '--dry-run --in carol/clients/carol/client.csr --CA docker-tls/ca.pem --CAkey docker-tls/ca-key.pem --days 1 --out new.pem',
  ],
  ['step rsa', '--dry-run --in docker-tls/key.pem --out new.pem'],
  ['step pkey', '--dry-run --in docker-tls/key.pem --out new.pem'],
  ['step verify', '--dry-run --CAfile docker-tls/ca.pem docker-tls/cert.pem'],
  ['passphrase add', `docker-tls/ca-key.pem ${secret}`],
  ['passphrase change', `docker-tls/ca-key.pem ${secret} --new-passphrase-file passphrase`],
  ['passphrase remove', `docker-tls/ca-key.pem ${secret}`],
  ['fleet plan', '', 2],
  ['fleet apply', ''],
  ['fleet csr', '--dry-run'],
  ['fleet sign', '--dry-run'],
  ['fleet status', '--offline'],
  ['fleet roll-over status', ''],
  ['fleet roll-over start', '--key ec:p256 --no-passphrase'],
  // The host is not there; `next` prints what `start` does.
  ['fleet roll-over next', '--dry-run', 1, 'ERR_UNCONFIRMED'],
  ['fleet roll-over abort', '--dry-run'],
  ['fleet ansible', 'playbooks --dry-run'],
  ['fleet script', 'web1 --with-key'],
  ['fleet cloud-init', 'web1 --with-key'],
];

// What `program` runs has to be as its schema says.
test.each(lines)('%s --json prints what its schema says: %s', async (command, rest, code = 0, error) => {
  const args = [...command.split(' '), ...rest.split(' ').filter((word) => word !== ''), '--json'];
  const { stdout, ...outcome } = await program(shared(), args, { env: { HOME: join(shared(), 'home') } });
  const printed = JSON.parse(stdout) as { command: string; error?: { code: string } };
  expect({ ...outcome, command: printed.command, error: printed.error?.code }).toEqual({
    ...{ code, stderr: '' },
    ...{ command, error },
  });
});

test('each command with --json is among them', () => {
  const commands = helps.filter(({ flags }) => flags.includes('--json')).map(({ command }) => command);
  expect(lines.map(([command]) => command).sort()).toEqual(commands.sort());
});
