import { describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, client, execute, genpkey, type Plan } from '../../lib/index.js';
import { recommended } from '../../lib/recipes/recommended.js';
import { bundle, writeBundle } from '../../lib/docker/client/bundle.js';
import { writeStatus } from '../../lib/report/status.js';
import { serialFromBytes } from '../../lib/x509/serial.js';
import { errorOf, failure } from '../support/failure.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';
import { templates, wantedCa, wantedClient } from '../unit/plans.js';
import { only } from '../support/only.js';
import { inTurns, leftToWhole, rows } from '../support/form.js';

const temporary = useTemporaryDirectory();
const owner = '000000-000000-000000-1-1-abcdef';
const locked = `.docker-tls-openssl-${owner}`;

/** A workspace of a run that nobody can ask for, days old, with these files. */
async function leave(folder: string, name: string, files: Readonly<Record<string, string>>): Promise<void> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  await chmod(path, 0o700);
  for (const [file, content] of Object.entries(files)) await writeFile(join(path, file), content);
  const before = new Date(Date.now() - 3 * 86_400_000);
  await utimes(path, before, before);
}

describe('the journal of a killed run', () => {
  test.each(
    rows(
      [
        ['an empty object', '{}'],
        ['a list', '[]'],
        ['a number', '5'],
        ['null', 'null'],
        ['a string', '"../"'],
        ['no JSON', 'units'],
        ['nothing', ''],
        ['a path out of the directory', '{"units":["../../etc/passwd"],"replaces":[]}'],
        ['an absolute path', '{"units":["/etc/passwd"],"replaces":[]}'],
        ['a number for a path', '{"units":[5],"replaces":[]}'],
        ['a path with a null byte', '{"units":["a\\u0000b"],"replaces":[]}'],
        ['our own workspace', `{"units":["${locked}/x"],"replaces":[]}`],
        ['no list of what is replaced', '{"units":[],"replaces":{}}'],
        ['deep nesting', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
      ],
      3,
    ),
  )('that holds %s is an error that names it and the way out', async (_, content) => {
    const options = request(temporary());
    await all(options);
    await leave(options.directory, locked, { '.journal': content, x: 'y' });
    const error = await failure(temporary(), () => client(only('client', { ...options, name: 'alice' })));
    expect(error).toMatchObject({ code: 'ERR_FILE', path: join(options.directory, locked, '.journal') });
    expect(error.hint).toContain(`what that run made is in ${join(options.directory, locked)}`);
  });

  leftToWhole('with 5,000 files is finished', async () => {
    const options = request(temporary());
    await all(options);
    const units = Array.from({ length: 5000 }, (_, at) => `file-${at}.txt`);
    await leave(options.directory, locked, {
      ...Object.fromEntries(units.slice(0, 20).map((name) => [name, name])),
      '.journal': JSON.stringify({ units, replaces: [] }),
    });
    const { notes } = await client(only('client', { ...options, name: 'alice' }));
    expect(notes.map(({ code }) => code)).toContain('FINISHED');
    expect(await readFile(join(options.directory, 'file-19.txt'), 'utf8')).toBe('file-19.txt');
    expect(existsSync(join(options.directory, locked))).toBe(false);
  });
});

describe('what a killed run left, with a private key in it, goes with the next run there', () => {
  const left = {
    'a workspace of a step': [`.docker-tls-openssl_${owner}`, { 'key.pem': 'k' }],
    'the same with a journal, which a step does not finish': [
      `.docker-tls-openssl_${owner}`,
      { 'key.pem': 'k', '.journal': '{"units":["key.pem"],"replaces":[]}' },
    ],
    'an undecided workspace': [locked, { 'key.pem': 'k' }],
  } as const;
  const runs: Readonly<Record<string, (set: string, folder: string) => Promise<unknown>>> = {
    'a step': (_, folder) => genpkey({ algorithm: 'ED25519', out: join(folder, 'k.pem') }),
    'a bundle': async (set, folder) =>
      writeBundle(join(folder, 'b.tar.gz'), await bundle('client', { directory: set })),
    'a status': (_, folder) => writeStatus(join(folder, 'status.txt'), 'text\n'),
  };
  inTurns(1).each(Object.keys(runs))('%s', async (run) => {
    const { directory } = request(temporary());
    await all(request(temporary()));
    for (const [what, [name, files]] of Object.entries(left)) {
      const folder = join(temporary(), what);
      await leave(folder, name, files);
      const file = `.docker-tls-openssl_${owner.replace('abcdef', 'ghijkl')}.tmp`;
      await writeFile(join(folder, file), 'half a file');
      await utimes(join(folder, file), 0, 0);
      await runs[run]?.(directory, folder);
      expect([what, (await readdir(folder)).filter((entry) => entry.startsWith('.'))]).toEqual([what, []]);
    }
  });

  test('what another run has decided under the lock of that directory stays', async () => {
    await leave(temporary(), locked, { x: 'y', '.journal': '{"units":["x"],"replaces":[]}' });
    await writeStatus(join(temporary(), 'status.txt'), 'text\n');
    expect((await readdir(temporary())).sort()).toEqual([locked, 'status.txt']);
  });
});

describe('several leaves in one plan', () => {
  test.each([1, 2, 3])('%d clients', async (count) => {
    const leaves = Array.from({ length: count }, (_, at) => ({
      ...wantedClient('ec:p256', `c${at}`),
      serial: serialFromBytes(new Uint8Array(16).fill(at + 1)),
    }));
    const plan = recommended({ ca: wantedCa('ec:p256', ''), leaves, templates });
    const directory = join(temporary(), 'set');
    await execute(plan, { directory });
    expect((await readdir(join(directory, 'clients'))).sort()).toEqual(leaves.map((_, at) => `c${at}`));
    expect(await modes(join(directory, 'clients', `c${count - 1}`))).toMatchObject({
      '/': '0700',
      'key.pem': '0400',
    });
  });

  leftToWhole('300 directories, made in one plan', async () => {
    const names = Array.from({ length: 300 }, (_, at) => `clients/c${at}`);
    const plan: Plan = {
      ...{ recipe: 'test', replaces: [], notes: [], departures: [] },
      steps: names.flatMap((path) => [
        { kind: 'make-directory', path } as const,
        { kind: 'write-file', path: `${path}/file`, content: path } as const,
      ]),
    };
    const directory = join(temporary(), 'set');
    await execute(plan, { directory });
    await mkdir(join(directory, 'there'));
    expect(await readdir(join(directory, 'clients'))).toHaveLength(300);
    const error = await errorOf(() => execute(plan, { directory }));
    expect(error).toMatchObject({ code: 'ERR_EXISTS' });
  });
});
