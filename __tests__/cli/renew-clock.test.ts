import { describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { notAfter, notBefore } from '../../lib/internal.js';
import { programAt } from '../support/faketime.js';
import { opensslOutput } from '../support/openssl.js';
import { quick, type Outcome } from '../support/program.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';
import { rows } from '../support/form.js';

const temporary = useTemporaryDirectory();
const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const leaves = ['server-cert.pem', 'cert.pem'];

/** How far a clock is ahead that says that, in whole seconds. */
const till = (date: string): number => Math.round((Date.parse(date) - Date.now()) / SECOND) * SECOND;

async function place(): Promise<(args: readonly string[], ahead: number) => Promise<Outcome>> {
  const root = join(temporary(), 'place');
  await mkdir(root);
  const folder = join(temporary(), 'bin');
  await mkdir(folder);
  return (args, ahead) => programAt(root, folder, args, ahead);
}

const read = async (name: string): Promise<X509Certificate> =>
  new X509Certificate(await readFile(join(temporary(), 'place/docker-tls', name)));

/** Born when the clock says so, within its CA's life, and valid from its first second to its last. */
async function isGood(name: string, earliest: number, latest: number): Promise<void> {
  const [certificate, ca] = await Promise.all([read(name), read('ca.pem')]);
  const [from, to] = [notBefore(certificate).getTime(), notAfter(certificate).getTime()];
  expect(from).toBeGreaterThanOrEqual(Math.floor(earliest / SECOND) * SECOND);
  expect(from).toBeLessThanOrEqual(latest);
  expect(to).toBeGreaterThan(from);
  expect(to).toBeLessThanOrEqual(notAfter(ca).getTime());
  expect(from).toBeGreaterThanOrEqual(notBefore(ca).getTime());
  const directory = join(temporary(), 'place/docker-tls');
  for (const moment of [from, to - SECOND])
    await opensslOutput([
      'verify',
      '-attime',
      String(moment / SECOND),
      '-CAfile',
      join(directory, 'ca.pem'),
      join(directory, name),
    ]);
}

describe('a renewal', () => {
  test.each(
    rows(
      [
        ['where 32 bits of seconds end', '2037-03-01T12:00:00Z', '2038-01-19T03:14:00Z'],
        ['where the form of dates changes', '2049-03-01T12:00:00Z', '2049-12-31T23:59:50Z'],
        ['of what ends on a leap day', '2027-03-01T12:00:00Z', '2028-02-29T12:00:00Z'],
        ['in the last year of the CA', '2027-01-01T12:00:00Z', '2036-06-01T12:00:00Z'],
      ],
      2,
    ),
  )(
    '%s is valid from its first second to its last',
    async (_, made, renewed) => {
      const run = await place();
      expect(await run(['all', ...quick, '--quiet'], till(made))).toMatchObject({ code: 0 });
      const ahead = till(renewed);
      const earliest = Date.now() + ahead;
      expect(await run(['renew', '--due', '--within', '90d'], ahead)).toMatchObject({ code: 0 });
      for (const name of leaves) await isGood(name, earliest, Date.now() + ahead);
      expect(await run(['renew', '--quiet', '--within', '90d'], ahead)).toMatchObject({
        code: 0,
        stdout: '',
      });
    },
    60_000,
  );

  test('by a clock that is behind makes nothing, and says which clock', async () => {
    const run = await place();
    expect(await run(['all', ...quick, '--quiet'], 0)).toMatchObject({ code: 0 });
    const before = await tree(join(temporary(), 'place'));
    const { code, stdout, stderr } = await run(['renew', '--all'], -HOUR);
    expect(code).toBe(3);
    expect(stdout + stderr).toMatch(/its CA ca\.pem is not valid before .* check this machine's clock/);
    expect(await tree(join(temporary(), 'place'))).toEqual(before);
  }, 60_000);

  test('twenty years on needs a new certificate of the CA first, and says so', async () => {
    const run = await place();
    const ahead = 20 * 366 * DAY;
    expect(await run(['all', ...quick, '--quiet'], 0)).toMatchObject({ code: 0 });
    const { code, stdout } = await run(['renew'], ahead);
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /its CA ca\.pem expired on .*: renew it first, with `docker-tls-openssl renew ca`$/m,
    );
    const earliest = Date.now() + ahead;
    expect(await run(['renew', 'ca', '--quiet'], ahead)).toMatchObject({ code: 0 });
    expect(await run(['renew', '--quiet'], ahead)).toMatchObject({ code: 0 });
    for (const name of leaves) await isGood(name, earliest, Date.now() + ahead);
    expect(await run(['renew', '--quiet'], ahead)).toMatchObject({ code: 0, stdout: '', stderr: '' });
  }, 60_000);
});
