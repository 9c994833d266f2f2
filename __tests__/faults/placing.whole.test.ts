import { expect, test } from '@jest/globals';
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { program, quick, succeeds } from '../support/program.js';
import { times } from '../support/form.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { age } from '../support/whole-set.js';
import { modes } from '../support/tree.js';

const temporary = useTemporaryDirectory();
const hook = fileURLToPath(new URL('../support/kill-at.js', import.meta.url));
const names = ['ca.pem', 'cert.pem', 'key.pem'] as const;

async function contents(directory: string): Promise<string[]> {
  return Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
}

/**
 * What killed the run is SIGKILL, at each call in turn that changes the file system. In between each file is whole, the old
 * or the new one, and nothing that was there is lost; the next run makes all of it the new one.
 */
test.each(['into a directory with others of that name', 'where there is no directory'])(
  'install client %s can be killed at any moment',
  async (where) => {
    const at = (...path: string[]): string => join(temporary(), ...path);
    for (const set of ['old', 'new']) await succeeds(temporary(), ['all', ...quick, '--dir', set]);
    const olds = await contents(at('old'));
    const news = await contents(at('new'));
    const install = ['install', 'client', '--dir', at('new'), '--to', 'docker-tls', '--apply'];
    const exists = where.startsWith('into');

    for (let call = 1, killed = true; killed; call += times(8, 1)) {
      const root = at('try');
      await mkdir(root);
      if (exists) {
        await mkdir(join(root, 'docker-tls'), { mode: 0o700 });
        for (const name of names) await cp(at('old', name), join(root, 'docker-tls', name));
      }
      const env = { NODE_OPTIONS: `--import=${hook}`, KILL_AT: String(call) };
      const outcome = await program(root, install, { env });
      killed = outcome.code === null;
      if (!killed) expect(outcome.code).toBe(0);

      const directory = join(root, 'docker-tls');
      const between = await contents(directory).catch(() => undefined);
      if (exists) between!.forEach((text, file) => expect([olds[file], news[file]]).toContain(text));
      else if (between) expect(between).toEqual(news);

      await age(root); // so that its lock is not waited for
      await succeeds(root, install);
      expect(await contents(directory)).toEqual(news);
      expect(await modes(directory)).toMatchObject({ '/': '0700', 'ca.pem': '0444', 'key.pem': '0400' });
      const others = (await readdir(directory)).filter((name) => !names.some((own) => own === name));
      expect(others.filter((name) => !/^\w+\.pem\.before-/.test(name))).toEqual([]);
      expect(others).toHaveLength(exists ? 3 : 0);
      for (const [file, name] of names.entries()) {
        const aside = others.find((other) => other.startsWith(name));
        if (exists) expect(await readFile(join(directory, aside!), 'utf8')).toBe(olds[file]);
      }
      expect((await readdir(root)).filter((name) => name !== 'docker-tls')).toEqual([]);
      await rm(root, { recursive: true });
    }
  },
  240_000,
);
