import { describe, expect, test } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all } from '../../lib/index.js';
import { failure } from '../support/failure.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const packaged = (name: string): Promise<string> =>
  readFile(new URL(`../../templates/recommended/${name}`, import.meta.url), 'utf8');

/** A directory with the package's own template, changed. */
async function templates(name: string, change: (text: string) => string): Promise<string> {
  const directory = join(temporary(), 'templates');
  const text = await packaged(name);
  expect(change(text)).not.toBe(text);
  await mkdir(directory);
  await writeFile(join(directory, name), change(text));
  return directory;
}

describe("templates of the user's own", () => {
  test('can add a name that is not asked for', async () => {
    const own = await templates('server.cnf', (text) => `${text}DNS.99 = added.example\n`);
    const { certificates } = await all(request(temporary(), { templates: own }));
    expect(certificates.server?.subjectAltName).toMatch(/^DNS:docker\.example, .*DNS:added\.example$/);
  });

  test('can add an extension, and what they leave out is taken from the package', async () => {
    const own = await templates('client.cnf', (text) =>
      text.replace('[ v3_client ]\n', '[ v3_client ]\nsubjectAltName = email:alice@example.com\n'),
    );
    const { certificates } = await all(request(temporary(), { templates: own }));
    expect(certificates.client?.subjectAltName).toBe('email:alice@example.com');
    expect(certificates.server?.subjectAltName).toMatch(/^DNS:docker\.example/);
  });

  test('can put a value into a long line, which old versions read in pieces', async () => {
    const name = '$ENV::HOME\\\\"\'`#';
    const lines = Array.from({ length: 16 }, (_, n) => {
      const start = `1.3.6.1.4.1.99999.${n + 10} = ASN1:FORMAT:UTF8,UTF8String:`;
      return `${start.padEnd(497 + n, 'a')}{{#subject}}{{value}}{{/subject}};\n`;
    });
    const own = await templates('client.cnf', (text) =>
      text.replace('[ v3_client ]\n', `$&${lines.join('')}`),
    );
    const { certificates } = await all(request(temporary(), { templates: own, clientName: name }));
    const found = certificates.client?.raw.toString('latin1').split(`aaaa${name};`);
    expect(found).toHaveLength(lines.length + 1);
  });

  const broken: [string, string, (text: string) => string, RegExp][] = [
    [
      'without an extendedKeyUsage',
      'client.cnf',
      (text) => text.replace(/^extendedKeyUsage.*$/m, ''),
      /wrong cert\.pem: its extendedKeyUsage is not that of a client/,
    ],
    [
      'that lets a server be a client too',
      'server.cnf',
      (text) => text.replace('= serverAuth', '= serverAuth,clientAuth'),
      /wrong server-cert\.pem: its extendedKeyUsage is not that of a server/,
    ],
    [
      'that drops the names',
      'server.cnf',
      (text) => text.replace(/^subjectAltName.*$/m, 'subjectAltName = DNS:other.example'),
      /wrong server-cert\.pem: it lacks the name DNS:docker\.example, DNS:localhost/,
    ],
  ];
  test.each(broken)('%s are refused when their certificate is read back', async (_, name, change, words) => {
    const own = await templates(name, change);
    const error = await failure(temporary(), () => all(request(temporary(), { templates: own })));
    expect(error).toMatchObject({ code: 'ERR_READ_BACK', message: expect.stringMatching(words) as unknown });
  });

  test('that make a leaf a CA are refused', async () => {
    const own = await templates('client.cnf', (text) =>
      text.replace('CA:FALSE', 'CA:TRUE').replace('digitalSignature', 'digitalSignature,keyCertSign'),
    );
    const error = await failure(temporary(), () => all(request(temporary(), { templates: own })));
    expect(['ERR_READ_BACK', 'ERR_OPENSSL_FAILED']).toContain(error.code);
  });

  test('that make a CA no CA are refused', async () => {
    const own = await templates('ca.cnf', (text) =>
      text.replace('CA:TRUE,pathlen:{{pathLength}}', 'CA:FALSE'),
    );
    const error = await failure(temporary(), () => all(request(temporary(), { templates: own })));
    expect(['ERR_READ_BACK', 'ERR_OPENSSL_FAILED']).toContain(error.code);
  });

  test('that fix another pathlen than the one asked for are refused', async () => {
    const own = await templates('ca.cnf', (text) => text.replace('{{pathLength}}', '0'));
    const asked = request(temporary(), { templates: own, pathLength: 1 });
    expect(await failure(temporary(), () => all(asked))).toMatchObject({
      code: 'ERR_READ_BACK',
      message: expect.stringContaining('its pathlen is 0, not 1') as unknown,
    });
  });

  const wrong: [string, (text: string) => string][] = [
    ['a syntax error', (text) => `${text}\n[ not closed\n`],
    ['a section that is not there', (text) => text.replace('@names', '@nowhere')],
    ['a variable that is not set', (text) => `${text}\nx = $nowhere\n`],
    [
      'an unknown extension',
      (text) => text.replace('[ v3_server ]\n', '[ v3_server ]\nnoSuchExtension = 1\n'),
    ],
  ];
  test.each(wrong)('with %s are refused', async (_, change) => {
    const own = await templates('server.cnf', change);
    const error = await failure(temporary(), () => all(request(temporary(), { templates: own })));
    expect(error).toMatchObject({ code: 'ERR_OPENSSL_FAILED', reason: 'bad-config' });
  });

  test('with a mustache error are refused', async () => {
    const own = await templates('server.cnf', (text) => `${text}{{#open}}`);
    const error = await failure(temporary(), () => all(request(temporary(), { templates: own })));
    expect(error).toMatchObject({
      code: 'ERR_TEMPLATE',
      message: expect.stringMatching(/cannot render the template server\.cnf/) as unknown,
    });
  });

  test.each(['empty', 'not there'])('in a directory that is %s are refused', async (state) => {
    const own = join(temporary(), 'templates');
    if (state === 'empty') await mkdir(own);
    const error = await failure(temporary(), () => all(request(temporary(), { templates: own })));
    expect(error).toMatchObject({ code: 'ERR_TEMPLATE', message: `found no template in ${own}` });
  });

  test('that cannot be read are refused', async () => {
    const own = join(temporary(), 'templates');
    await mkdir(join(own, 'server.cnf'), { recursive: true });
    const error = await failure(temporary(), () => all(request(temporary(), { templates: own })));
    expect(error).toMatchObject({ code: 'ERR_TEMPLATE' });
  });
});
