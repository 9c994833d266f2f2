import { beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { client, csr, renewCa } from '../../lib/index.js';
import { certificatesIn } from '../../lib/x509/pem.js';
import { makeSet } from '../support/made-sets.js';
import { onAllCores } from '../support/on-all-cores.js';
import { cleanEnvironment, main, program } from '../support/program.js';
import { request } from '../support/request.js';
import { rows, whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { age } from '../support/whole-set.js';

const shared = useSharedDirectory();
const tally = usePromise(
  'all or nothing: a renewal, a new CA, a rollback, a CSR or a signature, killed at each call',
);
const hook = fileURLToPath(new URL('../support/kill-at.js', import.meta.url));

beforeAll(async () => {
  const directory = join(shared(), 'set/docker-tls');
  await makeSet(request('', { directory }));
  await client({ directory, key: 'ec:p256', name: 'alice' });
  await csr('server', { directory: join(shared(), 'host'), key: 'ec:p256', hosts: ['web.example'] });
  await cp(join(shared(), 'set'), join(shared(), 'both'), { recursive: true });
  await renewCa({ directory: join(shared(), 'both/docker-tls'), newKey: true, passphrase: null });
}, 60_000);

/** What is there before, the command that is killed, and what there is after it. */
const deeds = {
  'renewing all': ['set', ['renew', '--all']],
  'renewing with a new key': ['set', ['renew', 'alice', '--new-key']],
  'renewing the CA': ['set', ['renew', 'ca']],
  'beginning a roll-over': ['set', ['renew', 'ca', '--new-key', '--no-passphrase']],
  'renewing in a roll-over': ['both', ['renew', '--all']],
  'taking a roll-over back': ['both', ['rollback']],
  'making a key and a CSR': [
    'set',
    ['csr', 'server', '--name', 'db', '--host', 'db.example', '--key', 'ec:p256'],
  ],
  'revoking a client': ['set', ['revoke', 'alice', '--yes']],
  'signing a CSR': ['set', ['sign', '../host/server.csr', '--host', 'web.example']],
} as const;
type DeedName = keyof typeof deeds;

async function begin(name: DeedName): Promise<string> {
  const root = await mkdtemp(join(shared(), 'try-'));
  await cp(join(shared(), deeds[name][0]), root, { recursive: true, preserveTimestamps: true });
  return root;
}

/** Gives whether it was killed. */
function killed(cwd: string, name: DeedName, env: Readonly<Record<string, string>>): Promise<boolean> {
  const args = ['--import', hook, main, ...deeds[name][1]];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd, env: cleanEnvironment(env) }, (error, _, stderr) => {
      if (error && error.signal !== 'SIGKILL') reject(new Error(stderr));
      else resolve(error !== null);
    });
  });
}

/** Each file that is in use, with its content. */
async function inUse(root: string): Promise<Map<string, string>> {
  const directory = join(root, 'docker-tls');
  const names = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.pem'));
  const used = names.filter((name) => !name.startsWith('archive') && !name.startsWith('.'));
  const entries = used.map(async (name) => [name, await readFile(join(directory, name), 'utf8')] as const);
  return new Map(await Promise.all(entries));
}

/** Every certificate belongs to its key and to a CA that is trusted beside it; keys are closed; nothing is left over. */
async function isWhole(root: string): Promise<void> {
  const directory = join(root, 'docker-tls');
  const files = await inUse(root);
  const folders = ['', 'clients/alice/'];
  for (const [folder, certificate, key] of [
    ['', 'server-cert.pem', 'server-key.pem'],
    ...folders.map((folder) => [folder, 'cert.pem', 'key.pem']),
  ] as [string, string, string][]) {
    const cas = certificatesIn(files.get(`${folder}ca.pem`)!);
    const leaf = new X509Certificate(files.get(folder + certificate)!);
    expect(leaf.checkPrivateKey(createPrivateKey(files.get(folder + key)!))).toBe(true);
    expect(cas.some((ca) => leaf.verify(ca.publicKey))).toBe(true);
    expect((await stat(join(directory, folder + key))).mode & 0o777).toBe(0o400);
  }
  const [signer] = certificatesIn(files.get('ca.pem')!);
  expect(signer!.checkPrivateKey(createPrivateKey(files.get('ca-key.pem')!))).toBe(true);
  expect(files.get('clients/alice/ca.pem')).toBe(files.get('ca.pem'));
  const left = [...(await readdir(root)), ...(await readdir(directory))].filter((name) =>
    name.startsWith('.'),
  );
  expect(left).toEqual([]);
}

/** Which files differ. */
function changed(before: Map<string, string>, after: Map<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => before.get(name) !== after.get(name),
  );
}

const renames = [
  ['rename:1', 'the journal, or the first file'],
  ['rename:2', 'the one after it'],
] as const;

test.each(
  rows(
    Object.keys(deeds).map((name) => [name as DeedName]),
    5,
  ),
)(
  '%s comes to the old state or to the new one, and the next run puts it in order',
  async (name) => {
    const rehearsal = await begin(name);
    const before = await inUse(rehearsal);
    const log = join(shared(), `log-${name}`);
    expect(await killed(rehearsal, name, { KILL_LOG: log })).toBe(false);
    const expected = changed(before, await inUse(rehearsal)).sort();
    expect(expected.length).toBeGreaterThan(0);
    const calls = (await readFile(log, 'utf8')).trimEnd().split('\n');
    const rename = calls.findIndex((call) => call.startsWith('rename '));
    const every = calls.map((call, at) => [String(at + 1), call] as const);
    // By name, for one run has some calls more or fewer than another.
    const points = whole ? every : [every[Math.floor(rename / 2)]!, ...renames];
    const seen = new Set<string>();
    await onAllCores(points, async ([at, call]) => {
      const root = await begin(name);
      await tally.attempt(`${name}, killed at call ${at} (${call})`, async () => {
        if (!(await killed(root, name, { KILL_AT: at }))) return;
        await age(root);
        const { code, stderr } = await program(root, ['all', '--quiet']);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        await isWhole(root);
        const now = changed(before, await inUse(root)).sort();
        seen.add(now.length === 0 ? 'old' : 'new');
        if (now.length > 0) expect(now).toEqual(expected);
      });
      await rm(root, { recursive: true, force: true });
    });
    tally.none();
    expect([...seen].sort()).toEqual(['new', 'old']);
  },
  600_000,
);
