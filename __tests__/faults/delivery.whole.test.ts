import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundle } from '../../lib/index.js';
import { rows, whole } from '../support/form.js';
import { onAllCores } from '../support/on-all-cores.js';
import { cleanEnvironment, main, program, quick, succeeds } from '../support/program.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { onTmpfs } from '../support/tmpfs.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const killer = fileURLToPath(new URL('../support/kill-at.js', import.meta.url));
const recorder = fileURLToPath(new URL('../support/record-calls.js', import.meta.url));
const passphrase = 'correct horse';
const set = (): string => join(shared(), 'docker-tls');

/** What is written, and how it is opened. */
interface Delivery {
  readonly file: string;
  readonly flags: () => readonly string[];
  /** Throws where it is not whole. */
  readonly open: (path: string) => void;
}

let recipient = '';
let archive: Buffer;
const deliveries: Readonly<Record<'age' | 'p12', Delivery>> = {
  age: {
    file: 'client.tar.gz.age',
    flags: () => ['--to', recipient],
    open: (path) => {
      const opened = execFileSync('age', ['-d', '-i', join(shared(), 'key'), path], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      expect(opened.equals(archive)).toBe(true);
    },
  },
  p12: {
    file: 'client.p12',
    flags: () => ['--p12', '--passphrase-file', join(shared(), 'passphrase')],
    open: (path) => {
      createSecureContext({ pfx: readFileSync(path), passphrase });
    },
  },
};
const kinds = Object.keys(deliveries) as (keyof typeof deliveries)[];

beforeAll(async () => {
  await succeeds(shared(), ['all', ...quick]);
  execFileSync('age-keygen', ['-o', join(shared(), 'key')], { stdio: 'ignore' });
  recipient = String(execFileSync('age-keygen', ['-y', join(shared(), 'key')])).trim();
  await writeFile(join(shared(), 'passphrase'), passphrase);
  archive = (await bundle('client', { directory: set() })).bytes;
});

const words = ({ flags }: Delivery): string[] => ['bundle', '--dir', set(), '--overwrite', ...flags()];

describe('killed at each call that changes the file system', () => {
  const tally = usePromise('a bundle for its reader, killed anywhere, is the old file or the new one');

  /** Gives whether it was killed. */
  function killed(cwd: string, delivery: Delivery, env: Readonly<Record<string, string>>): Promise<boolean> {
    const args = ['--import', killer, main, ...words(delivery)];
    return new Promise((resolve, reject) => {
      execFile(process.execPath, args, { cwd, env: cleanEnvironment(env) }, (error, _, stderr) => {
        if (error && error.signal !== 'SIGKILL') reject(new Error(stderr));
        else resolve(error !== null);
      });
    });
  }

  async function begin(file: string): Promise<string> {
    const root = await mkdtemp(join(temporary(), 'try-'));
    await writeFile(join(root, file), 'old');
    return root;
  }

  test.each(rows(kinds, 2))('%s', async (kind) => {
    const delivery = deliveries[kind];
    const { file, open } = delivery;
    const rehearsal = await begin(file);
    const log = join(temporary(), 'log');
    expect(await killed(rehearsal, delivery, { KILL_LOG: log })).toBe(false);
    const calls = (await readFile(log, 'utf8')).trimEnd().split('\n');
    const all = calls.map((_, at) => at + 1);
    const rename = calls.findLastIndex((call) => call.startsWith('rename ')) + 1;
    expect(rename).toBeGreaterThan(0);
    const points = whole ? all : [Math.ceil(rename / 2), rename, Math.min(rename + 1, all.length)];
    const seen = new Set<string>();
    await onAllCores([...new Set(points)], async (at) => {
      const root = await begin(file);
      await tally.attempt(`${kind}, at call ${at}`, async () => {
        expect(await killed(root, delivery, { KILL_AT: String(at) })).toBe(true);
        const isOld = (await readFile(join(root, file), 'latin1')) === 'old';
        if (!isOld) open(join(root, file));
        seen.add(isOld ? 'old' : 'new');
        await succeeds(root, words(delivery));
        open(join(root, file));
        expect(await readdir(root)).toEqual([file]);
      });
    });
    tally.none();
    expect([...seen].sort()).toEqual(['new', 'old']);
  });
});

describe('a full disk', () => {
  const tally = usePromise('a bundle for its reader is whole or not there: the disk is full');

  test.each(rows(kinds, 2, 1))('%s', async (kind) => {
    const delivery = deliveries[kind];
    const ends = new Set<string>();
    for (const pages of whole ? [0, 1, 2, 3, 4, 5, 6] : [0, 6])
      await onTmpfs(temporary(), 'size=1m,mode=0700', async (disk) => {
        await writeFile(join(disk, 'ballast'), 'x');
        const { blocks, bfree, bsize } = await statfs(disk);
        const size = `remount,size=${(blocks - bfree + pages) * bsize}`;
        await promisify(execFile)('mount', ['-o', size, disk]);
        await tally.attempt(`${kind}, with ${pages} pages`, async () => {
          const { code, stderr } = await program(disk, words(delivery));
          ends.add(String(code));
          if (code === 0) delivery.open(join(disk, delivery.file));
          else expect(stderr).toMatch(/^error: .*disk (is )?full/m);
          expect(await readdir(disk)).toEqual(['ballast', ...(code === 0 ? [delivery.file] : [])]);
        });
      });
    tally.none();
    expect([...ends].sort()).toEqual(['0', '1']);
  });
});

describe('what age encrypts', () => {
  const tally = usePromise('a bundle that is encrypted is in no file before');

  /** Whether the archive, or the key in it, was written to a file or given to a program as a word. */
  async function written(flags: readonly string[]): Promise<boolean> {
    const records = await mkdtemp(join(temporary(), 'records-'));
    const env = { RECORD_CALLS: records, NODE_OPTIONS: `--import=${recorder}` };
    await succeeds(temporary(), ['bundle', '--dir', set(), '--overwrite', ...flags], { env });
    const [, line = ''] = (await readFile(join(set(), 'key.pem'), 'utf8')).split('\n');
    const texts = await Promise.all((await readdir(records)).map((name) => readFile(join(records, name))));
    expect(Buffer.concat(texts).length).toBeGreaterThan(1000);
    return texts.some((text) => text.includes(archive.subarray(20, 120)) || text.includes(line));
  }

  test('is written by nobody, and its archive is where nothing encrypts it', async () => {
    await tally.attempt('--to', async () => {
      expect(await written(['--to', recipient])).toBe(false);
    });
    tally.none();
    expect(await written([])).toBe(true);
  });
});

test('an interrupted age leaves nothing', async () => {
  await mkdir(join(temporary(), 'bin'));
  const age = join(temporary(), 'bin', 'age');
  await writeFile(age, '#!/bin/sh\nkill -INT $PPID; exec sleep 60\n', { mode: 0o755 });
  const env = { PATH: `${join(temporary(), 'bin')}:${process.env['PATH']}` };
  const { code, stderr } = await program(temporary(), words(deliveries.age), { env });
  expect({ code, stderr }).toEqual({ code: 130, stderr: 'stopped: nothing was changed\n' });
  await rm(join(temporary(), 'bin'), { recursive: true });
  expect(await readdir(temporary())).toEqual([]);
});
