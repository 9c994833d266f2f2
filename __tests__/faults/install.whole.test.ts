import { beforeAll, expect, test } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installDaemon, uninstallDaemon } from '../../lib/index.js';
import { makeSet } from '../support/made-sets.js';
import { debian, makeImage } from '../support/host-images.js';
import { onAllCores } from '../support/on-all-cores.js';
import { cleanEnvironment, main } from '../support/program.js';
import { request } from '../support/request.js';
import { rows, whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';

const failing = usePromise('all or nothing: the host’s configuration, each call failing');
const killed = usePromise('all or nothing: the host’s configuration, killed at each call');
const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const hook = fileURLToPath(new URL('../support/kill-at.js', import.meta.url));
const runner = fileURLToPath(new URL('../support/fail-each.js', import.meta.url));
const set = (): string => join(shared(), 'docker-tls');
const host = (name: string): string => join(shared(), name);
const options = (root: string) => ({ directory: set(), root, apply: true, dockerd: '/nonexistent' });

/** With a daemon.json and a file of ours that were there before; and as it is once the daemon is installed. */
beforeAll(async () => {
  await makeSet(request(shared(), { directory: set(), hosts: ['127.0.0.1'] }));
  await makeImage(host('bare'), debian);
  await mkdir(join(host('bare'), 'etc/docker/tls'), { recursive: true, mode: 0o700 });
  await writeFile(join(host('bare'), 'etc/docker/daemon.json'), '{\n  "log-driver": "journald"\n}\n');
  await writeFile(join(host('bare'), 'etc/docker/tls/ca.pem'), 'another CA', { mode: 0o600 });
  await cp(host('bare'), host('installed'), { recursive: true });
  await installDaemon(options(host('installed')));
});

/** The modes and contents of all files and directories, without times and inodes. */
async function contents(root: string): Promise<string[]> {
  const lines = await tree(root);
  return lines.map((line) =>
    line.replace(/ \d+ \d+ (\w{64})$/, ' $1').replace(/directory \d+$/, 'directory'),
  );
}

interface End {
  readonly root: string;
  readonly failed: string;
  readonly ok: boolean;
  readonly said: string;
  readonly name?: string;
}

const cases = [
  { what: 'install', from: 'bare', to: 'installed' },
  { what: 'uninstall', from: 'installed', to: 'bare' },
] as const;

test.each(rows(cases, 2))(
  '$what: after a call that fails everything is as it was, and that is what is said',
  async ({ what, from, to }) => {
    const { stdout } = await promisify(execFile)(process.execPath, [runner], {
      env: cleanEnvironment({
        ...{ FROM: host(from), TO: temporary(), SET: set(), WORK: what },
        STEP: whole ? '1' : '37',
      }),
      maxBuffer: 100_000_000,
    });
    const ends = JSON.parse(stdout) as End[];
    const [before, after] = [await contents(host(from)), await contents(host(to))];
    for (const { root, failed, ok, said, name } of ends) {
      await failing.attempt(`${what}, failing at ${failed}: ${said}`, async () => {
        const now = (await contents(root)).filter((line) => !line.includes('.docker-tls-openssl.lock'));
        if (!ok) {
          expect(now).toEqual(before);
          expect(name).toMatch(/^(Directory|Configuration|Interrupted)Error$/);
          return;
        }
        if (said.includes('could not be removed')) {
          await uninstallDaemon({ root, apply: true });
          expect(await contents(root)).toEqual(await contents(host('bare')));
        } else expect(now).toEqual(after);
      });
    }
    expect(ends.length).toBeGreaterThan(whole ? 300 : 2);
    expect(ends.filter(({ ok }) => !ok).length).toBeGreaterThan(ends.length / 4);
    failing.none();
  },
  600_000,
);

/** The lock of a run that is gone can end by its age, which a test does not wait for. */
async function age(root: string): Promise<void> {
  await utimes(join(root, 'etc/.docker-tls-openssl.lock'), 0, 0).catch(() => undefined);
}

async function run(
  root: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<string | null> {
  const child = spawn(process.execPath, ['--import', hook, main, ...args, '--root', root], {
    env: cleanEnvironment(env),
    stdio: 'ignore',
  });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return signal;
}

let places = 0;

test.each(rows(cases, 2, 1))(
  '$what: a run that is killed is put an end to by the next one, of either command',
  async ({ what, from, to }) => {
    const args = [
      what,
      'daemon',
      ...(what === 'install' ? ['--dir', set(), '--dockerd', '/nonexistent'] : []),
      '--apply',
    ];
    const place = async (): Promise<string> => {
      const root = join(temporary(), `host-${++places}`);
      await cp(host(from), root, { recursive: true });
      return root;
    };
    const log = join(temporary(), `log-${what}`);
    expect(await run(await place(), args, { KILL_LOG: log })).toBeNull();
    const calls = (await readFile(log, 'utf8')).trimEnd().split('\n');
    const points = [...calls.keys()].filter((at) => whole || at % 60 === 3);
    let recovered = 0;
    await onAllCores(points, async (at) => {
      await killed.attempt(`${what}, killed at call ${at + 1}: ${calls[at]!}`, async () => {
        const root = await place();
        const signal = await run(root, args, { KILL_AT: String(at + 1) });
        if (signal === null) return; // its calls are not always as many
        await age(root);
        const now = await contents(root);
        const shown = await uninstallDaemon({ root }); // a preview, which changes nothing
        expect(await contents(root)).toEqual(now);
        const other = join(temporary(), `host-${++places}`);
        await cp(root, other, { recursive: true });
        const [{ notes }] = await Promise.all([
          installDaemon(options(root)),
          uninstallDaemon({ root: other, apply: true }).then(async (undone) => {
            expect(shown).toMatchObject({ changes: undone.changes });
            expect(await contents(other)).toEqual(await contents(host('bare')));
          }),
        ]);
        expect(await contents(root)).toEqual(await contents(host('installed')));
        const hadJournal = now.some((line) => /changes\.(json|done) /.test(line));
        expect(notes.some((note) => note.includes('was killed'))).toBe(hadJournal);
        if (hadJournal) recovered++;
        await uninstallDaemon({ root, apply: true });
        expect(await contents(root)).toEqual(await contents(host('bare')));
      });
    });
    expect(recovered).toBeGreaterThan(whole ? 1 : 0);
    expect(to).not.toBe(from);
    killed.none();
  },
  600_000,
);
