import { describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { client, findOpenssl, server } from '../../lib/index.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const passphrase = 'correct horse';

/** Runs the transcript of a tutorial by hand, with the openssl under test and its machine's own configuration. */
async function byHand(tutorial: string): Promise<void> {
  const bin = join(temporary(), 'bin');
  const work = join(temporary(), 'work');
  await mkdir(bin);
  await mkdir(work);
  await symlink((await findOpenssl()).path, join(bin, 'openssl'));
  const script = fileURLToPath(new URL(`../tutorials/${tutorial}.sh`, import.meta.url));
  const env = {
    PATH: `${bin}:/usr/bin:/bin`,
    HOST: 'docker.example',
    IP: '10.0.0.5',
    PASSPHRASE: passphrase,
  };
  await promisify(execFile)('/bin/sh', [script], { cwd: work, env });
}

describe('a CA made by hand after', () => {
  test.each([
    ['docs', '.'],
    ['training', '.'],
    ['katacoda', '.'],
    ['openssl-cnf', 'server'],
    ['docs-2014', '.'],
  ])('the tutorial %s signs a further server and client', async (tutorial, folder) => {
    await byHand(tutorial);
    const directory = join(temporary(), 'work', folder);
    const options = { directory, key: 'ec:p256', days: 30, passphrase };
    const one = await server({ ...options, name: 'web1', hosts: ['web1.example'] });
    const other = await client({ ...options, name: 'alice' });
    for (const certificate of [one.certificates.server!, other.certificates.client!]) {
      expect(certificate.checkIssued(one.certificates.ca!)).toBe(true);
      expect(certificate.verify(one.certificates.ca!.publicKey)).toBe(true);
    }
    expect(dirname(other.made[0]!.path)).toBe('clients/alice');
  });
});
