import { describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment, main, program, quick, succeeds } from '../support/program.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const shared = useSharedDirectory();
const hook = fileURLToPath(new URL('../support/kill-at.js', import.meta.url));
const pair = ['ca-key.pem', 'ca.pem', 'cert.pem', 'key.pem', 'server-cert.pem', 'server-key.pem'];

/** Runs the program and kills it at the call that is given, of those that change the file system. */
function killed(cwd: string, args: readonly string[], at: number): Promise<{ signal: string | null }> {
  return new Promise((resolve) => {
    const env = cleanEnvironment({ KILL_AT: String(at) });
    execFile(process.execPath, ['--import', hook, main, ...args], { cwd, env }, (error) =>
      resolve({ signal: error?.signal ?? null }),
    );
  });
}

/** A killed run's lock ends by its age, which a test does not wait for. */
async function age(directory: string): Promise<void> {
  const before = new Date(Date.now() - 60_000);
  await utimes(join(directory, '.docker-tls-openssl.lock'), before, before).catch(() => undefined);
}

async function content(directory: string): Promise<Map<string, string>> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.pem')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), 'latin1')));
  return new Map(names.map((name, at) => [name, texts[at]!]));
}

/** Nothing but the certificates, and those belong together. */
async function isWhole(root: string, directory: string): Promise<void> {
  expect((await readdir(root)).filter((name) => name.startsWith('.'))).toEqual([]);
  expect((await readdir(directory)).filter((name) => name.startsWith('.'))).toEqual([]);
  const ca = new X509Certificate(await readFile(join(directory, 'ca.pem')));
  for (const leaf of ['server-cert.pem', 'cert.pem'])
    expect(new X509Certificate(await readFile(join(directory, leaf))).verify(ca.publicKey)).toBe(true);
}

async function base(): Promise<string> {
  const directory = join(shared(), 'docker-tls');
  const there = await readdir(shared());
  if (!there.includes('docker-tls')) await succeeds(shared(), ['all', ...quick, '--quiet']);
  return directory;
}

describe('killed at each call that changes the file system', () => {
  test.each<[string, string[], string[]]>([
    ['making a set', [], ['all', ...quick]],
    [
      'making all anew',
      ['docker-tls'],
      ['all', '--force', 'ca', '--yes', '--no-passphrase', '--key', 'ec:p256'],
    ],
    ['making the server anew', ['docker-tls'], ['all', '--force', 'server', '--key', 'ec:p256']],
    ['adding a client', ['docker-tls'], ['client', '--name', 'alice', '--key', 'ec:p256']],
  ])(
    '%s leaves the old state or the new one, and the next run puts it in order',
    async (_, there, args) => {
      const first = there.length > 0 ? await content(await base()) : undefined;
      const outcomes = { old: 0, new: 0 };
      for (let at = 1; at < 200; at++) {
        const root = join(temporary(), `at-${at}`);
        const directory = join(root, 'docker-tls');
        await mkdir(root);
        if (first) await cp(await base(), directory, { recursive: true });
        const { signal } = await killed(root, args, at);
        if (signal === null) {
          expect(at).toBeGreaterThan(15);
          break;
        }
        await age(directory);
        const next = await program(root, first ? ['all'] : ['all', ...quick]);
        expect({ at, ...next }).toMatchObject({ at, code: 0 });
        await isWhole(root, directory);
        const now = await content(directory);
        expect([...now.keys()].filter((name) => pair.includes(name))).toEqual(pair);
        const same = pair.filter((name) => now.get(name) === first?.get(name));
        const made = args.includes('ca') ? 0 : args.includes('server') ? 4 : 6;
        if (first) expect([pair.length, made]).toContain(same.length);
        outcomes[same.length === pair.length ? 'old' : 'new']++;
        await rm(root, { recursive: true });
      }
      expect(outcomes.new + outcomes.old).toBeGreaterThan(15);
      if (first && !args.includes('client')) expect(Math.min(outcomes.old, outcomes.new)).toBeGreaterThan(0);
    },
    300_000,
  );
});
