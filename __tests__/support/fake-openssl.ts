import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findOpenssl } from '../../lib/index.js';

/**
 * Writes a shell script that passes for an openssl: it answers to `version`, and then does what `body` says. `$out` is
 * the file that it is asked to write. Gives its path.
 */
export async function fakeOpenssl(
  directory: string,
  body: string,
  version = "echo 'OpenSSL 3.0.99 1 Jan 2026'",
): Promise<string> {
  const path = join(directory, 'fake-openssl');
  const script = [
    '#!/bin/sh',
    `if [ "$1" = version ]; then ${version}; exit; fi`,
    'out= before=',
    'for word do if [ "$before" = -out ]; then out=$word; fi; before=$word; done',
    body,
    '',
  ].join('\n');
  await writeFile(path, script, { mode: 0o755 });
  return path;
}

/** Writes a script that runs the real openssl as the user nobody. Gives its path. */
export async function opensslAsNobody(directory: string): Promise<string> {
  const { path: real } = await findOpenssl();
  const path = join(directory, 'openssl-as-nobody');
  const command = `exec setpriv --reuid=65534 --regid=65534 --clear-groups '${real}' "$@"`;
  await writeFile(path, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  return path;
}
