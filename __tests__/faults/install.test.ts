import { beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { all, installDaemon, uninstallDaemon } from '../../lib/index.js';
import { debian, makeImage } from '../support/host-images.js';
import { onAllCores } from '../support/on-all-cores.js';
import { cleanEnvironment, main } from '../support/program.js';
import { request } from '../support/request.js';
import { usePromise, whole } from '../support/tally.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';

const tally = usePromise('all or nothing: the host’s configuration, killed at each call');
const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const hook = fileURLToPath(new URL('../support/kill-at.js', import.meta.url));
const set = (): string => join(shared(), 'docker-tls');

const before = '{\n  "log-driver": "journald"\n}\n';
const host = (name: string): string => join(shared(), name);
const options = (root: string) => ({ directory: set(), root, apply: true, dockerd: '/nonexistent' });

beforeAll(async () => {
  await all(request(shared(), { directory: set(), hosts: ['127.0.0.1'] }));
  await makeImage(host('bare'), debian);
  await mkdir(join(host('bare'), 'etc/docker'));
  await writeFile(join(host('bare'), 'etc/docker/daemon.json'), before);
  await cp(host('bare'), host('installed'), { recursive: true });
  await installDaemon(options(host('installed')));
});

/**
 * The modes and contents of all files, but for the record and the copies: a run that goes on may number them differently.
 * Directories that were made and are empty are nobody's loss.
 */
async function contents(root: string): Promise<string[]> {
  const lines = (await tree(root)).filter(
    (line) => !/installed\.json|before-tls|\/ \d{4} directory/.test(line),
  );
  return lines.map((line) => line.replace(/ \d+ \d+ (\w{64})$/, ' $1'));
}

/** The lock of a run that is gone ends by its age, which a test does not wait for. */
async function age(root: string): Promise<void> {
  const lock = join(root, 'etc/docker/tls/.docker-tls-openssl.lock');
  await utimes(lock, 0, 0).catch(() => undefined);
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

test.each([
  { what: 'install', from: 'bare', to: 'installed' },
  { what: 'uninstall', from: 'installed', to: 'bare' },
])(
  '$what: daemon.json is whole, and the next run goes on',
  async ({ what, from, to }) => {
    const args = [
      what,
      'daemon',
      ...(what === 'install' ? ['--dir', set(), '--dockerd', '/nonexistent'] : []),
      '--apply',
    ];
    const texts = await Promise.all(
      [from, to].map((name) => readFile(join(host(name), 'etc/docker/daemon.json'), 'utf8')),
    );
    const wanted = await contents(host(to));
    const place = async (): Promise<string> => {
      const root = join(temporary(), `host-${++places}`);
      await cp(host(from), root, { recursive: true });
      return root;
    };
    const log = join(temporary(), `log-${what}`);
    expect(await run(await place(), args, { KILL_LOG: log })).toBeNull();
    const calls = (await readFile(log, 'utf8')).trimEnd().split('\n');
    const points = [...calls.keys()].filter((at) => whole || at % 5 === 0 || calls[at]!.startsWith('rename'));
    await onAllCores(points, async (at) => {
      await tally.attempt(`${what}, killed at call ${at + 1}: ${calls[at]!}`, async () => {
        const root = await place();
        const signal = await run(root, args, { KILL_AT: String(at + 1) });
        if (signal === null) return; // its calls are not always as many
        expect(texts).toContain(await readFile(join(root, 'etc/docker/daemon.json'), 'utf8'));
        await age(root);
        if (what === 'install') await installDaemon(options(root));
        else await uninstallDaemon({ root, apply: true }).catch(whereAllWasDone);
        expect(await contents(root)).toEqual(wanted);
        if (what === 'uninstall') return;
        await uninstallDaemon({ root, apply: true });
        expect(await contents(root)).toEqual(await contents(host('bare')));
      });
    });
    expect(points.length).toBeGreaterThan(3);
    tally.none();
  },
  600_000,
);

/** Its record is gone, as the last of all. */
function whereAllWasDone(error: unknown): void {
  if (!String(error).includes('nothing that this program installed')) throw error as Error;
}
