import { beforeAll, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { genpkey, req, reqX509, x509Req, type StepOptions, type X509ReqOptions } from '../../lib/index.js';
import { failure } from '../support/failure.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';

const temporary = useTemporaryDirectory();
const shared = useSharedDirectory();
const at = (name: string): string => join(temporary(), name);
const text = (name: string): Promise<string> => readFile(at(name), 'utf8');

beforeAll(async () => {
  const cwd = shared();
  for (const out of ['ca-key.pem', 'key.pem']) await genpkey({ cwd, out, algorithm: 'ec:p256' });
  await reqX509({ cwd, key: 'ca-key.pem', subj: '/CN=ca', out: 'ca.pem', setSerial: '01' });
  await req({ cwd, key: 'key.pem', subj: '/CN=leaf', out: 'leaf.csr' });
});

const fixtures = (): Promise<void> => cp(shared(), temporary(), { recursive: true });

type Given = Pick<X509ReqOptions, 'out' | 'caSerial' | 'caCreateSerial'> & StepOptions;

async function sign(given: Given): Promise<{ serial: bigint; commands: readonly string[] }> {
  const signer = { cwd: temporary(), in: 'leaf.csr', ca: 'ca.pem', caKey: 'ca-key.pem' };
  const { certificate, commands } = await x509Req({ ...signer, ...given });
  return { serial: BigInt(`0x${certificate.serialNumber}`), commands };
}

const holds = async (name: string): Promise<bigint> => BigInt(`0x${(await text(name)).trim()}`);

describe('the file of serials of a CA', () => {
  test('is created with a random number, and the next certificate gets the next one', async () => {
    await fixtures();
    const first = await sign({ out: 'a.pem', caCreateSerial: true });
    expect(first.serial).toBeGreaterThan(1n << 40n);
    expect(first.commands).toEqual([
      'openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -CAserial ca.srl -out a.pem',
    ]);
    expect(await holds('ca.srl')).toBe(first.serial);
    expect(await modes(temporary())).toMatchObject({ 'ca.srl': '0644', 'a.pem': '0644' });
    const second = await sign({ out: 'b.pem', caCreateSerial: true });
    expect(second.serial).toBe(first.serial + 1n);
    // openssl uses the one beside the CA without being told.
    expect((await sign({ out: 'c.pem' })).serial).toBe(first.serial + 2n);
    expect(await holds('ca.srl')).toBe(first.serial + 2n);
  });

  test.each(['numbers', 'elsewhere/numbers'])('is the one that is named: %s', async (caSerial) => {
    await fixtures();
    await mkdir(at('elsewhere'));
    await writeFile(at(caSerial), '0f\n');
    await chmod(at(caSerial), 0o640);
    const { serial, commands } = await sign({ out: 'a.pem', caSerial });
    expect(serial).toBe(0x10n);
    expect(commands[0]).toContain(` -CAserial ${caSerial} -out a.pem`);
    expect(await holds(caSerial)).toBe(0x10n);
    expect(await modes(temporary())).toEqual({
      ...(await modes(shared())),
      'elsewhere/': '0755',
      [caSerial]: '0640',
      'a.pem': '0644',
    });
  });

  test('is not needed where there is none', async () => {
    await fixtures();
    await sign({ out: 'a.pem' });
    expect(Object.keys(await modes(temporary()))).not.toContain('ca.srl');
  });

  test('gives each of many runs its own number', async () => {
    await fixtures();
    await writeFile(at('ca.srl'), '00\n');
    const outs = ['a.pem', 'b.pem', 'elsewhere/c.pem', 'elsewhere/d.pem'];
    const made = await Promise.all(outs.map((out) => sign({ out })));
    expect(new Set(made.map(({ serial }) => serial))).toEqual(new Set([1n, 2n, 3n, 4n]));
    expect(await holds('ca.srl')).toBe(4n);
  });

  test.each([
    ['does not exist', undefined, 'ERR_FILE', /it does not exist/],
    ['is empty', '', 'ERR_FILE', /is not a file of serials: it is empty/],
    ['holds something else', 'hello\n', 'ERR_FILE', /is not one number in hexadecimal/],
    ['holds half an octet', 'ABC\n', 'ERR_FILE', /its number of digits is odd/],
    ['holds the highest number', `7F${'FF'.repeat(19)}\n`, 'ERR_FILE', /longer than 20 octets/],
  ])('that %s is refused, and nothing changes', async (_, content, code, message) => {
    await fixtures();
    if (content !== undefined) await writeFile(at('numbers'), content);
    const error = await failure(temporary(), () => sign({ out: 'a.pem', caSerial: 'numbers' }));
    expect(error).toMatchObject({ code, path: at('numbers'), message: expect.stringMatching(message) });
  });

  test('is not followed as a symbolic link, and not taken for the output', async () => {
    await fixtures();
    await writeFile(at('real'), '05\n');
    await symlink('real', at('ca.srl'));
    expect(await failure(temporary(), () => sign({ out: 'a.pem' }))).toMatchObject({ code: 'ERR_UNSAFE' });
    const same = { out: 'real', caSerial: 'real', overwrite: true };
    expect(await failure(temporary(), () => sign(same))).toMatchObject({ code: 'ERR_INPUT', option: 'out' });
  });

  test.each(['ca.srl', 'elsewhere/new.srl', 'elsewhere/old.srl'])(
    'stays as it was where the certificate cannot appear: %s',
    async (caSerial) => {
      await fixtures();
      await mkdir(at('elsewhere'));
      await writeFile(at('elsewhere/old.srl'), '05\n');
      const state = async (): Promise<unknown> => [await modes(temporary()), await text('elsewhere/old.srl')];
      const before = await state();
      const inTheWay = (): void => writeFileSync(at('a.pem'), 'meanwhile');
      const error: unknown = await sign({
        ...{ out: 'a.pem', caSerial, caCreateSerial: true },
        observer: (event) => {
          if (event.type === 'done' && event.step.kind === 'openssl') inTheWay();
        },
      }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'ERR_EXISTS', path: at('a.pem') });
      await rm(at('a.pem'));
      expect(await state()).toEqual(before);
    },
  );

  test('is not used up where openssl fails', async () => {
    await fixtures();
    await writeFile(at('ca.srl'), '05\n');
    const signer = { cwd: temporary(), in: 'leaf.csr', ca: 'ca.pem', caKey: 'key.pem', out: 'a.pem' };
    expect(await failure(temporary(), () => x509Req(signer))).toMatchObject({ reason: 'key-mismatch' });
  });
});
