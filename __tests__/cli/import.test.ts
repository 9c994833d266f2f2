import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lay, layouts, makeMaterial } from '../support/foreign-sets.js';
import { useOneProcess } from '../support/one-process.js';
import { shell } from '../support/program.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';

const temporary = useTemporaryDirectory();
const shared = useSharedDirectory();
const { succeeds, refuses } = useOneProcess();
const at = (...names: string[]): string => join(temporary(), ...names);

beforeAll(() => makeMaterial(shared()));
beforeEach(async () => {
  await mkdir(at('machine'), { mode: 0o700 });
  await lay(layouts['docker-machine'], shared(), at('machine'));
});

test('shows the mapping, what is left out and missing, and the command that does it', async () => {
  await rm(at('machine/certs/ca-key.pem'));
  const before = await tree(temporary());
  const { stdout, stderr } = await succeeds(temporary(), ['import', 'machine']);
  expect(stderr).toBe('');
  expect(await tree(temporary())).toEqual(before);
  const head = [
    `Preview: these files would be copied from ${at('machine')} to ${at('docker-tls')}:`,
    '  certs/ca.pem                ->  ca.pem                       certificate of the CA',
    '  certs/cert.pem              ->  cert.pem                     certificate of the client',
    '  certs/key.pem               ->  key.pem                      private key of the client',
    '  machines/db/server.pem      ->  servers/db/server-cert.pem   certificate of the server db',
    '  machines/db/server-key.pem  ->  servers/db/server-key.pem    private key of the server db',
    '  machines/web/server.pem     ->  servers/web/server-cert.pem  certificate of the server web',
    '                                  note: it is for servers and for clients; imported as that of a server',
    '  machines/web/server-key.pem ->  servers/web/server-key.pem   private key of the server web',
  ];
  const squeezed = (line: string): string => line.replace(/ +/g, ' ');
  expect(stdout.split('\n').slice(0, head.length).map(squeezed)).toEqual(head.map(squeezed));
  expect(stdout).toContain('\n  machines/web/cert.pem  a copy of certs/cert.pem\n');
  expect(stdout).toContain(
    '\nMissing:\n  ca-key.pem: without the private key of the CA, nothing can be signed, renewed or revoked here\n',
  );
  expect(stdout).toContain('\nThe index would list 4 certificates.\n');
  expect(stdout).toMatch(/\nWhat verify would find:\n[^]*for-both/);
  const command = stdout.trimEnd().split('\n').at(-1)!;
  expect(command).toBe('  docker-tls-openssl import machine --apply');
  expect(await shell(temporary(), command)).toMatchObject({ code: 0 });
  const again = await succeeds(temporary(), ['import', 'machine', '--apply']);
  expect(again.stdout).toMatch(/^Nothing to do: /);
});

test('--json has all of it, for a preview and for what was done', async () => {
  const [preview, done] = await Promise.all(
    ['--dry-run', '--apply'].map(async (flag) => {
      const { stdout } = await succeeds(temporary(), [
        'import',
        'machine',
        flag,
        '--json',
        '--dir',
        flag.slice(2),
      ]);
      return JSON.parse(stdout) as { readonly made: unknown; readonly files: unknown };
    }),
  );
  expect(preview).toMatchObject({
    ...{ ok: true, command: 'import', applied: false, directory: at('dry-run'), missing: [], revoked: [] },
    ...{ recorded: 4, verification: { ok: true, checked: { keys: 4 } } },
  });
  expect(done).toMatchObject({
    applied: true,
    directory: at('apply'),
    files: preview!.files,
    made: preview!.made,
  });
  expect(done!.files).toContainEqual({
    ...{ from: 'machines/db/server-key.pem', to: 'servers/db/server-key.pem', kind: 'private-key' },
    ...{ role: 'server', name: 'db', remarks: [] },
  });
});

test('asks for the CA where there are several', async () => {
  await copyFile(join(shared(), 'other-ca.crt'), at('machine/other.pem'));
  await copyFile(join(shared(), 'foreign.crt'), at('machine/mallory.pem'));
  const said = await refuses(temporary(), 2, ['import', 'machine']);
  expect(said).toContain('hint: nothing was changed; name the one to adopt with --ca');
  const { stdout } = await succeeds(temporary(), ['import', 'machine', '--ca', 'machine/certs/ca.pem']);
  expect(stdout).toMatch(/\n {2}mallory.pem +another CA signed it/);
});
