import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Two ways to a token: through the engine of OpenSSL 3.0, and through the provider of 3.5. */
export interface Way {
  readonly openssl: string;
  /** SoftHSM's module for the C library of that openssl. */
  readonly module: string;
}

/** Where `.ci/test-openssl-matrix --fetch` puts the versions of openssl. */
const cache = process.env['DOCKER_TLS_OPENSSL_CACHE'] ?? '';
const versions = join(cache === '' ? '/var/cache/docker-tls-openssl' : cache, 'openssl');
export const opensslOf = (version: string): string => join(versions, 'bin', `openssl-${version}`);

export const ways = {
  engine: { openssl: '/usr/bin/openssl', module: '/usr/lib/softhsm/libsofthsm2.so' },
  provider: {
    openssl: opensslOf('3.5'),
    module: join(versions, 'trixie/root/usr/lib/softhsm/libsofthsm2.so'),
  },
} as const satisfies Readonly<Record<string, Way>>;

export const pin = '1234-secret-pin';
export const uri = 'pkcs11:token=authority;object=docker-ca';
export const otherUri = 'pkcs11:token=authority;object=other';

export interface SoftToken {
  /** What openssl has to see of it. */
  readonly env: Readonly<Record<string, string>>;
  /** A letter for each login: r right, w wrong, l locked. */
  logins(): Promise<string>;
  /** Unlocks it. */
  forgets(): Promise<void>;
}

/** Makes a token of SoftHSM's with two keys, `docker-ca` and `other`, below a directory. */
export async function softToken(directory: string, { pin: own = pin } = {}): Promise<SoftToken> {
  const tokens = join(directory, 'tokens');
  await mkdir(tokens);
  const conf = join(directory, 'softhsm.conf');
  await writeFile(conf, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  const env = { SOFTHSM2_CONF: conf, TOKEN_LOGINS: join(directory, 'logins') };
  const options = { env: { ...process.env, ...env } };
  const init = ['--init-token', '--free', '--label', 'authority', '--so-pin', '87654321', '--pin', own];
  await run('softhsm2-util', init, options);
  for (const [id, label] of ['docker-ca', 'other'].entries()) {
    const login = ['--module', ways.engine.module, '--token-label', 'authority', '--login', '--pin', own];
    await run(
      'pkcs11-tool',
      [...login, '--keypairgen', '--key-type', 'EC:prime256v1', '--label', label, '--id', `0${id + 1}`],
      options,
    );
  }
  return {
    env,
    logins: () => readFile(env.TOKEN_LOGINS, 'latin1').catch(() => ''),
    forgets: () => rm(env.TOKEN_LOGINS, { force: true }),
  };
}

/** Builds the module that counts logins and locks a token after three wrong PINs. */
export async function countingModule(directory: string): Promise<string> {
  const path = join(directory, 'counting-token.so');
  const source = fileURLToPath(new URL('counting-token.c', import.meta.url));
  await run('tcc', ['-shared', '-nostdlib', '-o', path, source]);
  await writeFile(path, withoutExecutableStack(await readFile(path)));
  return path;
}

/** Adds the program header PT_GNU_STACK, which tcc leaves out: newer C libraries do not load a library without it. */
function withoutExecutableStack(elf: Buffer): Buffer {
  const [offset, size, count] = [Number(elf.readBigUInt64LE(32)), elf.readUInt16LE(54), elf.readUInt16LE(56)];
  const stack = Buffer.alloc(size);
  stack.writeUInt32LE(0x6474e551, 0);
  stack.writeUInt32LE(6, 4); // readable and writable
  const padding = Buffer.alloc(-elf.length & 7);
  const whole = Buffer.concat([elf, padding, elf.subarray(offset, offset + size * count), stack]);
  whole.writeBigUInt64LE(BigInt(elf.length + padding.length), 32);
  whole.writeUInt16LE(count + 1, 56);
  return whole;
}
