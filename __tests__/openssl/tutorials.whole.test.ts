import { describe, expect, test } from '@jest/globals';
import { dirname, join } from 'node:path';
import { client, server } from '../../lib/index.js';
import { useMadeRsaKeys } from '../support/rsa-keys.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { byHand, passphrase } from '../support/transcript.js';
import { only } from '../support/only.js';

await useMadeRsaKeys();
const temporary = useTemporaryDirectory();

describe('a CA made by hand after', () => {
  test.each([
    ['docs', '.'],
    ['training', '.'],
    ['katacoda', '.'],
    ['openssl-cnf', 'server'],
    ['docs-2014', '.'],
  ])('the tutorial %s signs a further server and client', async (tutorial, folder) => {
    const directory = join(await byHand(tutorial, temporary()), folder);
    const options = { directory, key: 'ec:p256', days: 30, passphrase };
    const one = await server(only('server', { ...options, name: 'web1', hosts: ['web1.example'] }));
    const other = await client(only('client', { ...options, name: 'alice' }));
    for (const certificate of [one.certificates.server!, other.certificates.client!]) {
      expect(certificate.checkIssued(one.certificates.ca!)).toBe(true);
      expect(certificate.verify(one.certificates.ca!.publicKey)).toBe(true);
    }
    expect(dirname(other.made[0]!.path)).toBe('clients/alice');
  });
});
