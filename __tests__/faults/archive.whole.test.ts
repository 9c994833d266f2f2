import { beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import {
  chmod,
  cp,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { all, client, renew, renewCa, rollback } from '../../lib/index.js';
import { makeSet } from '../support/made-sets.js';
import { failure } from '../support/failure.js';
import { program } from '../support/program.js';
import { request } from '../support/request.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const records = usePromise('a hostile record of the archive is refused by its name, nothing is changed');
const fitting = usePromise('a rollback brings back only what fits together');
const shared = useSharedDirectory();
let archive = '';

beforeAll(async () => {
  const directory = join(shared(), 'set/docker-tls');
  await makeSet(request('', { directory }));
  await client({ directory, key: 'ec:p256', name: 'alice' });
  await all(request('', { directory: join(shared(), 'other/docker-tls') }));
  await cp(join(shared(), 'set'), join(shared(), 'rolled'), { recursive: true });
  await renewCa({ directory: join(shared(), 'rolled/docker-tls'), newKey: true, passphrase: null });
  archive = (await renew({ directory, all: true, newKey: true })).archive!;
}, 60_000);

interface Place {
  readonly root: string;
  readonly directory: string;
  /** The folder of what was replaced. */
  readonly folder: string;
  readonly record: string;
}

async function place(set = 'set'): Promise<Place> {
  const root = await mkdtemp(join(shared(), 'try-'));
  await cp(join(shared(), set), root, { recursive: true, preserveTimestamps: true });
  const directory = join(root, 'docker-tls');
  const name = set === 'set' ? archive : join('archive', (await readdir(join(directory, 'archive')))[0]!);
  const folder = join(directory, name);
  return { root, directory, folder, record: join(folder, 'renewal.json') };
}

/** Takes the place of a file, whatever its mode. */
async function put(path: string, content: string | Buffer): Promise<void> {
  await rm(path, { force: true });
  await writeFile(path, content, { mode: 0o400 });
}

/** A record that was changed. */
const changed =
  (change: (record: { [field: string]: unknown; files: Record<string, unknown>[] }) => unknown) =>
  async ({ record }: Place): Promise<void> => {
    const value = JSON.parse(await readFile(record, 'utf8')) as Parameters<typeof change>[0];
    change(value);
    await put(record, JSON.stringify(value));
  };

const written =
  (text: string) =>
  ({ record }: Place): Promise<void> =>
    put(record, text);

const ofPath = (path: unknown): ((at: Place) => Promise<void>) =>
  changed(({ files }) => (files[0]!['path'] = path));

const hostile: Readonly<Record<string, (at: Place) => Promise<unknown>>> = {
  '{}': written('{}'),
  '[]': written('[]'),
  '5': written('5'),
  null: written('null'),
  'a string': written('"../"'),
  'no JSON': written('{"files": ['),
  'nothing at all': written(''),
  'deep lists': written('['.repeat(400_000) + ']'.repeat(400_000)),
  'deep objects': written(`${'{"files":'.repeat(100_000)}[]${'}'.repeat(100_000)}`),
  'deep lists as its files': written(
    `{"replacedAt":"2026-01-01T00:00:00Z","by":"renew","files":${'['.repeat(1e5)}${']'.repeat(1e5)}}`,
  ),
  '30 MB': written(' '.repeat(30_000_000)),
  'no files': changed((record) => (record.files = [])),
  'files that are no list': changed((record) => (record['files'] = { length: 1 } as never)),
  'files that are strings': changed((record) => (record['files'] = ['../'] as never)),
  'files that are null': changed((record) => (record['files'] = [null] as never)),
  'a path that leads out': ofPath('../../outside.pem'),
  'a path that leads out by a detour': ofPath('clients/../../../outside.pem'),
  'an absolute path': ofPath('/etc/passwd'),
  'an empty path': ofPath(''),
  'a path with a line end': ofPath('cert.pem\nerror: x'),
  'a path with a zero': ofPath('cert.pem\0'),
  'a path that is a number': ofPath(5),
  'a path into the archive': ofPath('archive/cert.pem'),
  'the path of the lock': ofPath('.docker-tls-openssl.lock'),
  'a name twice': changed(({ files }) => files.push(files[0]!)),
  'a file that is a directory, too': changed(({ files }) =>
    files.push({ ...files[0]!, path: `${String(files[0]!['path'])}/cert.pem` }),
  ),
  '5,000 files that are not there': changed(({ files }) => {
    const [first] = files;
    for (let at = 0; at < 5_000; at++) files.push({ ...first, path: `clients/c${String(at)}/cert.pem` });
  }),
  'another product': changed(({ files }) => (files[0]!['product'] = 'csr')),
  'a mode that is a number': changed(({ files }) => (files[0]!['mode'] = 420)),
  'a mode with setuid': changed(({ files }) => (files[0]!['mode'] = '4755')),
  'a date that is none': changed((record) => (record['replacedAt'] = 'yesterday')),
  'control characters in its command': changed((record) => (record['by'] = '\u001b[2J')),
  'it is a link': async ({ root, record }) => {
    await rename(record, join(root, 'record'));
    await symlink(join(root, 'record'), record);
  },
  'its folder is a link': async ({ root, folder }) => {
    await rename(folder, join(root, 'folder'));
    await symlink(join(root, 'folder'), folder);
  },
  'the archive is a link': async ({ root, directory }) => {
    await rename(join(directory, 'archive'), join(root, 'archive'));
    await symlink(join(root, 'archive'), join(directory, 'archive'));
  },
  'it is a pipe': async ({ record }) => {
    await rm(record);
    await promisify(execFile)('mkfifo', [record]);
  },
  'a file of it is missing': ({ folder }) => rm(join(folder, 'server-cert.pem')),
};

test('a hostile record is refused', async () => {
  for (const [what, spoil] of Object.entries(hostile)) {
    await records.attempt(what, async () => {
      const at = await place();
      await spoil(at);
      const { code, message, hint } = await failure(at.root, () => rollback({ directory: at.directory }));
      expect(['ERR_FILE', 'ERR_UNSAFE', 'ERR_EXISTS']).toContain(code);
      expect(message).toContain(join(at.directory, 'archive'));
      expect(hint).not.toBe(undefined);
    });
  }
  records.none();
}, 120_000);

test('the program says so, and the way out of it works', async () => {
  await records.attempt('the way out', async () => {
    const at = await place();
    await put(at.record, '{}');
    const { code, stdout, stderr } = await program(at.root, ['rollback']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`${at.record} is not the record of a renewal`);
    expect(stderr).toContain(`move ${at.folder} out of archive/`);
    await rename(at.folder, join(at.root, 'aside'));
    expect((await program(at.root, ['rollback'])).stderr).toContain('nothing to roll back');
  });
  records.none();
});

test('what a record says beside what is known does not come back into it', async () => {
  await records.attempt('unknown fields, deep', async () => {
    const at = await place();
    const text = await readFile(at.record, 'utf8');
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    await put(at.record, text.replace('{', `{"__proto__": {"by": "x"}, "more": ${deep},`));
    await rollback({ directory: at.directory });
    const after = JSON.parse(await readFile(at.record, 'utf8')) as object;
    expect(Object.keys(after)).toEqual(['replacedAt', 'by', 'files', 'broughtBackAt']);
  });
  records.none();
});

interface Misfit {
  readonly set?: string;
  readonly code: string;
  readonly spoil: (at: Place) => Promise<unknown>;
  /** The file that is named, in the folder. */
  readonly named: string;
}

const otherSet = (file: string): Promise<Buffer> => readFile(join(shared(), 'other/docker-tls', file));
const now = (at: Place, file: string): Promise<Buffer> => readFile(join(at.directory, file));

const misfits: Readonly<Record<string, Misfit>> = {
  'a certificate that is none': {
    code: 'ERR_FILE',
    named: 'server-cert.pem',
    spoil: ({ folder }) => put(join(folder, 'server-cert.pem'), 'x'),
  },
  'a certificate that is cut off': {
    code: 'ERR_FILE',
    named: 'server-cert.pem',
    spoil: async ({ folder }) => {
      const path = join(folder, 'server-cert.pem');
      await put(path, (await readFile(path)).subarray(0, 200));
    },
  },
  'a key in the place of a certificate': {
    code: 'ERR_FILE',
    named: 'server-cert.pem',
    spoil: async ({ folder }) => put(join(folder, 'server-cert.pem'), await otherSet('server-key.pem')),
  },
  'an empty key': {
    code: 'ERR_FILE',
    named: 'key.pem',
    spoil: ({ folder }) => put(join(folder, 'key.pem'), ''),
  },
  'the key of another certificate': {
    code: 'ERR_LEAF_UNUSABLE',
    named: 'server-cert.pem',
    spoil: async ({ folder }) => put(join(folder, 'server-key.pem'), await otherSet('server-key.pem')),
  },
  'the certificate of another key': {
    code: 'ERR_LEAF_UNUSABLE',
    named: 'server-cert.pem',
    spoil: async (at) => put(join(at.folder, 'server-cert.pem'), await now(at, 'server-cert.pem')),
  },
  'a certificate whose key stays, and is another': {
    code: 'ERR_LEAF_UNUSABLE',
    named: 'server-cert.pem',
    spoil: changed((record) => (record.files = record.files.filter(({ path }) => path !== 'server-key.pem'))),
  },
  'a key whose certificate stays, and is another': {
    code: 'ERR_LEAF_UNUSABLE',
    named: 'server-key.pem',
    spoil: changed(
      (record) => (record.files = record.files.filter(({ path }) => path !== 'server-cert.pem')),
    ),
  },
  'a key of no certificate': {
    code: 'ERR_LEAF_UNUSABLE',
    named: 'strange-key.pem',
    spoil: async (at) => {
      await put(join(at.folder, 'strange-key.pem'), await otherSet('key.pem'));
      await changed(({ files }) =>
        files.push({ path: 'strange-key.pem', mode: '0400', product: 'private-key' }),
      )(at);
    },
  },
  'a pair of another CA': {
    code: 'ERR_LEAF_UNUSABLE',
    named: 'server-cert.pem',
    spoil: async ({ folder }) => {
      for (const file of ['server-cert.pem', 'server-key.pem'])
        await put(join(folder, file), await otherSet(file));
    },
  },
  'a CA of another key': {
    set: 'rolled',
    code: 'ERR_CA_UNUSABLE',
    named: 'ca.pem',
    spoil: async ({ folder }) => put(join(folder, 'ca.pem'), await otherSet('ca.pem')),
  },
  'a CA that is a leaf': {
    set: 'rolled',
    code: 'ERR_CA_UNUSABLE',
    named: 'ca.pem',
    spoil: async ({ folder }) => {
      await put(join(folder, 'ca.pem'), await otherSet('cert.pem'));
      await put(join(folder, 'ca-key.pem'), await otherSet('key.pem'));
    },
  },
  'a key that others can read': {
    code: 'ERR_UNSAFE',
    named: 'key.pem',
    spoil: changed(({ files }) => (files.find(({ path }) => path === 'key.pem')!['mode'] = '0644')),
  },
  'a certificate that others can write': {
    code: 'ERR_UNSAFE',
    named: 'cert.pem',
    spoil: changed(({ files }) => (files.find(({ path }) => path === 'cert.pem')!['mode'] = '0666')),
  },
  'a key that its owner cannot read': {
    code: 'ERR_UNSAFE',
    named: 'key.pem',
    spoil: changed(({ files }) => (files.find(({ path }) => path === 'key.pem')!['mode'] = '0000')),
  },
};

test('what does not fit together stays in the archive', async () => {
  for (const [what, { set, code, spoil, named }] of Object.entries(misfits)) {
    await fitting.attempt(what, async () => {
      const at = await place(set);
      await spoil(at);
      const error = await failure(at.root, () => rollback({ directory: at.directory }));
      expect(error.code).toBe(code);
      expect(error.message).toMatch(new RegExp(`/${named.replace('.', '\\.')}\\b`));
      expect(error.hint).toContain('nothing was changed');
    });
  }
  fitting.none();
}, 120_000);

test('what fits comes back: pairs, a CA, and a key in the mode that its owner chose', async () => {
  for (const set of ['set', 'rolled']) {
    await fitting.attempt(set, async () => {
      const at = await place(set);
      const file = set === 'set' ? 'server-cert.pem' : 'ca.pem';
      const old = await readFile(join(at.folder, file));
      if (set === 'set') {
        await chmod(join(at.directory, 'key.pem'), 0o440);
        await changed(({ files }) => (files.find(({ path }) => path === 'key.pem')!['mode'] = '0440'))(at);
      }
      await rollback({ directory: at.directory });
      expect(await readFile(join(at.directory, file))).toEqual(old);
      if (set === 'set') expect((await stat(join(at.directory, 'key.pem'))).mode & 0o777).toBe(0o440);
    });
  }
  fitting.none();
});
