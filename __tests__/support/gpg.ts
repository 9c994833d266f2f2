import { afterAll } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A home of gpg: a key ring of its own. */
export interface GpgHome {
  readonly env: { readonly GNUPGHOME: string };
  run(args: readonly string[], input?: Buffer): Buffer;
  /** Makes a key without a passphrase, which this home considers valid. Gives its fingerprint. */
  makeKey(user: string): string;
}

/** Makes homes of gpg, and ends their agents when the tests of the file are done. */
export function useGpg(): (name: string) => GpgHome {
  const root = mkdtempSync(join(tmpdir(), 'gpg-')); // short: a socket lies in it
  const homes: GpgHome[] = [];
  afterAll(() => {
    for (const { env } of homes)
      execFileSync('gpgconf', ['--kill', 'all'], { env: { ...process.env, ...env } });
    rmSync(root, { recursive: true, force: true });
  });
  return (name) => {
    const env = { GNUPGHOME: join(root, name) };
    mkdirSync(env.GNUPGHOME, { mode: 0o700 });
    const run = (args: readonly string[], input?: Buffer): Buffer =>
      execFileSync('gpg', ['--batch', '--quiet', ...args], {
        env: { PATH: process.env['PATH'], ...env },
        stdio: ['pipe', 'pipe', 'ignore'],
        ...(input && { input }),
      });
    const makeKey = (user: string): string => {
      run(['--passphrase', '', '--quick-generate-key', user, 'future-default', 'default', 'never']);
      const listed = String(run(['--with-colons', '--list-keys', `=${user}`]));
      return /^fpr:+([0-9A-F]{40}):/m.exec(listed)![1]!;
    };
    const home = { env, run, makeKey };
    homes.push(home);
    return home;
  };
}
