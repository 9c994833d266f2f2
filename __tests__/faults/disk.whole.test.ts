import { describe, expect, test } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { findOpenssl } from '../../lib/index.js';
import { countedOpenssl } from '../support/counted-openssl.js';
import { cleanEnvironment, main, program, refuses, type Outcome } from '../support/program.js';
import { onAllCores } from '../support/on-all-cores.js';
import { chosen, times, whole } from '../support/form.js';
import { usePromise, type Tally } from '../support/tally.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { onTmpfs, readOnly } from '../support/tmpfs.js';
import { inForm, throwing } from '../support/trials.js';
import { tree } from '../support/tree.js';
import {
  deedNames,
  differences,
  isSame,
  isWhole,
  putInOrder,
  stage,
  strike,
  useDeeds,
  visible,
  type Deed,
  type DeedName,
  type State,
} from '../support/whole-set.js';

const temporary = useTemporaryDirectory();
const deeds = useDeeds();
const ample = 'size=4m,nr_inodes=1000,mode=0700';

let tries = 0;

/** A file system of its own for each try; the deed is tried in a place there. */
async function onDisk(
  name: DeedName,
  work: (at: { deed: Deed; disk: string; root: string; before: Set<string> }) => Promise<void>,
): Promise<void> {
  const deed = await deeds(name);
  const folder = join(temporary(), `try-${++tries}`);
  await mkdir(folder);
  await onTmpfs(folder, ample, async (disk) => {
    await writeFile(join(disk, 'ballast'), 'x'); // a file system of size 0 would be one without end
    const root = join(disk, 'place');
    await work({ deed, disk, root, before: await stage(root, deed) });
  });
  await strike(folder);
}

async function remount(disk: string, options: string): Promise<void> {
  await promisify(execFile)('mount', ['-o', `remount,${options}`, disk]);
}

/** Leaves so much room. */
type Limit = (disk: string, amount: number) => Promise<void>;

const pages: Limit = async (disk, amount) => {
  const { blocks, bfree, bsize } = await statfs(disk);
  await remount(disk, `size=${(blocks - bfree + amount) * bsize}`);
};

const inodes: Limit = async (disk, amount) => {
  const { files, ffree } = await statfs(disk);
  await remount(disk, `nr_inodes=${files - ffree + amount}`);
};

/** What a run came to, where it kept its promise; `room` lets the next one succeed. */
async function kept(
  root: string,
  deed: Deed,
  words: RegExp,
  run: () => Promise<Outcome>,
  room: () => Promise<void>,
): Promise<State> {
  const before = new Set(await tree(root));
  const { code, stdout, stderr } = await run();
  const said = `exit code ${code}: ${stderr.replaceAll(/^done: .*\n/gm, '')}`;
  if (code === 0) await isWhole(root, deed);
  else {
    // The kernel may have ended it, by SIGXFSZ: then it has left its workspace.
    const after = code === null ? await visible(root) : new Set(await tree(root));
    if (!isSame(before, after)) throw new Error(`${said}, and ${differences(before, after)}`);
    expect(stdout).toBe('');
    const isSaid = /^error: ./m.test(stderr) && words.test(stderr);
    if (code !== null && (code !== 1 || !isSaid)) throw new Error(said);
  }
  await room();
  const state = await putInOrder(root, deed, before);
  if (state !== (code === 0 ? 'new' : 'old')) throw new Error(`${said}, and the state is ${state}`);
  return state;
}

/** Tries a deed with so much room, and again with room enough. */
async function tryWith(
  tally: Tally,
  name: DeedName,
  limit: Limit,
  amount: number,
  more: readonly string[] = [],
): Promise<State | undefined> {
  let state: State | undefined;
  await onDisk(name, async ({ deed, disk, root }) => {
    await tally.attempt(`${name}, with ${amount}`, async () => {
      await limit(disk, amount);
      const room = (): Promise<void> => remount(disk, ample);
      state = await kept(root, deed, /disk (is )?full/, () => program(root, [...deed.args, ...more]), room);
    });
  });
  return state;
}

/** From none to more than enough. */
const rows = (short: [DeedName, number[]][]): [DeedName, number[]][] =>
  whole
    ? deedNames.map((name) => [name, name.includes('tutorial') ? amounts(11, 4) : amounts(36, 1)])
    : short;

const amounts = (count: number, step: number): number[] =>
  Array.from({ length: count }, (_, at) => at * step);

describe.each<[string, string, Limit, [DeedName, number[]][]]>([
  [
    'pages',
    'all or nothing: the disk is full',
    pages,
    rows([
      ['making a set', [3, 9]],
      ['adding a client', [4]],
      ['making all anew', [8, 11]],
      ['making the server anew', [40]],
    ]),
  ],
  [
    'inodes',
    'all or nothing: no file can be added to the disk',
    inodes,
    rows([
      ['making a set', [4]],
      ['making all anew', [12]],
      ['making the server anew', [40]],
    ]),
  ],
])('a disk with few %s left', (_, promise, limit, table) => {
  const tally = usePromise(promise);
  const seen = new Set<string | undefined>();

  test.each(table)(
    '%s makes all of it or changes nothing, and says so',
    async (name, amounts) => {
      const states = new Set<string | undefined>();
      await onAllCores(amounts, async (amount) => {
        states.add(await tryWith(tally, name, limit, amount));
      });
      tally.none();
      for (const state of states) seen.add(state);
      if (whole) expect([...states].sort()).toEqual(['new', 'old']);
    },
    900_000,
  );

  test('was tried often, and came to either end', () => {
    expect(tally.tried()).toBeGreaterThan(times(2, 150));
    expect([...seen].sort()).toEqual(['new', 'old']);
  });
});

describe('a file system that is read only', () => {
  const tally = usePromise('refused with a hint: a file system that is read only');

  test.each(chosen(deedNames, (name, at) => at % 2 === 0 && !name.includes('tutorial')))(
    '%s is refused',
    async (name) => {
      await onDisk(name, async ({ deed, disk, root }) => {
        await tally.attempt(name, () =>
          readOnly(disk, async () => {
            const said = await refuses(root, 1, [...deed.args, '--quiet']);
            expect(said).toMatch(/^error: .*the file system is read-only$/m);
            expect(said).toMatch(/^hint: .*--dir/m);
          }),
        );
      });
      tally.none();
    },
  );
});

describe('files that may not grow', () => {
  const tally = usePromise('all or nothing: files may not grow (ulimit -f)');

  const limits: [DeedName, number[], 'ended' | 'told'][] = [
    ['making a set', [0], 'ended'],
    ['filling an empty directory', [], 'told'],
    ['adding a client', [], 'ended'],
    ['making all anew', [], 'told'],
    ['making the server anew', [], 'told'],
    ["making a tutorial's set", [3], 'told'],
    ["making a tutorial's set", [], 'ended'],
  ];

  /** In blocks of 512 bytes. The kernel ends what writes more, or, where it is deaf to that, lets the write fail. */
  test.each(inForm(limits))(
    '%s makes all of it or changes nothing',
    async (name, few, how) => {
      const blocks = whole ? amounts(10, 1) : few;
      const states = new Set<string | undefined>();
      await onAllCores(blocks, async (most) => {
        const deed = await deeds(name);
        const folder = join(temporary(), `try-${++tries}`);
        await mkdir(folder);
        const root = join(folder, 'place');
        await stage(root, deed);
        const openssl = await deaf(folder);
        const args = how === 'told' ? [...deed.args, '--openssl', openssl] : deed.args;
        await tally.attempt(`${name}, ${most} blocks`, async () => {
          const nothing = (): Promise<void> => Promise.resolve();
          states.add(await kept(root, deed, /./, () => limited(root, most, args), nothing));
        });
        await strike(folder);
      });
      tally.none();
      if (whole) expect([...states].sort()).toEqual(['new', 'old']);
      else expect([...states]).toEqual(['old']);
    },
    900_000,
  );

  /** An openssl that is told that it cannot write. */
  async function deaf(folder: string): Promise<string> {
    const path = join(folder, 'deaf-openssl');
    const { path: real } = await findOpenssl();
    await writeFile(path, `#!/bin/sh\ntrap '' XFSZ\nexec '${real}' "$@"\n`, { mode: 0o755 });
    return path;
  }

  async function limited(cwd: string, blocks: number, args: readonly string[]): Promise<Outcome> {
    const script = `ulimit -f ${blocks}; exec "$0" "$@"`;
    const child = spawn('/bin/sh', ['-c', script, process.execPath, main, ...args], {
      cwd,
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { code: code as number | null, stdout, stderr };
  }
});

describe('what these tests look for is found', () => {
  test.each<[string, number, string]>([
    ['a run that fails and leaves something', 8, 'ln -s x ../x'],
    ['a run that succeeds and removes something', 100, 'rm ../cert.pem'],
  ])('%s', async (_, amount, before) => {
    const openssl = await countedOpenssl(temporary(), { at: 2, before });
    const tried = tryWith(throwing, 'making the server anew', pages, amount, ['--openssl', openssl]);
    await expect(tried).rejects.toThrow();
  });
});
