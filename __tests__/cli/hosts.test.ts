import { describe, expect, test } from '@jest/globals';
import { useOneProcess, useProgram } from '../support/one-process.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { certificate, names } from './certificates.js';

const { program, refuses, succeeds } = useProgram();
const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();
const local = ['DNS:localhost', 'IP:127.0.0.1', 'IP:::1'];
const base = ['all', '--key', 'ec:p256', '--no-passphrase'];

/** The names that would stand in the certificate. */
async function planned(...flags: string[]): Promise<string[]> {
  const { stdout } = await oneProcess.succeeds(temporary(), [...base, ...flags, '--dry-run', '--json']);
  return (JSON.parse(stdout) as { names: string[] }).names;
}

describe('hosts, --host and --ip', () => {
  test.each([
    [['--host', 'docker.example.com'], ['DNS:docker.example.com']],
    [['--host', 'Docker.Example.COM'], ['DNS:docker.example.com']],
    [['--host', '1.2.3.4'], ['IP:1.2.3.4']],
    [['--host', '2001:db8::5'], ['IP:2001:db8::5']],
    [['--host', '[2001:0db8::5]:2376'], ['IP:2001:db8::5']],
    [['--host', 'tcp://h:2376'], ['DNS:h']],
    [['--host', 'https://h:2376/'], ['DNS:h']],
    [
      ['--host', 'a,b,10.0.0.5'],
      ['DNS:a', 'DNS:b', 'IP:10.0.0.5'],
    ],
    [
      ['--host', 'a', '--host', 'b'],
      ['DNS:a', 'DNS:b'],
    ],
    [
      ['--host', 'a', '--ip', '10.0.0.5', '--ip', '10.0.0.6'],
      ['DNS:a', 'IP:10.0.0.5', 'IP:10.0.0.6'],
    ],
    [
      ['--host=a', '--ip=10.0.0.5'],
      ['DNS:a', 'IP:10.0.0.5'],
    ],
    [
      ['--ip', '10.0.0.5,2001:db8::2'],
      ['IP:10.0.0.5', 'IP:2001:db8::2'],
    ],
    [['--host', 'büro.example'], ['DNS:xn--bro-hoa.example']],
    [['--host', '*.example.com'], ['DNS:*.example.com']],
    [['--host', 'a', '--host', 'A'], ['DNS:a']],
    [['docker.example.com'], ['DNS:docker.example.com']],
    [
      ['a', '10.0.0.5,tcp://b:2376'],
      ['DNS:a', 'IP:10.0.0.5', 'DNS:b'],
    ],
    [
      ['a', '--host', 'b', '--ip', '10.0.0.5'],
      ['DNS:a', 'DNS:b', 'IP:10.0.0.5'],
    ],
    [['--host', 'all'], ['DNS:all']],
  ])('%j are understood', async (flags, expected) => {
    expect(await planned(...flags)).toEqual([...expected, ...local]);
  });

  test.each(['::1', '[::1]:2376', '127.0.0.1', 'localhost'])('%s stands there once', async (host) => {
    const found = await planned('--host', host);
    expect([...found].sort()).toEqual([...local].sort());
  });

  test('all stand in the certificate that is made', async () => {
    const hosts = [
      '--host',
      'docker.example,tcp://other:2376',
      '--ip',
      '10.0.0.5',
      '--host',
      '[2001:db8::5]:2376',
    ];
    await succeeds(temporary(), [...base, ...hosts]);
    expect(names(await certificate(temporary(), 'server-cert.pem'))).toEqual([
      ...['DNS:docker.example', 'DNS:other', 'IP:2001:db8::5', 'IP:10.0.0.5'],
      ...local,
    ]);
  });

  test('with --no-localhost stand there alone', async () => {
    await oneProcess.succeeds(temporary(), [...base, '--host', 'docker.example', '--no-localhost']);
    expect(names(await certificate(temporary(), 'server-cert.pem'))).toEqual(['DNS:docker.example']);
  });
});

describe('refused with the reason, and nothing is written', () => {
  test.each([
    [['--host', ''], 'it is empty'],
    [['--host', 'a,,b'], 'it is empty'],
    [['--host', 'a b'], 'it holds a blank'],
    [['--host', 'a..b'], 'a label between two dots is empty'],
    [['--host', 'example.com.'], 'it ends with a dot'],
    [['--host', '10.0.0'], 'it is neither an IP address nor a host name'],
    [['--host', '300.1.1.1'], 'it is neither an IP address nor a host name'],
    [['--host', '10.0.0.0/8'], 'a path or a network is not a host'],
    [['--host', 'tcp://h:99999'], "'99999' is no port"],
    [['--host', 'unix:///var/run/docker.sock'], 'unix:// has no TLS server behind it'],
    [['--host', 'root@h'], 'a user name is not part of a host'],
    [['--host', 'fe80::1%eth0'], 'an address with a zone is valid on one machine only'],
    [['--host', 'a:b:c'], 'it is not an IPv6 address'],
    [['--host', 'a$b'], '"$" is not allowed in a host name'],
    [['--host', '*'], 'a wildcard needs at least two labels after it'],
    [['--host', `${'a'.repeat(64)}.example`], 'a label of 64 characters is too long'],
    [['--host', 'a\nb'], 'it holds a blank'],
    [['--ip', 'docker.example'], "'docker.example' is not an IP address"],
    [['--ip', '10.0.0'], 'it is neither an IP address nor a host name'],
  ])('%j', async (flags, reason) => {
    expect(await oneProcess.refuses(temporary(), 2, [...base, ...flags])).toContain(reason);
  });

  test('without a value', async () => {
    const said = await refuses(temporary(), 2, [...base, '--host', '--ip', '10.0.0.5']);
    expect(said).toContain('Not enough arguments following: host');
  });

  test('also in a dry run', async () => {
    const outcome = await program(temporary(), [...base, '--host', 'a b', '--dry-run']);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
  });
});

test.each([
  ['recommended', ['all', '--host', 'my_host', '--ip', '10.0.0.5', '--key', 'ec:p256', '--no-passphrase']],
  ['a tutorial', ['all', '--host', 'my_host', '--recipe', 'katacoda']],
])('a name that Java refuses is told beforehand, with %s', async (_, args) => {
  const { stdout } = await oneProcess.succeeds(temporary(), [...args, '--dry-run', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    notes: expect.arrayContaining([
      { code: 'NAME_REFUSED', text: expect.stringContaining('refuse to call my_host:') as unknown },
    ]) as unknown,
  });
});
