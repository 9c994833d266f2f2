import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { chmod, chown, cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { client, findOpenssl, type IssueOptions } from '../../lib/index.js';
import { sixFiles } from '../cli/six-files.js';
import { makeSet } from '../support/made-sets.js';
import { nobody, ownProgram, publicProgram, runAs, useCompanions, type As } from '../support/as-user.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import { quick } from '../support/program.js';
import { request } from '../support/request.js';
import { chosen, times, whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';

const final = usePromise('the modes in the end are the same whatever the umask');
const unseen = usePromise('a key is readable by nobody else, not for an instant');
const shared = useSharedDirectory();
const companion = useCompanions();
const run = promisify(execFile);
const PER_TEST_MS = times(180_000, 1_800_000);

const umasks = ['000', '002', '022', '077', '777'] as const;
const secret = 'correct horse';
const secretFile = (): string => join(shared(), 'secret');
const host = 'docker.example';

interface Work {
  readonly what: string;
  /** What is there before, below the place of the work. */
  readonly prepare?: (place: string) => Promise<unknown>;
  readonly args: readonly string[];
  /** The same with the library: a function of it, and its options. */
  readonly call: string;
  readonly options: (place: string) => object;
  /** All that is there in the end, with the modes of docs/files.md. */
  readonly leaves: Readonly<Record<string, string>>;
  /** RSA keys take their time. */
  readonly slow?: true;
}

const within = (folder: string, files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(files).map(([path, mode]) => [path === '/' ? `${folder}/` : `${folder}/${path}`, mode]),
  );
const set = (mode: string): Record<string, string> => within('docker-tls', { ...sixFiles, '/': mode });
const named = (folder: string, key: string, certificate: string): Record<string, string> =>
  within('docker-tls', {
    [`${folder.split('/')[0]!}/`]: '0700',
    [`${folder}/`]: '0700',
    [`${folder}/ca.pem`]: '0444',
    [`${folder}/${certificate}`]: '0444',
    [`${folder}/${key}`]: '0400',
  });
const copied =
  (base: 'set' | 'alice', mode: number) =>
  async (place: string): Promise<void> => {
    await cp(join(shared(), base), join(place, 'docker-tls'), { recursive: true });
    await chmod(join(place, 'docker-tls'), mode);
  };
const empty =
  (mode: number) =>
  async (place: string): Promise<void> => {
    await mkdir(join(place, 'docker-tls'));
    await chmod(join(place, 'docker-tls'), mode);
  };
const common: IssueOptions = { hosts: [host], key: 'ec:p256', passphrase: null };
const docker = (place: string): string => join(place, 'docker-tls');
const makeAlice = ['client', '--name', 'alice', '--key', 'ec:p256'];

const works: readonly Work[] = [
  {
    what: 'all in a new place',
    args: ['all', ...quick, '--dir', 'a/b/docker-tls'],
    call: 'all',
    options: (place) => ({ ...common, directory: join(place, 'a/b/docker-tls') }),
    leaves: { 'a/': '0755', ...within('a', { 'b/': '0755', ...within('b', set('0700')) }) },
  },
  {
    what: 'all in an empty directory',
    prepare: empty(0o755),
    args: ['all', ...quick],
    call: 'all',
    options: (place) => ({ ...common, directory: docker(place) }),
    leaves: set('0755'),
  },
  {
    what: 'all made anew',
    prepare: copied('set', 0o750),
    args: ['all', ...quick, '--force', 'ca', '--yes'],
    call: 'all',
    options: (place) => ({ ...common, directory: docker(place), force: ['ca'] }),
    leaves: {
      ...set('0750'),
      'docker-tls/archive/': '0700',
      ...within('docker-tls/archive/TIME', { ...sixFiles, '/': '0700', 'renewal.json': '0444' }),
    },
  },
  {
    what: 'a client by name',
    prepare: copied('set', 0o755),
    args: makeAlice,
    call: 'client',
    options: (place) => ({ directory: docker(place), name: 'alice', key: 'ec:p256' }),
    leaves: { ...set('0755'), ...named('clients/alice', 'key.pem', 'cert.pem') },
  },
  {
    what: 'a client by name, made anew',
    prepare: copied('alice', 0o700),
    args: [...makeAlice, '--force', 'client'],
    call: 'client',
    options: (place) => ({ directory: docker(place), name: 'alice', key: 'ec:p256', force: ['client'] }),
    leaves: {
      ...set('0700'),
      ...named('clients/alice', 'key.pem', 'cert.pem'),
      'docker-tls/archive/': '0700',
      'docker-tls/archive/TIME/': '0700',
      'docker-tls/archive/TIME/renewal.json': '0444',
      'docker-tls/archive/TIME/clients/': '0700',
      ...named('archive/TIME/clients/alice', 'key.pem', 'cert.pem'),
    },
  },
  {
    what: 'a server by name beside a client',
    prepare: copied('alice', 0o700),
    args: ['server', '--name', 'web', '--host', 'web', '--key', 'ec:p256'],
    call: 'server',
    options: (place) => ({ directory: docker(place), name: 'web', hosts: ['web'], key: 'ec:p256' }),
    leaves: {
      ...set('0700'),
      ...named('clients/alice', 'key.pem', 'cert.pem'),
      ...named('servers/web', 'server-key.pem', 'server-cert.pem'),
    },
  },
  {
    what: 'all where the group is inherited',
    prepare: (place) => chmod(place, 0o2755),
    args: ['all', ...quick, '--dir', 'a/docker-tls'],
    call: 'all',
    options: (place) => ({ ...common, directory: join(place, 'a/docker-tls') }),
    leaves: { 'a/': '0755', ...within('a', set('0700')) },
  },
  {
    what: 'a client where the group is inherited',
    prepare: copied('set', 0o2755),
    args: makeAlice,
    call: 'client',
    options: (place) => ({ directory: docker(place), name: 'alice', key: 'ec:p256' }),
    leaves: { ...set('2755'), ...named('clients/alice', 'key.pem', 'cert.pem') },
  },
  {
    what: 'step genpkey in a new place',
    args: ['step', 'genpkey', '--algorithm', 'ec:p256', '--out', 'a/b/key.pem'],
    call: 'genpkey',
    options: (place) => ({ cwd: place, algorithm: 'ec:p256', out: 'a/b/key.pem' }),
    leaves: { 'a/': '0755', 'a/b/': '0700', 'a/b/key.pem': '0600' },
  },
  {
    what: 'step genpkey over a file that all can read',
    prepare: async (place) => {
      await writeFile(join(place, 'key.pem'), 'worthless');
      await chmod(join(place, 'key.pem'), 0o644);
    },
    args: ['step', 'genpkey', '--algorithm', 'ec:p256', '--out', 'key.pem', '--overwrite'],
    call: 'genpkey',
    options: (place) => ({ cwd: place, algorithm: 'ec:p256', out: 'key.pem', overwrite: true }),
    leaves: { 'key.pem': '0600' },
  },
  {
    what: 'step req',
    prepare: async (place) => {
      await cp(join(shared(), 'set/key.pem'), join(place, 'key.pem'));
    },
    args: ['step', 'req', '--key', 'key.pem', '--subj', '/CN=x', '--out', 'a/x.csr'],
    call: 'req',
    options: (place) => ({ cwd: place, key: 'key.pem', subj: '/CN=x', out: 'a/x.csr' }),
    leaves: { 'key.pem': '0400', 'a/': '0700', 'a/x.csr': '0644' },
  },
];

const keys = ['ca-key.pem', 'server-key.pem', 'key.pem'];
const certificates = ['ca.pem', 'server-cert.pem', 'cert.pem'];
const each = (paths: readonly string[], mode: string): Record<string, string> =>
  Object.fromEntries(paths.map((path) => [path, mode]));
const left = ['ca.srl', 'server.csr', 'client.csr', 'extfile.cnf'];
const opensslCnf = {
  '/': '0700',
  ...each(['ca-key.pem', 'key.pem'], '0600'),
  ...each(['ca.pem', 'ca.srl', 'cert.pem', 'cert.csr', 'openssl.cnf'], '0644'),
};

/** As docs/files.md has them. */
const recipes = {
  docs: { ...each(keys, '0400'), ...each(certificates, '0444'), 'ca.srl': '0644' },
  training: {
    ...each(['ca-key.pem', 'server-key.pem', 'client-key.pem'], '0600'),
    ...each(['ca.pem', 'server-cert.pem', 'client-cert.pem', ...left], '0644'),
  },
  katacoda: {
    ...each(keys, '0400'),
    ...each(certificates, '0444'),
    ...each([...left, 'extfile-client.cnf', 'cert.pem'], '0644'),
    'key.pem': '0600',
  },
  'openssl-cnf': { ...within('server', opensslCnf), ...within('client', opensslCnf) },
  'docs-2014': { ...each(keys, '0600'), ...each([...certificates, ...left], '0644') },
} as const;

const recipeWorks = Object.entries(recipes).map(([recipe, files]): Work => {
  const address = recipe === 'openssl-cnf' ? '10.0.0.5' : host;
  const encrypts = recipe !== 'openssl-cnf';
  return {
    what: `the recipe ${recipe}`,
    args: [
      ...['all', '--recipe', recipe, '--host', address],
      ...(encrypts ? ['--passphrase-file', '../secret'] : []),
    ],
    call: 'all',
    options: (place) => ({
      directory: docker(place),
      recipe,
      hosts: [address],
      ...(encrypts ? { passphrase: secret } : {}),
    }),
    leaves: within('docker-tls', { '/': '0700', ...files }),
    slow: true,
  };
});

let programs: Readonly<Record<'root' | 'nobody', readonly string[]>>;

beforeAll(async () => {
  await chmod(shared(), 0o755);
  await writeFile(secretFile(), secret);
  await chmod(secretFile(), 0o644);
  programs = { root: ownProgram, nobody: await publicProgram(join(shared(), 'public')) };
  await makeSet(request(shared(), { directory: join(shared(), 'set') }));
  await cp(join(shared(), 'set'), join(shared(), 'alice'), { recursive: true });
  await client({ directory: join(shared(), 'alice'), name: 'alice', key: 'ec:p256' });
}, PER_TEST_MS);

let places = 0;

/** A place of its own for a piece of work. */
async function placeFor({ prepare }: Work, user: 'root' | 'nobody'): Promise<string> {
  const place = join(shared(), `place-${String(++places)}`);
  await mkdir(place);
  await chmod(place, 0o755);
  if (user === 'nobody') await chown(place, nobody, nobody);
  await prepare?.(place);
  if (user === 'nobody') await run('chown', ['-R', `${nobody}:${nobody}`, place]);
  return place;
}

/** The modes below a place, without its own; a directory of the archive is called TIME. */
async function below(place: string): Promise<Record<string, string>> {
  const found = Object.entries(await modes(place)).filter(([path]) => path !== '/');
  return Object.fromEntries(
    found.map(([path, mode]) => [path.replace(/(?<=\/archive\/)\d[^/]*/, 'TIME'), mode]),
  );
}

async function inBatches<One>(list: readonly One[], work: (one: One) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < list.length; at += 3) await Promise.all(list.slice(at, at + 3).map(work));
}

describe('the umask', () => {
  test(
    'makes no difference to what the program leaves, neither root’s nor another user’s',
    async () => {
      const users = ['root', 'nobody'] as const;
      const combinations = umasks.flatMap((umask) =>
        users.flatMap((user) => [...works, ...recipeWorks].map((work) => ({ umask, user, work }))),
      );
      const few = combinations.filter(({ umask, user, work }, at) => {
        if (work.slow) return work.what.endsWith('openssl-cnf') && umask === '777' && user === 'nobody';
        return at % (umask === '777' && user === 'nobody' ? 8 : 68) === 0;
      });
      const chosen = whole
        ? combinations.filter(({ work, umask }) => !work.slow || umask === '000' || umask === '777')
        : few;
      expect(chosen.length).toBeGreaterThanOrEqual(times(3, 120));
      await inBatches(chosen, ({ umask, user, work }) =>
        final.attempt(`${work.what} as ${user} with the umask ${umask}`, async () => {
          const place = await placeFor(work, user);
          const { code, stderr } = await runAs(place, [...programs[user], ...work.args], { user, umask });
          if (code !== 0) throw new Error(stderr);
          expect(await below(place)).toEqual(work.leaves);
          await rm(place, { recursive: true });
        }),
      );
      final.none();
    },
    PER_TEST_MS,
  );

  test(
    'makes no difference to what the library leaves',
    async () => {
      const library = fileURLToPath(new URL('../../dist/lib/index.js', import.meta.url));
      const source = [
        'const [index, jobs] = process.argv.slice(1);',
        'const library = await import(index);',
        'for (const { umask, call, options } of JSON.parse(jobs)) {',
        '  process.umask(Number.parseInt(umask, 8));',
        '  await library[call](options);',
        '}',
      ].join('\n');
      const chosen = umasks
        .flatMap((umask) => [...works, ...(whole ? recipeWorks : [])].map((work) => ({ umask, work })))
        .filter(({ umask }, at) => whole || at % (umask === '777' ? 3 : 16) === 0);
      const jobs: { umask: string; work: Work; place: string }[] = [];
      for (const one of chosen) jobs.push({ ...one, place: await placeFor(one.work, 'root') });
      const calls = jobs.map(({ umask, work, place }) => ({
        umask,
        call: work.call,
        options: work.options(place),
      }));
      const words = ['--input-type=module', '-e', source, library, JSON.stringify(calls)];
      const outcome = await runAs(shared(), [process.execPath, ...words]);
      expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' });
      for (const { umask, work, place } of jobs) {
        await final.attempt(`the library, ${work.what} with the umask ${umask}`, async () => {
          expect(await below(place)).toEqual(work.leaves);
          await rm(place, { recursive: true });
        });
      }
      expect(jobs.length).toBeGreaterThanOrEqual(times(5, 80));
      final.none();
    },
    PER_TEST_MS,
  );

  test('is one that these tests set', async () => {
    const made = async (as: As): Promise<string> => {
      const place = await placeFor(works[0]!, as.user ?? 'root');
      await runAs(place, ['touch', 'file'], as);
      return (await modes(place))['file'] ?? '';
    };
    expect(await made({ umask: '000' })).toBe('0666');
    expect(await made({ umask: '777', user: 'nobody' })).toBe('0000');
    expect(await made({ umask: '027', user: 'nobody' })).toBe('0640');
  });
});

describe('a private key', () => {
  interface Seen {
    readonly rounds: number;
    readonly certificates: number;
    readonly keys: number;
    readonly workspaces: number;
  }

  /** Lets both look below `root` while `work` is done there; gives what they found, and what they looked at. */
  async function watched(
    root: string,
    work: () => Promise<unknown>,
  ): Promise<Record<'stranger' | 'root', { found: string[]; seen: Seen }>> {
    const folder = join(shared(), 'public');
    const stranger = await companion('watch-keys', [root], folder, { user: 'nobody' });
    const overseer = await companion('watch-keys', [root, 'open'], folder);
    await work();
    const [strangers, overseers] = (await Promise.all([stranger.ends(), overseer.ends()])).map((said) => {
      const lines = said.split('\n');
      return { found: lines.slice(0, -1), seen: JSON.parse(lines.at(-1)!) as Seen };
    });
    return { stranger: strangers!, root: overseers! };
  }

  test(
    'is never to be read by others while it is made',
    async () => {
      const { path: real } = await findOpenssl();
      const tools = join(shared(), 'tools');
      await mkdir(tools);
      const slow = await fakeOpenssl(
        tools,
        `'${real}' "$@"; code=$?; sleep 0.1; exit $code`,
        `'${real}' version`,
      );
      const watchedPlace = join(shared(), 'watched');
      await mkdir(watchedPlace);
      await chmod(watchedPlace, 0o755);
      const start = async (name: string, base: 'set' | 'alice' | 'nothing'): Promise<string> => {
        const place = join(watchedPlace, name);
        await mkdir(place);
        if (base === 'nothing') return place;
        await cp(join(shared(), base), join(place, 'docker-tls'), { recursive: true });
        await chmod(join(place, 'docker-tls'), 0o755);
        return place;
      };
      const key = whole ? ['--host', host, '--no-passphrase', '--key', 'rsa:2048'] : [...quick];
      const runs: readonly [string, 'set' | 'alice' | 'nothing', readonly string[]][] = [
        ['new', 'nothing', ['all', ...key, '--dir', 'a/docker-tls']],
        ['anew', 'alice', ['all', ...key, '--force', 'ca', '--yes']],
        ['client', 'set', ['client', '--name', 'bob', '--key', 'ec:p256']],
        ['client-anew', 'alice', [...makeAlice, '--force', 'client']],
        ['key', 'nothing', ['step', 'genpkey', '--algorithm', 'ec:p256', '--out', 'key.pem']],
        ['key-anew', 'nothing', ['step', 'genrsa', '--out', 'key.pem', '--overwrite', '2048']],
        ...(whole
          ? (['docs', 'training', 'katacoda', 'docs-2014', 'openssl-cnf'] as const).map(
              (recipe): [string, 'nothing', string[]] => [
                recipe,
                'nothing',
                recipe === 'openssl-cnf'
                  ? ['all', '--recipe', recipe, '--host', '10.0.0.5']
                  : ['all', '--recipe', recipe, '--host', host, '--passphrase-file', secretFile()],
              ],
            )
          : []),
      ];
      const result = await watched(watchedPlace, async () => {
        for (let round = 0; round < times(1, 5); round++) {
          await inBatches(
            chosen(runs, (_, at) => at % 2 === 0),
            ([name, base, args]) =>
              unseen.attempt(`${args.join(' ')} with the umask 000`, async () => {
                const place = await start(`${name}-${String(round)}`, base);
                if (name === 'key-anew')
                  await writeFile(join(place, 'key.pem'), 'worthless', { mode: 0o644 });
                const words = [...ownProgram, ...args, '--openssl', slow];
                expect(await runAs(place, words, { umask: '000' })).toMatchObject({ code: 0 });
              }),
          );
        }
        const place = await start('script', 'nothing');
        const script = await runAs(place, [...ownProgram, 'script', ...quick]);
        await writeFile(join(place, 'make.sh'), script.stdout);
        const PATH = `${tools}:${process.env['PATH'] ?? ''}`;
        await cp(slow, join(tools, 'openssl'));
        await unseen.attempt('the script with the umask 000', async () => {
          const made = await runAs(place, ['/bin/sh', 'make.sh'], { umask: '000', env: { PATH } });
          expect(made).toMatchObject({ code: 0 });
          expect(await readFile(join(place, 'docker-tls/key.pem'), 'latin1')).toContain('PRIVATE KEY');
        });
      });
      for (const who of ['stranger', 'root'] as const) {
        const { found } = result[who];
        unseen.count(`keys that ${who} found open: ${found.join(', ')}`, found.length === 0);
      }
      unseen.none();
      // They looked at all of it, and while it was made.
      expect(result.stranger.seen).toMatchObject({ keys: 0 });
      expect(result.stranger.seen.certificates).toBeGreaterThanOrEqual(times(2, 8));
      expect(result.stranger.seen.workspaces).toBeGreaterThanOrEqual(times(2, 6));
      expect(result.root.seen.keys).toBeGreaterThanOrEqual(times(5, 20));
      expect(Math.min(result.stranger.seen.rounds, result.root.seen.rounds)).toBeGreaterThan(50);
    },
    PER_TEST_MS,
  );

  test(
    'that is open for a moment is found by these tests',
    async () => {
      const place = join(shared(), 'planted');
      await mkdir(join(place, 'closed'), { recursive: true });
      await chmod(join(place, 'closed'), 0o700);
      const pem = await readFile(join(shared(), 'set/key.pem'));
      const caught: string[] = [];
      for (let round = 0; round < 20 && caught.length === 0; round++) {
        const result = await watched(place, async () => {
          for (const name of ['open', 'closed/hidden', 'private']) {
            const path = join(place, name);
            await writeFile(path, pem, { mode: name === 'private' ? 0o600 : 0o644 });
            await sleep(50);
            await rm(path);
          }
        });
        const both = result.stranger.found.filter((path) => result.root.found.includes(path));
        for (const path of [...result.stranger.found, ...result.root.found])
          expect(path).toBe(join(place, 'open'));
        caught.push(...both);
      }
      expect(caught).toEqual([join(place, 'open')]);
      expect((await stat(place)).mode & 0o777).toBe(0o755);
    },
    PER_TEST_MS,
  );
});
