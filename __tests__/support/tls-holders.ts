import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOpenssl } from '../../lib/index.js';
import { cacheDirectory } from './cache.js';
import { beside, run, start, type Answer, type Call, type StartedClient } from './client-process.js';

/** Java, which reads the pair with BouncyCastle as docker-java does. */
export function startDockerJava(): StartedClient {
  const jars = join(cacheDirectory(), 'tls-clients', 'bin', 'bouncycastle');
  const classes = ['--class-path', `${jars}/bcprov.jar:${jars}/bcpkix.jar:${jars}/bcutil.jar`];
  // The first tier of its compiler is enough for so little.
  return start(fetched('java'), ['-XX:TieredStopAtLevel=1', ...classes, beside('tls-holder.java')]);
}

/** Deno, which has rustls, and panics with rustls's words where that refuses a pair: so each call is a Deno of its own. */
export async function askDeno({ host, port, directory }: Call): Promise<Answer> {
  // Or else it keeps notes in the home folder.
  const env = { DENO_DIR: join(cacheDirectory(), 'tls-clients', 'deno-dir') };
  const args = ['run', '--quiet', '--allow-all', beside('tls-holder.js')];
  const input = `${host}\t${port}\t${directory}\n`;
  const { code, stdout, stderr } = await run(fetched('deno'), args, { input, env });
  return code === 0 ? ((JSON.parse(stdout) as string | null) ?? undefined) : stdout + stderr;
}

/** Bun, which has BoringSSL. */
export function startBun(): StartedClient {
  return start(fetched('bun'), [beside('tls-holder.js')]);
}

/**
 * NSS takes a pair from a database, and a database takes it from a PKCS#12 file, which openssl makes of cert.pem and key.pem: so
 * what openssl cannot put into one never reaches NSS.
 */
export async function askNssHolder({ host, port, directory }: Call): Promise<Answer> {
  const database = await mkdtemp(join(tmpdir(), 'docker-tls-nss-'));
  const at = (name: string): string => join(directory, name);
  const store = ['-d', `sql:${database}`];
  const { path } = await findOpenssl();
  const bundle = join(database, 'pair.p12');
  const pair = ['-in', at('cert.pem'), '-inkey', at('key.pem'), '-passin', 'pass:'];
  try {
    for (const [file, ...args] of [
      ['certutil', '-N', '--empty-password', ...store],
      ['certutil', '-A', '-n', 'ca', '-t', 'CT,,', '-i', at('ca.pem'), ...store],
      [path, 'pkcs12', '-export', '-name', 'pair', ...pair, '-passout', 'pass:x', '-out', bundle],
      ['pk12util', '-i', bundle, '-W', 'x', ...store],
    ] as const) {
      const { code, stdout, stderr } = await run(file, args);
      if (code !== 0) return stdout + stderr;
    }
    const asked = `GET /version HTTP/1.0\r\nHost: ${host}\r\n\r\n`;
    const args = ['-4', '-n', 'pair', '-h', host, '-p', String(port), ...store];
    const { stdout, stderr } = await run('tstclnt', args, { input: asked });
    return stdout.includes(' 200 ') ? undefined : stdout + stderr;
  } finally {
    await rm(database, { recursive: true, force: true });
  }
}

function fetched(program: string): string {
  const path = join(cacheDirectory(), 'tls-clients', 'bin', program);
  if (!existsSync(path)) throw new Error(`${path} is missing. Bring it with: .ci/tls-clients`);
  return path;
}
