import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dockerBuilds, startDockerd, type RunningDockerd } from '../support/dockerd.js';
import { atClock, daysAgo } from '../support/faketime.js';
import { command, program, shell } from '../support/program.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { walk } from '../support/walk.js';

const shared = useSharedDirectory();
const root = (): string => join(shared(), 'home');
let daemon: RunningDockerd | undefined;

/** What a colleague typed two years ago: openssl signs with a CA that has expired, and for longer than it. */
const byHand = `
openssl genrsa -out alice-key.pem 2048
openssl req -new -key alice-key.pem -subj /CN=alice -out alice.csr
openssl x509 -req -days 3650 -in alice.csr -CA ca.pem -CAkey ca-key.pem -passin file:../passphrase \\
  -extfile extfile.cnf -out alice-cert.pem
chmod 400 alice-key.pem && chmod 444 alice-cert.pem && rm alice.csr`;

/** The set as it was made then: by the recipe's own script, by the clock of that day. */
beforeAll(async () => {
  await mkdir(root());
  await writeFile(join(root(), 'passphrase'), 'correct horse\n', { mode: 0o600 });
  const { stdout: script } = await program(shared(), [
    'script',
    '--recipe',
    'training',
    '--host',
    'localhost',
  ]);
  // The clock stands still, so that all of it ends in the same second.
  const env = { PASSPHRASE_FILE: 'passphrase', ...atClock(daysAgo(1800)) };
  await writeFile(join(shared(), 'make.sh'), script);
  const made = await command(root(), '/bin/sh', ['../make.sh', join(root(), 'docker-tls')], { env });
  expect(made).toMatchObject({ code: 0 });
  const added = await command(join(root(), 'docker-tls'), '/bin/sh', ['-ec', byHand], {
    env: atClock(daysAgo(700)),
  });
  expect(added).toMatchObject({ code: 0 });
  for (const name of ['ca.srl', 'client.csr', 'server.csr', 'extfile.cnf'])
    await chmod(join(root(), 'docker-tls', name), 0o644);
}, 60_000);
afterAll(async () => {
  await daemon?.stop();
}, 60_000);

/** What is another at another time or place. */
function lasting(text: string): string {
  return text
    .replaceAll(root(), '/home/user')
    .replaceAll(process.execPath, '/usr/bin/node')
    .replace(/\S*\/dist\/cli\/main\.cjs/g, '/usr/lib/node_modules/docker-tls-openssl/dist/cli/main.cjs')
    .replace(/(localhost|127\.0\.0\.1):\d+/g, '$1:2376')
    .replace(/(Something listens at localhost:2376) +/, '$1            ');
}

/** Runs one line of the page; `connect` with a daemon behind it. */
async function run(line: string): Promise<string> {
  let typed = line;
  if (typed.includes(' connect ')) {
    const [build] = (await dockerBuilds()).slice(-1);
    const file = (name: string): string => join(root(), 'docker-tls/servers/docker', name);
    daemon = await startDockerd(build!, {
      args: [
        '--tlsverify',
        `--tlscacert=${file('ca.pem')}`,
        `--tlscert=${file('server-cert.pem')}`,
        `--tlskey=${file('server-key.pem')}`,
      ],
    });
    typed = typed.replace('2376', String(daemon.port));
  }
  const { stdout, stderr } = await shell(root(), typed);
  return stdout + stderr;
}

test('what each command prints is what the page shows', async () => {
  const { page, shown } = await walk({ page: 'an-old-set', run, lasting });
  expect(shown).toBe(page);
}, 120_000);
