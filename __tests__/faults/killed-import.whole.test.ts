import { beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lay, layouts, makeMaterial } from '../support/foreign-sets.js';
import { rows, whole } from '../support/form.js';
import { onAllCores } from '../support/on-all-cores.js';
import { cleanEnvironment, main, program } from '../support/program.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { modes, tree } from '../support/tree.js';
import { age } from '../support/whole-set.js';

const shared = useSharedDirectory();
const tally = usePromise('all or nothing: an import, killed at each call');
const hook = fileURLToPath(new URL('../support/kill-at.js', import.meta.url));
const command = ['import', 'tools', '--apply'];

beforeAll(async () => {
  await makeMaterial(join(shared(), 'material'));
  await mkdir(join(shared(), 'nothing'), { mode: 0o700 });
  await lay(layouts['docker-machine'], join(shared(), 'material'), join(shared(), 'nothing/tools'));
  await cp(join(shared(), 'nothing'), join(shared(), 'an empty directory'), { recursive: true });
  await mkdir(join(shared(), 'an empty directory/docker-tls'), { mode: 0o700 });
});

async function begin(before: string): Promise<string> {
  const root = await mkdtemp(join(shared(), 'try-'));
  await cp(join(shared(), before), root, { recursive: true });
  return root;
}

/** Gives whether it was killed. */
function killed(cwd: string, env: Readonly<Record<string, string>>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const args = ['--import', hook, main, ...command];
    execFile(process.execPath, args, { cwd, env: cleanEnvironment(env) }, (error, _, stderr) => {
      if (error && error.signal !== 'SIGKILL') reject(new Error(stderr));
      else resolve(error !== null);
    });
  });
}

async function contents(root: string): Promise<Record<string, string>> {
  const directory = join(root, 'docker-tls');
  const names = Object.keys(await modes(directory)).filter((name) => !name.endsWith('/'));
  const texts = names.map(async (name) => [name, await readFile(join(directory, name), 'utf8')] as const);
  return Object.fromEntries(await Promise.all(texts));
}

test.each(rows(['nothing', 'an empty directory'], 2))(
  'where there was %s, the next run finds nothing or everything, and ends with everything',
  async (state) => {
    const rehearsal = await begin(state);
    const log = join(shared(), `log-${state}`);
    expect(await killed(rehearsal, { KILL_LOG: log })).toBe(false);
    const [expected, mode] = [await contents(rehearsal), await modes(join(rehearsal, 'docker-tls'))];
    expect(Object.keys(expected)).toContain('servers/db/server-key.pem');
    const calls = (await readFile(log, 'utf8')).trimEnd().split('\n');
    const renames = calls.filter((call) => call.startsWith('rename ')).length;
    const some = [...new Set([1, 2, Math.ceil(renames / 2), renames])].filter((at) => at <= renames);
    const points = whole ? calls.map((_, at) => String(at + 1)) : some.map((at) => `rename:${at}`);
    const seen = new Set<string>();
    await onAllCores(points, async (at) => {
      const root = await begin(state);
      const tools = await tree(join(root, 'tools'));
      await tally.attempt(`import, killed at ${at}`, async () => {
        if (!(await killed(root, { KILL_AT: at }))) return;
        await age(root);
        const { code, stdout, stderr } = await program(root, [...command, '--json']);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        const { made } = JSON.parse(stdout) as { readonly made: readonly unknown[] };
        expect([0, Object.keys(expected).length]).toContain(made.length);
        seen.add(made.length === 0 ? 'everything' : 'nothing');
        expect(await contents(root)).toEqual(expected);
        expect(await modes(join(root, 'docker-tls'))).toEqual(mode);
        expect(await tree(join(root, 'tools'))).toEqual(tools);
        expect((await readdir(root)).sort()).toEqual(['docker-tls', 'tools']);
      });
      await rm(root, { recursive: true, force: true });
    });
    tally.none();
    expect(seen.size).toBeGreaterThan(0);
  },
  600_000,
);
