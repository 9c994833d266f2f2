import { beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { applyFleet } from '../../lib/index.js';
import type { FleetFile } from '../../lib/fleet/file/fleet-file.js';
import { madeFleet, passphrase } from '../support/fleet-scene.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const at = (...names: string[]): string => join(temporary(), ...names);
let fleet: FleetFile;

beforeEach(async () => {
  fleet = await madeFleet(temporary());
  const { web1, db } = fleet.hosts;
  fleet = { ...fleet, hosts: { web1: web1!, db: db! } };
});

const deedsOf = ({
  done,
}: {
  readonly done: readonly { readonly name: string; readonly action: string }[];
}): string[] => done.map(({ name, action }) => `${name} ${action}`);

test('a bundle of each key that is here is written, and again only when its certificate has changed', async () => {
  const options = { passphrase, bundle: at('out') };
  const first = await applyFleet(fleet, options);
  expect([deedsOf(first), first.failed]).toEqual([['db deliver', 'alice deliver', 'ci deliver'], []]);
  expect((await readdir(at('out'))).sort()).toEqual([
    '.delivered.json',
    'clients-alice.tar.gz',
    'clients-ci.tar.gz',
    'servers-db.tar.gz',
  ]);
  expect((await stat(at('out/clients-alice.tar.gz'))).mode & 0o777).toBe(0o600);
  const list = execFileSync('tar', ['-tzf', at('out/clients-alice.tar.gz')]).toString();
  expect(list.trim().split('\n')).toEqual(['ca.pem', 'cert.pem', 'key.pem']);
  expect(deedsOf(await applyFleet(fleet, options))).toEqual([]);
  const changed = { ...fleet, clients: { alice: { key: 'ec:p384' }, ci: {} } };
  expect(deedsOf(await applyFleet(changed, options))).toEqual(['alice renew', 'alice deliver']);
  await rm(at('out/clients-ci.tar.gz'));
  expect(deedsOf(await applyFleet(changed, options))).toEqual(['ci deliver']);
});

test('a file that this program did not write is not replaced, and the others are written', async () => {
  await applyFleet(fleet, { passphrase, bundle: at('out') });
  await rm(at('out'), { recursive: true });
  execFileSync('mkdir', ['-m', '700', at('out')]);
  await writeFile(at('out/clients-alice.tar.gz'), 'mine');
  const { done, failed } = await applyFleet(fleet, { passphrase, bundle: at('out') });
  expect(deedsOf({ done })).toEqual(['db deliver', 'ci deliver']);
  expect(failed).toMatchObject([{ name: 'alice', action: 'deliver' }]);
  expect(await readFile(at('out/clients-alice.tar.gz'), 'utf8')).toBe('mine');
});

test('a bundle is encrypted for those whom the file names', async () => {
  execFileSync('age-keygen', ['-o', at('age.key')], { stdio: 'ignore' });
  const [, age = ''] = /public key: (\S+)/.exec(await readFile(at('age.key'), 'utf8')) ?? [];
  const to = { ...fleet, clients: { alice: { deliver: { age } }, ci: {} } };
  const { done, failed } = await applyFleet(to, { passphrase, bundle: at('out') });
  expect([deedsOf({ done }), failed]).toEqual([['db deliver', 'alice deliver', 'ci deliver'], []]);
  const opened = execFileSync('age', ['-d', '-i', at('age.key'), at('out/clients-alice.tar.gz.age')]);
  expect(execFileSync('tar', ['-tz'], { input: opened }).toString()).toBe('ca.pem\ncert.pem\nkey.pem\n');
  expect((await applyFleet(to, { passphrase, bundle: at('out') })).done).toEqual([]);
});

test('a docker context of a client for each host is set up, and kept up to date', async () => {
  const before = process.env['DOCKER_CONFIG'];
  process.env['DOCKER_CONFIG'] = at('docker');
  try {
    const clients = { alice: { install: ['context'] as const }, ci: {} };
    const { done, failed } = await applyFleet({ ...fleet, clients }, { passphrase });
    expect([deedsOf({ done }), failed]).toEqual([['alice install', 'alice install'], []]);
    const names = execFileSync('docker', ['context', 'ls', '--format', '{{.Name}} {{.DockerEndpoint}}'], {
      env: { ...process.env },
    }).toString();
    expect(names).toContain('alice-web1 tcp://web1.example.com:2376');
    expect(names).toContain('alice-db tcp://db.example.com:2376');
    expect((await applyFleet({ ...fleet, clients }, { passphrase })).done).toEqual([]);
  } finally {
    if (before === undefined) delete process.env['DOCKER_CONFIG'];
    else process.env['DOCKER_CONFIG'] = before;
  }
});
