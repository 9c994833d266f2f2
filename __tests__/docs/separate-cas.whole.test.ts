import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dockerBuilds, freePort, startDockerd, type RunningDockerd } from '../support/dockerd.js';
import { shell } from '../support/program.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { scp, walk } from '../support/walk.js';

const shared = useSharedDirectory();
const machines = ['ca', 'host', 'alice', 'laptop'];
const host = (name: string): string => join(shared(), 'host', name);
let daemon: RunningDockerd | undefined;
let port = 0;
/** The servers' files, as they were before the first roll-over. */
const served: string[] = [];

beforeAll(async () => {
  for (const name of [...machines, 'bin']) await mkdir(join(shared(), name), { mode: 0o700 });
  await writeFile(join(shared(), 'ca/passphrase'), 'correct horse\n', { mode: 0o600 });
  await writeFile(join(shared(), 'bin/scp'), scp);
  await chmod(join(shared(), 'bin/scp'), 0o755);
  port = await freePort();
});
afterAll(async () => {
  await daemon?.stop();
}, 60_000);

const serverFiles = (): Promise<string[]> =>
  Promise.all(
    ['ca/docker-tls/ca.pem', 'ca/docker-tls/server-cert.pem', 'host/server-cert.pem'].map((file) =>
      readFile(join(shared(), file), 'utf8'),
    ),
  );

/** The restart of the service is that of a daemon with the files of the host. */
async function restart(): Promise<string> {
  await daemon?.stop();
  daemon = await startDockerd((await dockerBuilds()).at(-1)!, {
    port,
    args: [
      ...['--tlsverify', `--tlscacert=${host('ca.pem')}`],
      ...[`--tlscert=${host('server-cert.pem')}`, `--tlskey=${host('server-key.pem')}`],
    ],
  });
  if (served.length === 0) served.push(...(await serverFiles()));
  return '';
}

/** The steps of each certificate together: those of several run side by side. */
function grouped(text: string): string {
  return text.replace(/(?:^done: .* \(\S+\.pem\) .*\n)+/gm, (steps) => {
    const lines = steps.trimEnd().split('\n');
    const of = (step: string): string => /\((\S+\.pem)\)/.exec(step)?.[1] ?? '';
    return `${lines.sort((one, other) => (of(one) < of(other) ? -1 : of(one) > of(other) ? 1 : 0)).join('\n')}\n`;
  });
}

async function run(line: string, prompt: string): Promise<string> {
  if (line === 'systemctl restart docker') return restart();
  const typed = line.replace('connect docker.example.com', `connect 127.0.0.1:${port}`);
  const before = `export ROOT='${shared()}' PATH="${shared()}/bin:$PATH"; exec 2>&1`;
  const { stdout } = await shell(join(shared(), prompt.slice(0, -1)), `${before}\n${typed}`);
  return grouped(stdout);
}

test('what each command prints is what the page shows', async () => {
  const lasting = (text: string): string =>
    text
      .replace(new RegExp(`${shared()}/(?:${machines.join('|')})`, 'g'), '/home/user')
      .replaceAll(`127.0.0.1:${port}`, 'docker.example.com:2376');
  const { page, shown } = await walk({ page: 'separate-cas', run, lasting });
  expect(shown).toBe(page);
  expect(served).toHaveLength(3);
  expect(await serverFiles()).toEqual(served);
}, 120_000);
