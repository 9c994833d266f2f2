import { execFile } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findOpenssl } from '../../lib/index.js';

/** What the transcripts are filled in with. */
export const host = 'docker.example';
export const ip = '10.0.0.5';
export const passphrase = 'correct horse';

/**
 * Runs the transcript of a tutorial by hand in `folder/work`, with the openssl under test and the configuration that it
 * has by default: DEFAULT_OPENSSL_CONF, or that of the machine. Gives the directory with what it made.
 */
export async function byHand(tutorial: string, folder: string): Promise<string> {
  const bin = join(folder, 'bin');
  const work = join(folder, 'work');
  await mkdir(bin, { recursive: true });
  await mkdir(work);
  await symlink((await findOpenssl()).path, join(bin, 'openssl'));
  const script = fileURLToPath(new URL(`../tutorials/${tutorial}.sh`, import.meta.url));
  const conf = process.env['DEFAULT_OPENSSL_CONF'];
  const env = {
    PATH: `${bin}:/usr/bin:/bin`,
    HOST: host,
    IP: ip,
    PASSPHRASE: passphrase,
    ...(conf && { OPENSSL_CONF: conf }),
  };
  // A tutorial's reader has a umask of 022; a test's caller may have another.
  await promisify(execFile)('/bin/sh', ['-c', 'umask 022; exec /bin/sh "$1"', 'sh', script], {
    cwd: work,
    env,
  });
  return work;
}
