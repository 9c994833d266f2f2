import { mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  clientEnvironment,
  daemonConfiguration,
  DockerError,
  dockerOptions,
  readCredentials,
  temporarySet,
  type CredentialsOptions,
  type DockerOptions,
  type TemporarySet,
} from './index.js';
import { openProcess } from './process/run.js';

/** The package export `docker-tls-openssl/testing`: a real daemon for the integration tests of others. */

export interface TestDockerdOptions {
  /** The set whose server the daemon is, for 127.0.0.1. Default: a temporary set, which goes with the daemon. */
  readonly tls?: CredentialsOptions | undefined;
  /** The dockerd to run. Default: the one on PATH. */
  readonly dockerd?: string | undefined;
  /** Further arguments of dockerd. Default: none. */
  readonly args?: readonly string[] | undefined;
  /** What its configuration file says beside its own: no bridge, no firewall rules, `vfs` as storage. Default: nothing. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** How long it may take to listen, in milliseconds. Default: 60,000, one minute. */
  readonly timeoutMs?: number | undefined;
}

/** A daemon that listens on 127.0.0.1 with mutual TLS, and shares nothing with others on the machine. */
export interface TestDockerd extends AsyncDisposable {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The certificate directory. */
  readonly directory: string;
  /** DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH for the client of the set. */
  readonly env: Readonly<Record<string, string>>;
  /** The same for dockerode and the like, as `dockerOptions` gives them. */
  readonly options: DockerOptions;
  /** What it has logged so far. */
  log(): string;
  /** Stops it, unmounts and removes its files. A second call does nothing. */
  stop(): Promise<void>;
}

const START_MS = 60_000;
const STOP_MS = 30_000;
/** Somebody may take a free port before the daemon does. */
const MOST_ATTEMPTS = 3;

/** Leaves the machine's network as it is, and needs nothing of its file systems. */
const alone = {
  ...{ bridge: 'none', iptables: false, ip6tables: false, 'ip-forward': false },
  'storage-driver': 'vfs',
};

/**
 * Runs dockerd until its stdin has a line or ends, which it does with the process that has started this. Then, however the daemon ended,
 * nothing of it stays: not the containerd that it has started in a session of its own, no mounts and no files. What stops a job sends
 * SIGTERM to all of its processes at once: this one outlasts the others.
 * Where something cannot be unmounted, no file is removed: it could be one of the machine's own, bound there as a volume.
 */
const SCRIPT = String.raw`
directory=$1
shift
trap : HUP INT TERM
exec 3<&0
"$@" </dev/null 2>&1 &
daemon=$!
{ read -r line <&3; kill -TERM "$daemon"; } 2>/dev/null &
while kill -0 "$daemon" 2>/dev/null; do wait "$daemon"; done
containerd=$(cat "$directory/exec/containerd/containerd.pid" 2>/dev/null) &&
  grep -q "$directory" "/proc/$containerd/cmdline" 2>/dev/null && kill -KILL "$containerd"
cut -d' ' -f2 /proc/self/mounts | sort -r | while IFS= read -r mount; do
  mount=$(printf %b "$mount")
  case $mount in "$directory"/*) umount -l "$mount" || exit 1 ;; esac
done && rm -rf -- "$directory"
`;

/**
 * Starts a daemon for tests, on a machine with dockerd and as root. It has its own data, no bridge, and leaves the machine's firewall alone:
 * containers run with `network: none` or `host`. It ends with `stop`, at the end of an `await using` scope, or with this process.
 *
 * @throws `ERR_DOCKER_NOT_FOUND`: there is no dockerd.
 * @throws `ERR_DOCKER_FAILED`: it ended, or did not listen in time; `stderr` has its log.
 * @throws The errors of {@link temporarySet}, or for `tls` those of `readCredentials`.
 * @example
 * ```ts
 * import { startDockerd } from 'docker-tls-openssl/testing';
 *
 * await using dockerd = await startDockerd();
 * // new Docker(dockerd.options), or a program with the environment dockerd.env
 * console.log(dockerd.env.DOCKER_HOST);
 * ```
 */
export async function startDockerd(options: TestDockerdOptions = {}): Promise<TestDockerd> {
  const set = options.tls === undefined ? await temporarySet({ hosts: ['127.0.0.1'] }) : undefined;
  const tls = set ? { directory: set.directory } : (options.tls ?? {});
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await startOnce(options, tls, set);
      } catch (error) {
        const isTaken = error instanceof DockerError && error.stderr.includes('address already in use');
        if (!isTaken || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  } catch (error) {
    await set?.remove();
    throw error;
  }
}

async function startOnce(
  { dockerd = 'dockerd', args = [], config = {}, timeoutMs = START_MS }: TestDockerdOptions,
  tls: CredentialsOptions,
  set: TemporarySet | undefined,
): Promise<TestDockerd> {
  const host = '127.0.0.1';
  const credentials = await readCredentials('server', tls);
  const tlsArguments = daemonConfiguration(credentials).arguments.filter((word) => word.startsWith('--tls'));
  const port = await freePort(host);
  const at = { ...tls, host: `${host}:${port}` };
  const [env, client] = await Promise.all([clientEnvironment(at), dockerOptions(at)]);
  // The real path, which is that of its mounts.
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'docker-tls-dockerd-')));
  await writeFile(join(directory, 'daemon.json'), JSON.stringify({ ...alone, ...config }));
  const name = `docker-tls-${process.pid}-${port}`;
  const command = [
    dockerd,
    `--config-file=${join(directory, 'daemon.json')}`,
    `--data-root=${join(directory, 'data')}`,
    `--exec-root=${join(directory, 'exec')}`,
    `--pidfile=${join(directory, 'dockerd.pid')}`,
    // A containerd that the machine runs would be used by all daemons.
    `--containerd-namespace=${name}`,
    `--containerd-plugins-namespace=${name}-plugins`,
    `--host=tcp://${host}:${port}`,
    ...tlsArguments,
    ...args,
  ];
  const seen = { log: '', hasEnded: false };
  const argv = ['-c', SCRIPT, 'sh', directory, ...command];
  // The caller's DOCKER_* would change the daemon's defaults.
  const own = { PATH: process.env['PATH'], HOME: directory };
  const shell = await openProcess(
    { file: '/bin/sh', argv, env: own },
    { output: (bytes) => (seen.log += bytes.toString('utf8')), ended: () => (seen.hasEnded = true) },
  );
  shell.unref();
  const end = async (): Promise<void> => {
    shell.write('\n');
    if (!(await until(() => seen.hasEnded, STOP_MS))) shell.end();
  };
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= end().then(() => set?.remove()));
  const isReady = (): boolean => new RegExp(`API listen on \\S*:${port}"`).test(seen.log);
  await until(() => isReady() || seen.hasEnded, timeoutMs);
  if (isReady())
    return {
      ...{
        host,
        port,
        directory: set?.directory ?? join(credentials.ca, '..'),
        env: { ...env },
        options: client,
      },
      ...{ log: () => seen.log, stop, [Symbol.asyncDispose]: stop },
    };
  await end();
  const isMissing = /: (?:\d+: )?\S+: (?:not found|No such file or directory)/.test(seen.log);
  const why = isMissing
    ? 'there is no dockerd'
    : seen.hasEnded
      ? 'dockerd ended'
      : `dockerd did not listen within ${timeoutMs / 1000} s`;
  throw new DockerError(isMissing ? 'ERR_DOCKER_NOT_FOUND' : 'ERR_DOCKER_FAILED', `${why}\n${seen.log}`, {
    ...{ command: command.join(' '), stderr: seen.log },
  });
}

type Hook = (work: () => Promise<void>, timeoutMs: number) => unknown;
type NodeHook = (work: () => Promise<void>, options: { readonly timeout: number }) => unknown;

/** The hooks of a test runner: Jest's and Vitest's, or those of `node:test`. */
export type TestHooks =
  | { readonly beforeAll: Hook; readonly afterAll: Hook }
  | { readonly before: NodeHook; readonly after: NodeHook };

/**
 * Gives the tests of a file, or of a `describe`, one daemon: started before the first of them, stopped after the last.
 *
 * @throws TypeError: what it gives is called while no test runs.
 * @example
 * ```ts
 * import { after, before, test } from 'node:test'; // with Jest and Vitest: beforeAll and afterAll
 * import { useDockerd } from 'docker-tls-openssl/testing';
 *
 * const dockerd = useDockerd({ before, after });
 * test('the daemon answers', () => console.log(dockerd().port > 0));
 * ```
 */
export function useDockerd(hooks: TestHooks, options: TestDockerdOptions = {}): () => TestDockerd {
  let running: TestDockerd | undefined;
  const start = async (): Promise<void> => {
    running = await startDockerd(options);
  };
  const stop = async (): Promise<void> => running?.stop();
  const [startMs, stopMs] = [(options.timeoutMs ?? START_MS) + STOP_MS, 2 * STOP_MS];
  if ('before' in hooks) {
    hooks.before(start, { timeout: startMs });
    hooks.after(stop, { timeout: stopMs });
  } else {
    hooks.beforeAll(start, startMs);
    hooks.afterAll(stop, stopMs);
  }
  return () => {
    if (running === undefined) throw new TypeError('the daemon runs only while the tests do');
    return running;
  };
}

async function until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/** A port that nobody listens on at the moment. */
async function freePort(host: string): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new TypeError(`no port on ${host}`));
      });
    });
  });
}
