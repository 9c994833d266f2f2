import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dockerBuilds, startDockerd, type RunningDockerd } from '../support/dockerd.js';
import { shell } from '../support/program.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { scp, walk } from '../support/walk.js';

const shared = useSharedDirectory();
const machines = ['ca', 'host', 'laptop'];
const daemons = new Map<string, RunningDockerd>();

beforeAll(async () => {
  for (const name of [...machines, 'bin', 'stick', 'host/docker-tls', 'laptop/docker-tls'])
    await mkdir(join(shared(), name), { mode: 0o700 });
  for (const [name, secret] of Object.entries({
    passphrase: 'correct horse',
    'root-passphrase': 'battery staple',
  }))
    await writeFile(join(shared(), 'ca', name), `${secret}\n`, { mode: 0o600 });
  await writeFile(join(shared(), 'bin/scp'), scp);
  await chmod(join(shared(), 'bin/scp'), 0o755);
});
afterAll(async () => {
  for (const daemon of daemons.values()) await daemon.stop();
}, 60_000);

/** The daemon of the page, or on port 2377 the one that trusts the issuing CA alone. */
async function portOf(called: string): Promise<number> {
  const file = (name: string): string => join(shared(), 'host/docker-tls', name);
  const trusted = called.endsWith(':2377') ? 'issuing-only.pem' : 'ca.pem';
  const running = daemons.get(trusted);
  if (running) return running.port;
  const files = [`--tlscert=${file('server-cert.pem')}`, `--tlskey=${file('server-key.pem')}`];
  const daemon = await startDockerd((await dockerBuilds()).at(-1)!, {
    args: ['--tlsverify', `--tlscacert=${file(trusted)}`, ...files],
  });
  daemons.set(trusted, daemon);
  return daemon.port;
}

async function run(line: string, prompt: string): Promise<string> {
  const [called] = / connect (\S+)/.exec(line)?.slice(1) ?? [];
  const typed = called === undefined ? line : line.replace(called, `127.0.0.1:${await portOf(called)}`);
  const before = `export ROOT='${shared()}' PATH="${shared()}/bin:$PATH"; exec 2>&1`;
  const here = typed.replaceAll('/media/stick', join(shared(), 'stick'));
  return (await shell(join(shared(), prompt.slice(0, -1)), `${before}\n${here}`)).stdout;
}

test('what each command prints is what the page shows', async () => {
  const lasting = (text: string): string =>
    text
      .replaceAll(join(shared(), 'stick'), '/media/stick')
      .replace(new RegExp(`${shared()}/(?:${machines.join('|')})`, 'g'), '/home/user');
  const { page, shown } = await walk({ page: 'offline-root', run, lasting });
  expect(shown).toBe(page);
}, 180_000);
