import { beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyFleet, issued } from '../../lib/index.js';
import type { FleetFile } from '../../lib/fleet/file/fleet-file.js';
import { whole } from '../support/form.js';
import { onAllCores } from '../support/on-all-cores.js';
import { cleanEnvironment, main } from '../support/program.js';
import { actionsOf, madeFleet, passphrase } from '../support/fleet-scene.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const hook = fileURLToPath(new URL('../support/kill-at.js', import.meta.url));

beforeAll(async () => {
  const fleet = await madeFleet(join(shared(), 'before'));
  await writeFile(join(shared(), 'before/secret'), `${passphrase}\n`);
  const clients = { ...fleet.clients, bob: {}, carol: {} };
  const relative = { ...fleet, ca: { directory: './ca', key: 'ec:p256' }, csrs: './csrs', clients };
  await writeFile(join(shared(), 'before/docker-tls.json'), JSON.stringify(relative));
}, 60_000);

/** Gives whether it was killed. */
function killed(cwd: string, env: Readonly<Record<string, string>>): Promise<boolean> {
  const args = ['--import', hook, main, 'fleet', 'apply', '--passphrase-file', 'secret', '--quiet'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd, env: cleanEnvironment(env) }, (error, _, stderr) => {
      if (error && error.signal !== 'SIGKILL') reject(new Error(stderr));
      else resolve(error !== null);
    });
  });
}

test('killed at any point, what was committed stays, and the next run does the rest', async () => {
  const rehearsal = await mkdtemp(join(shared(), 'try-'));
  await cp(join(shared(), 'before'), rehearsal, { recursive: true, preserveTimestamps: true });
  const log = join(shared(), 'log');
  expect(await killed(rehearsal, { KILL_LOG: log })).toBe(false);
  const calls = (await readFile(log, 'utf8')).trimEnd().split('\n');
  const renames = calls.filter((call) => call.startsWith('rename ')).length;
  const every = Array.from({ length: renames }, (_, at) => `rename:${at + 1}`);
  // The middle of the first group, its end, and the middle of the second.
  const points = whole ? every : [1, 3, 5].map((quarter) => every[Math.floor((renames * quarter) / 6)]!);
  const left = new Set<string>();
  await onAllCores(points, async (at) => {
    const root = await mkdtemp(join(shared(), 'try-'));
    await cp(join(shared(), 'before'), root, { recursive: true, preserveTimestamps: true });
    expect(await killed(root, { KILL_AT: at })).toBe(true);
    const file = join(root, 'docker-tls.json');
    left.add(Object.keys(await actionsOf(file as unknown as FleetFile)).join());
    const { failed } = await applyFleet(file, { passphrase });
    expect(failed).toEqual([]);
    expect(await actionsOf(file as unknown as FleetFile)).toEqual({});
    for (const name of ['bob', 'carol']) {
      const leaf = new X509Certificate(await readFile(join(root, 'ca/clients', name, 'cert.pem')));
      const key = createPrivateKey(await readFile(join(root, 'ca/clients', name, 'key.pem')));
      expect(leaf.checkPrivateKey(key)).toBe(true);
    }
    const { certificates } = await issued({ directory: join(root, 'ca') });
    expect(new Set(certificates.map(({ serial }) => serial)).size).toBe(certificates.length);
    expect((await readdir(join(root, 'ca'))).filter((name) => name.startsWith('.'))).toEqual([]);
    await rm(root, { recursive: true });
  });
  // Neither all of it nor nothing: the group that was committed stays.
  expect(left).toContain('web2');
});
