import { beforeAll, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { genpkey, req, reqX509 } from '../../lib/index.js';
import { whole } from '../support/form.js';
import { onAllCores } from '../support/on-all-cores.js';
import { command, main, succeeds } from '../support/program.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';

const tally = usePromise('no serial number is used twice: killed at each call that changes the file system');
const temporary = useTemporaryDirectory();
const shared = useSharedDirectory();
const hook = fileURLToPath(new URL('../support/kill-at.js', import.meta.url));

beforeAll(async () => {
  const cwd = shared();
  for (const out of ['ca-key.pem', 'key.pem']) await genpkey({ cwd, out, algorithm: 'ec:p256' });
  await reqX509({ cwd, key: 'ca-key.pem', subj: '/CN=ca', out: 'ca.pem', setSerial: '01' });
  await req({ cwd, key: 'key.pem', subj: '/CN=leaf', out: 'leaf.csr' });
  await mkdir(join(cwd, 'elsewhere'));
  for (const file of ['ca.srl', 'elsewhere/numbers']) await writeFile(join(cwd, file), '05\n');
});

const signs = (out: string, flags: readonly string[]): string[] => [
  ...['step', 'x509-req', '--in', 'leaf.csr', '--CA', 'ca.pem', '--CAkey', 'ca-key.pem'],
  ...['--out', out, ...flags],
];
const pem = async (path: string): Promise<X509Certificate> => new X509Certificate(await readFile(path));

test.each([
  ['beside the certificate', 'ca.srl', []],
  ['in another directory', 'elsewhere/numbers', ['--CAserial', 'elsewhere/numbers']],
  ['that is new', 'elsewhere/new', ['--CAserial', 'elsewhere/new', '--CAcreateserial']],
])('a file of serials %s', async (_, file, flags) => {
  const place = async (name: string): Promise<string> => {
    await cp(shared(), join(temporary(), name), { recursive: true });
    return join(temporary(), name);
  };
  const killedIn = async (root: string, env: Readonly<Record<string, string>>): Promise<boolean> =>
    (await command(root, process.execPath, ['--import', hook, main, ...signs('a.pem', flags)], { env }))
      .code === null;

  const log = join(temporary(), 'log');
  expect(await killedIn(await place('rehearsal'), { KILL_LOG: log })).toBe(false);
  const calls = (await readFile(log, 'utf8')).trimEnd().split('\n').length;
  const points = Array.from({ length: calls }, (__, at) => at + 1).filter(
    (at) => whole || at % 8 === 0 || at > calls - 6,
  );
  let killed = 0;
  await onAllCores(points, async (at) => {
    const root = await place(String(at));
    if (await killedIn(root, { KILL_AT: String(at) })) killed++;
    await tally.attempt(`${file}, killed at call ${at}`, async () => {
      await succeeds(root, signs('b.pem', flags));
      const names = await readdir(root);
      const numbers = await Promise.all(
        ['a.pem', 'b.pem'].filter((name) => names.includes(name)).map((name) => pem(join(root, name))),
      );
      const serials = numbers.map(({ serialNumber }) => BigInt(`0x${serialNumber}`));
      expect(new Set(serials).size).toBe(serials.length);
      expect(BigInt(`0x${(await readFile(join(root, file), 'utf8')).trim()}`)).toBe(serials.at(-1));
      expect(
        [...names, ...(await readdir(join(root, 'elsewhere')))].filter((name) => name.startsWith('.')),
      ).toEqual([]);
    });
  });
  tally.none();
  expect(killed).toBeGreaterThan(points.length / 2);
});
