import { describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useOneProcess } from '../support/one-process.js';
import { quick } from '../support/program.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const { succeeds, refuses } = useOneProcess();
const permit = ['--permit', 'example', '--permit', '10.0.0.0/8,fd00::/8'];
const shown = [
  'permitted DNS:example',
  'permitted IP:10.0.0.0/8',
  'permitted IP:fd00::/8',
  'permitted DNS:invalid',
];
const lines = [
  'permitted;DNS.1 = example',
  'permitted;IP.2 = 10.0.0.0/255.0.0.0',
  'permitted;IP.3 = fd00::/ff00::',
];

describe('--permit', () => {
  test('is in the result, and inspect shows it', async () => {
    const { stdout, stderr } = await succeeds(temporary(), ['all', ...quick, ...permit]);
    expect(stderr).toContain(
      'note: left out of the server certificate, because the CA does not permit them: localhost, 127.0.0.1, ::1; to include them, add --permit localhost --permit 127.0.0.1 --permit ::1\n',
    );
    expect(stdout).toContain('server-cert.pem  for docker.example;');
    const { stdout: text } = await succeeds(temporary(), ['inspect']);
    expect(text).toContain(`\n  signs for    ${shown.join(', ')}\n`);
    expect(text.match(/signs for {2}/g)).toHaveLength(1);
    const { stdout: json } = await succeeds(temporary(), ['inspect', '--json']);
    const { certificates } = JSON.parse(json) as {
      certificates: { path: string; nameConstraints: unknown }[];
    };
    const byPath = Object.fromEntries(
      certificates.map(({ path, nameConstraints }) => [path, nameConstraints]),
    );
    expect(byPath).toEqual({ 'ca.pem': shown, 'cert.pem': null, 'server-cert.pem': null });

    expect(await refuses(temporary(), 1, ['all', ...quick, '--permit', 'test'])).toContain(
      'hint: to change what the existing CA may sign for: `docker-tls-openssl renew ca --permit test`\n',
    );
    expect(await refuses(temporary(), 2, ['server', '--name', 'web', '--host', 'web.test'])).toMatch(
      /^error: --host: the CA must not sign for web\.test: .*\nhint: .*renew ca --permit example --permit 10\.0\.0\.0\/8 --permit fd00::\/8 --permit web\.test`\n$/,
    );
    const renewed = ['renew', 'ca', '--permit', 'docker.example', '--json'];
    const { notes } = JSON.parse((await succeeds(temporary(), renewed)).stdout) as {
      notes: { code: string }[];
    };
    expect(notes.map(({ code }) => code)).toEqual(['CA_CONSTRAINED']);
    const ca = new X509Certificate(await readFile(join(temporary(), 'docker-tls', 'ca.pem')));
    expect(ca.raw.includes('example')).toBe(true);
    expect(ca.raw.includes('invalid')).toBe(false);
  });

  test.each(['all --dry-run', 'script', 'ca --dry-run'])('is in what %s prints', async (line) => {
    const [command = '', ...flags] = line.split(' ');
    const host = command === 'ca' ? [] : ['--host', 'a.example'];
    const { stdout } = await succeeds(temporary(), [
      command,
      ...flags,
      ...host,
      ...permit,
      '--no-passphrase',
    ]);
    expect(stdout).toContain(`\nnameConstraints = critical,@constraints\n`);
    expect(stdout).toContain(`\n[ constraints ]\n${lines.join('\n')}\n`);
    expect(await readdir(temporary())).toEqual([]);
  });

  test('that cannot be used is named with the flag', async () => {
    expect(await refuses(temporary(), 2, ['ca', '--permit', '10.0.0.5/8', '--no-passphrase'])).toBe(
      'error: --permit: "10.0.0.5/8" cannot be permitted: it has bits set beyond its prefix of 8\nhint: the network is 10.0.0.0/8; one address is given without a prefix\n',
    );
  });
});
