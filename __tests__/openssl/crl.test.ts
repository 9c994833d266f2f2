import { expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { client } from '../../lib/index.js';
import { isCrlOf, readCrl, type Crl } from '../../lib/x509/crl.js';
import { crlBlocks } from '../../lib/x509/pem.js';
import { makeCrl, type AskedCrl } from '../support/crl.js';
import { makeSet } from '../support/made-sets.js';
import { opensslOutput } from '../support/openssl.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { inTurns } from '../support/form.js';

const temporary = useTemporaryDirectory();
const at = (...names: string[]): string => join(temporary(), 'docker-tls', ...names);

const reasons: Readonly<Record<string, string>> = {
  'Key Compromise': 'keyCompromise',
  Superseded: 'superseded',
  Unspecified: 'unspecified',
};

async function made(asked: AskedCrl): Promise<{ der: Buffer; crl: Crl; text: string }> {
  await makeCrl(at(), asked);
  const [der] = crlBlocks(await readFile(at('crl.pem'), 'utf8'));
  return {
    der: der!,
    crl: readCrl(der!),
    text: await opensslOutput(['crl', '-in', at('crl.pem'), '-noout', '-text', '-crlnumber']),
  };
}

const dateAfter = (text: string, word: string): Date =>
  new Date(new RegExp(`${word}: (.*)`).exec(text)?.[1] ?? '');

inTurns(2, 1).each(['rsa:2048', 'ec:p256', 'ed25519'] as const)(
  'a CRL of a CA with %s is read as openssl reads it',
  async (key) => {
    await makeSet({ ...request(temporary()), key });
    for (const name of ['alice', 'bob']) await client({ directory: at(), name });
    const paths = ['cert.pem', 'clients/alice/cert.pem', 'clients/bob/cert.pem'].map((path) => at(path));
    const { der, crl, text } = await made({
      revoked: [[paths[0]!, 'keyCompromise'], [paths[1]!, 'superseded'], [paths[2]!]],
      number: '01FF',
    });

    const entries = text.split('Serial Number:').slice(1);
    expect(crl.revoked).toEqual(
      entries.map((entry) => ({
        serial: /^ ?([0-9A-F]+)/.exec(entry)![1],
        date: dateAfter(entry, 'Revocation Date'),
        reason: reasons[/Reason Code: *\n *(.*)/.exec(entry)?.[1] ?? ''],
      })),
    );
    const serials = await Promise.all(
      paths.map(async (path) => new X509Certificate(await readFile(path)).serialNumber),
    );
    expect(crl.revoked.map(({ serial }) => serial).sort()).toEqual(serials.sort());
    expect(crl.revoked.map(({ reason }) => reason).sort()).toEqual([
      'keyCompromise',
      'superseded',
      undefined,
    ]);
    expect(crl.thisUpdate).toEqual(dateAfter(text, 'Last Update'));
    expect(crl.nextUpdate).toEqual(dateAfter(text, 'Next Update'));
    expect(crl.number).toBe(0x01ffn);
    expect(crl.unhandled).toEqual([]);

    const ca = new X509Certificate(await readFile(at('ca.pem')));
    expect(isCrlOf(ca, der)).toBe(true);
    const forged = Buffer.from(der);
    // Revokes another serial.
    forged[forged.indexOf(Buffer.from(crl.revoked[0]!.serial, 'hex'))]! ^= 1;
    expect(readCrl(forged).revoked).toHaveLength(3);
    expect(isCrlOf(ca, forged)).toBe(false);
    expect(isCrlOf(new X509Certificate(await readFile(paths[0]!)), der)).toBe(false);
  },
);

test('a CRL that revokes nothing has no entries', async () => {
  await makeSet(request(temporary()));
  const { crl } = await made({});
  expect(crl.revoked).toEqual([]);
  expect(crl.number).toBe(0x1000n);
});
