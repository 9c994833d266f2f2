import { afterAll, beforeAll } from '@jest/globals';
import { fork, type ChildProcess } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOpenssl } from '../../lib/index.js';
import { seenIn, type Sign } from './secret.js';
import { useSharedDirectory } from './temporary-directory.js';

const script = fileURLToPath(new URL('watch-secrets.js', import.meta.url));
const recorder = new URL('record-calls.js', import.meta.url).href;

const MOST_PATIENCE_MS = 60_000;

/** What the watcher has looked at since it was started. */
export interface Looked {
  readonly rounds: number;
  readonly processes: number;
  readonly files: number;
}

/** Where a run takes place: all of it is watched but the files with passphrases, which lie elsewhere. */
export interface Site {
  /** The current directory of the run. */
  readonly place: string;
  /** The only folder for temporary files that it knows. */
  readonly temporary: string;
  /** Has `openssl`: the real one, which leaves evidence at each call. */
  readonly bin: string;
  /** For what is neither watched nor kept: other programs that pass for openssl. */
  readonly elsewhere: string;
  /** Beside the watcher: the environment with which nothing escapes it. */
  readonly env: Readonly<Record<string, string>>;
  /** Writes a file with a passphrase, which is not watched. Gives its path. */
  keeps(name: string, content: string | Uint8Array): Promise<string>;
  /** Lets another program do openssl's work; it leaves evidence all the same. */
  use(program: string): Promise<void>;
  /** How often openssl was called so far, beside its version; and the names of the commands. */
  calls(): Promise<string[]>;
  /** What the evidence shows of a secret, and how much there is. It is then thrown away. */
  evidence(signs: readonly Sign[]): Promise<Evidence>;
  remove(): Promise<void>;
}

export interface Evidence {
  /** What openssl was told to do, as `calls`. */
  readonly calls: readonly string[];
  /** Whether calls of the program itself were written down. */
  readonly recorded: boolean;
  /** Where the secret was seen. */
  readonly leaks: readonly string[];
}

export interface Watcher {
  /** Looks for a secret from now on. */
  guards(name: string, signs: readonly Sign[]): Promise<void>;
  /** After one more round, begun after this was called: where the secret was seen since it was asked last. */
  saw(name: string): Promise<readonly string[]>;
  /** What it looked at so far. */
  looked(name: string): Promise<Looked>;
  site(): Promise<Site>;
}

interface Report {
  readonly id: number;
  readonly looked: Looked;
  readonly seen: readonly string[];
}

/** A process that looks for secrets while the tests of a file run. */
export function useWatcher(): Watcher {
  const shared = useSharedDirectory();
  let child: ChildProcess | undefined;
  let asked = 0;

  const watched = (): string => join(shared(), 'watched');
  beforeAll(async () => {
    await mkdir(watched());
    child = fork(script, [watched()], { execArgv: [], serialization: 'json' });
  });
  afterAll(async () => {
    if (child?.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  });

  const ask = async (name: string, signs?: readonly Sign[]): Promise<Report> => {
    if (!child?.connected) throw new Error('the watcher is gone');
    const id = ++asked;
    child.send({ id, name, signs });
    for await (const [report] of on(child, 'message', { signal: AbortSignal.timeout(MOST_PATIENCE_MS) }))
      if ((report as Report).id === id) return report as Report;
    throw new Error('the watcher is gone');
  };

  return {
    guards: async (name, signs) => {
      await ask(name, signs);
    },
    saw: async (name) => (await ask(name)).seen,
    looked: async (name) => (await ask(name)).looked,
    site: () => openSite(watched(), shared()),
  };
}

async function openSite(watched: string, root: string): Promise<Site> {
  const home = await mkdtemp(join(watched, 'site-'));
  const aside = await mkdtemp(join(root, 'aside-'));
  const [place, temporary] = [join(home, 'place'), join(home, 'tmp')];
  const [bin, secrets, elsewhere, proof] = ['bin', 'secrets', 'elsewhere', 'proof'].map((name) =>
    join(aside, name),
  ) as [string, string, string, string];
  await Promise.all([place, temporary, bin, secrets, elsewhere, proof].map((folder) => mkdir(folder)));
  const openssl = join(bin, 'openssl');
  const use = async (program: string): Promise<void> => {
    await rm(openssl, { force: true }); // one that still runs keeps its own text
    await writeFile(openssl, witness(program, home, proof), { mode: 0o755 });
  };
  await use((await findOpenssl()).path);
  const calls = async (): Promise<string[]> =>
    (await readdir(proof)).flatMap((name) => /^begin-(?!version)(.*)-[^-]*$/.exec(name)?.[1] ?? []);

  return {
    place,
    temporary,
    bin,
    elsewhere,
    env: {
      TMPDIR: temporary,
      OPENSSL_BIN: openssl,
      RECORD_CALLS: proof,
      NODE_OPTIONS: `--import=${recorder}`,
    },
    keeps: async (name, content) => {
      await writeFile(join(secrets, name), content);
      return join(secrets, name);
    },
    use,
    calls,
    evidence: async (signs) => {
      const made = await calls();
      const leaks = new Set<string>();
      let recorded = false;
      for (const path of await readdir(proof, { recursive: true, withFileTypes: true })) {
        const where = `${join(path.parentPath, path.name).slice(proof.length + 1)} of the evidence`;
        for (const what of seenIn(path.name, signs)) leaks.add(`${what} in the name of ${where}`);
        if (!path.isFile()) continue;
        const bytes = await readFile(join(path.parentPath, path.name));
        recorded ||= path.name.startsWith('calls-') && bytes.length > 0;
        for (const what of seenIn(bytes, signs)) leaks.add(`${what} in ${where}`);
      }
      await rm(proof, { recursive: true });
      await mkdir(proof);
      return { calls: made, recorded, leaks: [...leaks] };
    },
    remove: async () => {
      await Promise.all([home, aside].map((folder) => rm(folder, { recursive: true, force: true })));
    },
  };
}

/**
 * A shell script that runs `program` and keeps, when it begins, how it and its caller were called and with which
 * environment, and then and when it ends a copy of all that lies in `home`.
 */
function witness(program: string, home: string, proof: string): string {
  return [
    '#!/bin/sh',
    `cat /proc/$$/cmdline /proc/$$/environ "/proc/$PPID/cmdline" "/proc/$PPID/environ" > '${proof}/'"begin-$1-$$"`,
    `cp -R '${home}' '${proof}/'"before-$$" 2> /dev/null`,
    `'${program}' "$@"`,
    'code=$?',
    `cp -R '${home}' '${proof}/'"after-$$" 2> /dev/null`,
    'exit "$code"',
    '',
  ].join('\n');
}
