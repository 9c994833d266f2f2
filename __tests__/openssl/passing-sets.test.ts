import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { all, readCredentials, temporarySet, type InMemorySet } from '../../lib/index.js';
import { errorOf } from '../support/failure.js';
import { inTurns } from '../support/form.js';
import { command } from '../support/program.js';
import { modes } from '../support/tree.js';
import { until } from '../support/until.js';

const script = fileURLToPath(new URL('../support/make-passing-set.js', import.meta.url));
const places = ['/dev/shm', '/tmp'];

/** The workspaces of a process in the places for what is temporary. */
async function leftBy(pid: number): Promise<string[]> {
  const names = (await Promise.all(places.map((place) => readdir(place)))).flat();
  return names.filter((name) => name.startsWith('.docker-tls-openssl') && name.includes(`-${pid}-`));
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const quick = { hosts: ['localhost'], key: 'ec:p256' } as const;

/** Whether both sides accept each other with what is in memory. */
async function meet({ pem, keyPem }: InMemorySet): Promise<string> {
  const server = createServer({
    ...{ ca: pem.clientCa ?? pem.ca, cert: pem.server, key: keyPem.server },
    ...{ requestCert: true, rejectUnauthorized: true },
  });
  server.on('secureConnection', (socket: TLSSocket) =>
    socket.end(String(socket.getPeerCertificate().subject.CN)),
  );
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const client = connect({ host: 'localhost', port, ca: pem.ca, cert: pem.client, key: keyPem.client });
  let said = '';
  client.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(client, 'end');
  server.close();
  return said;
}

describe('all without a directory', () => {
  test.each([false, true])(
    'gives certificates and keys that both sides take (separate CAs: %s)',
    async (separateCas) => {
      const set = await all({ ...quick, directory: null, separateCas });
      expect(set.directory).toBeNull();
      expect(Object.keys(set.keyPem).sort()).toEqual(Object.keys(set.pem).sort());
      for (const part of ['ca', 'server', 'client'] as const) {
        expect(set.certificates[part]!.checkPrivateKey(set.keys[part]!)).toBe(true);
        expect(createPrivateKey(set.keyPem[part]!).equals(set.keys[part]!)).toBe(true);
        expect(set.pem[part]).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
      }
      expect(await meet(set)).toBe('client');
    },
  );

  test('leaves nothing behind, and has made it in a place of its own', async () => {
    const run = all({ ...quick, directory: null });
    let during: string[] = [];
    for await (const event of run.events) if (event.type === 'start') during = await leftBy(process.pid);
    expect(during.length).toBeGreaterThan(0);
    expect(await leftBy(process.pid)).toEqual([]);
  });

  test('leaves nothing behind where it fails', async () => {
    const failing = (): Promise<unknown> => all({ ...quick, directory: null, openssl: '/bin/false' });
    expect(await errorOf(failing)).toMatchObject({ code: expect.stringMatching(/^ERR_OPENSSL/) });
    expect(await leftBy(process.pid)).toEqual([]);
  });

  test('leaves nothing behind where it is killed', async () => {
    const child = spawn(process.execPath, [script, 'all'], { stdio: 'ignore' });
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    await until(async () => (await leftBy(child.pid!)).length === 0);
  });

  // Node ends with an error that nobody has handled.
  test('hides no error of a call that nobody awaits', async () => {
    const text =
      "import { all } from 'docker-tls-openssl'; void all({ directory: null, openssl: '/bin/false' });";
    const args = ['--input-type=module', '-e', text];
    const { code, stderr } = await command(dirname(script), process.execPath, args, {});
    expect(code).toBe(1);
    expect(stderr).toContain("code: 'ERR_OPENSSL");
  });

  test('shows no key where the result is printed', async () => {
    const set = await all({ ...quick, directory: null });
    expect(inspect(set, { depth: 9, showHidden: false })).not.toContain('PRIVATE KEY');
    expect(inspect(set.keyPem)).toContain('<private key>');
  });

  test.each(['force', 'name', 'caKey', 'passphrase', 'parent'])('refuses %s', async (name) => {
    const given = { [name]: name === 'force' ? ['ca'] : 'some' };
    expect(await errorOf(() => all({ ...quick, directory: null, ...given }))).toMatchObject({
      code: 'ERR_INPUT',
      option: name,
    });
  });
});

describe('a temporary set', () => {
  test('is there for its scope, for nobody else, and is gone after it', async () => {
    let directory = '';
    {
      await using set = await temporarySet({ hosts: ['localhost'] });
      ({ directory } = set);
      expect((await modes(dirname(directory)))['/']).toBe('0700');
      await readCredentials('client', { directory });
      expect(set.certificates.server!.publicKey.asymmetricKeyType).toBe('ec');
    }
    expect(await isThere(directory)).toBe(false);
    expect(await leftBy(process.pid)).toEqual([]);
  });

  test('is gone where the scope throws, and can be removed twice', async () => {
    let directory = '';
    const work = async (): Promise<void> => {
      await using set = await temporarySet({ hosts: ['localhost'] });
      ({ directory } = set);
      await set.remove();
      throw new Error('in the scope');
    };
    expect(await errorOf(work)).toMatchObject({ message: 'in the scope' });
    expect(await isThere(directory)).toBe(false);
  });

  inTurns(1).each([
    ['is killed', 'stay', 'SIGKILL'],
    ['ends without removing it', 'end', null],
  ])('is gone soon after its process %s', async (_, how, signal) => {
    const child = spawn(process.execPath, [script, how], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [directory] = (await once(createInterface(child.stdout), 'line')) as [string];
    if (signal !== null) {
      expect(await isThere(directory)).toBe(true);
      child.kill(signal as NodeJS.Signals);
    }
    const [, ended] = (await once(child, 'exit')) as [number | null, string | null];
    expect(ended).toBe(signal);
    await until(async () => !(await isThere(dirname(directory))));
  });

  // As in a container whose file systems are read-only but for the temporary directory.
  test('lies in the temporary directory where none in memory can be written', async () => {
    const text = 'mount -t tmpfs -o ro none /dev/shm && exec "$@"';
    const args = ['--mount', 'sh', '-c', text, 'sh', process.execPath, script, 'end'];
    const { code, stdout } = await command(dirname(script), 'unshare', args, { env: { TMPDIR: '/tmp' } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\/tmp\//) });
  });

  test('is gone also where all its processes are asked to end, as those of a service', async () => {
    const child = spawn(process.execPath, [script, 'stay'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [directory] = (await once(createInterface(child.stdout), 'line')) as [string];
    const others = (await readFile(`/proc/${child.pid!}/task/${child.pid!}/children`, 'utf8'))
      .trim()
      .split(' ');
    for (const pid of others) process.kill(Number(pid), 'SIGTERM');
    child.kill('SIGTERM');
    await until(async () => !(await isThere(dirname(directory))));
  });
});
