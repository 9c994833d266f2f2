import { describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueOptions, optionNames } from '../../lib/internal.js';
import type { Part } from '../../lib/index.js';
import { useOneProcess } from '../support/one-process.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const { succeeds, refuses } = useOneProcess();
const whole: readonly Part[] = ['ca', 'server', 'client'];

/** What a command offers besides what it can make: a recipe is for a whole set. */
const flagsOf = (parts: readonly Part[]): string[] =>
  optionNames.flatMap((name) => {
    const { flag, parts: heeding } = issueOptions[name];
    const isHeeded = heeding.some((part: Part) => parts.includes(part));
    const isOffered = !['recipe', 'add-san'].includes(flag ?? '') || parts.length === whole.length;
    return flag !== undefined && isHeeded && isOffered ? [flag] : [];
  });

describe('the flags that say what to make are those that the table of options has', () => {
  test.each<[string, readonly Part[], string[]]>([
    ['all', whole, []],
    ['ca', ['ca'], []],
    ['server', ['server'], []],
    ['client', ['client'], []],
    ['script', whole, ['force']], // it looks at no directory
  ])('of %s', async (command, parts, without) => {
    const { stdout } = await succeeds(temporary(), [command, '--help']);
    const shown = [...stdout.matchAll(/^ +(?:-\w, )?--([a-z-]+)/gm)].map(([, flag]) => flag);
    const flags = new Set(optionNames.map((name) => issueOptions[name].flag));
    expect(shown.filter((flag) => flags.has(flag as never)).sort()).toEqual(
      flagsOf(parts)
        .filter((flag) => !without.includes(flag))
        .sort(),
    );
  });
});

describe('the parts of the subject', () => {
  test('stand in every subject, before the common name', async () => {
    const subject = ['--country', 'DE', '--organization', 'Example & Co', '--unit', 'Ops'];
    const made = ['all', '--host', 'docker.example', '--key', 'ec:p256', '--no-passphrase', ...subject];
    await succeeds(temporary(), made);
    for (const [file, name] of [
      ['ca.pem', 'Docker TLS CA '],
      ['server-cert.pem', 'docker.example'],
      ['cert.pem', 'client'],
    ]) {
      const certificate = new X509Certificate(await readFile(join(temporary(), 'docker-tls', file!)));
      expect(certificate.subject).toContain(`C=DE\nO=Example & Co\nOU=Ops\nCN=${name}`);
    }
  });

  test.each([
    ['--country', 'Germany', 'a country is its two capital letters (ISO 3166)'],
    ['--organization', 'o'.repeat(65), '65 characters are too long: 64 are allowed'],
    ['--unit', '', 'it is empty'],
  ])('%s %j is refused', async (flag, value, why) => {
    const said = await refuses(temporary(), 2, ['all', '--host', 'a', `${flag}=${value}`]);
    expect(said).toContain(`error: ${flag}: `);
    expect(said).toContain(why);
  });

  test('are refused beside a subject that has them', async () => {
    const twice = ['all', '--host', 'a', '--subject', '/O=a', '--organization', 'b'];
    expect(await refuses(temporary(), 2, twice)).toContain(
      'error: --organization: the subject already has O\nhint: leave it out of --subject, or leave out --organization',
    );
  });
});

test('a client made into a set of another kind takes that over', async () => {
  await succeeds(temporary(), ['ca', '--key', 'ec:p384', '--no-passphrase']);
  const { stdout } = await succeeds(temporary(), ['client', '--dry-run']);
  expect(stdout).toContain('openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp384r1');
});

test('a further server and client in a set of their own, as a hint can say', async () => {
  const { stdout } = await succeeds(temporary(), [
    ...['all', '--host', 'a', '--name', 'web', '--key', 'ec:p256', '--no-passphrase'],
  ]);
  expect(stdout).toContain('servers/web/server-cert.pem');
  expect(stdout).toContain('clients/web/cert.pem');
});

test('an error names the flag, and not the option of the library', async () => {
  expect(await refuses(temporary(), 2, ['all', '--host', 'a', '--dir', 'd'.repeat(3701)])).toContain(
    'error: --dir: a path of ',
  );
});
