import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { makeFlawedSet } from '../support/flawed-sets.js';
import { makeSet } from '../support/made-sets.js';
import { useOneProcess, useProgram } from '../support/one-process.js';
import { shell } from '../support/program.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';

const { program } = useProgram();
const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();

describe('explain', () => {
  test('tells that every client accepts what all makes', async () => {
    await makeSet(request(temporary()));
    const before = await tree(temporary());
    const { code, stdout, stderr } = await program(temporary(), ['explain']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(
      "The server's certificate, called docker.example (server-cert.pem in docker-tls):",
    );
    expect(stdout).toContain("The client's certificate (cert.pem in docker-tls):");
    expect(stdout).not.toContain('refuses');
    expect(await tree(temporary())).toEqual(before);
  });

  test.each([
    ["the server's", { server: { extensions: { subjectAltName: undefined } } }],
    ["the client's", { client: { made: '2020-01-01 00:00:00', days: 30 } }],
    ["the CA's", { ca: { extensions: { keyUsage: undefined } } }],
  ])('tells the command that mends %s', async (_, set) => {
    await makeFlawedSet(join(temporary(), 'docker-tls'), set);
    const { code, stdout } = await oneProcess.program(temporary(), ['explain']);
    expect(code).toBe(1);
    const [, command] = /^Fix:\n {2}(docker-tls-openssl .*)$/m.exec(stdout)!;
    // A new CA comes in a new set.
    const isNew = command!.includes('--dir docker-tls-new');
    const flags = isNew ? ' --no-passphrase' : '';
    const mended = await shell(temporary(), `${command!}${flags} --quiet`);
    expect(mended).toMatchObject({ code: 0, stderr: '' });
    const at = isNew ? ['docker-tls-new'] : [];
    expect(await oneProcess.program(temporary(), ['explain', ...at])).toMatchObject({ code: 0 });
  });

  test('tells to make a client beside what is a server by mistake', async () => {
    const set = { client: { extensions: { extendedKeyUsage: 'serverAuth' } } };
    await makeFlawedSet(join(temporary(), 'docker-tls'), set);
    const { code, stdout } = await oneProcess.program(temporary(), ['explain']);
    expect(code).toBe(1);
    expect(stdout).toContain('docker-tls-openssl client --name new\n');
    await oneProcess.succeeds(temporary(), ['client', '--name', 'new', '--quiet']);
    expect(await oneProcess.program(temporary(), ['explain', '--name', 'new'])).toMatchObject({ code: 0 });
  });

  test("tells to make a tutorial's set anew beside it", async () => {
    const asked = ['--recipe', 'openssl-cnf', '--ip', '10.0.0.5', '--dir', 'blog'];
    await oneProcess.succeeds(temporary(), ['all', ...asked]);
    const { code, stdout } = await oneProcess.program(temporary(), [
      'explain',
      'blog',
      '--host',
      'docker.example',
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain(
      'refuses: x509: certificate is not valid for any names, but wanted to match docker.example',
    );
    expect(stdout).toContain('docker-tls-openssl all --host docker.example --host 10.0.0.5');
    expect(stdout).toContain('--dir blog-new');
  });

  test('prints one object', async () => {
    await makeFlawedSet(join(temporary(), 'set'), {
      server: { subject: '/CN=h', extensions: { subjectAltName: undefined } },
    });
    const { code, stdout } = await oneProcess.program(temporary(), ['explain', 'set', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      command: 'explain',
      accepted: false,
      certificates: [
        {
          role: 'server',
          host: 'h',
          reasons: [{ id: 'no-names', mend: expect.stringContaining('--host h --force server') }],
        },
        { role: 'client', accepted: true, reasons: [] },
      ],
    });
  });

  test('fails where there is nothing', async () => {
    expect(await oneProcess.refuses(temporary(), 1, ['explain'])).toContain(
      'there is no server or client certificate in ',
    );
  });
});

describe('explain --message', () => {
  test('tells cause and fix', async () => {
    const { code, stdout } = await program(temporary(), [
      'explain',
      '--message',
      'remote error: tls: bad certificate',
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^bad-certificate\n.*\n {2}cause: .*\n {2}fix: /);
  });

  test('reads it from standard input', async () => {
    const input =
      'some log\nlevel=info msg="TLS handshake error: tls: client didn\'t provide a certificate"\n';
    const { code, stdout } = await program(temporary(), ['explain', '--message', '-', '--json'], { input });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, message: { id: 'no-client-certificate' } });
  });

  test('says so where it is not known', async () => {
    expect(await oneProcess.refuses(temporary(), 1, ['explain', '--message', 'hello'])).toContain(
      'this message is unknown',
    );
    const { code, stdout } = await oneProcess.program(temporary(), [
      'explain',
      '--message',
      'hello',
      '--json',
    ]);
    expect({ code, message: (JSON.parse(stdout) as { message: unknown }).message }).toEqual({
      code: 1,
      message: null,
    });
  });

  test.each([
    ['a directory', ['docker-tls', '--message', 'x']],
    ['nothing in it', ['--message', ' ']],
  ])('with %s is a wrong command line', async (_, args) => {
    await oneProcess.refuses(temporary(), 2, ['explain', ...args]);
  });
});
