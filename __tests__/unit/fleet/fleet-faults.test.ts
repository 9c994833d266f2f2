import { describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, errorAsJson } from '../../../cli/present-error.js';
import { isDockerTlsError, readFleet, type FleetFile } from '../../../lib/index.js';
import { times } from '../../support/form.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const directory = useTemporaryDirectory();

async function read(text: string | Buffer): ReturnType<typeof readFleet> {
  const file = join(directory(), 'docker-tls.yaml');
  await writeFile(file, text);
  return readFleet(file);
}

/** `line:column: path: message (hint)` of each problem. */
async function problems(text: string | Buffer): Promise<string[]> {
  const error: unknown = await read(text).then(
    () => 'it was read',
    (thrown: unknown) => thrown,
  );
  if (!isDockerTlsError(error) || error.code !== 'ERR_CONFIGURATION') throw error;
  return error.problems.map(({ line, column, key, message, hint }) =>
    [line, column, key, message]
      .filter((part) => part !== undefined && part !== '')
      .join(': ')
      .concat(hint === undefined ? '' : ` (${hint})`),
  );
}

const web1 = 'web1: { names: [web1.example.com] }';
const inHost = (text: string): string => `hosts:\n  web1:\n    names: [web1.example.com]\n    ${text}\n`;
const inClient = (text: string): string => `hosts: { ${web1} }\nclients:\n  ops:\n    ${text}\n`;

describe('what is wrong is named with its place', () => {
  test.each<[string, string, string]>([
    // Keys
    [
      'an unknown key',
      inHost('prot: 2377'),
      "4: 5: hosts.web1.prot: there is no such key (did you mean 'port'?)",
    ],
    [
      'one like no other',
      'hosts: { web1: { names: [a.example] } }\nvolumes: {}\n',
      '2: 1: volumes: there is no such key (the keys here are $schema, ca, csrs, defaults, hosts, clients, rollout)',
    ],
    ['a key given twice', inHost('port: 1\n    port: 2'), '5: 5: hosts.web1.port: this key is given twice'],
    ['a missing key', 'hosts:\n  web1: { port: 1 }\n', "2: 3: hosts.web1: the key 'names' is missing"],
    [
      'a key of hosts at a client',
      inClient('renew: { window: daily 01:00-02:00 }'),
      '4: 14: clients.ops.renew.window: there is no such key (the keys here are within, jitter)',
    ],
    [
      'a passphrase',
      'ca: { passphrase: hunter2 }\nhosts: { web1: { names: [a.example] } }\n',
      '1: 7: ca.passphrase: a passphrase does not belong in the fleet file (remove it, and give it with `passphrase`)',
    ],
    // Kinds of values
    [
      'a text for a list',
      'hosts: { web1: { names: a.example } }',
      '1: 25: hosts.web1.names: expected a list, got a text (put brackets around it: [VALUE])',
    ],
    [
      'a number for a text',
      'hosts: { web1: { names: [1.5] } }',
      '1: 26: hosts.web1.names[0]: expected a text, got a number (put quotes around it)',
    ],
    ['a text for a number', inHost('port: "2377"'), '4: 11: hosts.web1.port: expected a number, got a text'],
    [
      'yes for true',
      inHost('localhost: yes'),
      '4: 16: hosts.web1.localhost: expected true or false, got a text',
    ],
    ['nothing for a map', 'hosts:\n', '1: 7: hosts: expected a map, got nothing'],
    ['a list for a map', 'hosts: [web1]', '1: 1: hosts: expected a map, got a list'],
    // Values
    ['days', inHost('days: 0'), "4: 11: hosts.web1.days: '0' is no number of days from 1 to 36500"],
    [
      'a kind of key',
      inHost('key: rsa:1024'),
      "4: 10: hosts.web1.key: 'rsa:1024' is no kind of key (choose one of rsa:4096, rsa:3072, rsa:2048, ec:p256, ec:p384, ed25519)",
    ],
    [
      'a place of keys',
      inHost('keys: on-hosts'),
      "4: 11: hosts.web1.keys: expected on-host or on-controller, got 'on-hosts' (did you mean 'on-host'?)",
    ],
    ['a port', inHost('port: 65536'), '4: 11: hosts.web1.port: expected a port from 1 to 65535, got 65536'],
    [
      'a share',
      inHost('renew: { within: 101% }'),
      "4: 22: hosts.web1.renew.within: '101%' is no span of time before the end (give days as 30d, or a part of the whole lifetime as 33%)",
    ],
    [
      'a window',
      inHost('renew: { window: Sun 2-5 }'),
      `4: 22: hosts.web1.renew.window: "Sun 2-5" is not a window: it is not made of days and of a time from and a time until (give days and hours, such as 'Sun 02:00-05:00', 'Mon-Fri 22:00-04:00' or 'daily 02:00-04:00')`,
    ],
    [
      'a time zone',
      inHost('renew: { timezone: Berlin }'),
      `4: 24: hosts.web1.renew.timezone: "Berlin" is not a time zone (give a name of the IANA database, such as 'Europe/Berlin' or 'UTC')`,
    ],
    [
      'jitter',
      inHost('renew: { jitter: 100 }'),
      '4: 22: hosts.web1.renew.jitter: expected percent from 0 to 99, got 100',
    ],
    [
      'a batch',
      `hosts: { ${web1} }\nrollout: { batch: 0% }\n`,
      "2: 19: rollout.batch: expected a number of hosts, or a share from 1% to 100%, got '0%'",
    ],
    [
      'a PIN in a URI',
      `hosts: { ${web1} }\nca: { key: "pkcs11:object=a?pin-value=1234" }\n`,
      '2: 12: ca.key: the PKCS #11 URI contains a PIN or says where it is (leave out pin-value and pin-source: the PIN is asked for)',
    ],
    [
      'a recipient',
      inClient('deliver: { age: bob }'),
      "4: 21: clients.ops.deliver.age: 'bob' is not a recipient (a recipient begins with age1, ssh-ed25519 or ssh-rsa)",
    ],
    [
      'a short key ID',
      inClient('deliver: { pgp: [DEADBEEF] }'),
      "4: 22: clients.ops.deliver.pgp[0]: the key ID 'DEADBEEF' is too short: other keys can have the same (give the full fingerprint, 40 hexadecimal digits: `gpg --fingerprint` prints it)",
    ],
    [
      'a private key',
      inClient('deliver: { age: AGE-SECRET-KEY-1QQQ }'),
      '4: 21: clients.ops.deliver.age: this is a private key, which does not belong in the fleet file (remove it; a recipient is a public key: `age-keygen -y FILE` prints it)',
    ],
    [
      'a lifetime that is over at once',
      inHost('renew: { within: 400 }'),
      '4: 22: hosts.web1.renew.within: a certificate of 365 days would be due on the day it is made (renew it later, make it for more days, or reduce the jitter)',
    ],
    [
      'jitter of a whole lifetime',
      inHost('renew: { within: 50%, jitter: 50 }'),
      '4: 22: hosts.web1.renew.within: a certificate of 365 days would be due on the day it is made (renew it later, make it for more days, or reduce the jitter)',
    ],
    // ssh, groups
    [
      'an option for ssh',
      inHost('ssh: -oProxyCommand=id'),
      '4: 10: hosts.web1.ssh: "-oProxyCommand=id" is not a target for ssh: it begins with a hyphen, as an option does',
    ],
    [
      'one behind a user',
      inHost('ssh: root@-oProxyCommand=id'),
      '4: 10: hosts.web1.ssh: "root@-oProxyCommand=id" is not a target for ssh: it begins with a hyphen, as an option does',
    ],
    [
      'a command for ssh',
      inHost('ssh: "root@web1;id"'),
      '4: 10: hosts.web1.ssh: "root@web1;id" is not a target for ssh: the host has a character that it cannot have',
    ],
    [
      'a port for ssh',
      inHost('ssh: root@web1:22'),
      '4: 10: hosts.web1.ssh: "root@web1:22" is not a target for ssh: it is USER@HOST or HOST (put a port into the configuration of ssh)',
    ],
    [
      'a group',
      inHost('groups: [my-group]'),
      "4: 14: hosts.web1.groups[0]: 'my-group' cannot be the name of a group (up to 63 letters, digits and underscores, beginning with a letter)",
    ],
    [
      'a group of all',
      inHost('groups: [all]'),
      "4: 14: hosts.web1.groups[0]: 'all' is a group that every inventory has",
    ],
    [
      'a group with the name of a host',
      inHost('groups: [web1]'),
      "4: 14: hosts.web1.groups[0]: 'web1' is the name of a host, too (give the group another name)",
    ],
    // Names
    [
      'a host given twice',
      `hosts:\n  ${web1}\n  web1: { names: [b.example] }\n`,
      "3: 3: hosts.web1: 'web1' is given twice: see hosts.web1, line 2",
    ],
    [
      'one given twice by a range',
      `hosts:\n  web2: { names: [b.example] }\n  "web[1:3]": { names: ["w[1:3].example"] }\n`,
      `3: 3: hosts["web[1:3]"]: 'web2' is given twice: see hosts.web2, line 2`,
    ],
    [
      'names that differ only in case',
      `hosts:\n  ${web1}\n  Web1: { names: [b.example] }\n`,
      "3: 3: hosts.Web1: 'Web1' and 'web1' differ only in case: see hosts.web1, line 2",
    ],
    [
      'a name that cannot be one',
      'hosts:\n  ../web1: { names: [b.example] }\n',
      '2: 3: hosts["../web1"]: "../web1" cannot be used as a name (up to 63 lower-case letters, digits, dots, hyphens and underscores, beginning with a letter or a digit)',
    ],
    [
      'a client given twice',
      'hosts: { web1: { names: [a.example] } }\nclients:\n  a: {}\n  a: {}\n',
      "4: 3: clients.a: 'a' is given twice: see clients.a, line 3",
    ],
    [
      'an address of two hosts',
      'hosts:\n  a: { names: [a.example, 10.0.0.1] }\n  b: { names: [b.example, 10.0.0.1] }\n',
      "3: 27: hosts.b.names[1]: 10.0.0.1 is a name of the host 'a', too: see hosts.a.names[1], line 2",
    ],
    [
      'a DNS name of two hosts',
      'hosts:\n  a: { names: [a.example] }\n  b: { names: [A.Example] }\n',
      "3: 16: hosts.b.names[0]: a.example is a name of the host 'a', too: see hosts.a.names[0], line 2",
    ],
    [
      'a DNS name of a whole range',
      'hosts:\n  "db[1:3]": { names: [db.example] }\n',
      `2: 24: hosts["db[1:3]"].names[0]: db.example is a name of the host 'db1', too: see hosts["db[1:3]"].names[0], line 2`,
    ],
    [
      'a name given twice for one host',
      'hosts:\n  a: { names: [a.example, a.example] }\n',
      '2: 27: hosts.a.names[1]: a.example is given twice: see hosts.a.names[0], line 2',
    ],
    [
      'an address that no name covers',
      inHost('address: 10.0.0.1'),
      '4: 14: hosts.web1.address: the certificate would not be good for 10.0.0.1 (add it to the names)',
    ],
    [
      'a port behind a name',
      'hosts:\n  a: { names: ["a.example:2377"] }\n',
      "2: 16: hosts.a.names[0]: 'a.example:2377' has a port (give the port as a key of the host: 'port: 2377')",
    ],
    [
      'only wildcards',
      'hosts:\n  a: { names: ["*.a.example"] }\n',
      '2: 3: hosts.a: all of its names are wildcards: it needs an address',
    ],
    ['no hosts', 'hosts: {}\n', '1: 1: hosts: there are no hosts'],
    // Ranges
    [
      'a range that runs backwards',
      'hosts:\n  "db[12:01]": { names: ["a.example"] }\n',
      `2: 3: hosts["db[12:01]"]: '[12:01]' runs backwards (write [01:12])`,
    ],
    [
      'an empty range',
      'hosts:\n  "db[]": { names: ["a.example"] }\n',
      `2: 3: hosts["db[]"]: '[]' is an empty range (a range is written as [1:12], [01:12] or [a:f])`,
    ],
    [
      'half a range',
      'hosts:\n  "db[1:]": { names: ["a.example"] }\n',
      `2: 3: hosts["db[1:]"]: '[1:]' is an empty range (a range is written as [1:12], [01:12] or [a:f])`,
    ],
    [
      'a range with a step',
      'hosts:\n  "db[1:9:2]": { names: ["a.example"] }\n',
      `2: 3: hosts["db[1:9:2]"]: '[1:9:2]' has a step, which a range cannot have (a range is written as [1:12], [01:12] or [a:f])`,
    ],
    [
      'a range of numbers and letters',
      'hosts:\n  "db[1:f]": { names: ["a.example"] }\n',
      `2: 3: hosts["db[1:f]"]: '[1:f]' does not count: give two numbers, or two letters of one case (a range is written as [1:12], [01:12] or [a:f])`,
    ],
    [
      'a bracket alone',
      'hosts:\n  "db[1:2": { names: ["a.example"] }\n',
      `2: 3: hosts["db[1:2"]: a bracket of a range is missing (a range is written as [1:12], [01:12] or [a:f])`,
    ],
    [
      'a range that is too long',
      'hosts:\n  "db[1:100001]": { names: ["db[1:100001].example"] }\n',
      `2: 3: hosts["db[1:100001]"]: it stands for more than 100000 names`,
    ],
    [
      'ranges that are too long together',
      'hosts:\n  a: { names: [a.example] }\n  "b[1:100000]": { names: ["b[1:100000].example"] }\n',
      `3: 3: hosts["b[1:100000]"]: with it, the fleet has more than 100000 hosts`,
    ],
    [
      'a range of another length',
      'hosts:\n  "db[1:3]": { names: ["db[1:4].example"] }\n',
      `2: 24: hosts["db[1:3]"].names[0]: its range stands for 4, and the name of the host for 3 (ranges count along with those in the name of the host: make them equally long)`,
    ],
    // Clients
    [
      'a bundle without its key',
      inClient('keys: on-host\n    install: [context]'),
      "5: 5: clients.ops.install: the key of this client is not on the controller (leave this out, or 'keys: on-host')",
    ],
    [
      'a client that is unknown',
      `hosts: { ${web1} }\nclients: { ops: {} }\nrollout: { client: opps }\n`,
      "3: 20: rollout.client: there is no client 'opps' (did you mean 'ops'?)",
    ],
    [
      'a client with its key elsewhere',
      `hosts: { ${web1} }\nclients: { ops: { keys: on-host } }\nrollout: { client: ops }\n`,
      "3: 20: rollout.client: the key of 'ops' is not on the controller",
    ],
    // YAML
    [
      'a tag',
      'hosts: !!map { web1: { names: [a.example] } }',
      '1: 14: hosts: it has a tag (!), and none is read (remove the tag)',
    ],
    [
      'a merge key',
      'hosts: { web1: { <<: {}, names: [a.example] } }',
      '1: 18: hosts.web1["<<"]: merge keys are not read (put what hosts have in common under \'defaults\')',
    ],
    ['a key that is a map', 'hosts: { ? {a: b} : c }', '1: 12: hosts: a key is a text, and nothing else'],
    ['two documents', 'hosts: {}\n---\nhosts: {}\n', '2: 1: the file has more than one document'],
    [
      'a directive',
      '%YAML 1.1\n---\nhosts: {}\n',
      'the file has a directive (%), and none is read (remove it: a fleet file is YAML 1.2)',
    ],
    ['an alias to nothing', 'hosts: *none', '1: 8: hosts: no anchor &none stands before it'],
    ['an anchor in itself', 'hosts: &a { web1: *a }', '1: 19: hosts.web1: no anchor &a stands before it'],
    [
      'a bracket that is missing',
      'hosts: { web1: { names: [a.example } }',
      '1: 36: it is not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['an empty file', '', "the file is empty (it needs 'hosts' at least)"],
    ['a comment alone', '# nothing\n', "the file is empty (it needs 'hosts' at least)"],
    ['a text alone', 'hosts', '1: 1: expected a map, got a text'],
  ])('%s', async (_, text, expected) => {
    expect((await problems(text))[0]).toBe(expected);
  });

  test('another encoding', async () => {
    for (const bytes of [Buffer.from('hosts: { é }', 'latin1'), Buffer.from('\ufeffhosts: {}', 'utf16le')])
      expect(await problems(bytes)).toEqual(['the file is not UTF-8 (save it as UTF-8)']);
  });
});

test('a file with ends of lines of every kind, a byte order mark or tabs is read', async () => {
  for (const text of [
    `\ufeffhosts:\r\n  ${web1}\r\n`,
    `{\n\t"hosts": {\n\t\t"web1": { "names": ["a.example"] }\n\t}\n}`,
  ])
    expect((await read(text)).hosts).toHaveLength(1);
  expect(await problems(`hosts:\r\n  ${web1}\r\nx: 1\r\n`)).toEqual([expect.stringMatching(/^3: 1: x: /)]);
});

test('aliases stand for what was written once', async () => {
  const { hosts } = await read(
    `hosts:\n  a: { names: [a.example], groups: &g [prod] }\n  b: { names: [b.example], groups: *g }\n`,
  );
  expect(hosts.map(({ groups }) => groups)).toEqual([['prod'], ['prod']]);
});

test('aliases that multiply are refused at once', async () => {
  const laughs = Array.from(
    { length: 30 },
    (_, at) =>
      `a${at}: &a${at} [${Array(9)
        .fill(at === 0 ? 'x' : `*a${at - 1}`)
        .join(', ')}]`,
  );
  expect(await problems(`${laughs.join('\n')}\nhosts: {}\n`)).toContainEqual(
    expect.stringContaining('its aliases stand for more than 1000000 values'),
  );
});

test.each(['[', '{a: ', '- ', '? '])('%j very often is refused', async (text) => {
  expect((await problems(text.repeat(times(10_000, 100_000))))[0]).toMatch(
    /not valid YAML|nested too deeply|expected a map|a key is a text/,
  );
});

test('all problems are reported at once, in their order, up to 20', async () => {
  expect(
    await problems('hosts:\n  a: { nmes: [], port: x }\nclients: { B: {} }\nca: { days: 0 }\n'),
  ).toHaveLength(5);
  const file = join(directory(), 'docker-tls.yaml');
  await writeFile(
    file,
    `hosts: { ${web1} }\n${Array.from({ length: 30 }, (_, at) => `x${at}: 1\n`).join('')}`,
  );
  const error = await readFleet(file).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ path: file, line: 2, column: 1, problemCount: 30 });
  if (!isDockerTlsError(error) || error.code !== 'ERR_CONFIGURATION') throw error;
  expect(error.problems.map(({ key }) => key)).toEqual(Array.from({ length: 20 }, (_, at) => `x${at}`));
  expect(error.message).toBe(`${file}:2:1: x0: there is no such key (and 29 more problems)`);
});

test('what many hosts inherit is one problem', async () => {
  const text = `defaults: { renew: { within: 400 } }\nhosts:\n  a: { names: [a.example] }\n  b: { names: [b.example] }\n  "c[1:9]": { names: ["c[1:9].example"] }\n`;
  expect(await problems(text)).toEqual([expect.stringMatching(/^1: 30: .*would be due/)]);
});

test('the command line shows each with its place and its hint', async () => {
  const file = join(directory(), 'docker-tls.yaml');
  await writeFile(file, inHost('prot: 2377\n    passphrase: hunter2'));
  const error = await readFleet(file).catch((thrown: unknown) => thrown);
  const plain = (text: string): string => text;
  const style = { red: plain, bold: plain, dim: plain, green: plain, yellow: plain } as never;
  expect(describeError(error, [], 'fleet plan', style)).toEqual([
    `error: ${file}:4:5: hosts.web1.prot: there is no such key`,
    "hint: did you mean 'port'?",
    `error: ${file}:5:5: hosts.web1.passphrase: a passphrase does not belong in the fleet file`,
    'hint: remove it, and give it with --passphrase-file FILE or --passphrase-fd N, or run at a terminal',
  ]);
  expect(errorAsJson('fleet plan', error, [])).toMatchObject({
    error: {
      code: 'ERR_CONFIGURATION',
      path: file,
      line: 4,
      problems: [{ key: 'hosts.web1.prot', line: 4, column: 5, hint: "did you mean 'port'?" }, { line: 5 }],
      problemCount: 2,
    },
  });
});

describe('what is no file', () => {
  test('is an error of the file system', async () => {
    await expect(readFleet(join(directory(), 'none.yaml'))).rejects.toMatchObject({ code: 'ERR_FILE' });
    await expect(readFleet(directory())).rejects.toMatchObject({ code: 'ERR_FILE' });
    await writeFile(join(directory(), 'large.yaml'), Buffer.alloc(32_000_001, '#'));
    await expect(readFleet(join(directory(), 'large.yaml'))).rejects.toMatchObject({ code: 'ERR_FILE' });
  });

  test.each([[null], [undefined], [1], [[]], ['']])('%j is refused', async (source) => {
    await expect(readFleet(source as unknown as FleetFile)).rejects.toMatchObject({ code: 'ERR_INPUT' });
  });

  test('a value that contains itself is refused', async () => {
    const hosts: Record<string, unknown> = {};
    hosts['web1'] = hosts;
    await expect(readFleet({ hosts } as unknown as FleetFile)).rejects.toMatchObject({ code: 'ERR_INPUT' });
    const list = Array(3_000_001);
    await expect(readFleet({ hosts: list } as unknown as FleetFile)).rejects.toMatchObject({
      code: 'ERR_INPUT',
    });
  });

  test('a value names its problems without lines', async () => {
    await expect(readFleet({ hosts: { Web1: { names: ['a.example'] } } })).rejects.toMatchObject({
      code: 'ERR_CONFIGURATION',
      path: 'fleet',
      problems: [{ key: 'hosts.Web1', line: undefined }],
    });
  });
});
