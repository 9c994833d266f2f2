import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { makeFlawedSet } from '../support/flawed-sets.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { startDockerSdk, startTlsServer, type Answer } from '../support/tls-clients.js';

const shared = useSharedDirectory();
const at = (set: string): string => join(shared(), set);
let server: Awaited<ReturnType<typeof startTlsServer>>;

beforeAll(async () => {
  await Promise.all([makeFlawedSet(at('one')), makeFlawedSet(at('other'), { ca: { key: 'rsa:2048' } })]);
  server = await startTlsServer(at('one'));
});
afterAll(() => server.stop());

/** What the SDK says to the server of `one`, with the files of a set. */
async function ask(set: string, env: Readonly<Record<string, string>>): Promise<Answer> {
  const sdk = startDockerSdk(undefined, undefined, env);
  try {
    return await sdk.ask({ host: 'localhost', port: server.port, directory: at(set) });
  } finally {
    sdk.stop();
  }
}

// As docs/clients.md says.
test('REQUESTS_CA_BUNDLE is what the docker SDK trusts in place of ca.pem', async () => {
  const [one, other] = ['one', 'other'].map((set) => ({ REQUESTS_CA_BUNDLE: join(at(set), 'ca.pem') }));
  expect(await ask('one', {})).toBeUndefined();
  expect(await ask('one', other!)).toMatch(/CERTIFICATE_VERIFY_FAILED/);
  expect(await ask('other', {})).toMatch(/CERTIFICATE_VERIFY_FAILED/);
  expect(await ask('other', one!)).toBeUndefined();
});
