import { access, constants, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { OpensslError } from '../errors.js';
import { systemCode } from '../file-error.js';
import { isSupported, parseVersion, type OpensslVersion } from './capabilities.js';
import { runOpenssl } from './run.js';
import { option, words } from '../words.js';

/** An openssl that was found and asked for its version. */
export interface Openssl {
  /** Absolute. */
  readonly path: string;
  readonly version: OpensslVersion;
}

/** Where it lies when it is not on PATH: Homebrew's on Apple silicon and Intel, Git's for Windows. */
const wellKnown = [
  '/opt/homebrew/opt/openssl/bin/openssl',
  '/usr/local/opt/openssl/bin/openssl',
  'C:\\Program Files\\Git\\usr\\bin\\openssl.exe',
  'C:\\Program Files\\Git\\mingw64\\bin\\openssl.exe',
];

const known = new Map<string, Promise<Openssl>>();

export interface FindOptions {
  /** The binary, by path or by a name on PATH. Default: OPENSSL_BIN, then PATH, then the well-known places. */
  readonly openssl?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  /** Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Finds openssl and asks its version, once for each binary. Errors: `ERR_OPENSSL_NOT_FOUND` where there is none, or
 * where what was named is none; `ERR_OPENSSL_TOO_OLD` before OpenSSL 1.0.1 and LibreSSL 3.3.
 */
export async function findOpenssl(options: FindOptions = {}): Promise<Openssl> {
  const path = await locate(options);
  let asked = known.get(path);
  if (!asked) {
    asked = askVersion(path, options);
    known.set(path, asked);
    asked.catch(() => known.delete(path)); // an interrupted answer is not kept
  }
  return asked;
}

async function locate({ openssl, env = process.env }: FindOptions): Promise<string> {
  const fromEnvironment = env['OPENSSL_BIN'] === '' ? undefined : env['OPENSSL_BIN'];
  const named = openssl ?? fromEnvironment;
  const source = openssl === undefined ? ' (from OPENSSL_BIN)' : '';
  const onPath = (name: string): string[] =>
    (env['PATH'] ?? '')
      .split(delimiter)
      .filter(isAbsolute)
      .flatMap((folder) => executableNames(name).map((file) => join(folder, file)));

  if (named !== undefined) {
    const isPath = /[\\/]/.test(named);
    const found = await firstExecutable(isPath ? [resolve(named)] : onPath(named));
    if (found) return found;
    const why = isPath ? await whyNot(resolve(named)) : 'it is not on PATH';
    throw new OpensslError('ERR_OPENSSL_NOT_FOUND', `cannot use ${named}${source} as openssl: ${why}`, {
      hint: words`give the path of an openssl binary with ${option('openssl')}${openssl === undefined ? ' or OPENSSL_BIN' : ''}`,
    });
  }
  const found = await firstExecutable([...onPath('openssl'), ...wellKnown]);
  if (found) return found;
  throw new OpensslError('ERR_OPENSSL_NOT_FOUND', 'found no openssl on PATH', {
    hint: words`install it (apt install openssl, apk add openssl, brew install openssl), or name it with ${option('openssl')} or OPENSSL_BIN`,
  });
}

function executableNames(name: string): string[] {
  return process.platform === 'win32' && !name.toLowerCase().endsWith('.exe') ? [`${name}.exe`] : [name];
}

/** The first of these paths that can be run. */
export async function firstExecutable(candidates: readonly string[]): Promise<string | undefined> {
  for (const candidate of candidates) if ((await whyNot(candidate)) === undefined) return candidate;
  return undefined;
}

/** Why a path is not an executable file; undefined if it is one. */
async function whyNot(path: string): Promise<string | undefined> {
  try {
    if (!(await stat(path)).isFile()) return 'it is not a file';
    await access(path, constants.X_OK);
    return undefined;
  } catch (error) {
    const why: Record<string, string> = {
      EACCES: 'it is not executable',
      ELOOP: 'it does not exist: its symbolic links lead back to themselves',
    };
    return why[systemCode(error) ?? ''] ?? 'it does not exist';
  }
}

async function askVersion(path: string, { signal, timeoutMs = 10_000 }: FindOptions): Promise<Openssl> {
  const shown = `${path} version`;
  const {
    exitCode,
    signal: endedBy,
    stdout,
  } = await runOpenssl({
    openssl: path,
    argv: ['version'],
    shown,
    signal,
    timeoutMs: Math.min(timeoutMs, 10_000),
  });
  const version = exitCode === 0 ? parseVersion(stdout) : undefined;
  if (!version) {
    const said = stdout.split('\n', 1)[0]?.slice(0, 60) ?? '';
    throw new OpensslError(
      'ERR_OPENSSL_NOT_FOUND',
      `cannot use ${path} as openssl: ${endedBy ? `asked for its version it was ended by ${endedBy}` : `to 'version' it answers ${JSON.stringify(said)}`}`,
      {
        command: shown,
        exitCode,
        hint: words`give the path of an openssl binary with ${option('openssl')}`,
      },
    );
  }
  if (!isSupported(version)) {
    throw new OpensslError('ERR_OPENSSL_TOO_OLD', `${path} is ${version.text}: too old`, {
      command: shown,
      hint: 'use OpenSSL 1.0.1 or LibreSSL 3.3, or newer',
    });
  }
  return { path, version };
}
