import { flagOf } from '../../cli/own-command.js';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { InputError } from '../../lib/errors.js';
import { planIssue, previewIssue } from '../../lib/issue/plan-issue.js';
import type { IssuePlan, PreviewOptions } from '../../lib/issue/issue-plan.js';
import type { IssueRequest, PassphraseQuestion } from '../../lib/issue/options.js';
import type { Part } from '../../lib/x509/role.js';
import { planLines } from '../../lib/plan/command-line.js';
import { artifactsOf } from '../../lib/plan/schedule.js';
import type { Note, Step } from '../../lib/plan/step.js';
import { notesFor } from '../../lib/issue/tutorial-request.js';
import { recipeNames, tutorials, type TutorialName } from '../../lib/recipes/catalogue.js';
import type { Tutorial } from '../../lib/recipes/tutorial.js';
import { typed } from '../../lib/recipes/typed.js';
import { formatAltName } from '../../lib/x509/alt-names.js';
import { parseSubject } from '../../lib/x509/subject.js';
import { option, type OptionPart } from '../../lib/words.js';
import { failure } from '../support/failure.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const all: readonly Part[] = ['ca', 'server', 'client'];
const names = Object.keys(tutorials) as TutorialName[];

/** What each text has a place for, so that nothing but what is asked for besides is refused. */
function places(recipe: TutorialName): IssueRequest {
  return Object.hasOwn(tutorials, recipe) && tutorials[recipe].takes === 'addresses'
    ? { ips: ['10.0.0.5'] }
    : { hosts: ['docker.example'] };
}

function plan(
  recipe: TutorialName,
  request: IssueRequest = {},
  options: PreviewOptions = {},
): Promise<IssuePlan> {
  return previewIssue(all, { directory: temporary(), ...places(recipe), recipe, ...request }, options);
}

/** A plan that can be executed, and asks for its passphrase. */
function planToRun(recipe: TutorialName, request: IssueRequest): Promise<IssuePlan> {
  return planIssue(all, { directory: temporary(), ...places(recipe), recipe, ...request });
}

/** The refusal as it is, and its hint. */
async function refused(
  request: IssueRequest,
  parts = all,
): Promise<{ said: string; hint?: string | undefined }> {
  const error = await failure(temporary(), () => previewIssue(parts, { directory: temporary(), ...request }));
  if (!(error instanceof InputError)) throw error;
  return { said: `${error.code} ${error.option}: ${error.message}`, hint: error.hint };
}

describe('what a text has in its commands cannot be asked for', () => {
  test.each<[IssueRequest, string, string]>([
    [{ key: 'ec:p256' }, 'key', '--key'],
    [{ days: 30 }, 'days', '--days'],
    [{ caDays: 30 }, 'caDays', '--ca-days'],
    [{ clientName: 'alice' }, 'clientName', '--client-name'],
    [{ templates: '.' }, 'templates', '--templates'],
    [{ name: 'web1' }, 'name', '--name'],
    [{ localhost: false }, 'localhost', '--no-localhost'],
  ])('%j, in none of them', async (request, option, flag) => {
    expect(`--${flagOf(option)}`).toBe(flag);
    for (const recipe of names) {
      expect(await refused({ ...places(recipe), ...request, recipe })).toEqual({
        said: `ERR_INPUT ${option}: the recipe ${recipe} takes it from its text`,
        hint: 'leave it out, or use the recipe recommended',
      });
    }
  });

  test.each(['docs', 'katacoda'] as const)(
    '--no-localhost, also with --add-san, in %s, to which that adds nothing',
    async (recipe) => {
      expect(await refused({ ...places(recipe), recipe, localhost: false, addSan: true })).toMatchObject({
        said: `ERR_INPUT localhost: the recipe ${recipe} takes it from its text`,
      });
    },
  );

  test.each(['katacoda', 'openssl-cnf'] as const)('the subject of the CA, in %s', async (recipe) => {
    expect(await refused({ ...places(recipe), recipe, subject: '/CN=My CA' })).toEqual({
      said: `ERR_INPUT subject: the recipe ${recipe} takes it from its text`,
      hint: 'leave it out, or use the recipe recommended',
    });
  });

  test.each(['docs', 'training', 'docs-2014'] as const)(
    'but the subject of the CA can, in %s, whose reader types it',
    async (recipe) => {
      for (const subject of ['/O=My Org/CN=My CA', parseSubject('/O=My Org/CN=My CA')])
        expect(argsOf(await plan(recipe, { subject }), 'ca.pem')).toEqual(
          expect.arrayContaining(['-subj', '/O=My Org/CN=My CA']),
        );
    },
  );

  test.each(names)('nothing of it, said to be undefined, is refused by %s', async (recipe) => {
    const { plan: planned } = await plan(recipe, {
      ...{ key: undefined, days: undefined, caDays: undefined, clientName: undefined, templates: undefined },
      ...{ name: undefined, subject: undefined, localhost: true, force: [], addSan: false },
    });
    expect(planned.recipe).toBe(recipe);
  });
});

describe('a passphrase', () => {
  test.each(['docs', 'training', 'katacoda', 'docs-2014'] as const)(
    'cannot be left away in %s, which encrypts the key of the CA',
    async (recipe) => {
      expect(await refused({ ...places(recipe), recipe, passphrase: null })).toMatchObject({
        said: `ERR_INPUT passphrase: the recipe ${recipe} encrypts the CA's key, as its text does, and needs a passphrase`,
      });
      const fromFunction = await failure(temporary(), () => planToRun(recipe, { passphrase: () => null }));
      expect(fromFunction).toMatchObject({ code: 'ERR_INPUT', option: 'passphrase' });
    },
  );

  test('is missed where none was said', async () => {
    expect(await failure(temporary(), () => planToRun('docs', {}))).toMatchObject({
      code: 'ERR_PASSPHRASE_NEEDED',
      path: join(temporary(), 'ca-key.pem'),
    });
  });

  test('cannot be left out, and nobody says so', async () => {
    const missed = failure(temporary(), () => planToRun('docs', {}));
    expect(await missed).toMatchObject({ hint: expect.not.stringContaining('--no-passphrase') as unknown });
  });

  test('is asked for once, for the new key of the CA, and not to show a plan', async () => {
    const asked: PassphraseQuestion[] = [];
    const passphrase = (question: PassphraseQuestion): string => {
      asked.push(question);
      return 'correct horse';
    };
    await plan('training', { passphrase });
    expect(asked).toEqual([]);
    const { plan: planned } = await planToRun('training', { passphrase });
    expect(asked).toEqual([{ purpose: 'create', path: join(temporary(), 'ca-key.pem') }]);
    const secrets = planned.steps.flatMap((step) =>
      step.kind === 'openssl'
        ? step.args.flatMap((arg) =>
            typeof arg === 'object' && 'passphrase' in arg ? [String(arg.passphrase.reveal())] : [],
          )
        : [],
    );
    expect(secrets).toHaveLength(10);
    expect(new Set(secrets)).toEqual(new Set(['correct horse']));
  });

  test('is not asked for by openssl-cnf, which encrypts nothing', async () => {
    const passphrase = (): never => {
      throw new Error('it was asked for');
    };
    expect((await planToRun('openssl-cnf', { passphrase })).plan.steps).not.toEqual([]);
    expect((await planToRun('openssl-cnf', { passphrase: null })).plan.steps).not.toEqual([]);
  });
});

describe('a text creates CA, server and client together', () => {
  const hint =
    "`force: ['ca']` recreates all of them; `server({ name: 'NAME', hosts: ['HOST'] })` and `client({ name: 'NAME' })` add to them";

  test.each<[Part[]]>([[['server', 'client']], [['server']], [['ca']], [[]]])(
    'so %j alone is refused',
    async (parts) => {
      expect(await refused({ recipe: 'docs' }, parts)).toEqual({
        said: 'ERR_INPUT recipe: the recipe docs creates CA, server and client together',
        hint,
      });
    },
  );

  test.each<[Part[]]>([[['server']], [['client']], [['ca', 'server']]])(
    'so to force %j is refused',
    async (force) => {
      expect(await refused({ recipe: 'training', hosts: ['a'], force })).toEqual({
        said: 'ERR_INPUT force: the recipe training creates CA, server and client together',
        hint,
      });
    },
  );

  test('to force the CA is not', async () => {
    expect((await plan('training', { force: ['ca'] })).plan.steps).not.toEqual([]);
  });
});

describe('whom a text has no place for', () => {
  test.each<[TutorialName, IssueRequest, string, string]>([
    ...(['training', 'docs-2014'] as const).flatMap((recipe) =>
      [{ hosts: ['a', 'b'] }, { hosts: ['a,b'] }, { hosts: ['a'], ips: ['10.0.0.5'] }].map(
        (request): [TutorialName, IssueRequest, string, string] => [
          recipe,
          request,
          `ERR_INPUT hosts: the recipe ${recipe} has a place for only one name or address`,
          'give one, or add `addSan: true`',
        ],
      ),
    ),
    [
      'openssl-cnf',
      { hosts: ['docker.example'], ips: ['10.0.0.5'] },
      'ERR_INPUT hosts: the recipe openssl-cnf has no place for a host name, only for addresses',
      'give only `ips`, or add `addSan: true`',
    ],
    ...[
      {},
      { addSan: true },
      { hosts: [], ips: [] },
      { hosts: ['docker.example'] },
      { hosts: ['docker.example'], addSan: true },
    ].map((request): [TutorialName, IssueRequest, string, string] => [
      'openssl-cnf',
      request,
      "ERR_INPUT ips: the recipe openssl-cnf needs the daemon's address, as its text does",
      'give it with `ips`',
    ]),
  ])('%s %j', async (recipe, request, said, hint) => {
    expect(await refused({ ...request, recipe })).toEqual({ said, hint });
  });

  test('the same name twice is one', async () => {
    expect((await plan('training', { hosts: ['a', 'tcp://A:2376'] })).plan.recipe).toBe('training');
  });

  test('an address as --host is an address', async () => {
    expect((await plan('openssl-cnf', { hosts: ['10.0.0.6'], ips: undefined })).names[0]?.value).toBe(
      '10.0.0.6',
    );
  });

  const long = `${'a'.repeat(40)}.${'b'.repeat(24)}`;

  test.each(['docs', 'training', 'katacoda', 'docs-2014'] as const)(
    'a host of more than 64 characters, which %s would have as common name',
    async (recipe) => {
      expect(await refused({ recipe, hosts: [long] })).toMatchObject({
        said: `ERR_INPUT hosts: "${long}" cannot be used as commonName (CN): 65 characters are too long: 64 are allowed`,
      });
      expect((await plan(recipe, { hosts: [long.slice(1)] })).plan.recipe).toBe(recipe);
    },
  );

  test('after the first, it is no common name', async () => {
    const { names } = await plan('docs', { hosts: ['docker.example', long] });
    expect(names.map(({ value }) => value)).toEqual(['docker.example', long, '127.0.0.1']);
  });
});

test.each([[''], [[]]])('an empty subject is none: %j', async (subject) => {
  const lines = async (request: IssueRequest): Promise<string[]> =>
    planLines((await plan('docs', request)).plan);
  expect(await lines({ subject })).toEqual(await lines({}));
});

describe('a CA cannot be named as one of its leaves', () => {
  test.each(['docs', 'training', 'docs-2014'] as const)('%s', async (recipe) => {
    for (const name of ['client', 'docker.example'])
      expect(await refused({ ...places(recipe), recipe, subject: `/CN=${name}` })).toMatchObject({
        said: `ERR_INPUT subject: a CA cannot have the name of a certificate that it signs: /CN=${name}`,
      });
    for (const subject of ['/O=a/CN=client', '/CN=clients', '/O=client'])
      expect(argsOf(await plan(recipe, { subject }), 'ca.pem')).toContain(subject);
  });
});

describe('what is no recipe', () => {
  test.each(['docker', '', 'toString'])('%j is refused', async (recipe) => {
    expect(await refused({ recipe: recipe as TutorialName, hosts: ['a'] })).toEqual({
      said: `ERR_INPUT recipe: '${recipe}' is no recipe`,
      hint: `choose one of ${recipeNames.join(', ')}`,
    });
  });

  test.each([{ recipe: 'recommended' } as const, {}])('--add-san is nothing to %j', async (recipe) => {
    expect(await refused({ ...recipe, addSan: true, hosts: ['a'] })).toMatchObject({
      said: 'ERR_INPUT addSan: only the recipes of tutorials can be given these names',
    });
  });
});

describe('the notes', () => {
  test("of a text that leaves the CA's key unencrypted name its files", () => {
    const names = { host: 'h', altNames: [], added: [] };
    const elsewhere: Tutorial = {
      ...tutorials.docs,
      encryptsCaKey: false,
      steps: () => [typed`openssl genrsa -out ca-key.pem 2048`, typed`cp ca-key.pem client/my-ca.pem`],
    };
    const notes = (tutorial: Tutorial): string[] =>
      notesFor(tutorial, names).flatMap(({ code, text }) => (code.startsWith('CA_KEY') ? [text] : []));
    expect(notes(elsewhere)).toEqual([
      expect.stringMatching(/^ca-key\.pem and client\/my-ca\.pem are the CA's/),
    ]);
    expect(notes({ ...elsewhere, steps: () => [] })).toEqual([
      expect.stringMatching(/^ca-key\.pem is not encrypted: /),
    ]);
    expect(notes(tutorials.docs)).toEqual([]);
  });

  /** The text of a note and its parts; `reads`: an option in the text. */
  const said = (
    ...parts: (string | (OptionPart & { readonly reads: string }))[]
  ): Pick<Note, 'text' | 'words'> => ({
    text: parts.map((part) => (typeof part === 'string' ? part : part.reads)).join(''),
    words: parts.map((part) => (typeof part === 'string' ? part : option(part.option, part.value))),
  });
  const who = 'docker 20.10.24, 28.5 and others built with Go 1.17 or newer';
  const legacy = {
    code: 'REFUSED_BY_CLIENTS',
    ...said(
      `${who} will refuse this server: x509: certificate relies on legacy Common Name field, use SANs instead. To fix it: `,
      { option: 'addSan', value: true, reads: '`addSan: true`' },
    ),
  };
  const copied = {
    code: 'CA_KEY_COPIED',
    text: expect.stringMatching(/^server\/ca-key\.pem and client\/ca-key\.pem are the CA's/),
  };

  test.each<[TutorialName, IssueRequest, object[]]>([
    ['docs', {}, []],
    ['katacoda', {}, []],
    ['training', {}, [legacy]],
    ['docs-2014', {}, [legacy]],
    // Go looks at the common name before it looks whether it is an address.
    ['training', { hosts: ['10.0.0.5'] }, [legacy]],
    [
      'openssl-cnf',
      {},
      [
        {
          code: 'REFUSED_BY_CLIENTS',
          ...said(
            `${who} accept this server by its address (10.0.0.5), but not by any name: x509: certificate is not valid for any names, but wanted to match HOST. To fix it: `,
            { option: 'hosts', value: ['NAME'], reads: "`hosts: ['NAME']`" },
            ' ',
            { option: 'addSan', value: true, reads: '`addSan: true`' },
          ),
        },
        copied,
      ],
    ],
    [
      'training',
      { addSan: true },
      [
        {
          code: 'DEPARTS',
          ...said(
            { option: 'addSan', reads: '`addSan`' },
            " departs from the text: the server's certificate also names docker.example, localhost, 127.0.0.1, ::1",
          ),
        },
      ],
    ],
    [
      'openssl-cnf',
      { hosts: ['docker.example'], addSan: true, localhost: false },
      [
        {
          code: 'DEPARTS',
          ...said(
            { option: 'addSan', reads: '`addSan`' },
            " departs from the text: the server's certificate also names docker.example",
          ),
        },
        copied,
      ],
    ],
    [
      'docs',
      { addSan: true },
      [
        {
          code: 'NOT_APPLIED',
          ...said({ option: 'addSan', reads: '`addSan`' }, ': the recipe docs already has these names'),
        },
      ],
    ],
    [
      'katacoda',
      { addSan: true },
      [
        {
          code: 'NOT_APPLIED',
          ...said({ option: 'addSan', reads: '`addSan`' }, ': the recipe katacoda already has these names'),
        },
      ],
    ],
    [
      'docs',
      { hosts: undefined, hostname: 'MyHost' },
      [
        {
          code: 'HOSTNAME_ASSUMED',
          ...said(
            'no ',
            { option: 'hosts', reads: '`hosts`' },
            ' given: the certificate is for this machine, myhost',
          ),
        },
      ],
    ],
    [
      'training',
      { hosts: undefined, hostname: 'myhost' },
      [
        {
          code: 'HOSTNAME_ASSUMED',
          ...said(
            'no ',
            { option: 'hosts', reads: '`hosts`' },
            ' given: the certificate is for this machine, myhost',
          ),
        },
        legacy,
      ],
    ],
  ])('of %s %j', async (recipe, request, notes) => {
    const planned = await plan(recipe, request);
    expect(planned.notes).toEqual(notes);
    expect(planned.plan.notes).toEqual(notes);
  });

  test.each<[TutorialName, IssueRequest, string[]]>([
    ['training', {}, []],
    ['docs', { addSan: true }, []],
    ['openssl-cnf', {}, []],
    ['openssl-cnf', { hosts: undefined, ips: ['10.0.0.5'], localhost: false, addSan: true }, []],
    [
      'training',
      { ips: ['10.0.0.5'], addSan: true },
      ["the server's certificate also names docker.example, 10.0.0.5, localhost, 127.0.0.1, ::1"],
    ],
    ['docs-2014', { addSan: true, localhost: false }, ["the server's certificate also names docker.example"]],
  ])('%s %j: how it departs is in the plan', async (recipe, request, departures) => {
    expect((await plan(recipe, request)).plan.departures).toEqual(departures);
  });
});

describe('the names of the server, and what the text calls it', () => {
  test.each<[TutorialName, IssueRequest, string, string[]]>([
    ['docs', { hosts: ['a', '10.0.0.5'] }, '/CN=a', ['DNS:a', 'IP:10.0.0.5', 'IP:127.0.0.1']],
    ['docs', { hosts: ['127.0.0.1'] }, '/CN=127.0.0.1', ['IP:127.0.0.1']],
    [
      'katacoda',
      { ips: ['127.0.1.1'] },
      '/CN=docker.example',
      ['DNS:docker.example', 'IP:127.0.1.1', 'IP:127.0.0.1'],
    ],
    ['docs', { hosts: undefined, hostname: 'h' }, '/CN=h', ['DNS:h', 'IP:127.0.0.1']],
    [
      'docs',
      { hosts: ['büro.example'] },
      '/CN=xn--bro-hoa.example',
      ['DNS:xn--bro-hoa.example', 'IP:127.0.0.1'],
    ],
    ['training', {}, '/CN=docker.example', []],
    ['docs-2014', { hosts: ['10.0.0.5'] }, '/CN=10.0.0.5', []],
    [
      'training',
      { hosts: ['a', 'b'], addSan: true },
      '/CN=a',
      ['DNS:a', 'DNS:b', 'DNS:localhost', 'IP:127.0.0.1', 'IP:::1'],
    ],
    [
      'openssl-cnf',
      { ips: ['10.0.0.6', '::1'] },
      '/CN=docker-server',
      ['IP:10.0.0.6', 'IP:::1', 'IP:0.0.0.0'],
    ],
    ['openssl-cnf', { ips: ['0.0.0.0'] }, '/CN=docker-server', ['IP:0.0.0.0']],
    [
      'openssl-cnf',
      { hosts: ['a'], addSan: true },
      '/CN=docker-server',
      ['IP:10.0.0.5', 'IP:0.0.0.0', 'DNS:a', 'DNS:localhost', 'IP:127.0.0.1', 'IP:::1'],
    ],
  ])('%s %j', async (recipe, request, subject, expected) => {
    const planned = await plan(recipe, request);
    expect(planned.names.map(formatAltName)).toEqual(expected);
    const csr = recipe === 'openssl-cnf' ? 'server/cert.csr' : 'server.csr';
    expect(argsOf(planned, csr)).toEqual(expect.arrayContaining(['-subj', subject]));
  });
});

describe('the lines to run next', () => {
  /** As a shell takes them. */
  async function next(
    recipe: TutorialName,
    request: IssueRequest,
  ): Promise<{ daemon: string; client: string }> {
    const { next } = await plan(recipe, { ...request, directory: '/tls' });
    const lines = (commands: readonly string[]): string => `\n${commands.join('\n').replaceAll("'", '')}\n`;
    return { daemon: lines(next.daemon), client: lines(next.client) };
  }

  const host = { hosts: ['2001:DB8::5'] };

  test('of docs', async () => {
    const { daemon, client } = await next('docs', host);
    expect(daemon).toBe(`
dockerd --tlsverify --tlscacert=/tls/ca.pem --tlscert=/tls/server-cert.pem --tlskey=/tls/server-key.pem -H=0.0.0.0:2376
`);
    expect(client).toBe(`
docker --tlsverify --tlscacert=/tls/ca.pem --tlscert=/tls/cert.pem --tlskey=/tls/key.pem -H=[2001:db8::5]:2376 version
mkdir -pv ~/.docker && cp -v /tls/ca.pem /tls/cert.pem /tls/key.pem ~/.docker
export DOCKER_HOST=tcp://[2001:db8::5]:2376 DOCKER_TLS_VERIFY=1
`);
  });

  test('of training, whose text names no host there', async () => {
    const { daemon, client } = await next('training', host);
    expect(daemon).toBe(`
sudo dockerd --tlsverify --tlscacert=/tls/ca.pem --tlscert=/tls/server-cert.pem --tlskey=/tls/server-key.pem -H=0.0.0.0:2376
`);
    expect(client).toBe(`
cp /tls/ca.pem ~/.docker/ca.pem
cp /tls/client-cert.pem ~/.docker/cert.pem
cp /tls/client-key.pem ~/.docker/key.pem
export DOCKER_HOST=tcp://:2376
docker --tlsverify ps
`);
  });

  test('of katacoda', async () => {
    const { daemon, client } = await next('katacoda', host);
    expect(daemon).toBe(`
service docker stop
dockerd --tlsverify --tlscacert=/tls/ca.pem --tlscert=/tls/server-cert.pem --tlskey=/tls/server-key.pem -H=0.0.0.0:2376
`);
    expect(client).toBe(`
docker --tlsverify --tlscacert=/tls/ca.pem --tlscert=/tls/cert.pem --tlskey=/tls/key.pem -H=[2001:db8::5]:2376 ps
mkdir -pv ~/.docker
cp -v /tls/ca.pem /tls/cert.pem /tls/key.pem ~/.docker
export DOCKER_HOST=tcp://[2001:db8::5]:2376 DOCKER_TLS_VERIFY=1
docker ps
curl https://[2001:db8::5]:2376/version --cert ~/.docker/cert.pem --key ~/.docker/key.pem --cacert ~/.docker/ca.pem | jq .
`);
  });

  test('of openssl-cnf', async () => {
    const { daemon, client } = await next('openssl-cnf', { ips: host.hosts });
    expect(daemon).toBe(`
OPTIONS=" --default-ulimit nofile=1024:4096 -H unix:///var/run/docker.sock -H 0.0.0.0:2376 --tlsverify --tlscacert=/tls/server/ca.pem --tlscert=/tls/server/cert.pem --tlskey=/tls/server/key.pem"
/etc/init.d/docker restart
less /var/log/docker
`);
    expect(client).toBe(`
docker --tlsverify --tlscacert=/tls/client/ca.pem --tlscert=/tls/client/cert.pem --tlskey=/tls/client/key.pem -H=[2001:db8::5]:2376 version
`);
  });

  test('of docs-2014', async () => {
    const { daemon, client } = await next('docs-2014', host);
    expect(daemon).toBe(`
dockerd --tlsverify --tlscacert=/tls/ca.pem --tlscert=/tls/server-cert.pem --tlskey=/tls/server-key.pem -H=0.0.0.0:2376
`);
    expect(client).toBe(`
docker --tlsverify --tlscacert=/tls/ca.pem --tlscert=/tls/cert.pem --tlskey=/tls/key.pem -H=[2001:db8::5]:2376 version
cp /tls/ca.pem ~/.docker/ca.pem
cp /tls/cert.pem ~/.docker/cert.pem
cp /tls/key.pem ~/.docker/key.pem
export DOCKER_HOST=tcp://:2376
export DOCKER_TLS_VERIFY=1
docker ps
curl --insecure --cert ~/.docker/cert.pem --key ~/.docker/key.pem https://[2001:db8::5]:2376/images/json
`);
  });

  test('a host is quoted where a shell would look for files of that name', async () => {
    const { next } = await plan('docs', { hosts: ['::1'] });
    expect(next.client[0]).toMatch(/ '-H=\[::1\]:2376' version$/);
    expect(next.client[2]).toBe("export DOCKER_HOST='tcp://[::1]:2376' DOCKER_TLS_VERIFY=1");
  });

  test('a wildcard is nobody who can be called', async () => {
    const { next } = await plan('docs', { hosts: ['*.example.com', 'docker.example.com'] });
    expect(next.client[0]).toMatch(/ -H=docker\.example\.com:2376 version$/);
  });

  test('quotes in the directory do not end the OPTIONS of openssl-cnf', async () => {
    const { next } = await plan('openssl-cnf', { directory: join(temporary(), 'a"$b') });
    expect(next.daemon[0]).toMatch(/^OPTIONS=" ([^"\\$]|\\["$])*"$/);
  });

  test('a directory with a blank is quoted', async () => {
    const { next } = await plan('docs', { directory: '/my tls' });
    expect(next.client[1]).toBe(
      "mkdir -pv ~/.docker && cp -v '/my tls/ca.pem' '/my tls/cert.pem' '/my tls/key.pem' ~/.docker",
    );
  });
});

describe('a directory', () => {
  test('that is empty is planned for as it is, and what is not of the text does not matter', async () => {
    const empty = await plan('training');
    expect(empty).toMatchObject({ directory: temporary(), kept: [], files: tutorials.training.files });
    expect(empty.plan).toMatchObject({ recipe: 'training', replaces: [] });
    await writeFile(join(temporary(), 'notes.txt'), '');
    expect((await plan('training')).plan).toEqual(empty.plan);
    const absent = await plan('training', { directory: join(temporary(), 'a', 'b') });
    expect(absent.plan).toEqual(empty.plan);
  });

  describe.each(names)('that holds a part of what %s makes', (recipe) => {
    let path: string;
    let certificate: string;

    beforeEach(async () => {
      certificate = tutorials[recipe].files.server.certificate;
      path = join(temporary(), certificate);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, '');
    });

    test('is refused, and says what lacks', async () => {
      const error = await failure(temporary(), () => plan(recipe));
      const lacking = Object.values(tutorials[recipe].files)
        .flatMap(({ key, certificate }) => [key, certificate])
        // The CA's key may be kept elsewhere.
        .filter((file) => file !== certificate && file !== tutorials[recipe].files.ca.key);
      expect(error).toMatchObject({
        code: 'ERR_INCOMPLETE',
        path,
        message: `${path} exists, but not ${lacking.join(', ')}`,
        hint: "restore it from a backup, or choose an empty directory with `directory`; or recreate the whole set with `force: ['ca']`",
      });
    });

    test('is made anew as a whole with --force ca, and what is there may be replaced', async () => {
      const { plan: forced } = await plan(recipe, { force: ['ca'] });
      expect(forced.replaces).toEqual([certificate]);
      const own = (await plan(recipe, {}, { fresh: true })).plan.steps;
      expect(forced.steps.slice(-own.length)).toEqual(own);
      const kept = forced.steps.slice(0, -own.length).filter(({ kind }) => kind === 'copy-file');
      expect(kept).toMatchObject([{ from: join(temporary(), certificate), product: 'certificate' }]);
    });

    test('is not looked at for a plan for an empty one', async () => {
      expect((await plan(recipe, {}, { fresh: true })).plan.replaces).toEqual([]);
    });
  });

  test('with no more than the serials of another CA is not empty either', async () => {
    await writeFile(join(temporary(), 'ca.srl'), '01\n');
    expect(await failure(temporary(), () => plan('docs'))).toMatchObject({
      code: 'ERR_EXISTS',
      path: join(temporary(), 'ca.srl'),
      hint: 'it was left unchanged; choose an empty directory with `directory`, or move it away',
    });
    expect(await failure(temporary(), () => plan('docs', { force: ['ca'] }))).toMatchObject({
      code: 'ERR_EXISTS',
    });
  });

  test('with clients whose CA is gone gets no new CA unasked', async () => {
    await mkdir(join(temporary(), 'clients', 'alice'), { recursive: true });
    expect(await failure(temporary(), () => plan('training'))).toMatchObject({
      code: 'ERR_CA_MISSING',
      message: 'clients/alice exists, but its CA does not',
    });
  });

  test('with leaves of another recipe names those, too, when all of it is made anew', async () => {
    await writeFile(join(temporary(), 'server-cert.pem'), '');
    await writeFile(join(temporary(), 'cert.pem'), '');
    const { notes } = await plan('training', { force: ['ca'] });
    expect(notes).toContainEqual({ code: 'LEAVES_VOID', text: expect.stringMatching(/^cert\.pem: /) });
  });

  test.each(['a folder', 'a link'])('with %s where openssl-cnf makes one is refused', async (what) => {
    await mkdir(join(temporary(), 'elsewhere'));
    if (what === 'a link') await symlink('elsewhere', join(temporary(), 'client'));
    else await mkdir(join(temporary(), 'client'));
    expect(await failure(temporary(), () => plan('openssl-cnf'))).toMatchObject({
      code: 'ERR_EXISTS',
      path: join(temporary(), 'client'),
    });
  });

  test('with all of it made anew names the further ones that become void', async () => {
    await mkdir(join(temporary(), 'clients', 'alice'), { recursive: true });
    await chmod(join(temporary(), 'clients'), 0o700);
    const { notes } = await plan('docs', { force: ['ca'] });
    expect(notes).toEqual([{ code: 'LEAVES_VOID', text: expect.stringMatching(/^clients\/alice: /) }]);
  });

  test('that cannot be looked into is an error of the file system', async () => {
    const directory = join(temporary(), 'x'.repeat(300));
    expect(await failure(temporary(), () => plan('training', { directory }))).toMatchObject({
      code: 'ERR_FILE',
      path: directory,
    });
  });

  test('may be replaced file by file by all that the plan leaves', async () => {
    const { plan: fresh } = await plan('training', {}, { fresh: true });
    const files = artifactsOf(fresh).map(({ path }) => path);
    for (const file of files) await writeFile(join(temporary(), file), '');
    const { plan: forced } = await plan('training', { force: ['ca'] });
    expect([...forced.replaces].sort()).toEqual(files.sort());
  });
});

/** The plain words of the command that writes a file. */
function argsOf({ plan: { steps } }: IssuePlan, path: string): string[] {
  const writes = (step: Step): boolean =>
    step.kind === 'openssl' &&
    step.args.some((arg) => typeof arg === 'object' && 'writes' in arg && arg.writes === path);
  const step = steps.find(writes);
  if (step?.kind !== 'openssl') throw new Error(`no command makes ${path}`);
  return step.args.filter((arg) => typeof arg === 'string');
}
