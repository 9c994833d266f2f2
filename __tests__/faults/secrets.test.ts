import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { ca, findOpenssl, req } from '../../lib/index.js';
import { keyFields } from '../support/certificate-fields.js';
import { oids } from '../support/der.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import { processesIn } from '../support/processes.js';
import { cleanEnvironment, main, program, type Outcome, type ProgramOptions } from '../support/program.js';
import { newMark, seenIn, signsOf } from '../support/secret.js';
import { chosen, inTurns, leftToWhole, rows, times, whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useTerminal, type Terminal } from '../support/terminal.js';
import { until } from '../support/until.js';
import { useWatcher, type Site } from '../support/watcher.js';

/** A promise of hundreds of runs is one test. */
jest.setTimeout(600_000);

const tally = usePromise('the passphrase is seen nowhere, whatever runs and however it ends');
const watcher = useWatcher();
const terminal = useTerminal();
const { path: real } = await findOpenssl();

/** What is tried in the short form, and in the whole. */
const some = <Item>(few: readonly Item[], many: readonly Item[]): readonly Item[] => (whole ? many : few);

/** In all passphrases of this file: whoever shows one of them shows it. */
const mark = newMark();
const secret = `correct ${mark} horse`;
const wrong = `incorrect ${mark} horse`;
/** Too short for a passphrase, and rare enough to be looked for. */
const tooShort = '\u9c2f';
const signs = [...signsOf(mark), { what: 'text', bytes: Buffer.from(tooShort).toString('latin1') }];

const p256 = ['--key', 'ec:p256'];
const set = ['all', '--host', 'docker.example', ...p256];
const enter = '\r';
const ctrlC = '\u0003';

let site: Site;
beforeAll(async () => {
  await watcher.guards('secret', signs);
});
beforeEach(async () => {
  site = await watcher.site();
});
afterEach(async () => {
  await site.remove();
});

interface Expected {
  /** Not given: any. */
  readonly code?: number | null;
  /** How often openssl has to be called at least. */
  readonly calls: number;
  /** Whether it is the program, whose own calls are written down. */
  readonly recorded?: boolean;
}

/** One try: nothing is seen of a run that ends as it should. */
async function tries(what: string, run: () => Promise<Outcome>, expected: Expected): Promise<void> {
  await tally.attempt(what, async () => {
    const { code, stdout, stderr } = await run();
    const { calls, recorded, leaks } = await site.evidence(signs);
    const seen = [
      ...seenIn(stdout + stderr, signs).map((form) => `${form} in what was printed`),
      ...leaks,
      ...(await watcher.saw('secret')),
    ];
    if (seen.length > 0) throw new Error(`it was seen: ${seen.join('; ')}`);
    if ('code' in expected && code !== expected.code)
      throw new Error(`exit code ${code}: ${stdout}${stderr}`);
    if (calls.length < expected.calls) throw new Error(`openssl was called ${calls.length} times only`);
    if (recorded === (expected.recorded ?? true)) return;
    throw new Error(`the program's own calls were ${recorded ? '' : 'not '}written down`);
  });
}

const runs = (args: readonly string[], options: ProgramOptions = {}): Promise<Outcome> =>
  program(site.place, args, { ...options, env: { ...site.env, ...options.env } });

type Question = 'create' | 'open' | undefined;

/** What a person answers who is asked for it. */
async function answers(screen: Terminal, question: Question, passphrase = secret): Promise<void> {
  if (question === undefined) return;
  await screen.sees(question === 'create' ? 'New passphrase for ' : 'Passphrase of ');
  screen.types(passphrase + enter);
  if (question === 'open') return;
  await screen.sees('Repeat passphrase:');
  screen.types(passphrase + enter);
}

/** What the terminal shows counts as printed: as it was sent, and as it is read. */
async function atTerminal(
  args: readonly string[],
  person: (screen: Terminal) => Promise<void>,
): Promise<Outcome> {
  const screen = terminal(site.place, args, { env: site.env });
  await person(screen);
  const code = await screen.ends();
  return { code, stdout: screen.output(), stderr: screen.words() };
}

const byFile = async (args: readonly string[], content = `${secret}\n`): Promise<Outcome> =>
  runs([...args, '--passphrase-file', await site.keeps('pass', content)]);

/** The ways to give the passphrase of the CA. */
const ways = {
  'a file': (args: readonly string[]) => byFile(args),
  'a descriptor': (args: readonly string[]) =>
    runs([...args, '--passphrase-fd', '3'], { descriptor3: secret }),
  'standard input': (args: readonly string[]) =>
    runs([...args, '--passphrase-fd', '0'], { input: `${secret}\r\n` }),
  'the terminal': (args: readonly string[], question: Question) =>
    atTerminal(args, (screen) => answers(screen, question)),
} as const;
type Way = keyof typeof ways;

const dry = '--dry-run';
const modes: readonly (readonly string[])[] = [
  [],
  ['--json'],
  ['--verbose'],
  ['--quiet'],
  [dry],
  [dry, '--json'],
  ['--verbose', '--json'],
];
const wetModes = modes.filter((mode) => !mode.includes(dry));

describe('the passphrase of the CA', () => {
  const commands: readonly (readonly [readonly string[], Question, number])[] = [
    [set, 'create', 8],
    [set, undefined, 0],
    [['server', '--name', 'web1', '--host', 'web1.example', ...p256], 'open', 3],
    [['client', '--name', 'alice', ...p256], 'open', 3],
    [['csr', 'client', '--dir', 'host', '--client-name', 'carol', ...p256], undefined, 2],
    [['sign', 'host/client.csr', '--client-name', 'carol'], 'open', 2],
    [['revoke', 'alice', '--yes'], 'open', 1],
    [['ca', '--dir', 'other', ...p256], 'create', 2],
    [[...set, '--force', 'ca', '--yes'], 'create', 8],
  ];
  const everyWay = Object.keys(ways) as Way[];

  async function command(index: number, way: Way, mode: readonly string[]): Promise<void> {
    const [args, question, calls] = commands[index]!;
    const isDry = mode.includes(dry);
    await tries(
      `${args.join(' ')} by ${way} ${mode.join(' ')}`,
      () =>
        args[0] === 'csr'
          ? runs([...args, ...mode])
          : ways[way]([...args, ...mode], isDry ? undefined : question),
      { code: 0, calls: isDry ? 0 : calls },
    );
  }

  test('is not seen while one command after the other runs, and each in a dry run before', async () => {
    for (const index of commands.keys()) {
      if (whole || index % 6 === 0)
        await command(index, everyWay[(index + 1) % everyWay.length]!, index % 2 ? [dry] : [dry, '--json']);
      await command(index, everyWay[index % everyWay.length]!, wetModes[index % wetModes.length]!);
    }
    tally.none();
  });

  const stories = everyWay.flatMap((way) => wetModes.map((mode) => [way, mode] as const));
  for (const [way, mode] of some([], stories))
    test(`given by ${way} is not seen: ${mode.join(' ')}`, async () => {
      for (const index of commands.keys()) await command(index, way, mode);
      tally.none();
    });

  test('encrypts its key with AES-256-CBC by PBES2, and is not in the file', async () => {
    const pbkdf2 = '1.2.840.113549.1.5.12';
    const hmacWithSha256 = '1.2.840.113549.2.9';
    await tally.attempt('the key of the CA', async () => {
      expect((await byFile(set)).code).toBe(0);
      const pem = await readFile(join(site.place, 'docker-tls', 'ca-key.pem'), 'utf8');
      const { label, cipher } = keyFields(pem);
      expect(label).toBe('ENCRYPTED PRIVATE KEY');
      expect(cipher?.split(' ')).toEqual([oids.pbes2, pbkdf2, hmacWithSha256, oids.aes256]);
      const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
      expect([...seenIn(pem, signs), ...seenIn(der, signs)]).toEqual([]);
      expect(createPrivateKey({ key: pem, passphrase: secret }).asymmetricKeyType).toBe('ec');
      for (const passphrase of [wrong, mark, `${secret}\n`, ''])
        expect(() => createPrivateKey({ key: pem, passphrase })).toThrow();
    });
    tally.none();
  });
});

describe('the passphrase of a recipe', () => {
  const recipes: readonly (readonly [string, readonly string[]])[] = [
    ['training', []],
    ['docs-2014', ['--json']],
    ['katacoda', ['--verbose', '--ip', '10.0.0.5']],
    ['docs', ['--ip', '10.0.0.5']],
  ];

  test.each(recipes.slice(0, times(1, recipes.length)))(
    'is not seen while the commands of %s run',
    async (recipe, flags) => {
      const args = ['all', '--recipe', recipe, '--host', 'docker.example', ...flags];
      await tries(`${recipe} by a file`, () => byFile(args), { code: 0, calls: 7 });
      const anew = [...args, '--force', 'ca', '--yes'];
      if (!whole) {
        tally.none();
        return;
      }
      await tries(`${recipe} again`, () => byFile(args), { code: 0, calls: 0 });
      await tries(`${recipe} anew`, () => ways['the terminal'](anew, 'create'), { code: 0, calls: 7 });
      tally.none();
    },
  );

  test('is not seen where the recipe takes none', async () => {
    const args = ['all', '--recipe', 'openssl-cnf', '--ip', '10.0.0.5'];
    for (const mode of some([['--json']], [[], ['--json'], ['--verbose']]))
      await tries(`openssl-cnf ${mode.join(' ')}`, () => byFile([...args, ...mode]), { code: 2, calls: 0 });
    tally.none();
  });
});

describe('the passphrase of a PKCS #12 file', () => {
  const everyWay = Object.keys(ways) as Way[];
  test.each(rows(everyWay, 3))('is not seen: given by %s', async (way) => {
    await tries('the set', () => runs([...set, '--no-passphrase']), { code: 0, calls: 8 });
    for (const mode of some([['--verbose']], [[], ['--json'], ['--verbose'], [dry], [dry, '--json']])) {
      const isDry = mode.includes(dry);
      const args = ['bundle', '--p12', '--overwrite', ...mode];
      const run = (): Promise<Outcome> => ways[way](args, isDry ? undefined : 'create');
      await tries(`${args.join(' ')} by ${way}`, run, { code: 0, calls: isDry ? 0 : 2 });
    }
    tally.none();
  });
});

describe('the passphrase of a script', () => {
  const kinds = some<readonly string[]>([p256], [p256, ['--recipe', 'training'], ['--recipe', 'docs-2014']]);

  async function scriptOf(kind: readonly string[], env: ProgramOptions['env'] = {}): Promise<string> {
    const path = join(site.elsewhere, 'script.sh');
    const args = ['script', '--host', 'docker.example', ...kind];
    const run = async (): Promise<Outcome> => {
      const outcome = await runs(args, { env });
      await writeFile(path, outcome.stdout);
      return outcome;
    };
    await tries(args.join(' '), run, { code: 0, calls: 0 });
    return path;
  }

  /** With the openssl of the site, as the script finds it. */
  async function sh(path: string, secretFile: string): Promise<Outcome> {
    const { TMPDIR } = site.env;
    const child = spawn('/bin/sh', [path], {
      cwd: site.place,
      env: cleanEnvironment({
        TMPDIR: TMPDIR!,
        PATH: `${site.bin}:/usr/bin:/bin`,
        PASSPHRASE_FILE: secretFile,
      }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return outcomeOf(child);
  }

  test.each(kinds.map((kind) => [kind]))(
    'is not in the script, and not seen while it runs: %j',
    async (kind) => {
      const file = await site.keeps('pass', `${secret}\n`);
      const path = await scriptOf(kind, { PASSPHRASE_FILE: file });
      const expected = { code: 0, calls: 8, recorded: false };
      await tries(`the script of ${kind.join(' ')}`, () => sh(path, file), expected);
      const key = await readFile(join(site.place, 'docker-tls', 'ca-key.pem'));
      expect(createPrivateKey({ key, passphrase: secret }).type).toBe('private');
      tally.none();
    },
  );

  test('is not seen where the script refuses it, or openssl fails', async () => {
    const path = await scriptOf(p256);
    const refused = async (what: string, content: string, calls: number): Promise<void> => {
      const file = await site.keeps('pass', content);
      await tries(what, () => sh(path, file), { code: 1, calls, recorded: false });
    };
    await refused('one that is too short', tooShort, 0);
    await refused('one that is too long', secret.padEnd(1024, 'x'), 0);
    await site.use(await fakeOpenssl(site.elsewhere, 'echo sorry >&2; exit 1'));
    await refused('an openssl that fails', secret, 1);
    tally.none();
  });
});

describe('the passphrase of a single step', () => {
  const sources: readonly (readonly [string, (passphrase: string) => Promise<[string, ProgramOptions]>])[] = [
    ['file', async (passphrase) => [`file:${await site.keeps('pass', `${passphrase}\n`)}`, {}]],
    ['fd', (passphrase) => Promise.resolve(['fd:3', { descriptor3: `${passphrase}\n` }])],
    ['stdin', (passphrase) => Promise.resolve(['stdin', { input: passphrase }])],
  ];
  const steps: readonly (readonly [string, string, readonly string[]])[] = [
    ['genrsa', '--passout', ['2048']],
    ['genpkey', '--passout', ['--algorithm', 'ec:p256']],
    ['req', '--passin', ['--key', 'ca-key.pem', '--subj', '/CN=client']],
    ['req-x509', '--passin', ['--key', 'ca-key.pem', '--subj', '/CN=CA', '--set_serial', '1']],
    ['x509-req', '--passin', ['--in', 'client.csr', '--CA', 'ca.pem', '--CAkey', 'ca-key.pem']],
    ['rsa', '--passin', ['--in', 'rsa-key.pem']],
    ['pkey', '--passin', ['--in', 'ca-key.pem']],
  ];
  const out = ['--out', 'made.pem', '--overwrite'];
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

  beforeEach(async () => {
    const cwd = site.place;
    await ca({ directory: cwd, key: 'ec:p256', passphrase: secret });
    await req({ cwd, key: 'ca-key.pem', passin: secret, subj: '/CN=client', out: 'client.csr' });
    const form = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: secret } as const;
    await writeFile(join(cwd, 'rsa-key.pem'), privateKey.export(form));
  });

  /** Of those that ask for one in the same way, the one that the main job uses. */
  const main = ['genpkey', 'req', 'x509-req', 'pkey'];

  inTurns(1).each(
    chosen(
      steps.map((step, index) => [...step, index] as const),
      ([step]) => main.includes(step),
    ),
  )('is not seen while %s runs with %s', async (step, flag, args, index) => {
    for (const [at, [source, give]] of sources.entries()) {
      if (!whole && at !== index % sources.length) continue;
      for (const mode of some([modes[(index + 2 * at) % modes.length]!], modes)) {
        const [value, options] = await give(secret);
        const words = ['step', step, ...args, flag, value, ...out, ...mode];
        const calls = mode.includes(dry) ? 0 : 1;
        await tries(`${step} ${flag} ${source} ${mode.join(' ')}`, () => runs(words, options), {
          code: 0,
          calls,
        });
      }
    }
    tally.none();
  });

  test('is not seen where there are two, or the one is wrong', async () => {
    const [right, other] = [await site.keeps('right', secret), await site.keeps('other', wrong)];
    const rsa = ['step', 'rsa', '--in', 'rsa-key.pem', '--passout', 'fd:3', ...out];
    const options = { descriptor3: `another ${secret}` };
    for (const mode of some([['--verbose']], wetModes)) {
      const tried = (file: string) => () => runs([...rsa, '--passin', `file:${file}`, ...mode], options);
      await tries(`rsa with two ${mode.join(' ')}`, tried(right), { code: 0, calls: 1 });
      await tries(`rsa with a wrong one ${mode.join(' ')}`, tried(other), { code: 1, calls: 1 });
    }
    tally.none();
  });
});

describe('the passphrase of a key that is there', () => {
  const command = (verb: string): string[] => ['passphrase', verb, '--dir', '.'];
  const unencrypted = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const expected = { code: 0, calls: 1 };

  test('is not seen while it is added, changed and removed, nor where it is wrong', async () => {
    const pem = unencrypted.export({ type: 'pkcs8', format: 'pem' });
    for (const mode of some([['--verbose']], wetModes)) {
      await writeFile(join(site.place, 'ca-key.pem'), pem, { mode: 0o600 });
      const again = { descriptor3: `another ${secret}` };
      const right = ['--passphrase-file', await site.keeps('right', secret)];
      const change = [...command('change'), ...right, '--new-passphrase-fd', '3', ...mode];
      const remove = [...command('remove'), '--passphrase-fd', '3', ...mode];
      await tries(`add ${mode.join(' ')}`, () => byFile([...command('add'), ...mode]), expected);
      await tries(`remove with a wrong one ${mode.join(' ')}`, () => byFile(remove.slice(0, 4), wrong), {
        code: 1,
        calls: 0,
      });
      await tries(`change ${mode.join(' ')}`, () => runs(change, again), expected);
      await tries(`remove ${mode.join(' ')}`, () => runs(remove, again), expected);
      expect(await readFile(join(site.place, 'ca-key.pem'), 'utf8')).not.toContain('ENCRYPTED');
    }
    tally.none();
  });

  leftToWhole('is not seen at the terminal', async () => {
    const pem = unencrypted.export({ type: 'pkcs8', format: 'pem' });
    await writeFile(join(site.place, 'ca-key.pem'), pem, { mode: 0o600 });
    await tries('add', () => ways['the terminal'](command('add'), 'create'), expected);
    const both = async (screen: Terminal): Promise<void> => {
      await answers(screen, 'open');
      await answers(screen, 'create', `another ${secret}`);
    };
    await tries('change', () => atTerminal(command('change'), both), expected);
    tally.none();
  });
});

describe('a passphrase at the terminal', () => {
  const alice = ['client', '--name', 'alice', ...p256];

  test('is not on the screen, not even one that is not taken', async () => {
    const person = async (screen: Terminal): Promise<void> => {
      await screen.sees('New passphrase for ');
      screen.types(tooShort + enter);
      await screen.sees('it is shorter than 4 bytes');
      await screen.sees('New passphrase for ');
      screen.types(secret + enter);
      await screen.sees('Repeat passphrase:');
      screen.types(wrong + enter);
      await screen.sees('Passphrases do not match.');
      await answers(screen, 'create');
    };
    await tries('too short, then two different ones', () => atTerminal(set, person), { code: 0, calls: 8 });
    for (const mode of some([['--verbose']], wetModes)) {
      const wrongly = async (screen: Terminal): Promise<void> => {
        for (let attempt = 1; attempt <= 3; attempt++) {
          await answers(screen, 'open', wrong);
          if (attempt < 3) await screen.sees('Wrong passphrase, try again.');
        }
      };
      await tries(`a wrong one ${mode.join(' ')}`, () => atTerminal([...alice, ...mode], wrongly), {
        code: 1,
        calls: 0,
      });
    }
    tally.none();
  });

  leftToWhole('is not on the screen where Ctrl-C ends its input', async () => {
    for (const mode of some([['--json']], wetModes)) {
      const first = async (screen: Terminal): Promise<void> => {
        await screen.sees('New passphrase for ');
        screen.types(secret + ctrlC);
      };
      const second = async (screen: Terminal): Promise<void> => {
        await screen.sees('New passphrase for ');
        screen.types(secret + enter);
        await screen.sees('Repeat passphrase:');
        screen.types(secret + ctrlC);
      };
      for (const [what, person] of Object.entries({ first, second }))
        await tries(`Ctrl-C at the ${what} ${mode.join(' ')}`, () => atTerminal([...set, ...mode], person), {
          code: 130,
          calls: 0,
        });
    }
    tally.none();
  });

  test('is not taken from there by a flag: it would be shown', async () => {
    await tally.attempt('--passphrase-fd 0', async () => {
      const screen = terminal(site.place, [...set, '--passphrase-fd', '0'], { env: site.env });
      expect(await screen.ends()).toBe(1);
      expect(screen.words()).toContain('descriptor 0 is a terminal: it would show the passphrase');
    });
    tally.none();
  });
});

describe('a passphrase that is wrong or refused', () => {
  leftToWhole('is not seen where it does not open the CA', async () => {
    await tries('all', () => byFile(set), { code: 0, calls: 8 });
    for (const mode of some([['--verbose', '--json']], wetModes)) {
      const alice = ['client', '--name', 'alice', ...p256, ...mode];
      await tries(`a wrong one ${mode.join(' ')}`, () => byFile(alice, wrong), { code: 1, calls: 0 });
    }
    tally.none();
  });

  /** In the short form the one is given to a recipe, the next to a step. */
  const refused: [string, string, number][] = [
    ['is too short', tooShort, 0],
    ['is too long', secret.padEnd(1024, 'x'), 1],
    ['holds a NUL', `${secret}\0${secret}`, 2],
    ['has two lines', `${secret}\n${secret}\n`, 3],
    ['has two lines of Windows', `${secret}\r\n${secret}\r\n`, 4],
  ];
  test.each(rows(refused, 3))('is not seen where it %s', async (what, content, index) => {
    const step = ['step', 'genpkey', '--algorithm', 'ec:p256', '--out', 'k.pem', '--passout'];
    const file = await site.keeps('pass', content);
    for (const mode of some([['--verbose']], wetModes)) {
      const expected = { code: 2, calls: 0 };
      const all = (): Promise<Outcome> => byFile([...set, ...mode], content);
      if (whole || index % 2 === 0) await tries(`all: it ${what} ${mode.join(' ')}`, all, expected);
      const genpkey = (): Promise<Outcome> => runs([...step, `file:${file}`, ...mode, '--json']);
      if (whole || index % 2 === 1) await tries(`genpkey: it ${what} ${mode.join(' ')}`, genpkey, expected);
    }
    tally.none();
  });
});

describe('the passphrase, where openssl', () => {
  const kinds: readonly (readonly [string, string, readonly string[]])[] = [
    ['fails', 'exit 3', []],
    ['fails after it has read it', 'cat 0<&3 > /dev/null; echo "bad decrypt" >&2; exit 1', []],
    ['prints megabytes', 'yes; exit 0', []],
    ['prints megabytes of errors', 'yes >&2; exit 0', []],
    ['is ended by a signal', 'kill -KILL $$', []],
    ['makes nothing', 'exit 0', []],
    ['makes something else', 'echo garbage > "$out"', []],
    [
      'makes a key with another one',
      `exec '${real}' genrsa -aes256 -passout pass:other -out "$out" 1024`,
      [],
    ],
    ['hangs', 'exec sleep 60', ['--timeout', '1']],
  ];

  test.each(
    rows(
      kinds.map((kind, index) => [...kind, index] as const),
      2,
      1,
    ),
  )('%s, is not seen', async (what, body, flags, index) => {
    await site.use(await fakeOpenssl(site.elsewhere, body));
    for (const mode of some([[index % 2 ? '--json' : '--verbose']], wetModes)) {
      const args = ['ca', ...p256, ...flags, ...mode];
      await tries(`openssl ${what} ${mode.join(' ')}`, () => byFile(args), { code: 1, calls: 1 });
    }
    tally.none();
  });
});

describe('the passphrase of a run that is stopped', () => {
  /** Stops the run when openssl is at work on all three keys. */
  async function stopped(signal: NodeJS.Signals, mode: readonly string[]): Promise<Outcome> {
    const ids = join(site.elsewhere, 'ids');
    await writeFile(ids, '');
    await site.use(await fakeOpenssl(site.elsewhere, `echo $$ >> '${ids}'; exec sleep 60`));
    const file = await site.keeps('pass', secret);
    const child = spawn(process.execPath, [main, ...set, '--passphrase-file', file, ...mode], {
      cwd: site.place,
      env: cleanEnvironment(site.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const outcome = outcomeOf(child);
    const atWork = async (): Promise<string[]> => (await readFile(ids, 'utf8')).split('\n').filter(Boolean);
    await until(async () => (await atWork()).length === 3);
    child.kill(signal);
    const ended = await outcome;
    // Who is killed cannot end what he has begun.
    if (signal === 'SIGKILL') for (const id of await atWork()) process.kill(Number(id), 'SIGKILL');
    await until(async () => (await processesIn(site.place)).length === 0);
    return ended;
  }

  const signals = [
    ['SIGINT', 130, ['--verbose']],
    ['SIGTERM', 143, ['--json']],
    ['SIGKILL', null, ['--verbose', '--json']],
  ] as const;
  test.each(rows(signals, 2))('by %s is not seen', async (signal, code, flags) => {
    for (const mode of some([flags], wetModes)) {
      await tries(`${signal} ${mode.join(' ')}`, () => stopped(signal, mode), { code, calls: 3 });
      await rm(site.place, { recursive: true });
      await mkdir(site.place);
    }
    tally.none();
  });
});

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  const [code] = (await closed) as [number | null];
  return { code, stdout, stderr };
}

describe('the watcher', () => {
  const planted = newMark();
  const plantedSigns = signsOf(planted);
  const leak = `correct ${planted} horse`;
  const bytes = Buffer.from(leak);

  beforeAll(async () => {
    await watcher.guards('planted', plantedSigns);
  });

  /** What is seen of a process that waits, with the secret in its words or its variables, until it was looked at. */
  async function seenOf(
    words: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<readonly string[]> {
    const child = spawn('/bin/sh', ['-c', 'read -r line', 'sh', ...words], {
      env: { PATH: '/usr/bin:/bin', ...env },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await once(child, 'spawn');
    const seen = await watcher.saw('planted');
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
    await watcher.saw('planted'); // what was seen between the two
    return seen;
  }

  inTurns(1).each([
    ['text', `pass:${leak}`],
    ['hex', `-K${bytes.toString('hex')}`],
    ['hex', bytes.toString('hex').toUpperCase()],
    ['base64', bytes.toString('base64')],
    ['base64', Buffer.from(`x${leak}`).toString('base64url')],
    ['base64', Buffer.from(`{"a":${leak}`).toString('base64')],
  ])('sees a secret as %s on a command line and in an environment', async (form, word) => {
    expect(await seenOf([word], {})).toEqual([`${form} in a command line`]);
    expect(await seenOf([], { SECRET: word })).toEqual([`${form} in an environment`]);
    expect(await seenOf([], {})).toEqual([]);
  });

  inTurns(2).each([
    ['text', leak],
    ['hex', bytes.toString('hex')],
    ['base64', bytes.toString('base64')],
    ['hex', inspect(bytes)],
    ['numbers', JSON.stringify(bytes)],
    ['UTF-16', Buffer.from(leak, 'utf16le')],
  ])('sees a secret as %s in a file that exists for a moment', async (form, content) => {
    for (const folder of [site.temporary, site.place, join(site.place, 'docker-tls', '.hidden')]) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, '.file'), content);
      const seen = await watcher.saw('planted');
      await rm(join(folder, '.file'));
      expect(seen).toEqual([`${form} in the file .file`]);
      await watcher.saw('planted'); // what was seen between the two
      expect(await watcher.saw('planted')).toEqual([]);
    }
  });

  test('sees a secret that is the name of a file', async () => {
    await writeFile(join(site.temporary, leak), '');
    expect(await watcher.saw('planted')).toEqual(['text in the name of a file']);
  });

  /** Runs one step with an openssl that does something with its passphrase before the real one goes on. */
  async function leaky(body: string): Promise<string[]> {
    const openssl = join(site.bin, 'openssl');
    const script = [
      `case " $* " in *" fd:3 "*) ;; *) exec '${openssl}' "$@" ;; esac`,
      'secret=$(head -n 1 0<&3)',
      'set -- "$@" -rand /dev/null',
      body,
      `printf '%s\\n' "$secret" | '${openssl}' "$@" 3<&0`,
      'code=$?',
      'rm -f file "$TMPDIR/file"',
      'exit $code',
    ].join('\n');
    const env = { OPENSSL_BIN: await fakeOpenssl(site.elsewhere, script) };
    const file = await site.keeps('pass', leak);
    const step = ['step', 'genpkey', '--algorithm', 'ec:p256', '--out', 'k.pem', '--passout', `file:${file}`];
    const { stdout, stderr } = await runs([...step, '--verbose'], { env });
    const { leaks } = await site.evidence(plantedSigns);
    await watcher.saw('planted');
    return [...leaks, ...seenIn(stdout + stderr, plantedSigns).map((form) => `${form} in what was printed`)];
  }
  const line = (words: RegExp): unknown => expect.stringMatching(words);

  inTurns(2).each([
    ['on its command line', 'set -- "$@" -rand "/dev/null:$secret"', /^text in begin-genpkey-/],
    ['in its environment', 'export secret', /^text in begin-genpkey-/],
    ['among what it prints', 'echo "$secret" >&2', /^text in what was printed$/],
  ])('sees a secret that openssl has %s', async (_, body, expected) => {
    expect(await leaky('')).toEqual([]);
    expect(await leaky(body)).toContainEqual(line(expected));
  });

  test('sees a secret that lies in a file while one command of openssl runs, in whatever form', async () => {
    const body = [
      'echo "$secret" > "$TMPDIR/file"',
      `printf '%s' "$secret" | od -An -v -tx1 | tr -d ' \\n' > file`,
      `printf '%s' "$secret" | base64 -w 0 >> file`,
    ].join('\n');
    const leaks = await leaky(body);
    for (const expected of [/^text in before-.*tmp\/file/, /^hex in .*\/file/, /^base64 in .*\/file/])
      expect(leaks).toContainEqual(line(expected));
  });

  test('sees a secret that the program itself writes for a moment, or starts others with', async () => {
    const plants = [
      'fs.writeFileSync(file, secret); fs.unlinkSync(file);',
      'const one = fs.openSync(file, "w"); fs.writeSync(one, Buffer.from(secret)); fs.closeSync(one);',
      'const two = await open(file, "w"); await two.writeFile(secret); await two.close();',
      'await writeFile(file, new Uint8Array(Buffer.from(secret)));',
      // Awaited: a program that ends at once would leave it unwritten.
      'await new Promise((written) => fs.createWriteStream(file).end(secret, written));',
      'fs.mkdirSync(`${process.env.TMPDIR}/${secret}`);',
      'children.spawnSync("true", [secret]);',
      'children.execFileSync("true", [], { env: { secret } });',
    ].map((code, at) => ({ code, mark: newMark(), what: `plant ${at}` }));
    const module = [
      'import fs from "node:fs"; import { open, writeFile } from "node:fs/promises";',
      'import children from "node:child_process";',
      'const file = `${process.env.TMPDIR}/file`;',
      ...plants.map(({ code, mark }) => `{ const secret = "${mark}"; ${code} }`),
    ].join('\n');
    const path = join(site.elsewhere, 'plants.mjs');
    await writeFile(path, module);
    const NODE_OPTIONS = `${site.env['NODE_OPTIONS']!} --import=${path}`;
    expect((await runs(['recipes'], { env: { NODE_OPTIONS } })).code).toBe(0);
    const plantSigns = plants.flatMap(({ mark, what }) => signsOf(mark).map((sign) => ({ ...sign, what })));
    const { leaks } = await site.evidence(plantSigns);
    for (const { what } of plants) expect(leaks).toContainEqual(line(new RegExp(`^${what} in calls-`)));
  });
});

test('all the while it was looked for', async () => {
  const { rounds, processes, files } = await watcher.looked('secret');
  expect(rounds).toBeGreaterThan(100);
  expect(processes).toBeGreaterThan(rounds);
  expect(files).toBeGreaterThan(100);
  expect(tally.tried()).toBeGreaterThanOrEqual(times(25, 400));
});
