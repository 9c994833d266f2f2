import { beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment, main, program, succeeds } from '../support/program.js';
import { onAllCores } from '../support/on-all-cores.js';
import { whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';
import { age } from '../support/whole-set.js';

const shared = useSharedDirectory();
const tally = usePromise(
  'a key whose passphrase is changed is the old file or the new one, wherever it is killed',
);
const hook = fileURLToPath(new URL('../support/kill-at.js', import.meta.url));
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const passphrases = { old: 'correct horse', new: 'another horse' };
const change = ['passphrase', 'change', '--passphrase-file', '../old', '--new-passphrase-file', '../new'];

beforeAll(async () => {
  for (const [name, passphrase] of Object.entries(passphrases))
    await writeFile(join(shared(), name), passphrase);
});

/** A folder with `docker-tls/ca-key.pem`, which the old passphrase opens. */
async function begin(): Promise<string> {
  const root = await mkdtemp(join(shared(), 'try-'));
  await mkdir(join(root, 'docker-tls'), { mode: 0o700 });
  const form = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: passphrases.old } as const;
  await writeFile(join(root, 'docker-tls/ca-key.pem'), key.export(form), { mode: 0o400 });
  return root;
}

/** Changes the passphrase. Gives whether it was killed. */
function killed(cwd: string, env: Readonly<Record<string, string>>): Promise<boolean> {
  const args = ['--import', hook, main, ...change];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd, env: cleanEnvironment(env) }, (error, _, stderr) => {
      if (error && error.signal !== 'SIGKILL') reject(new Error(stderr));
      else resolve(error !== null);
    });
  });
}

/** Which passphrase opens the key, which has to be the whole one. */
async function opener(root: string): Promise<keyof typeof passphrases> {
  const pem = await readFile(join(root, 'docker-tls/ca-key.pem'));
  for (const name of ['old', 'new'] as const) {
    try {
      expect(createPrivateKey({ key: pem, passphrase: passphrases[name] }).equals(key)).toBe(true);
      return name;
    } catch {
      continue;
    }
  }
  throw new Error('neither passphrase opens it');
}

/** What is there once the next run has come. */
async function nextRun(root: string, name: keyof typeof passphrases): Promise<void> {
  await age(root);
  const remove = (which: string) => ['passphrase', 'remove', '--passphrase-file', `../${which}`];
  const { code, stderr } = await program(root, remove(name));
  // Killed while it moved the file: the next run moves it, and says that it did.
  if (code !== 0) {
    expect(name).toBe('old');
    expect(stderr).toContain('if that run changed the passphrase, the new one opens the key');
    await succeeds(root, remove('new'));
  }
  const pem = await readFile(join(root, 'docker-tls/ca-key.pem'));
  expect(createPrivateKey(pem).equals(key)).toBe(true);
  expect(await modes(root)).toEqual({ '/': '0700', 'docker-tls/': '0700', 'docker-tls/ca-key.pem': '0400' });
  expect(await readdir(root)).toEqual(['docker-tls']);
}

test('changing a passphrase, killed at each call that changes the file system', async () => {
  const rehearsal = await begin();
  const log = join(shared(), 'log');
  expect(await killed(rehearsal, { KILL_LOG: log })).toBe(false);
  expect(await opener(rehearsal)).toBe('new');
  const calls = (await readFile(log, 'utf8')).trimEnd().split('\n');
  const all = calls.map((_, at) => at + 1);
  const rename = calls.findIndex((call) => call.startsWith('rename ')) + 1;
  const points = whole ? all : [Math.floor(rename / 2), rename, rename + 1, all.length];
  const seen = new Set<string>();
  await onAllCores(points, async (at) => {
    const root = await begin();
    await tally.attempt(`at call ${at}`, async () => {
      // A lock that is held for seconds is touched: a slow rehearsal has made more calls than this run.
      expect((await killed(root, { KILL_AT: String(at) })) || at > rename + 1).toBe(true);
      const name = await opener(root);
      seen.add(name);
      await nextRun(root, name);
    });
    await rm(root, { recursive: true, force: true });
  });
  tally.none();
  expect([...seen].sort()).toEqual(['new', 'old']);
}, 300_000);
