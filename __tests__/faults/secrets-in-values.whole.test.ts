import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { chmodSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  all,
  ca,
  client,
  DockerTlsError,
  execute,
  findOpenssl,
  genpkey,
  Passphrase,
  planIssue,
  req,
  reqX509,
  rsa,
  server,
  x509Req,
  type IssueOptions,
  type StepEvent,
} from '../../lib/index.js';
import { errorOf } from '../support/failure.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import { foundIn, newMark, signsOf } from '../support/secret.js';
import { rows, whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { useWatcher, type Site } from '../support/watcher.js';
import { only } from '../support/only.js';

/** A promise of hundreds of runs is one test. */
jest.setTimeout(600_000);

const tally = usePromise('the passphrase is in no error, result, plan or event, at whatever depth');
const watcher = useWatcher();
const original = useSharedDirectory();
const { path: real } = await findOpenssl();

const mark = newMark();
const signs = signsOf(mark);
const secret = `correct ${mark} horse`;
const wrong = `incorrect ${mark} horse`;

/** As callers have it: the text, or the value that was made of it. */
const forms: readonly (readonly [string, (text: string) => string | Passphrase])[] = [
  ['a text', (text) => text],
  ['a Passphrase', (text) => Passphrase.of(text)],
  ['a Passphrase of bytes', (text) => Passphrase.of(Buffer.from(text))],
];

let site: Site;
let openssl: string;
let directory: string;
beforeAll(async () => {
  await watcher.guards('secret', signs);
  await all({
    hosts: ['docker.example'],
    key: 'ec:p256',
    passphrase: secret,
    directory: join(original(), 'set'),
  });
});
beforeEach(async () => {
  site = await watcher.site();
  openssl = site.env['OPENSSL_BIN']!;
  directory = join(site.place, 'docker-tls');
});
afterEach(async () => {
  await site.remove();
});

const options = (passphrase: IssueOptions['passphrase'], others: IssueOptions = {}): IssueOptions => ({
  hosts: ['docker.example'],
  key: 'ec:p256',
  directory,
  openssl,
  passphrase,
  ...others,
});

/** Throws where a value shows it, or openssl was given it otherwise than by its descriptor. */
async function nowhere(values: readonly unknown[]): Promise<void> {
  const found = values.flatMap((value) => foundIn(value, signs));
  const { leaks } = await site.evidence(signs);
  const seen = [...found, ...leaks, ...(await watcher.saw('secret'))];
  if (seen.length > 0) throw new Error(`it was seen: ${seen.join('; ')}`);
}

type Given = string | Passphrase;

interface Failing {
  readonly what: string;
  readonly code: DockerTlsError['code'] | 'of the caller';
  /** What openssl does instead. */
  readonly fake?: string;
  readonly work: (given: Given, wrong: Given) => Promise<unknown>;
}

const stop = (type: StepEvent['type'], controller: AbortController) => (event: StepEvent) => {
  if (event.type === type) controller.abort();
};
const throwing = (type: StepEvent['type']) => (event: StepEvent) => {
  if (event.type === type) throw new Error('of the caller');
};
const key = (passout: Given, others: object = {}): Promise<unknown> =>
  genpkey({ cwd: site.place, openssl, algorithm: 'ec:p256', out: 'k.pem', passout, ...others });
const stepwise = (): { cwd: string; openssl: string; key: string; subj: string } => ({
  cwd: directory,
  openssl,
  key: 'ca-key.pem',
  subj: '/CN=x',
});

/** Each in a directory with a whole set, whose CA has the passphrase. */
const failing: readonly Failing[] = [
  {
    what: 'a wrong one',
    code: 'ERR_PASSPHRASE_WRONG',
    work: (_, other) => client(only('client', options(other, { name: 'alice', hosts: undefined }))),
  },
  {
    what: 'a wrong one for a CSR',
    code: 'ERR_OPENSSL_FAILED',
    work: (_, other) => req({ ...stepwise(), passin: other, out: 'x.csr' }),
  },
  {
    what: 'a wrong one for a key that gets another',
    code: 'ERR_OPENSSL_FAILED',
    work: (given, other) =>
      rsa({ cwd: directory, openssl, in: 'ca-key.pem', passin: other, passout: given, out: 'k.pem' }),
  },
  { what: 'an openssl that fails', code: 'ERR_OPENSSL_FAILED', fake: 'exit 3', work: (given) => key(given) },
  {
    what: 'an openssl that fails in a whole plan',
    code: 'ERR_OPENSSL_FAILED',
    fake: 'echo "bad decrypt" >&2; exit 1',
    work: (given) => all(options(given, { force: ['ca'] })),
  },
  {
    what: 'an openssl that prints megabytes',
    code: 'ERR_OPENSSL_FAILED',
    fake: 'yes; exit 0',
    work: (given) => key(given),
  },
  {
    what: 'an openssl that hangs',
    code: 'ERR_TIMEOUT',
    fake: 'exec sleep 60',
    work: (given) => key(given, { timeoutMs: 200 }),
  },
  {
    what: 'an openssl that is not there',
    code: 'ERR_OPENSSL_NOT_FOUND',
    work: (given) => key(given, { openssl: join(site.elsewhere, 'nowhere') }),
  },
  {
    what: 'an openssl that goes away',
    code: 'ERR_OPENSSL_NOT_FOUND',
    work: (given) =>
      key(given, { observer: ({ type }: StepEvent) => type === 'plan' && chmodSync(openssl, 0o644) }),
  },
  {
    what: 'an openssl that makes nothing',
    code: 'ERR_READ_BACK',
    fake: 'exit 0',
    work: (given) => key(given),
  },
  {
    what: 'an openssl that makes garbage',
    code: 'ERR_READ_BACK',
    fake: 'echo garbage > "$out"',
    work: (given) => key(given),
  },
  {
    what: 'an openssl that takes another passphrase',
    code: 'ERR_READ_BACK',
    fake: `exec '${real}' genrsa -aes256 -passout pass:other -out "$out" 1024`,
    work: (given) => key(given),
  },
  {
    what: 'a stop before anything runs',
    code: 'ERR_ABORTED',
    work: (given) => all(options(given, { force: ['ca'], signal: AbortSignal.abort(new Error('enough')) })),
  },
  ...(['plan', 'start', 'done'] as const).flatMap((type): Failing[] => [
    {
      what: `a stop at ${type}`,
      code: 'ERR_ABORTED',
      work: (given) => {
        const controller = new AbortController();
        return key(given, { signal: controller.signal, observer: stop(type, controller) });
      },
    },
    {
      what: `an observer that throws at ${type}`,
      code: 'of the caller',
      work: (given) => all(options(given, { force: ['ca'], observer: throwing(type) })),
    },
  ]),
  {
    what: 'a directory that is a file',
    code: 'ERR_FILE',
    work: (given) => ca(only('ca', options(given, { directory: join(directory, 'ca.pem', 'below') }))),
  },
  {
    what: 'a file that is there',
    code: 'ERR_EXISTS',
    work: (given) => key(given, { cwd: directory, out: 'ca.pem' }),
  },
  {
    what: 'a set that is another',
    code: 'ERR_DIFFERS',
    work: (given) => all(options(given, { hosts: ['other.example'] })),
  },
  {
    what: 'no CA',
    code: 'ERR_CA_MISSING',
    work: (given) => server(only('server', options(given, { directory: join(site.place, 'empty') }))),
  },
  {
    what: "a certificate of another CA's key",
    code: 'ERR_CA_UNUSABLE',
    work: async (given) => {
      const other = join(site.place, 'other');
      await ca(only('ca', options(given, { directory: other })));
      await rm(join(other, 'ca.pem'));
      await cp(join(directory, 'ca.pem'), join(other, 'ca.pem'));
      await client(only('client', options(given, { directory: other, hosts: undefined, name: 'alice' })));
    },
  },
  {
    what: 'half a pair',
    code: 'ERR_INCOMPLETE',
    work: async (given) => {
      await rm(join(directory, 'cert.pem'));
      await all(options(given));
    },
  },
  {
    what: 'a directory that others can change',
    code: 'ERR_UNSAFE',
    work: (given) => {
      chmodSync(directory, 0o777);
      return all(options(given, { force: ['ca'] }));
    },
  },
  {
    what: 'an openssl that is too old',
    code: 'ERR_OPENSSL_TOO_OLD',
    work: async (given) => {
      const old = await fakeOpenssl(site.elsewhere, 'exit 1', "echo 'OpenSSL 1.0.2u 20 Dec 2019'");
      await key(given, { openssl: old, algorithm: 'ed25519' });
    },
  },
  {
    what: 'another run that is at work',
    code: 'ERR_LOCKED',
    work: async (given) => {
      await mkdir(join(directory, '.docker-tls-openssl.lock'));
      await all(options(given, { force: ['ca'], lockTimeoutMs: 0 }));
    },
  },
  {
    what: 'a template that cannot be rendered',
    code: 'ERR_TEMPLATE',
    work: async (given) => {
      const templates = join(site.elsewhere, 'templates');
      await mkdir(templates);
      await writeFile(join(templates, 'ca.cnf'), '{{#open}}');
      await all(options(given, { force: ['ca'], templates }));
    },
  },
  {
    what: 'a plan that is executed with an openssl that fails',
    code: 'ERR_OPENSSL_FAILED',
    fake: 'exit 3',
    work: async (given) => {
      const { plan } = await planIssue(['ca', 'server', 'client'], options(given, { force: ['ca'] }));
      await execute(plan, { directory, openssl });
    },
  },
];

describe('an error', () => {
  beforeEach(async () => {
    await cp(join(original(), 'set'), directory, { recursive: true });
  });

  const tries = forms.flatMap(([form, given], at) =>
    failing
      .filter((_, index) => whole || index % forms.length === at)
      .map((one) => ({ ...one, form, given })),
  );
  test.each(rows(tries, 2))(
    'of $what shows nothing of $form',
    async ({ what, form, given, code, fake, work }) => {
      if (fake !== undefined) await site.use(await fakeOpenssl(site.elsewhere, fake));
      await tally.attempt(`${what}, given as ${form}`, async () => {
        const error = await errorOf(() => work(given(secret), given(wrong)));
        await nowhere([error]);
        const told = error instanceof DockerTlsError ? error.code : (error as Error).message;
        if (told !== code) throw new Error(`it failed with ${told}: ${inspect(error)}`);
      });
      tally.none();
    },
  );

  test.each(
    rows(
      [
        ['too short', '\u9c2f', 'bytes'],
        ['too long', secret.padEnd(1024, 'x'), 'bytes'],
        ['of two lines', `${secret}\n${secret}`, 'line end'],
        ['with a NUL', `${secret}\0`, 'NUL'],
        ['with half a character', `${secret}\ud800`, 'character'],
      ],
      3,
    ),
  )('of a passphrase that is %s shows nothing of it', async (what, refused, why) => {
    const rare = [...signs, { what: 'text', bytes: Buffer.from('\u9c2f').toString('latin1') }];
    const takers = [
      () => ca(only('ca', options(refused, { directory: join(site.place, 'new') }))),
      () =>
        ca(
          only(
            'ca',
            options(() => refused, { directory: join(site.place, 'new') }),
          ),
        ),
      () => key(refused),
      () => reqX509({ ...stepwise(), passin: refused, out: 'x.pem' }),
      () => Promise.resolve(Passphrase.of(refused)),
    ];
    for (const work of takers)
      await tally.attempt(what, async () => {
        const error = await errorOf(work);
        const found = foundIn(error, rare);
        if (found.length > 0) throw new Error(`it was seen: ${found.join('; ')}`);
        expect(error).toMatchObject({ code: 'ERR_INPUT', message: expect.stringContaining(why) as unknown });
      });
    tally.none();
  });
});

describe('a result', () => {
  test.each(whole ? forms : forms.slice(0, 1))(
    'of a run, its plan and its events show nothing of %s',
    async (form, given) => {
      const events: StepEvent[] = [];
      const observer = (event: StepEvent): void => void events.push(event);
      const cwd = directory;
      const wanted: readonly (readonly [string, () => Promise<unknown>])[] = [
        ['planIssue', () => planIssue(['ca', 'server', 'client'], options(given(secret)))],
        ['all', () => all(options(given(secret), { observer }))],
        ['all again', () => all(options(given(secret), { observer }))],
        ['all, asked', () => all(options(() => given(secret), { observer, force: ['ca'] }))],
        [
          'client',
          () => client(only('client', options(given(secret), { name: 'alice', hosts: undefined, observer }))),
        ],
        ['genpkey', () => key(given(secret), { observer })],
        ['req', () => req({ ...stepwise(), passin: given(secret), out: 'x.csr', observer })],
        ['req -x509', () => reqX509({ ...stepwise(), passin: given(secret), out: 'x.pem', observer })],
        [
          'x509 -req',
          () =>
            x509Req({
              ...{ cwd, openssl, in: 'x.csr', ca: 'ca.pem', caKey: 'ca-key.pem', out: 'y.pem', observer },
              passin: given(secret),
            }),
        ],
        [
          'execute',
          async () => {
            const request = options(given(secret), { directory: join(site.place, 'other') });
            const planned = await planIssue(['ca'], only('ca', request));
            return [
              planned,
              await execute(planned.plan, { directory: request.directory!, openssl, observer }),
            ];
          },
        ],
        [
          'a tutorial',
          () => planIssue(['ca', 'server', 'client'], { ...tutorial, passphrase: given(secret) }),
        ],
        ['a Passphrase', () => Promise.resolve(Passphrase.of(secret))],
      ];
      const tutorial = { recipe: 'training', hosts: ['h'], directory: join(site.place, 'training') } as const;
      for (const [what, work] of wanted)
        await tally.attempt(`${what}, given as ${form}`, async () => {
          await nowhere([await work(), events]);
        });
      tally.none();
      expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['plan', 'start', 'done']));
      expect(events.length).toBeGreaterThan(40);
    },
  );
});

describe('what looks into a value', () => {
  const planted = newMark();
  const plantedSigns = signsOf(planted);
  const leak = `correct ${planted} horse`;

  class Computes {
    get secret(): string {
      return Buffer.from(leak).toString('base64');
    }
  }
  const hidden = (value: object, key: string | symbol): object =>
    Object.defineProperty(value, key, { value: leak, enumerable: false });

  test.each<[string, unknown]>([
    ['a message', new Error(leak)],
    ['the cause of a cause', new Error('a', { cause: new Error('b', { cause: { c: leak } }) })],
    ['what is not enumerable', hidden(new Error('a'), 'b')],
    ['what a symbol names', { [Symbol('a')]: leak }],
    ['what is hidden behind a symbol', hidden({}, Symbol('a'))],
    ['a symbol', Symbol(leak)],
    ['the name of a property', { a: { [leak]: 1 } }],
    ['a Map of Sets', new Map([['a', new Set([{ b: leak }])]])],
    ['the key of a Map', new Map([[{ a: leak }, 1]])],
    // Not from the memory that small ones share, in which the other secret may be.
    ['bytes', { a: { b: Buffer.alloc(leak.length, leak) } }],
    ['an array of bytes', { a: new Uint8Array(Buffer.from(leak)).buffer }],
    ['hex', { a: [Buffer.from(leak).toString('hex')] }],
    ['base64', { a: [Buffer.from(`xx${leak}`).toString('base64')] }],
    ['a getter of its class', { a: new Computes() }],
    ['a property of a function', Object.assign(() => undefined, { a: leak })],
    ['what JSON makes of it', { toJSON: () => leak }],
    ['what inspect makes of it', { [inspect.custom]: () => leak }],
    ['errors of an error', new AggregateError([new Error(leak)])],
    ['a circle', ((circle: { a?: unknown; b: string }) => ((circle.a = circle), circle))({ b: leak })],
  ])('finds a secret that is in %s', (_, value) => {
    const found = foundIn(value, plantedSigns);
    expect(found).not.toEqual([]);
    // Also by those means alone that do not depend on what a value says of itself.
    const says =
      value !== null && typeof value === 'object' && ('toJSON' in value || inspect.custom in value);
    expect(found.some((where) => where.startsWith('value') || where.startsWith('the name'))).toBe(!says);
    expect(foundIn(value, signs)).toEqual([]);
  });
});

test('nothing was left out', () => {
  const codes = new Set(failing.map(({ code }) => code));
  expect(codes.size).toBeGreaterThanOrEqual(17);
  const least = whole ? forms.length * (failing.length + 12) + 25 : failing.length / 2 + 12 + 10;
  expect(tally.tried()).toBeGreaterThanOrEqual(least);
});
