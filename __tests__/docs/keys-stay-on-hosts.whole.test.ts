import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dockerBuilds, startDockerd, type RunningDockerd } from '../support/dockerd.js';
import { shell } from '../support/program.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { useMadeRsaKeys } from '../support/rsa-keys.js';
import { scp, walk } from '../support/walk.js';

await useMadeRsaKeys('4096 bits, not encrypted');
const shared = useSharedDirectory();
const machines = ['ca', 'host', 'laptop', 'db'];
let daemon: RunningDockerd | undefined;

beforeAll(async () => {
  for (const name of [...machines, 'bin']) await mkdir(join(shared(), name));
  await mkdir(join(shared(), 'ca/requests'));
  await writeFile(join(shared(), 'ca/passphrase'), 'correct horse\n', { mode: 0o600 });
  await writeFile(join(shared(), 'bin/scp'), scp);
  await chmod(join(shared(), 'bin/scp'), 0o755);
});
afterAll(async () => {
  await daemon?.stop();
}, 60_000);

async function run(line: string, prompt: string): Promise<string> {
  let typed = line;
  if (typed.includes(' connect ')) {
    const file = (name: string): string => join(shared(), 'host/docker-tls', name);
    daemon = await startDockerd((await dockerBuilds()).at(-1)!, {
      args: [
        '--tlsverify',
        `--tlscacert=${file('ca.pem')}`,
        `--tlscert=${file('server-cert.pem')}`,
        `--tlskey=${file('server-key.pem')}`,
      ],
    });
    typed = typed.replace('docker.example.com', `127.0.0.1:${daemon.port}`);
  }
  const before = `export ROOT='${shared()}' PATH="${shared()}/bin:$PATH"; exec 2>&1`;
  const { stdout } = await shell(join(shared(), prompt.slice(0, -1)), `${before}\n${typed}`);
  return stdout;
}

test('what each command prints is what the page shows', async () => {
  const lasting = (text: string): string =>
    text.replace(new RegExp(`${shared()}/(?:${machines.join('|')})`, 'g'), '/home/user');
  const { page, shown } = await walk({ page: 'keys-stay-on-hosts', run, lasting });
  expect(shown).toBe(page);
}, 120_000);
