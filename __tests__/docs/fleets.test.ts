import { beforeAll, expect, test } from '@jest/globals';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shell } from '../support/program.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { walk } from '../support/walk.js';

const shared = useSharedDirectory();

/** In place of ssh: each host is a directory below $ROOT/hosts. */
const ssh = `#!/bin/sh
for word; do
  case $word in
    root@*) host=\${word#root@} ;;
  esac
done
sed "s|/etc/docker/tls|$ROOT/hosts/\${host%%.*}|g" | sh
`;

beforeAll(async () => {
  for (const name of ['bin', 'hosts', 'fleet']) await mkdir(join(shared(), name));
  await writeFile(join(shared(), 'bin/ssh'), ssh);
  await chmod(join(shared(), 'bin/ssh'), 0o755);
  const page = await readFile(fileURLToPath(new URL('../../docs/fleets.md', import.meta.url)), 'utf8');
  const [, file] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  await writeFile(join(shared(), 'fleet/docker-tls.yaml'), file!);
  await writeFile(join(shared(), 'fleet/passphrase'), 'correct horse\n', { mode: 0o600 });
});

async function run(line: string): Promise<string> {
  // What a host has lost that was installed again.
  const lost = line.endsWith('fleet csr web1') ? `rm -r '${shared()}/hosts/web1'` : ':';
  const before = `export ROOT='${shared()}' PATH="${shared()}/bin:$PATH"; exec 2>&1; ${lost}`;
  return (await shell(join(shared(), 'fleet'), `${before}\n${line}`)).stdout;
}

test('what each command prints is what the page shows', async () => {
  const lasting = (text: string): string =>
    // On a busy machine it says how far it is.
    text.replaceAll(join(shared(), 'fleet'), '/srv/fleet').replace(/^\d+ of \d+ done, .*\n/gm, '');
  const { page, shown } = await walk({ page: 'fleets', run, lasting });
  expect(shown).toBe(page);
}, 120_000);
