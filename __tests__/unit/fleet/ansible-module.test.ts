import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { withSettings } from '../../../lib/docker/daemon/daemon-json.js';
import { settingsFor } from '../../../lib/docker/daemon/daemon-settings.js';
import { parseDaemonJson } from '../../../lib/docker/daemon/daemon-json.js';
import { splitCommand } from '../../../lib/docker/daemon/dockerd-command.js';
import { booleanFlags, ownFlags, shortFlags, valueFlags } from '../../../lib/docker/daemon/dockerd-flags.js';

const module = fileURLToPath(
  new URL('../../../templates/fleet/ansible/roles/docker_tls/library/docker_tls.py', import.meta.url),
);

/** What the module's functions give for each call, in one process; an error is its text. */
function python(calls: readonly (readonly [name: string, ...args: readonly unknown[]])[]): unknown[] {
  const code = `
import importlib.util, json, sys, types
sys.dont_write_bytecode = True
for name in ["ansible", "ansible.module_utils", "ansible.module_utils.basic"]:
    sys.modules[name] = types.ModuleType(name)
sys.modules["ansible.module_utils.basic"].AnsibleModule = None
spec = importlib.util.spec_from_file_location("docker_tls", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
def call(name, *args):
    try:
        found = getattr(module, name)
        return found(*args) if callable(found) else sorted(found)
    except module.Refused as error:
        return "refused: " + str(error)
print(json.dumps([call(*each) for each in json.load(sys.stdin)]))`;
  const input = JSON.stringify(calls);
  return JSON.parse(execFileSync('python3', ['-c', code, module], { input, encoding: 'utf8' })) as unknown[];
}

const settings = { hosts: ['fd://', 'tcp://0.0.0.0:2376'], tlsverify: true, tlscacert: '/a b/ä' };

test.each([
  ['nothing', null],
  ['an empty file', ' \n'],
  ['an empty object', '{}'],
  ['an empty object of two lines', '{\n}'],
  ['four blanks', '{\n    "b": {"x":1},\n    "a": [1,2]\n}\n'],
  ['tabs, and keys that are there', '{\n\t"tlsverify":  false ,\n\t"hosts": [ ],\n\t"z": "\\"}{"\n}'],
  ["Windows's line ends", '{\r\n  "a": 1\r\n}\r\n'],
  ['one line', '{"a": 1}'],
  ['escapes and numbers', '{ "a\\u00e9": 1.50e+1, "ä": "\\u2028", "__proto__": {} }'],
])('daemon.json is changed as install daemon does, to the byte: %s', (_, text) => {
  const after = withSettings(text ?? undefined, settings);
  const [changed, back] = python([
    ['with_settings', text, Object.entries(settings)],
    ['with_settings', after, Object.keys(settings).map((key) => [key, null])],
  ]);
  expect(changed).toBe(after);
  const gone = withSettings(after, { hosts: undefined, tlsverify: undefined, tlscacert: undefined });
  expect(JSON.parse(String(back))).toEqual(JSON.parse(gone));
  if (text?.includes('"a') === true && !text.includes('hosts')) expect(back).toBe(text);
});

test.each([
  ['{"a": 1,}', 'line 1, column 9'],
  ['{\n  "a" 1\n}', 'line 2, column 7'],
  ['{"a": NaN}', 'NaN'],
  ['[1]', 'not a JSON object'],
  ['{"a": 1, "a": 2}', 'twice'],
  ['{} x', 'line 1'],
  [`{"a": ${'['.repeat(100_000)}`, 'line 1'],
])('a daemon.json that dockerd cannot read is refused, and says where: %#', (text, why) => {
  expect(() => parseDaemonJson(text, 'daemon.json')).toThrow();
  const [answer] = python([['parse_json', text]]);
  expect(answer).toMatch(/^refused: \/etc\/docker\/daemon\.json/);
  expect(answer).toContain(why);
});

const lines = [
  '/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS',
  '/usr/bin/dockerd',
  '-/usr/sbin/dockerd --tlsverify --tlscacert /a/ca.pem --tlscert="/a b/c.pem" --tlskey=/k -H=tcp://0.0.0.0:2376 -DH unix:///x',
  '@/usr/bin/dockerd docker --host unix:///var/run/docker.sock --label "a=-H x" --log-opt -H -l debug',
  '/usr/bin/dockerd -D -H tcp://1.2.3.4:2375 --tls=false --debug --unknown -H fd://',
];
test('the flags are taken out of the command line as install daemon does', () => {
  const ours = lines.map((value) => {
    const command = splitCommand(
      { file: 'unit', line: 1, section: 'Service', key: 'ExecStart', value },
      new Map(),
    );
    if ('why' in command) throw new Error(command.why);
    const { rest, removed, hosts, flags } = command;
    return [rest, removed, hosts, flags.map(({ name }) => name)];
  });
  const theirs = python(lines.map((line) => ['split_command', line])) as [
    string,
    string[],
    string[],
    string[][],
  ][];
  expect(
    theirs.map(([rest, removed, hosts, flags]) => [rest, removed, hosts, flags.map(([name]) => name)]),
  ).toEqual(ours);
  expect(
    python([
      ['split_command', '/usr/bin/docker-wrapper -H fd://'],
      ['split_command', '/usr/bin/dockerd --config-file /x'],
    ]),
  ).toEqual([expect.stringContaining('refused: '), expect.stringContaining('refused: ')]);
});

test('it knows the same flags of dockerd', () => {
  const names = ['BOOLEAN_FLAGS', 'VALUE_FLAGS', 'OWN_FLAGS', 'SHORT_FLAGS'];
  expect(python(names.map((name) => [name]))).toEqual(
    [booleanFlags, valueFlags, ownFlags, Object.keys(shortFlags)].map((each) => [...each].sort()),
  );
});

test.each([
  [[], {}],
  [['fd://'], {}],
  [['fd://', 'tcp://0.0.0.0:2376'], { hosts: ['tcp://127.0.0.1:2376', 'tcp://127.0.0.1:2375', 'fd://'] }],
])('the sockets stay, but for one on the same port: %j and %j', (flagged, value) => {
  const listen = 'tcp://0.0.0.0:2376';
  const ours = settingsFor({ to: '/etc/docker/tls', flagged, listen }, { text: '', value }, 'daemon.json');
  expect(python([['settings_for', '/etc/docker/tls', flagged, listen, value]])).toEqual([
    Object.entries(ours),
  ]);
});

describe('a maintenance window', () => {
  const night = { days: [0], from: 22 * 60, to: 26 * 60 };
  test.each([
    ['0 22 00', true],
    ['0 21 59', false],
    ['1 01 59', true],
    ['1 02 00', false],
    ['1 23 00', false],
  ])('may pass midnight: %s', (now, is) => {
    expect(
      python([
        ['inside', night, now],
        ['inside', {}, now],
      ]),
    ).toEqual([is, true]);
  });

  test('may name its time zone, which has to be known', () => {
    const always = { days: [0, 1, 2, 3, 4, 5, 6], from: 0, to: 1440 };
    expect(
      python([
        ['inside', { ...always, zone: 'UTC' }, ''],
        ['inside', { ...always, to: 0, zone: 'UTC' }, ''],
        ['inside', { ...always, zone: 'Mars/Olympus' }, ''],
      ]),
    ).toEqual([true, false, expect.stringContaining('Mars/Olympus')]);
  });
});
