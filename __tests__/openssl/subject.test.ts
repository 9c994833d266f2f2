import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { X509Certificate } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { all, ca, client, genpkey, req } from '../../lib/index.js';
import { commonNameOf } from '../../lib/internal.js';
import { rdn, type AttributeType, type Subject } from '../../lib/x509/subject.js';
import { certificateIssuer, certificateSubject, csrSubject, oids } from '../support/der.js';
import { request } from '../support/request.js';
import { rows, times } from '../support/form.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { only } from '../support/only.js';

const shared = useSharedDirectory();

const hostile = [
  'a/b+c=d\\e,f',
  '#begins with a number sign',
  'ends with a number sign#',
  '"in quotes"',
  "it's",
  '$HOME and $ENV::PATH and ${x}',
  '`command` $(command)',
  'a;b<c>d',
  '\\',
  '\\\\n \\n \\t \\x41',
  '[ section ]',
  '@names',
  '/CN=other',
  'O=other',
  'ends with a backslash\\',
  '!$%&()*-.:?^_{|}~',
  '{{subject}} {{{subject}}} <%= x %>',
  'größe ñandú Ærøskøbing',
  'Ελληνικά русский עברית',
  '漢字 かな 한글',
  '🐳🔒 emoji 👩‍💻'.replace('\u200d', ''),
  'e\u0301 and é',
  'two  blanks',
  '.include /etc/passwd',
  'x'.repeat(64),
  '🐳'.repeat(64),
];

test.each(rows(hostile, 4))('%j comes back from the certificates as it was given', async (value) => {
  const directory = join(shared(), 'hostile');
  await all(request(shared(), { directory, subject: [rdn('O', value)], clientName: value }));
  const [leaf, server, authority] = await Promise.all(
    ['cert.pem', 'server-cert.pem', 'ca.pem'].map((file) => readFile(join(directory, file), 'utf8')),
  );
  const organization = { type: oids.organization, value };
  expect(certificateSubject(leaf!)).toEqual([organization, { type: oids.commonName, value }]);
  expect(certificateSubject(server!)[0]).toEqual(organization);
  expect(commonNameOf(new X509Certificate(leaf!))).toBe(value);
  expect(certificateIssuer(leaf!)).toEqual(certificateSubject(authority!));
  await rm(directory, { recursive: true });
});

describe('with -subj', () => {
  beforeAll(async () => {
    await genpkey({ out: join(shared(), 'key.pem'), algorithm: 'ec:p256' });
  });

  const roundTrip = async (subj: Subject): Promise<unknown> => {
    const out = join(shared(), 'request.csr');
    await req({ key: join(shared(), 'key.pem'), subj, out, overwrite: true });
    return csrSubject(await readFile(out, 'utf8'));
  };

  test.each(rows(hostile, 4, 2))('%j comes back from the CSR as it was given', async (value) => {
    expect(await roundTrip([rdn('O', value), rdn('CN', value)])).toEqual([
      { type: oids.organization, value },
      { type: oids.commonName, value },
    ]);
  });

  test('every attribute can be set, and they stay in their order', async () => {
    const subject: Subject = [
      rdn('C', 'DE'),
      rdn('ST', 'Bayern'),
      rdn('L', 'München'),
      rdn('O', 'Example'),
      rdn('OU', 'One'),
      rdn('OU', 'Two'),
      rdn('DC', 'example'),
      rdn('serialNumber', '123-4'),
      rdn('CN', 'all of them'),
      rdn('emailAddress', 'someone@example.com'),
    ];
    expect(await roundTrip(subject)).toEqual(
      [
        ['2.5.4.6', 'DE'],
        ['2.5.4.8', 'Bayern'],
        ['2.5.4.7', 'München'],
        ['2.5.4.10', 'Example'],
        ['2.5.4.11', 'One'],
        ['2.5.4.11', 'Two'],
        ['0.9.2342.19200300.100.1.25', 'example'],
        ['2.5.4.5', '123-4'],
        ['2.5.4.3', 'all of them'],
        ['1.2.840.113549.1.9.1', 'someone@example.com'],
      ].map(([type, value]) => ({ type, value })),
    );
  });

  test('any value that is accepted comes back as it was given', async () => {
    await fc.assert(
      fc.asyncProperty(accepted('O'), accepted('CN'), async (organization, name) => {
        expect(await roundTrip([organization, name])).toEqual([
          { type: oids.organization, value: organization.value },
          { type: oids.commonName, value: name.value },
        ]);
      }),
      { numRuns: times(3, 30) },
    );
  });
});

test('any value that is accepted comes back from a certificate as it was given', async () => {
  const options = request(shared(), { directory: join(shared(), 'any') });
  await ca(only('ca', options));
  await fc.assert(
    fc.asyncProperty(accepted('O'), accepted('CN'), async (organization, name) => {
      await client(
        only('client', { ...options, subject: [organization], clientName: name.value, force: ['client'] }),
      );
      const pem = await readFile(join(options.directory, 'cert.pem'), 'utf8');
      expect(certificateSubject(pem)).toEqual([
        { type: oids.organization, value: organization.value },
        { type: oids.commonName, value: name.value },
      ]);
      expect(commonNameOf(new X509Certificate(pem))).toBe(name.value);
    }),
    { numRuns: times(3, 30) },
  );
});

/** Values that `rdn` takes, rich in characters that mean something to somebody. */
function accepted(type: AttributeType): fc.Arbitrary<ReturnType<typeof rdn>> {
  const character = fc.oneof(
    fc.constantFrom(...'/+=\\,#"$\'`;<>@[]{}!%&()*:|~^ .\t'.split('')),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    fc.constantFrom('ß', 'ü', '漢', '🐳', '\\n', '$ENV', '${', '::', '.include'),
  );
  return fc
    .array(character, { minLength: 1, maxLength: 24 })
    .map((characters) => characters.join('').trim())
    .filter((value) => {
      try {
        rdn(type, value);
        return true;
      } catch {
        return false;
      }
    })
    .map((value) => rdn(type, value));
}
