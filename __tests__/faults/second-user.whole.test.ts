import { beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nobody, ownProgram, runAs, useCompanions, wordsAs } from '../support/as-user.js';
import {
  isRootsAlone,
  keysFor,
  kinds,
  layOut,
  rootsOwn,
  traces,
  type AttackScene,
  type Kind,
  type Payload,
} from '../support/attack-scene.js';
import { onAllCores } from '../support/on-all-cores.js';
import { useOneProcess } from '../support/one-process.js';
import type { Outcome } from '../support/program.js';
import { chosen, rows, times, whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { makeBases, nameOf, readers, writers, writingFlags, type Writer } from '../support/writers.js';

const refusals = usePromise('a directory that another user can swap is refused, by every command');
const tally = usePromise('another user makes root delete, chmod, write or give away a key');
const shared = useSharedDirectory();
const companion = useCompanions();
const { program } = useOneProcess();
const PER_TEST_MS = times(180_000, 3_600_000);

const unsafe: readonly Kind[] = ['itself', 'own', 'group', 'world', 'far', 'link'];
/** Those in which a run may go on, for nobody can swap what is there; but others can make what is not. */
const sticky: readonly Kind[] = ['sticky', 'direct', 'open', 'moved'];

const hook = fileURLToPath(new URL('../support/strike-at.js', import.meta.url));
const attacker = (): string => join(shared(), 'public', 'second-user.mjs');

let prepared: { bases: string; inputs: string };
beforeAll(async () => {
  await chmod(shared(), 0o755);
  for (const folder of ['public', 'bin', 'scenes', 'logs']) {
    await mkdir(join(shared(), folder));
    await chmod(join(shared(), folder), 0o755);
  }
  await cp(fileURLToPath(new URL('../support/second-user.js', import.meta.url)), attacker());
  await chmod(attacker(), 0o644);
  await writeFile(join(shared(), 'bin/systemctl'), '#!/bin/sh\n', { mode: 0o755 });
  prepared = await makeBases(shared());
}, PER_TEST_MS);

/** As on a machine that systemd runs: for one program alone. */
const withSystemd = [
  ...['unshare', '-m', 'sh', '-c'],
  'mount -t tmpfs -o mode=0755 tmpfs /run && mkdir -p /run/systemd/system /etc/systemd/system && mount -t tmpfs -o mode=0755 tmpfs /etc/systemd/system || exit 9; PATH="$0:$PATH"; exec "$@"',
];

let scenes = 0;

/** Does `work` in a new scene, which is gone afterwards. */
async function inScene(
  kind: Kind,
  writer: Writer,
  work: (scene: AttackScene) => Promise<void>,
): Promise<void> {
  const root = join(shared(), 'scenes', String(++scenes));
  try {
    await work(await layOut(root, kind, writer, prepared));
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function runWriter(
  { args, env, systemd }: Writer,
  { target }: AttackScene,
  hooks: { readonly words?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Outcome> {
  const [node = '', main = ''] = ownProgram;
  return runAs(
    shared(),
    [
      ...(systemd ? [...withSystemd, join(shared(), 'bin')] : []),
      ...[node, ...(hooks.words ?? []), main, ...args(target), '--json'],
    ],
    { env: { ...env?.(target), ...hooks.env } },
  );
}

/** As `runWriter`, for one whom nobody disturbs. */
async function runAlone(writer: Writer, scene: AttackScene): Promise<Outcome> {
  if (writer.systemd) return runWriter(writer, scene);
  return program(shared(), [...writer.args(scene.target), '--json'], {
    env: writer.env?.(scene.target) ?? {},
  });
}

const words = ({ code, stdout, stderr }: Outcome): string =>
  `exit ${code}: ${(stdout + stderr).slice(0, 600)}`;

/** Throws where the victim was touched, a key can be read, or the run made or took something that it should not. */
async function expectHarmless(
  kind: Kind,
  scene: AttackScene,
  before: { readonly victim: readonly string[]; readonly root: readonly string[] },
  outcome: Outcome,
): Promise<void> {
  const keys = await keysFor(nobody, scene);
  if (keys.length > 0) throw new Error(`the other user has keys: ${keys.join(', ')}; ${words(outcome)}`);
  const victim = await traces(scene.victim);
  const touched = victim.filter((line) => !before.victim.includes(line));
  const gone = before.victim.filter((line) => !victim.includes(line));
  if (touched.length + gone.length > 0)
    throw new Error(
      `a tree of root's was touched: ${[...gone, '->', ...touched].join('\n')}; ${words(outcome)}`,
    );
  if (outcome.code === 0) {
    if (unsafe.includes(kind)) throw new Error(`it went on; ${words(outcome)}`);
    if (!(await isRootsAlone(scene.target.path, scene)))
      throw new Error(`it wrote below a directory of another user; ${words(outcome)}`);
    return;
  }
  const root = await rootsOwn(scene);
  const more = root.filter((line) => !before.root.includes(line)).length;
  const less = before.root.filter((line) => !root.includes(line)).length;
  if (more + less > 0) throw new Error(`it left ${more} and took or changed ${less}; ${words(outcome)}`);
}

async function snapshot(scene: AttackScene): Promise<{ victim: string[]; root: string[] }> {
  return { victim: await traces(scene.victim), root: await rootsOwn(scene) };
}

/** The writers with their numbers; in the short form one of `few`, and `turn` says which. */
function some(few: number, turn: number): { writer: Writer; at: number }[] {
  return writers.map((writer, at) => ({ writer, at })).filter(({ at }) => whole || at % few === turn % few);
}

describe('the table of commands that write', () => {
  /** The commands that help lists below one. */
  async function listed(...path: string[]): Promise<string[]> {
    const { stdout } = await program(shared(), [...path, '--help']);
    const list = path.length === 0 ? stdout : (/^Commands:\n([\s\S]*?)\n\n/m.exec(stdout)?.[1] ?? '');
    return [
      ...list.matchAll(/^ {2}(?:docker-tls-openssl )?([a-z][a-z0-9-]*(?: [a-z0-9-]+)*).* {2,}[A-Z]/gm),
    ].map(([, name = '']) => name);
  }

  /** Every command and the flags in its help, which the pages hold (a test of theirs sees to that). */
  async function documented(): Promise<Map<string, string[]>> {
    const folder = fileURLToPath(new URL('../../docs/commands', import.meta.url));
    const pages = await Promise.all(
      (await readdir(folder)).map((page) => readFile(join(folder, page), 'utf8')),
    );
    return new Map(
      pages.flatMap((page) =>
        (page.split('<!-- help -->')[1] ?? '').split(/^Usage: docker-tls-openssl /m).flatMap((help) => {
          const [, command = ''] = /^([a-z0-9-]+(?: [a-z0-9-]+)*)/.exec(help) ?? [];
          const flags = [...help.matchAll(/^\s+(?:-\w, )?(--[\w-]+)/gm)].map(([, flag = '']) => flag);
          return command === '' ? [] : [[command, flags] as const];
        }),
      ),
    );
  }

  /** `fleet` and `fleet roll-over` of `fleet roll-over next`. */
  function groupsOf(name: string): string[] {
    const words = name.split(' ');
    return words.slice(1).map((_, at) => words.slice(0, at + 1).join(' '));
  }

  test('names every command of the program, and every flag by which one writes', async () => {
    const known = new Set([...writers.map(({ command }) => command), ...readers]);
    const groups = new Set([...known].flatMap(groupsOf));
    const lists = await Promise.all([listed(), ...[...groups].map((group) => listed(...group.split(' ')))]);
    const all = new Set(lists.flat().filter((name) => !groups.has(name) || known.has(name)));
    expect([...all].sort()).toEqual([...known].sort());

    const target = { path: '/a/b', root: '/a', inputs: '/i' };
    const pages = await documented();
    for (const command of all) {
      if (readers.includes(command)) continue;
      const used = writers.filter((one) => one.command === command).flatMap(({ args }) => args(target));
      const flags = pages.get(command) ?? [];
      expect(flags).toContain('--json');
      const missing = flags.filter((flag) => writingFlags.test(flag) && !used.includes(flag));
      expect({ command, missing }).toEqual({ command, missing: [] });
    }
  });

  test(
    'does its work where nobody else can',
    async () => {
      await onAllCores(some(6, 0), async ({ writer, at }) =>
        inScene('safe', writer, async (scene) => {
          const before = await snapshot(scene);
          const outcome = await runAlone(writer, scene);
          expect({ name: nameOf(writer, at), outcome: words(outcome) }).toMatchObject({
            outcome: expect.stringMatching(/^exit 0: /) as unknown,
          });
          // A timer lies in a mount of its own.
          if (!writer.systemd) expect(await rootsOwn(scene)).not.toEqual(before.root);
          await expectHarmless('safe', scene, before, outcome);
        }),
      );
    },
    PER_TEST_MS,
  );
});

describe('where another user can swap what lies on the way', () => {
  test(
    'every command refuses, makes nothing, and says what helps',
    async () => {
      const tries = writers.flatMap((writer, at) =>
        unsafe
          .filter((_, which) => whole || which === at % unsafe.length)
          .map((kind) => ({ writer, at, kind })),
      );
      await onAllCores(tries, async ({ writer, at, kind }) =>
        refusals.attempt(`${nameOf(writer, at)}, where ${kinds[kind]}`, () =>
          inScene(kind, writer, async (scene) => {
            const before = await snapshot(scene);
            const outcome = await runAlone(writer, scene);
            await expectHarmless(kind, scene, before, outcome);
            const said: unknown = JSON.parse(outcome.stdout);
            expect({ code: outcome.code, said }).toMatchObject({
              code: 1,
              said: {
                ok: false,
                error: { code: 'ERR_UNSAFE', hint: expect.stringMatching(/\w/) as unknown },
              },
            });
          }),
        ),
      );
      refusals.none();
    },
    PER_TEST_MS,
  );
});

let strikes = 0;

/** What makes the attacker strike: words for node, and the environment. */
function striking(scene: AttackScene, payload: Payload, at: readonly number[]) {
  const log = join(shared(), 'logs', String((strikes += 1)));
  const strike = [...wordsAs({ user: 'nobody' }), process.execPath, attacker(), 'once', scene.plan(payload)];
  return {
    words: ['--import', hook],
    env: { STRIKE: JSON.stringify(strike), STRIKE_AT: at.join(','), STRIKE_IN: scene.root, STRIKE_LOG: log },
    /** Before which calls he struck. */
    struck: async (): Promise<readonly string[]> => {
      const { struck } = JSON.parse(await readFile(log, 'utf8')) as { struck: string[] };
      await rm(log);
      return struck;
    },
  };
}

/** How many calls lie between a strike and the second one. */
const gaps = [2, 5, 11, 23];

describe('an attacker who strikes just before a call', () => {
  /** Gives whether he struck: past the last call he does not. */
  async function strikeAt(
    writer: Writer,
    at: number,
    kind: Kind,
    payload: Payload,
    call: number,
  ): Promise<boolean> {
    let hit = false;
    const second = call + (gaps[(call + at) % gaps.length] ?? 1);
    await inScene(kind, writer, async (scene) => {
      const before = await snapshot(scene);
      const hooks = striking(scene, payload, [call, second]);
      const outcome = await runWriter(writer, scene, hooks);
      const struck = await hooks.struck();
      hit = struck.length > 0;
      if (whole && !hit) return;
      const what = `${nameOf(writer, at)}, ${payload}, where ${kinds[kind]}, struck at call ${call} and ${second} (${struck.join('; ')})`;
      await tally.attempt(what, () => expectHarmless(kind, scene, before, outcome));
    });
    return hit;
  }

  /**
   * In the whole form each writer is struck at every `stride`th call of each run, from another one in each kind of place
   * and with each payload: together they meet nearly every call.
   */
  const stride = 23;
  const first = (at: number, turn: number): number => 1 + ((5 * at + 7 * turn) % stride);

  /** In the short form each writer is struck a few times, and not all at the same call. */
  const sample = [1, 9, 17, 26, 38, 52, 5, 13, 33, 45];

  test.each(['sticky', 'direct', 'open', 'moved', 'own', 'itself', 'far', 'link'] as const)(
    'gets nothing where the kind is %s',
    async (kind) => {
      const turn = 3 * Object.keys(kinds).indexOf(kind);
      const made = ['direct', 'open', 'moved'].includes(kind);
      const able = some(10, turn).filter(({ writer }) => !made || writer.makesParents);
      const tried = able.slice(0, times(2, able.length));
      await onAllCores(tried, async ({ writer, at }) => {
        const shape = kind === 'own' ? (['own', 'group', 'world'] as const)[at % 3]! : kind;
        if (!whole) {
          const call = sample[(at >> 1) % sample.length] ?? 1;
          await strikeAt(writer, at, shape, at % 4 < 2 ? 'victim' : 'bait', call);
          return;
        }
        for (const [second, payload] of (['victim', 'bait'] as const).entries())
          for (
            let call = first(at, turn + second);
            await strikeAt(writer, at, shape, payload, call);
            call += stride
          );
      });
      tally.none();
    },
    PER_TEST_MS,
  );

  test(
    'moves a link of root’s in between the looks at a directory and its lock, and gets nothing',
    async () => {
      // The lock of a directory that did not exist when it was looked at: these calls are before it and after it.
      const calls = Array.from({ length: 10 }, (_, at) => 25 + at);
      await onAllCores(rows(calls, 3), async (call) => {
        await strikeAt(writers[0]!, 0, 'moved', 'victim', call);
      });
      tally.none();
    },
    PER_TEST_MS,
  );
});

describe('an attacker who races', () => {
  /** Of the kinds of place, these three are where a program that runs as root is mostly found. */
  const rounds = [...unsafe, ...sticky].flatMap((kind) => {
    const most = ['own', 'group', 'sticky'].includes(kind);
    const count = times(most ? 1 : 0, most ? 200 : 50);
    return (['loop', 'watch'] as const).flatMap((style) =>
      Array.from({ length: count }, (_, round) => ({ kind, style, round })),
    );
  });

  async function race(kind: Kind, style: 'loop' | 'watch', round: number, at: number): Promise<void> {
    const writer = writers[at % writers.length]!;
    const payload = Math.floor(round / writers.length) % 2 === 0 ? 'bait' : 'victim';
    await inScene(kind, writer, async (scene) => {
      const before = await snapshot(scene);
      const other = await companion('second-user', [style, scene.plan(payload)], join(shared(), 'public'), {
        user: 'nobody',
      });
      const outcome = await runWriter(writer, scene);
      const { strikes, read } = JSON.parse(await other.ends()) as { strikes: number; read: string[] };
      const what = `${nameOf(writer, at)}, ${style}, ${payload}, where ${kinds[kind]}, ${strikes} strikes`;
      await tally.attempt(what, async () => {
        if (read.length > 0) throw new Error(`he read ${read.join(', ')}; ${words(outcome)}`);
        await expectHarmless(kind, scene, before, outcome);
      });
    });
  }

  test(
    'gets nothing either, whether he swaps all the time or watches for what appears',
    async () => {
      // Those that make what is missing are the ones to race with, where little is tried.
      const few = [0, 16, 20, 24, 28, 19];
      // Each kind of place, and each style, once.
      const tried = chosen(rounds, (_, number) => [0, 3, 4].includes(number));
      await onAllCores(tried, ({ kind, style, round }, number) =>
        race(kind, style, round, whole ? round : few[number % few.length]!),
      );
      tally.none();
    },
    PER_TEST_MS,
  );
});

describe('the attackers of these tests', () => {
  /** As a careless program does it: everything by its path. */
  const careless = `
    import { chmod, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
    const target = process.argv[2];
    const work = await mkdtemp(target.replace(/[^/]*$/, '.work-'));
    await writeFile(work + '/ca-key.pem', '-----BEGIN PRIVATE KEY-----');
    await chmod(work, 0o700);
    for (const name of await readdir(work))
      if (name !== 'ca-key.pem') await rm(work + '/' + name, { recursive: true });
    await rename(work, target);`;

  test(
    'have a tree of root’s deleted, and read a key, where a program is careless',
    async () => {
      const path = join(shared(), 'public', 'careless.mjs');
      await writeFile(path, careless);
      const harms = new Set<string>();
      const writer = writers[0]!;
      const tries = (['victim', 'bait'] as const).flatMap((payload) =>
        [2, 3, 4].map((call) => ({ payload, call })),
      );
      await onAllCores(tries, ({ payload, call }) =>
        inScene('own', writer, async (scene) => {
          const before = await snapshot(scene);
          const hooks = striking(scene, payload, [call]);
          const outcome = await runAs(shared(), [process.execPath, ...hooks.words, path, scene.target.path], {
            env: hooks.env,
          });
          const message = await expectHarmless('sticky', scene, before, outcome).then(() => '', String);
          if (message.includes('has keys')) harms.add('a key was read');
          if ((await traces(scene.victim)).length < before.victim.length) {
            expect(message).toContain('was touched');
            harms.add('something was deleted');
          }
        }),
      );
      expect([...harms].sort()).toEqual(['a key was read', 'something was deleted']);
    },
    PER_TEST_MS,
  );
});
