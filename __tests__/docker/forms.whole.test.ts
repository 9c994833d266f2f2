import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { explain, verifyDirectory } from '../../lib/index.js';
import type { ClientId } from '../../lib/judge/clients.js';
import type { ClientVerdict } from '../../lib/report/explain.js';
import type { OtherForm } from '../../lib/x509/certificate-form.js';
import { dockerBuilds, startDockerd } from '../support/dockerd.js';
import { makeFlawedSet, writeInForm } from '../support/flawed-sets.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import * as clients from '../support/tls-clients.js';
import type { Answer, Call } from '../support/tls-clients.js';

const newest = (await dockerBuilds()).at(-1)!;
const shared = useSharedDirectory();
const forms: readonly OtherForm[] = ['BOM', 'DER', 'TRUSTED', 'X509'];

async function verdict(directory: string, role: string, client: ClientId): Promise<ClientVerdict> {
  const { certificates } = await explain({ directory, host: 'localhost' });
  return certificates.find((one) => one.role === role)!.verdicts.find((one) => one.client === client)!;
}

describe.each(forms)('the form %s', (form) => {
  let python: ReturnType<typeof clients.startPython>;
  const ask: Partial<Record<ClientId, (call: Call) => Promise<Answer>>> = {
    docker: (call) => clients.askDocker(newest, call),
    python: (call) => python.ask(call, 'python'),
    node: clients.askNode,
    curl: clients.askCurl,
    gnutls: clients.askGnutls,
  };
  const directory = (file: string): string => join(shared(), `${form} ${file}`);
  let server: Awaited<ReturnType<typeof clients.startTlsServer>>;

  beforeAll(async () => {
    python = clients.startPython();
    for (const file of ['ca.pem', 'server-cert.pem', 'cert.pem']) {
      await makeFlawedSet(directory(file));
      await writeInForm(join(directory(file), file), form);
    }
    server = await clients.startTlsServer(directory('cert.pem'));
  });
  afterAll(async () => {
    python.stop();
    await server.stop();
  });

  test.each(Object.keys(ask) as ClientId[])('of cert.pem is read by %s as told', async (client) => {
    const { accepted, says } = await verdict(directory('cert.pem'), 'client', client);
    const answer = await ask[client]!({
      host: 'localhost',
      port: server.port,
      directory: directory('cert.pem'),
    });
    if (accepted) expect(answer).toBeUndefined();
    else expect(answer).toContain(says[0]!.words);
  });

  test.each([
    ['ca.pem', 'client'],
    ['server-cert.pem', 'server'],
  ])('of %s is why the daemon does not start', async (file, role) => {
    const { says } = await verdict(directory(file), role, 'dockerd');
    const path = (flag: string, name: string): string => `--${flag}=${join(directory(file), name)}`;
    const args = [path('tlscacert', 'ca.pem'), path('tlscert', 'server-cert.pem')];
    const started = startDockerd(newest, {
      args: ['--tlsverify', ...args, path('tlskey', 'server-key.pem')],
    });
    await expect(started.then((daemon) => daemon.stop())).rejects.toThrow(says[0]!.words);
  });

  test('of ca.pem is an error for verify', async () => {
    const { findings } = await verifyDirectory({ directory: directory('ca.pem') });
    expect(findings).toContainEqual(expect.objectContaining({ id: 'damaged', file: 'ca.pem' }));
  });
});

describe('what verify says of a ca.pem is what docker does with it', () => {
  test.each<[string, boolean, (pem: string) => string]>([
    ['with text before', true, (pem) => `# my CA\n${pem}`],
    ['with a byte order mark before a text', true, (pem) => `\ufeffmy CA\n${pem}`],
    ['with CRLF', true, (pem) => pem.replaceAll('\n', '\r\n')],
    ['with blanks at the ends of lines', true, (pem) => pem.replaceAll('\n', '  \n')],
    ['without a newline at its end', true, (pem) => pem.trimEnd()],
    ['with text after', true, (pem) => `${pem}text\n`],
    ['with indented lines', false, (pem) => pem.replaceAll(/^/gm, '  ')],
    ['with CR alone', false, (pem) => pem.replaceAll('\n', '\r')],
    ['with text behind its last dashes', false, (pem) => `${pem.trimEnd()} text\n`],
  ])('%s', async (title, isRead, write) => {
    const directory = join(shared(), title);
    await makeFlawedSet(directory);
    const server = await clients.startTlsServer(directory);
    const path = join(directory, 'ca.pem');
    await writeFile(path, write(await readFile(path, 'utf8')));
    try {
      const call = { host: 'localhost', port: server.port, directory };
      expect((await clients.askDocker(newest, call)) === undefined).toBe(isRead);
      const { findings } = await verifyDirectory({ directory });
      expect(findings.some(({ id, file }) => id === 'damaged' && file === 'ca.pem')).toBe(!isRead);
    } finally {
      await server.stop();
    }
  });

  test('of several certificates each counts', async () => {
    const directory = join(shared(), 'several');
    await makeFlawedSet(directory);
    await makeFlawedSet(join(directory, 'other'), { ca: { key: 'ec:secp384r1' } });
    const server = await clients.startTlsServer(directory);
    const own = await readFile(join(directory, 'ca.pem'));
    await writeFile(join(directory, 'ca.pem'), await readFile(join(directory, 'other', 'ca.pem')));
    await appendFile(join(directory, 'ca.pem'), own);
    try {
      expect(
        await clients.askDocker(newest, { host: 'localhost', port: server.port, directory }),
      ).toBeUndefined();
      expect((await explain({ directory })).accepted).toBe(true);
    } finally {
      await server.stop();
    }
  });
});
