import { describe, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, previewIssue, renew, server } from '../../lib/index.js';
import { failure } from '../support/failure.js';
import { makeFlawedSet } from '../support/flawed-sets.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const set = (): string => join(temporary(), 'set');

describe('a CA that others constrained', () => {
  const excludes = { extensions: { nameConstraints: 'critical,excluded;DNS:localhost' } };

  test('does not sign for the names that it excludes, and renews none of them', async () => {
    await makeFlawedSet(set(), { ca: excludes });
    const signed = await server({ directory: set(), name: 'web', hosts: ['web.test'], passphrase: null });
    expect(signed.names.map(({ value }) => value)).toEqual(['web.test', '127.0.0.1', '::1']);
    const { renewed, skipped } = await renew({ directory: set(), all: true, passphrase: null });
    expect(renewed.map(({ path }) => path).sort()).toEqual(['cert.pem', 'servers/web/server-cert.pem']);
    expect(skipped.map(({ path, why }) => [path, why])).toEqual([
      [
        'server-cert.pem',
        expect.stringMatching(/^it names localhost, for which its CA ca\.pem must not sign/),
      ],
    ]);
  });

  test('makes a server that is kept unusable', async () => {
    await makeFlawedSet(set(), { ca: excludes });
    const error = await failure(temporary(), () => all({ directory: set(), passphrase: null }));
    expect(error.code).toBe('ERR_LEAF_UNUSABLE');
    expect(error.message).toMatch(/it names localhost, for which its CA must not sign/);
  });

  test('counts for what an intermediate signs', async () => {
    await makeFlawedSet(set(), { intermediate: 'trusted alone', root: excludes });
    await writeFile(join(set(), 'ca.pem'), await readFile(join(set(), 'root.pem')), { flag: 'a' });
    const error = await failure(temporary(), () =>
      previewIssue(['server'], { directory: set(), name: 'web', hosts: ['localhost'] }),
    );
    expect(error.message).toMatch(/must not sign for localhost/);
  });
});
