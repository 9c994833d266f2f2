import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { countedOpenssl, opensslCalls } from '../support/counted-openssl.js';
import { onAllCores } from '../support/on-all-cores.js';
import { mountAll, unmountAll, type Mounted } from '../support/open-modes.js';
import { useOneProcess } from '../support/one-process.js';
import type { Outcome } from '../support/program.js';
import { times, whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { makeBases, nameOf, writers, type Target, type Writer } from '../support/writers.js';

const tally = usePromise('no key is written where its mode does not hold, unless that is allowed');
let mounted: readonly Mounted[] = [];
afterAll(() => unmountAll(mounted)); // before the directory is removed that they lie in
const shared = useSharedDirectory();
const { program } = useOneProcess();
const PER_TEST_MS = times(180_000, 1_800_000);

let prepared: { bases: string; inputs: string };
beforeAll(async () => {
  mounted = await mountAll(shared());
  prepared = await makeBases(shared());
}, PER_TEST_MS);

interface Row {
  readonly writer: Writer;
  readonly at: number;
}
const rows = writers.map((writer, at): Row => ({ writer, at }));
const ofKeys = rows.filter(({ writer }) => writer.key && !writer.before);
const ofOthers = rows.filter(({ writer: { key, before, systemd, command } }) =>
  [!key, !before, !systemd, /^(step|status)/.test(command)].every(Boolean),
);

/** Each row on each file system; in the short form, on one of them. */
function pairs(list: readonly Row[], keepsModes: boolean): (Row & { readonly system: Mounted })[] {
  const systems = mounted.filter((system) => system.keepsModes === keepsModes);
  return list.flatMap((row, number) =>
    systems
      .filter((_, which) => whole || which === number % systems.length)
      .map((system) => ({ ...row, system })),
  );
}

/** Those that lose the modes; in the short form every sixth, from `first` on. */
function some(first: number): ReturnType<typeof pairs> {
  return pairs(ofKeys, false).filter((_, at) => whole || at % 6 === first);
}

/** Sets no modes, which some of these file systems refuse. */
async function copy(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copy(source, target);
    else await writeFile(target, await readFile(source));
  }
}

let places = 0;

/** Does `work` in a new place on a file system. */
async function onSystem(
  { at, type }: Mounted,
  { base, inImage }: Writer,
  work: (target: Target, place: string) => Promise<void>,
): Promise<void> {
  const place = join(at, `place-${++places}`);
  const path = join(place, 'site');
  await mkdir(place);
  try {
    if (inImage) await copy(join(prepared.bases, 'image'), place);
    if (base !== 'nothing') await copy(join(prepared.bases, base), path);
    // It loses what is in a directory that is renamed.
    else if (type === 'fuse.fusefat') await mkdir(path);
    await work({ path, root: place, inputs: prepared.inputs }, place);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** Runs a writer there, by an openssl that counts its calls. */
async function runThere(
  { args, env }: Writer,
  target: Target,
  ...flags: readonly string[]
): Promise<Outcome & { readonly calls: number }> {
  const folder = await mkdtemp(join(shared(), 'openssl-'));
  const openssl = await countedOpenssl(folder);
  const outcome = await program(shared(), [...args(target), ...flags], {
    env: { ...env?.(target), OPENSSL_BIN: openssl },
  });
  const calls = await opensslCalls(folder);
  await rm(folder, { recursive: true });
  return { ...outcome, calls };
}

const found = async (place: string): Promise<string[]> => (await readdir(place, { recursive: true })).sort();

describe('where a file system does not keep modes', () => {
  test(
    'every command that writes a key refuses before it makes one, and names the file system',
    async () => {
      await onAllCores(some(2), async ({ writer, at, system }) =>
        tally.attempt(`${nameOf(writer, at)} on ${system.name}`, () =>
          onSystem(system, writer, async (target, place) => {
            const before = await found(place);
            const { code, stdout, calls } = await runThere(writer, target, '--json');
            expect({ code, said: JSON.parse(stdout) as unknown }).toMatchObject({
              code: 1,
              said: { ok: false, error: { code: 'ERR_OPEN_MODES' } },
            });
            expect(stdout).toContain(`(${system.type}, mounted at ${system.at})`);
            expect(stdout).toMatch(/"hint": ".*another file system.*--allow-open-modes/);
            expect(await found(place)).toEqual(before);
            // At most its version is asked for: no key was made.
            expect(calls).toBeLessThanOrEqual(1);
          }),
        ),
      );
      tally.none();
    },
    PER_TEST_MS,
  );

  test(
    '--allow-open-modes lets it go on, with a note',
    async () => {
      await onAllCores(some(1), async ({ writer, at, system }) =>
        tally.attempt(`${nameOf(writer, at)} on ${system.name}, allowed`, () =>
          onSystem(system, writer, async (target, place) => {
            const before = await found(place);
            const { code, stdout, stderr } = await runThere(writer, target, '--allow-open-modes');
            // What is done to a host is told with its notes.
            expect({ code, said: `${stderr}${stdout}` }).toEqual({
              code: 0,
              said: expect.stringMatching(/^note: .*modes/m) as unknown,
            });
            // An existing key is replaced under its name.
            if (writer.base === 'nothing') expect(await found(place)).not.toEqual(before);
            expect((await found(place)).filter((name) => /(^|\/)\.docker-tls/.test(name))).toEqual([]);
          }),
        ),
      );
      tally.none();
    },
    PER_TEST_MS,
  );

  test(
    'what is no key may lie there',
    async () => {
      const chosen = pairs(ofOthers, false);
      expect(chosen.length).toBeGreaterThanOrEqual(3);
      await onAllCores(chosen, async ({ writer, at, system }) =>
        tally.attempt(`${nameOf(writer, at)} on ${system.name}, without a key`, () =>
          onSystem(system, writer, async (target) => {
            const { code, stderr } = await runThere(writer, target);
            expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) as unknown });
          }),
        ),
      );
      tally.none();
    },
    PER_TEST_MS,
  );
});

test(
  'where modes hold nothing is refused, whatever the file system is',
  async () => {
    const chosen = pairs(ofKeys, true);
    await onAllCores(
      whole ? chosen : chosen.filter((_, one) => one % 5 === 0),
      async ({ writer, at, system }) =>
        tally.attempt(`${nameOf(writer, at)} on ${system.name}`, () =>
          onSystem(system, writer, async (target) => {
            const { code, stderr } = await runThere(writer, target);
            expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) as unknown });
            expect(stderr).not.toContain('modes');
          }),
        ),
    );
    tally.none();
  },
  PER_TEST_MS,
);
