import { beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  ca,
  certificateDetails,
  client,
  csr,
  renew,
  renewCa,
  revoke,
  rollback,
  server,
  sign,
  verify,
  verifyDirectory,
} from '../../lib/index.js';
import { certificatesIn } from '../../lib/x509/pem.js';
import { failure } from '../support/failure.js';
import { inTurns, leftToWhole } from '../support/form.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const root = (): string => join(temporary(), 'root');
const issuing = (): string => join(temporary(), 'issuing');
const small = { key: 'ec:p256', passphrase: null } as const;
const print = ({ fingerprint256 }: X509Certificate): string => fingerprint256;
const held = async (path: string): Promise<readonly X509Certificate[]> =>
  certificatesIn(await readFile(path, 'utf8'));
const prints = async (path: string): Promise<string[]> => (await held(path)).map(print);
const refused = (action: () => Promise<unknown>) => failure(temporary(), action);
const isAcceptedByRoot = (leaf: string) =>
  verify({ in: leaf, caFile: join(root(), 'ca.pem'), untrusted: leaf, x509Strict: true });
const findings = async (directory: string): Promise<string[]> =>
  (await verifyDirectory({ directory })).findings
    .map(({ id, file }) => `${file} ${id}`)
    .filter((text) => !text.endsWith('ca-key-unencrypted'));

beforeEach(async () => {
  await ca({ ...small, directory: root(), pathLength: 1 });
  await ca({ ...small, directory: issuing(), parent: root() });
});

test('a CSR is signed with the chain', async () => {
  const away = join(temporary(), 'away');
  await csr('client', { directory: away, clientName: 'alice', key: 'ec:p256' });
  await sign([join(away, 'client.csr')], { directory: issuing(), clientNames: ['alice'] });
  const leaf = join(issuing(), 'clients/alice/cert.pem');
  expect((await prints(leaf)).slice(1)).toEqual((await prints(join(issuing(), 'ca.pem'))).slice(0, 1));
  await isAcceptedByRoot(leaf);
  expect((await readdir(issuing())).sort()).toEqual(['authority', 'ca-key.pem', 'ca.pem', 'clients']);
});

describe('with leaves', () => {
  const leaves = ['server-cert.pem', 'clients/alice/cert.pem'];
  const at = (file: string): string => join(issuing(), file);

  beforeEach(async () => {
    await server({ ...small, directory: issuing(), hosts: ['docker.example'] });
    await client({ ...small, directory: issuing(), name: 'alice' });
  });

  inTurns(1).each([false, true])('a renewed leaf keeps its chain, with a new key: %s', async (newKey) => {
    const before = await Promise.all(leaves.map((leaf) => prints(at(leaf))));
    const { renewed, skipped } = await renew({ directory: issuing(), all: true, newKey });
    expect([renewed.length, skipped]).toEqual([2, []]);
    for (const [index, leaf] of leaves.entries()) {
      const [own, ...chain] = await prints(at(leaf));
      expect(own).not.toBe(before[index]![0]);
      expect(chain).toEqual(before[index]!.slice(1));
      await isAcceptedByRoot(at(leaf));
    }
    expect(await findings(issuing())).toEqual([]);
    await rollback({ directory: issuing() });
    expect(await Promise.all(leaves.map((leaf) => prints(at(leaf))))).toEqual(before);
  });

  test('a leaf without the chain gets it when it is renewed', async () => {
    const [own] = await held(at('clients/alice/cert.pem'));
    await rm(at('clients/alice/cert.pem'));
    await writeFile(at('clients/alice/cert.pem'), own!.toString(), { mode: 0o444 });
    await renew({ directory: issuing(), names: ['alice'] });
    expect(await held(at('clients/alice/cert.pem'))).toHaveLength(2);
  });

  test('renew ca has the parent sign a certificate for the same key, and the leaves carry it', async () => {
    const [before, above] = await held(at('ca.pem'));
    const leavesBefore = await Promise.all(leaves.map((leaf) => prints(at(leaf))));
    const { notes, parent, stage } = await renewCa({ directory: issuing(), parent: root() });
    expect([parent, stage]).toEqual([root(), 'renewed']);
    expect(notes.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['CHAIN_RENEWED', 'RECORDED_BY_PARENT']),
    );
    const [now, root_] = await held(at('ca.pem'));
    expect(print(root_!)).toBe(print(above!));
    expect(now!.publicKey.equals(before!.publicKey)).toBe(true);
    expect(now!.serialNumber).not.toBe(before!.serialNumber);
    expect(certificateDetails(now!).authorityKeyIdentifier?.keyIdentifier).toBe(
      certificateDetails(above!).subjectKeyIdentifier,
    );
    for (const [index, leaf] of leaves.entries()) {
      expect(await prints(at(leaf))).toEqual([leavesBefore[index]![0], print(now!)]);
      await isAcceptedByRoot(at(leaf));
    }
    expect(await prints(at('clients/alice/ca.pem'))).toEqual(await prints(at('ca.pem')));
    expect(await prints(join(root(), `issued/${now!.serialNumber.toLowerCase()}.pem`))).toEqual([
      print(now!),
    ]);
    expect([...(await findings(issuing())), ...(await findings(root()))]).toEqual([]);
    await rollback({ directory: issuing() });
    expect(await Promise.all(leaves.map((leaf) => prints(at(leaf))))).toEqual(leavesBefore);
    expect(await prints(at('ca.pem'))).toEqual([print(before!), print(above!)]);
  });
});

describe('renew ca refuses', () => {
  test('an intermediate CA without its parent, and says what to name', async () => {
    const error = await refused(() => renewCa({ directory: issuing() }));
    expect(error).toMatchObject({
      code: 'ERR_CA_UNUSABLE',
      hint: expect.stringContaining('`parent`') as unknown,
    });
  });

  test('a parent for a root, and a roll-over of an intermediate CA', async () => {
    const other = join(temporary(), 'other');
    await ca({ ...small, directory: other, pathLength: 1 });
    expect(await refused(() => renewCa({ directory: root(), parent: other }))).toMatchObject({
      code: 'ERR_INPUT',
      option: 'parent',
    });
    const rolling = () => renewCa({ ...small, directory: issuing(), parent: root(), newKey: true });
    expect(await refused(rolling)).toMatchObject({ code: 'ERR_INPUT', option: 'newKey' });
  });

  test('a pathlen that is too short for the CAs below', async () => {
    expect(await refused(() => renewCa({ directory: root(), pathLength: 0 }))).toMatchObject({
      code: 'ERR_INPUT',
      option: 'pathLength',
    });
  });
});

test('the root revokes an intermediate CA by its serial number', async () => {
  const [own] = await held(join(issuing(), 'ca.pem'));
  const { certificates, revoked } = await revoke([own!.serialNumber], { directory: root() });
  expect(certificates).toMatchObject([{ listed: true, path: expect.stringContaining('issued/') as unknown }]);
  expect(revoked).toEqual([own!.serialNumber]);
  const [top] = await held(join(root(), 'ca.pem'));
  expect(await refused(() => revoke([top!.serialNumber], { directory: root() }))).toMatchObject({
    code: 'ERR_INPUT',
  });
});

leftToWhole('a parent on a medium that cannot be written is left as it is, and a note says so', async () => {
  const mounted = join(temporary(), 'mounted');
  await mkdir(mounted);
  await promisify(execFile)('mount', ['--bind', '-o', 'ro', root(), mounted]);
  try {
    const before = await readdir(join(root(), 'issued'));
    const directory = join(temporary(), 'second');
    const { notes } = await ca({ ...small, directory, parent: mounted });
    expect(notes.map(({ code }) => code)).toContain('NOT_RECORDED');
    expect(await readdir(join(root(), 'issued'))).toEqual(before);
    expect(await held(join(directory, 'ca.pem'))).toHaveLength(2);
  } finally {
    await promisify(execFile)('umount', [mounted]);
  }
});

test('renew ca lets an existing root sign CAs, and what it signed stays valid', async () => {
  const old = join(temporary(), 'old');
  await ca({ ...small, directory: old });
  await client({ ...small, directory: old });
  await renewCa({ directory: old, pathLength: 1 });
  const [now] = await held(join(old, 'ca.pem'));
  expect(certificateDetails(now!).basicConstraints).toEqual({ ca: true, critical: true, pathLength: 1 });
  await verify({ in: join(old, 'cert.pem'), caFile: join(old, 'ca.pem'), x509Strict: true });
  await ca({ ...small, directory: join(temporary(), 'below'), parent: old });
});
