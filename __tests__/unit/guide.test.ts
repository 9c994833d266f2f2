import { describe, expect, jest, test } from '@jest/globals';
import type { NetworkInterfaceInfo } from 'node:os';
import { commands, nameOf, type CommandRow } from '../../cli/commands.js';
import { ownHosts, type Facts, type SetFacts } from '../../cli/guide/look.js';
import { commandsFor, nextQuestion, tasks, type Answers, type Question } from '../../cli/guide/questions.js';
import { describeCommands, describeFacts } from '../../cli/guide/words.js';
import { declaredBy } from '../../cli/reference/reference.js';
import { run } from '../../cli/run.js';

const nothing: Facts = {
  hosts: ['docker.example', '192.0.2.7'],
  dockerd: '/usr/bin/dockerd',
  isRunning: true,
  isRoot: true,
  set: { found: undefined },
  endpoint: undefined,
  contexts: { found: [] },
};

type Member = SetFacts['certificates'][number];

function setOf(state: SetFacts['state'], ...members: readonly Partial<Member>[]): Facts {
  const certificates = members.map((one): Member => ({
    path: 'server-cert.pem',
    index: 0,
    state: 'ok',
    role: 'server',
    notAfter: new Date('2030-01-02'),
    daysLeft: 3,
    ...one,
  }));
  const set = { found: { state, certificates, broken: [] } };
  return { ...nothing, set, endpoint: 'docker.example:2376' };
}

/** The names of all questions, each answered with its default, and the command lines in the end. */
function byDefault(facts: Facts, given: Answers = {}): { asked: string[]; commands: string[][] } {
  let answers = given;
  const asked: string[] = [];
  for (;;) {
    const question = nextQuestion(facts, answers);
    if (!question) return { asked, commands: commandsFor(facts, answers) };
    if (question.fallback === undefined) throw new Error(`${question.name} has no default`);
    asked.push(question.name);
    answers = { ...answers, [question.name]: question.fallback };
  }
}

function choicesOf(question: Question | undefined): unknown[] {
  return question?.kind === 'choice' ? question.choices.map(({ value }) => value) : [];
}

describe('where there is no set', () => {
  test('the defaults make one for this machine, and leave its Docker alone', () => {
    expect(byDefault(nothing)).toEqual({
      asked: ['here', 'hosts', 'passphrase', 'install'],
      commands: [['all', '--host', 'docker.example', '--host', '192.0.2.7']],
    });
  });

  test('each answer is a flag or a command', () => {
    const answers = { here: true, hosts: ' a.example, 10.0.0.5 ', passphrase: false, install: true };
    expect(byDefault(nothing, answers).commands).toEqual([
      ['all', '--host', 'a.example', '--host', '10.0.0.5', '--no-passphrase'],
      ['install', 'daemon', '--apply', '--restart'],
    ]);
  });

  test.each([
    ['another machine', nothing, { here: false, hosts: 'docker.example' }],
    ['a user who is not root', { ...nothing, isRoot: false }, {}],
    ['a machine without dockerd', { ...nothing, dockerd: undefined }, { here: true }],
  ])('nothing is offered to install for %s', (_, facts, answers) => {
    expect(byDefault(facts, answers).asked).not.toContain('install');
  });

  test('another machine is the default without dockerd, and nothing is proposed as its name', () => {
    const facts = { ...nothing, dockerd: undefined };
    expect(nextQuestion(facts, {})).toMatchObject({ name: 'here', fallback: false });
    expect(nextQuestion(facts, { here: false })).not.toHaveProperty('fallback');
  });

  test.each([
    ['', 'give at least one name or address'],
    [' , ', 'give at least one name or address'],
    ['a;b', 'a;b'],
    [`"a'b"`, `a'b`],
    ['$(id)', '$(id)'],
    ['docker.example -x', '-x'],
  ])('%j is refused as a host', (text, words) => {
    const question = nextQuestion(nothing, { here: true });
    expect(question?.kind === 'text' ? question.fault(text) : undefined).toContain(words);
  });
});

describe('where there is a set', () => {
  test('in order, nothing is done by default, and the rest is offered', () => {
    const facts = setOf('ok', {});
    expect(byDefault(facts)).toEqual({ asked: ['task'], commands: [] });
    expect(choicesOf(nextQuestion(facts, {}))).toEqual(['client', 'status', 'install', 'connect', 'quit']);
    expect(choicesOf(nextQuestion({ ...facts, isRoot: false, endpoint: undefined }, {}))).toEqual([
      'client',
      'status',
      'quit',
    ]);
  });

  test.each<[string, Partial<Member>[], string[][]]>([
    ['a leaf', [{ state: 'due' }], [['renew', '--all']]],
    ['a leaf that expired', [{ state: 'expired' }], [['renew', '--all']]],
    ['the CA', [{ state: 'due', role: 'ca', path: 'ca.pem' }], [['renew', 'ca']]],
    [
      'all, the CA first',
      [{ state: 'due' }, { state: 'due', role: 'ca', path: 'ca.pem' }],
      [
        ['renew', 'ca'],
        ['renew', '--all'],
      ],
    ],
    [
      "the clients' own CA",
      [
        { role: 'ca', path: 'ca.pem' },
        { state: 'due', role: 'ca', path: 'client-ca.pem' },
      ],
      [['renew', 'ca', '--role', 'client']],
    ],
  ])('whose certificates expire soon, the default renews %s', (_, members, lines) => {
    expect(byDefault(setOf('due', ...members)).commands).toEqual(lines);
  });

  test('an old CA behind the new one is not renewed', () => {
    const facts = setOf('due', { state: 'due', role: 'ca', path: 'ca.pem', index: 1 });
    expect(choicesOf(nextQuestion(facts, {}))).not.toContain('renew');
  });

  test('that is broken, or could not be looked at, is checked by default', () => {
    expect(byDefault(setOf('broken', {})).commands).toEqual([['verify']]);
    const unread: Facts = { ...nothing, set: { notChecked: 'cannot read docker-tls: permission denied' } };
    expect(byDefault(unread).commands).toEqual([['verify']]);
    expect(choicesOf(nextQuestion(unread, {}))).toEqual(['verify', 'quit']);
    expect(describeFacts(unread).join('\n')).toContain('not checked: cannot read docker-tls');
  });

  test.each([
    ['', 'give a name'],
    ['a b', 'a b'],
    ['../x', '../x'],
    [`x';id`, `x';id`],
  ])('%j is refused as the name of a client', (text, words) => {
    const question = nextQuestion(setOf('ok', {}), { task: 'client' });
    expect(question?.kind === 'text' ? question.fault(text) : undefined).toContain(words);
    expect(question?.kind === 'text' ? question.fault('alice') : '').toBeUndefined();
  });

  test('each task is a command with flags that it has', async () => {
    const facts = setOf('due', { state: 'due' }, { state: 'due', role: 'ca', path: 'client-ca.pem' });
    for (const task of tasks)
      for (const line of commandsFor(facts, { task, client: 'alice' })) {
        const flags = await flagsOf(line, commands);
        for (const word of line.filter((one) => one.startsWith('--'))) expect(flags).toContain(word.slice(2));
      }
  });
});

/** The flags that the command of a line declares. */
async function flagsOf(line: readonly string[], rows: readonly CommandRow[]): Promise<string[]> {
  const [first, ...rest] = line;
  const row = rows.find((one) => nameOf(one) === first) ?? rows.find((one) => nameOf(one) === '$0');
  if (!row) throw new Error(`no command ${line.join(' ')}`);
  return row.commands
    ? flagsOf(rest, row.commands)
    : Object.keys(declaredBy((await row.load!()).command).flags);
}

describe('the names of this machine', () => {
  const address = (one: string, internal = false): NetworkInterfaceInfo =>
    ({ address: one, internal }) as NetworkInterfaceInfo;

  test('are what a certificate can hold and clients can use', () => {
    const interfaces = {
      lo: [address('127.0.0.1', true), address('::1', true)],
      eth0: [address('192.0.2.7'), address('2001:db8::7'), address('fe80::1'), address('169.254.1.2')],
      docker0: [address('172.17.0.1')],
    };
    expect(ownHosts('Docker.example', interfaces)).toEqual(['Docker.example', '192.0.2.7', '2001:db8::7']);
  });

  test.each(['', 'localhost', 'a b', `a'b`, 'a;b', 'a,b', 'a:22', '*.example', 'tcp://a', '$(id)', '-x'])(
    'do not hold %j',
    (name) => {
      expect(ownHosts(name, {})).toEqual([]);
    },
  );
});

test('what a shell would read otherwise is quoted', () => {
  expect(describeCommands('', [['all', '--host', `a'b;c d`]]).at(-1)).toBe(
    String.raw`  docker-tls-openssl all --host 'a'\''b;c d'`,
  );
});

test('a second run heeds the signals alone', async () => {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const before = process.listeners('SIGINT');
  try {
    await run(['--help'], '0');
    const first = process.listeners('SIGINT').filter((one) => !before.includes(one));
    await run(['--help'], '0');
    const second = process.listeners('SIGINT').filter((one) => !before.includes(one));
    expect([first.length, second.length]).toEqual([1, 1]);
    expect(second).not.toEqual(first);
  } finally {
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const)
      for (const one of process.listeners(signal)) if (!before.includes(one)) process.off(signal, one);
    write.mockRestore();
  }
});
