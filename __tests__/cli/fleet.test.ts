import { expect, test } from '@jest/globals';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useOneProcess } from '../support/one-process.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const { program, succeeds, refuses } = useOneProcess();
const put = (name: string, text: string): Promise<void> =>
  writeFile(join(temporary(), name), text, { mode: 0o600 });

test('without a fleet file, how to begin one', async () => {
  expect(await refuses(temporary(), 1, ['fleet', 'plan'])).toBe(
    'error: there is no docker-tls.yaml here\n' +
      'hint: begin one with `hosts: { web1: { names: [web1.example.com] } }`, or name a fleet file with --file\n',
  );
});

test('what was made, what failed, and what comes next', async () => {
  await put('ca.pass', 'correct horse battery\n');
  await put(
    'docker-tls.yaml',
    `ca: { directory: ./ca, key: 'ec:p256' }
defaults: { key: 'ec:p256' }
hosts:
  db1: { keys: on-controller, names: [db1.example.com] }
  web1: { names: [web1.example.com] }
clients:
  alice: {}
`,
  );
  const { stdout } = await succeeds(temporary(), ['fleet', 'apply', '--passphrase-file', 'ca.pass']);
  expect(stdout).toBe(
    `made       CA
made       host    db1
made       client  alice
Done in ${temporary()}/ca: 3 made.
wait    host  web1  it has no certificate yet; its CSR is needed
Collect the CSRs that are needed:
  docker-tls-openssl fleet csr
Install them on the hosts, with Ansible or with a script for each, and look at the result:
  docker-tls-openssl fleet ansible playbooks
  docker-tls-openssl fleet script HOST
  docker-tls-openssl fleet status
`,
  );
  const written = await succeeds(temporary(), ['fleet', 'ansible', 'playbooks']);
  expect(written.stdout).toContain(
    `\n  cd ${temporary()}/playbooks && ansible-playbook -i inventory.yml site.yml -e docker_tls_passphrase_file=FILE\n`,
  );

  // Another file: the lines to copy name it. One host, whose CSR is broken: there are no others.
  await rm(join(temporary(), 'docker-tls.yaml'));
  await put(
    'other.yaml',
    'ca: { directory: ./ca, key: "ec:p256" }\nhosts:\n  web1: { names: [web1.example.com] }\n',
  );
  await put('web1.csr', 'no CSR\n');
  const failed = await program(temporary(), ['fleet', 'csr', '--from', '.', '--file', 'other.yaml']);
  expect([failed.code, failed.stdout]).toEqual([
    1,
    expect.stringMatching(/^failed {2}host {2}web1 {2}.*\n1 failure\.\n$/),
  ]);
  const planned = await program(temporary(), ['fleet', 'plan', '--file', 'other.yaml']);
  expect([planned.code, planned.stdout]).toEqual([
    2,
    expect.stringContaining(`  docker-tls-openssl fleet csr --file ${temporary()}/other.yaml\n`),
  ]);
});

test('twenty hosts are shown, and how many more there are', async () => {
  await put('docker-tls.yaml', 'hosts: { "web[1:22]": { names: ["web[1:22].example.com"] } }\n');
  const { stdout } = await program(temporary(), ['fleet', 'plan']);
  expect(stdout.match(/^wait /gm)).toHaveLength(20);
  expect(stdout).toContain('\n… and 2 more to wait (--verbose)\n');
  const { stdout: all } = await program(temporary(), ['fleet', 'plan', '--verbose']);
  expect(all.match(/^wait /gm)).toHaveLength(22);
});
