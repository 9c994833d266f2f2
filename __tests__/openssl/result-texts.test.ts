import { beforeAll, expect, test } from '@jest/globals';
import { cp, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  all,
  ca,
  crl,
  csr,
  genpkey,
  importSet,
  renew,
  renewCa,
  req,
  reqX509,
  revoke,
  sign,
  verify,
  x509Req,
  type StepEvent,
} from '../../lib/index.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const at = (...names: string[]): string => join(shared(), ...names);
const quick = { key: 'ec:p256', passphrase: null } as const;

beforeAll(async () => {
  await ca({ ...quick, directory: at('root'), pathLength: 1 });
  await ca({ ...quick, directory: at('issuing'), parent: at('root') });
  await all({ ...quick, directory: at('issuing'), hosts: ['docker.example'] });
});

/** A set below a root, so that the files of its leaves have a chain. */
async function set(): Promise<string> {
  const directory = join(temporary(), 'issuing');
  await cp(at('issuing'), directory, { recursive: true });
  return directory;
}

/** Every text is that of its file, and of no key. */
async function expectTexts(directory: string, pem: ReadonlyMap<string, string>, ...paths: readonly string[]) {
  expect([...pem.keys()].filter((path) => !path.startsWith('archive/')).sort()).toEqual([...paths].sort());
  for (const [path, text] of pem) {
    expect(text).toBe(await readFile(resolve(directory, path), 'utf8'));
    expect(text).not.toContain('PRIVATE KEY');
  }
}

test('renewals have the texts of what they made, with the chain of a leaf', async () => {
  const directory = await set();
  const { pem } = await renew({ directory, names: ['server-cert.pem', 'cert.pem'], passphrase: undefined });
  await expectTexts(directory, pem, 'server-cert.pem', 'cert.pem');
  expect(pem.get('cert.pem')!.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  const root = join(temporary(), 'root');
  await cp(at('root'), root, { recursive: true });
  await expectTexts(root, (await renewCa({ directory: root })).pem, 'ca.pem');
});

test('so have CSRs, signatures and revocations', async () => {
  const directory = await set();
  const there = join(temporary(), 'there');
  const asked = { directory: there, key: 'ec:p256', clientName: 'alice' } as const;
  const { pem } = await csr('client', asked);
  await expectTexts(there, pem, 'client.csr');
  expect((await csr('client', asked)).pem).toEqual(pem);
  const signed = await sign([join(there, 'client.csr')], { directory, clientNames: ['alice'] });
  await expectTexts(directory, signed.pem, 'clients/alice/cert.pem');
  expect(signed.pem.get('clients/alice/cert.pem')!.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  await expectTexts(directory, (await revoke(['alice'], { directory })).pem, 'crl.pem');
  await expectTexts(directory, (await crl({ directory })).pem, 'crl.pem');
});

test('single steps have texts, and events', async () => {
  const cwd = temporary();
  const events: StepEvent['type'][] = [];
  const run = genpkey({ cwd, algorithm: 'ec:p256', out: 'key.pem' });
  for await (const { type } of run.events) events.push(type);
  expect(events).toEqual(['plan', 'start', 'done']);
  expect((await run).pem).toBeUndefined();
  const made = [
    await reqX509({ cwd, key: 'key.pem', subj: '/CN=ca', days: 30, out: 'ca.pem' }),
    await req({ cwd, key: 'key.pem', subj: '/CN=leaf', out: 'leaf.csr' }),
    await x509Req({ cwd, in: 'leaf.csr', ca: 'ca.pem', caKey: 'key.pem', days: 20, out: 'leaf.pem' }),
  ];
  for (const { path, pem } of made) expect(pem).toBe(await readFile(path, 'utf8'));
  expect(await verify({ cwd, caFile: 'ca.pem', in: 'leaf.pem' })).toMatchObject({
    path: '',
    pem: undefined,
  });
  const failing = req({ cwd, key: 'missing.pem', subj: '/CN=leaf', out: 'other.csr' });
  await expect(
    (async () => {
      for await (const event of failing.events) void event;
    })(),
  ).rejects.toMatchObject({ code: 'ERR_FILE' });
});

test('an import has events, too', async () => {
  const events: StepEvent['type'][] = [];
  const run = importSet(at('root'), { directory: join(temporary(), 'adopted') });
  for await (const { type } of run.events) events.push(type);
  expect(events).toContain('done');
  expect((await run).missing).toEqual([]);
});
