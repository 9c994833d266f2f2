import { beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, client, previewIssue, rollback, verifyDirectory, type IssueOptions } from '../../lib/index.js';
import { inTurns, leftToWhole } from '../support/form.js';
import { makeSet } from '../support/made-sets.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';

const temporary = useTemporaryDirectory();
const parts = ['ca', 'server', 'client'] as const;
const setFiles = ['ca-key.pem', 'ca.pem', 'cert.pem', 'key.pem', 'server-cert.pem', 'server-key.pem'];

let options: IssueOptions & { directory: string };
beforeEach(async () => {
  options = request(temporary());
  await makeSet(options);
});

/** The content of files below the certificate directory, by path. */
async function contents(paths: readonly string[], folder = ''): Promise<Record<string, string>> {
  const entries = paths.map(async (path) => {
    const bytes = await readFile(join(options.directory, folder, path));
    return [path, createHash('sha256').update(bytes).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

describe('a CA that is replaced by force', () => {
  test('is kept in the archive with its key and all of its set, with their modes', async () => {
    const before = await contents(setFiles);
    const { archive, made } = await all({ ...options, force: ['ca'] });
    expect(archive).toMatch(/^archive\/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/);
    expect(await contents(setFiles, archive)).toEqual(before);
    expect(await contents(setFiles)).not.toEqual(before);
    expect(await modes(join(options.directory, archive!))).toEqual({
      '/': '0700',
      'ca-key.pem': '0400',
      'ca.pem': '0444',
      'cert.pem': '0444',
      'key.pem': '0400',
      'renewal.json': '0444',
      'server-cert.pem': '0444',
      'server-key.pem': '0400',
    });
    expect(made.map(({ path }) => path)).toContain(`${archive}/ca-key.pem`);
    const record = JSON.parse(await readFile(join(options.directory, archive!, 'renewal.json'), 'utf8'));
    expect(record).toMatchObject({ by: 'all --force ca', files: { length: 6 } });
  });

  test('comes back with rollback, and the clients that it signed with it', async () => {
    await client({ directory: options.directory, key: 'ec:p256', name: 'alice' });
    const before = await contents(setFiles);
    await all({ ...options, force: ['ca'] });
    const { files } = await rollback({ directory: options.directory });
    expect([...files].sort()).toEqual(setFiles);
    expect(await contents(setFiles)).toEqual(before);
    const { findings } = await verifyDirectory({ directory: options.directory });
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  inTurns(1).each([
    ['is damaged', 'ca.pem', 'damaged'],
    ['has a damaged key', 'ca-key.pem', 'damaged'],
    ['is empty', 'ca.pem', ''],
  ])('and %s is kept as it is', async (_, file, text) => {
    const path = join(options.directory, file);
    await rm(path);
    await writeFile(path, text, { mode: 0o600 });
    const { archive } = await all({ ...options, force: ['ca'] });
    expect(await readFile(join(options.directory, archive!, file), 'utf8')).toBe(text);
  });

  leftToWhole('and has lost its certificate leaves its key in the archive', async () => {
    const before = await contents(['ca-key.pem']);
    await rm(join(options.directory, 'ca.pem'));
    const { archive } = await all({ ...options, force: ['ca'] });
    expect(await contents(['ca-key.pem'], archive)).toEqual(before);
    expect(await readdir(join(options.directory, archive!))).not.toContain('ca.pem');
  });

  test('and a leaf that is made again alone is kept as well', async () => {
    const pair = ['server-cert.pem', 'server-key.pem'];
    const before = await contents(pair);
    const { archive } = await all({ ...options, force: ['server'] });
    expect(await contents(pair, archive)).toEqual(before);
    expect(await readdir(join(options.directory, archive!))).toEqual([
      'renewal.json',
      ...['server-cert.pem', 'server-key.pem'],
    ]);
    await rollback({ directory: options.directory });
    expect(await contents(pair)).toEqual(before);
  });

  test('again within the same second has a directory of its own', async () => {
    const now = new Date();
    const first = await all({ ...options, now, force: ['ca'] });
    const second = await all({ ...options, now, force: ['ca'] });
    expect(second.archive).toBe(`${first.archive}-2`);
  });

  test('is named in a plan that runs nothing', async () => {
    const { plan, archive } = await previewIssue(parts, { ...options, force: ['ca'] });
    expect(plan.steps).toContainEqual({
      kind: 'copy-file',
      from: join(options.directory, 'ca-key.pem'),
      to: `${archive}/ca-key.pem`,
      product: 'private-key',
    });
    expect(await readdir(options.directory)).not.toContain('archive');
  });
});

test.each([
  ['nothing is replaced', {}],
  ['there was no CA', { force: ['ca'], directory: 'empty' }],
] as const)('there is no archive where %s', async (_, { directory, ...others }: Partial<IssueOptions>) => {
  const at = directory === undefined ? options.directory : join(temporary(), directory);
  const { archive } = await all({ ...options, ...others, directory: at });
  expect(archive).toBeUndefined();
  expect(await readdir(at)).not.toContain('archive');
});

inTurns(1).each(['training', 'openssl-cnf'] as const)(
  'the set of the recipe %s is kept as well',
  async (recipe) => {
    const directory = join(temporary(), recipe);
    const wanted = {
      directory,
      recipe,
      ...(recipe === 'training' ? { hosts: ['docker.example'], passphrase: 'correct horse' } : {}),
      ...(recipe === 'openssl-cnf' ? { ips: ['10.0.0.5'] } : {}),
    };
    await all(wanted);
    const pems = (await readdir(directory, { recursive: true })).filter((path) => path.endsWith('.pem'));
    options = { ...options, directory };
    const before = await contents(pems);
    const { archive } = await all({ ...wanted, force: ['ca'] });
    expect(await contents(pems, archive)).toEqual(before);
    await rollback({ directory });
    expect(await contents(pems)).toEqual(before);
  },
);
