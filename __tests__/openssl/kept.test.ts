import { beforeEach, describe, expect, test } from '@jest/globals';
import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, ca, client, type IssueOptions } from '../../lib/index.js';
import { failure } from '../support/failure.js';
import { makeSet } from '../support/made-sets.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { only } from '../support/only.js';

const temporary = useTemporaryDirectory();
const DAY = 86_400_000;

let options: IssueOptions & { directory: string };
let file: (name: string) => string;
let other: (name: string) => string;
beforeEach(async () => {
  options = request(temporary());
  file = (name) => join(options.directory, name);
  other = (name) => join(temporary(), 'other', name);
  await makeSet(options);
});

describe('what is there and cannot work is not passed over:', () => {
  beforeEach(async () => {
    await all({ ...options, directory: join(temporary(), 'other') });
  });

  test.each<[string, string, RegExp, () => Promise<unknown>]>([
    ['a key of another set', 'server-cert.pem', /does not belong to/, () => put('server-key.pem')],
    ['a pair of another CA', 'cert.pem', /not signed by the existing CA/, () => put('cert.pem', 'key.pem')],
    ['an empty key', 'key.pem', /not a private key/, () => empty('key.pem')],
    ['a client as a server', 'server-cert.pem', /not for a server/, () => clientAsServer()],
  ])('%s', async (_what, name, why, spoil) => {
    await spoil();
    expect(await failure(temporary(), () => all(options))).toMatchObject({
      code: 'ERR_LEAF_UNUSABLE',
      path: file(name),
      message: expect.stringMatching(why) as unknown,
      hint: expect.stringMatching(/recreate it with `force: \['(server|client)'\]`$/) as unknown,
    });
  });

  async function put(...names: string[]): Promise<void> {
    for (const name of names) {
      await rm(file(name));
      await copyFile(other(name), file(name));
    }
  }

  async function empty(name: string): Promise<void> {
    await rm(file(name));
    await writeFile(file(name), '');
  }

  async function clientAsServer(): Promise<void> {
    await rm(file('server-cert.pem'));
    await rm(file('server-key.pem'));
    await copyFile(file('cert.pem'), file('server-cert.pem'));
    await copyFile(file('key.pem'), file('server-key.pem'));
  }
});

test('a certificate that has expired is refused, one that ends soon is noted', async () => {
  const at = (days: number): IssueOptions => ({ ...options, now: new Date(Date.now() + days * DAY) });
  expect((await all(at(300))).notes).toEqual([]);
  const { notes } = await all(at(350));
  expect(notes.map(({ code }) => code)).toEqual(['EXPIRES_SOON', 'EXPIRES_SOON']);
  for (const { text } of notes)
    expect(text).toContain(`renew it with \`renew({ directory: '${options.directory}' })\``);
  expect(await failure(temporary(), () => all(at(366)))).toMatchObject({
    code: 'ERR_LEAF_UNUSABLE',
    message: expect.stringContaining('expired on') as unknown,
    hint: expect.stringContaining(
      `renew it with \`renew({ directory: '${options.directory}' })\``,
    ) as unknown,
  });
});

test('a lost CA is not made anew where a further client is of it', async () => {
  await client(only('client', { ...options, name: 'alice' }));
  for (const name of ['ca.pem', 'ca-key.pem', 'cert.pem', 'key.pem', 'server-cert.pem', 'server-key.pem']) {
    await rm(file(name));
  }
  expect(await failure(temporary(), () => ca(only('ca', options)))).toMatchObject({
    code: 'ERR_CA_MISSING',
    message: 'clients/alice exists, but its CA does not',
  });
});
