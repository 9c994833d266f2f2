import { describe, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, ca, previewIssue, renew, server } from '../../lib/index.js';
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

  test('renews no name that it does not permit, nor a client like a host, and says what changes it', async () => {
    const permits = 'critical,permitted;DNS:test,excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::';
    await makeFlawedSet(set(), {
      ca: { extensions: { nameConstraints: permits } },
      server: { extensions: { subjectAltName: 'DNS:localhost' } },
      client: { subject: '/CN=alice.smith' },
    });
    const { renewed, skipped } = await renew({ directory: set(), all: true, passphrase: null });
    expect(renewed).toEqual([]);
    expect(
      skipped.map(({ why }) => /it names (\S+),.*renewCa\({ permit: (.*), directory/.exec(why)?.slice(1)),
    ).toEqual([
      ['alice.smith', "['test', 'alice.smith']"],
      ['localhost', "['test', 'localhost']"],
    ]);
  });

  test('that is like the requested one but not critical differs from it', async () => {
    const permits = 'permitted;DNS:test,excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::';
    await makeFlawedSet(set(), { ca: { extensions: { nameConstraints: permits } } });
    const error = await failure(temporary(), () =>
      ca({ directory: set(), permit: ['test'], passphrase: null }),
    );
    expect(error.message).toMatch(/ca\.pem has name constraints that are not critical$/);
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
