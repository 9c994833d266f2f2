import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { systemCode } from '../../lib/file-error.js';
import { cacheDirectory } from './cache.js';

const run = promisify(execFile);

const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
const START_TIMEOUT = 60_000;
const STOP_TIMEOUT = 15_000;
const CLI_TIMEOUT = 30_000;

/** A Docker whose daemon and command line are run for real. */
export interface DockerBuild {
  name: string;
  dockerd: string;
  docker: string;
  /** The PATH with which the daemon finds its own containerd and runc. */
  path: string;
}

export interface DockerdOptions {
  /** Further arguments, such as --tlsverify. */
  args?: readonly string[];
  /** The address to listen on, 127.0.0.1 unless given. */
  host?: string;
  /** The port to listen on, a free one unless given. */
  port?: number;
  /** What the daemon's configuration file says, or its text; one with `hosts` needs `port` as well. */
  config?: Readonly<Record<string, unknown>> | string;
  /** Variables beside PATH and HOME. */
  env?: Readonly<Record<string, string>>;
}

export interface RunningDockerd {
  port: number;
  pid: number;
  log(): string;
  stop(): Promise<void>;
}

export interface DockerResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Both builds; one that is missing is an error, so that no test is skipped unseen. */
export async function dockerBuilds(): Promise<DockerBuild[]> {
  const bin = join(cacheDirectory(), 'docker', 'bin');

  return Promise.all([
    dockerBuild(
      { dockerd: '/usr/sbin/dockerd', docker: '/usr/bin/docker', path: SYSTEM_PATH },
      'apt-get install --no-install-recommends docker.io',
    ),
    dockerBuild(
      { dockerd: join(bin, 'dockerd'), docker: join(bin, 'docker'), path: `${bin}:${SYSTEM_PATH}` },
      '.ci/docker-28',
    ),
  ]);
}

/** Docker 26.1, between the two, which only `npm run clients` brings. */
export function newerDocker(): Promise<DockerBuild> {
  const usr = join(cacheDirectory(), 'newer-clients', 'trixie', 'root', 'usr');
  return dockerBuild(
    {
      dockerd: join(usr, 'sbin', 'dockerd'),
      docker: join(usr, 'bin', 'docker'),
      path: `${join(usr, 'sbin')}:${SYSTEM_PATH}`,
    },
    '.ci/newer-clients',
  );
}

async function dockerBuild(build: Omit<DockerBuild, 'name'>, installer: string): Promise<DockerBuild> {
  for (const program of [build.dockerd, build.docker]) {
    try {
      await access(program, constants.X_OK);
    } catch (cause) {
      throw new Error(`${program} cannot be run. Install it with: ${installer}`, { cause });
    }
  }
  const { stdout } = await run(build.dockerd, ['--version'], {
    env: { PATH: build.path },
    timeout: CLI_TIMEOUT,
  });
  const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0];
  if (version === undefined) {
    throw new Error(`${build.dockerd} --version says: ${stdout}`);
  }
  return { name: `Docker ${version}`, ...build };
}

/** Starts a daemon that shares nothing with others, and waits till it listens. */
export async function startDockerd(
  build: DockerBuild,
  options: DockerdOptions = {},
): Promise<RunningDockerd> {
  const attempts = options.port === undefined ? 3 : 1;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(build, options);
    } catch (error) {
      // Somebody may take the free port before the daemon does.
      const taken = error instanceof Error && error.message.includes('address already in use');
      if (!taken || attempt === attempts) throw error;
    }
  }
}

async function startOnce(build: DockerBuild, options: DockerdOptions): Promise<RunningDockerd> {
  const { args = [], host = '127.0.0.1', config = {}, env = {} } = options;
  const configText = typeof config === 'string' ? config : JSON.stringify(config);
  const listensByConfig = configText.includes('"hosts"');
  if (listensByConfig && options.port === undefined) {
    throw new TypeError('A configuration with hosts needs the port to wait for');
  }
  const port = options.port ?? (await freePort(host));

  // The real path, for that is what the list of mounts shows.
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'dockerd-')));
  const configFile = join(directory, 'daemon.json');
  await writeFile(configFile, configText);

  const name = `test-${String(process.pid)}-${String(port)}`;
  const address = host.includes(':') ? `[${host}]` : host;
  const child = spawn(
    'setpriv',
    [
      // Its own process group escapes Ctrl-C, so it has to end with its parent.
      '--pdeathsig=TERM',
      build.dockerd,
      `--config-file=${configFile}`,
      `--data-root=${join(directory, 'data')}`,
      `--exec-root=${join(directory, 'exec')}`,
      `--pidfile=${join(directory, 'dockerd.pid')}`,
      '--storage-driver=vfs',
      // Leave the machine's network as it is.
      '--bridge=none',
      '--iptables=false',
      '--ip6tables=false',
      '--ip-forward=false',
      // A containerd that the machine already runs would be used by all daemons.
      `--containerd-namespace=${name}`,
      `--containerd-plugins-namespace=${name}-plugins`,
      ...(listensByConfig ? [] : [`--host=tcp://${address}:${String(port)}`]),
      ...args,
    ],
    {
      detached: true,
      // The caller's DOCKER_* would change the daemon's defaults for TLS.
      env: { PATH: build.path, HOME: directory, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );

  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  let failure: Error | undefined;
  child.on('error', (error) => {
    failure = error;
  });
  let closed = false;
  child.on('close', () => {
    closed = true;
  });

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= end(child, directory, () => log).then(() => removeDirectory(directory)));

  const listening = new RegExp(`API listen on \\S*:${String(port)}"`);
  const deadline = Date.now() + START_TIMEOUT;
  while (!listening.test(log)) {
    const problem =
      failure?.message ??
      (hasEnded(child)
        ? 'it ended'
        : Date.now() > deadline
          ? `not within ${String(START_TIMEOUT / 1000)} s`
          : undefined);
    if (problem !== undefined) {
      await stop();
      // The reason may still be in the pipe.
      await until(() => closed, 1000);
      throw new Error(`${build.name} does not listen on port ${String(port)}: ${problem}\n${log}`, {
        cause: failure,
      });
    }
    await sleep(20);
  }

  if (child.pid === undefined) throw new Error(`${build.name} has no process id`);
  return { port, pid: child.pid, log: () => log, stop };
}

/** Runs the build's own command line with nothing of the caller's environment. */
export async function docker(
  build: DockerBuild,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  /** The words before it, of a program that starts it. */
  starter: readonly string[] = [],
): Promise<DockerResult> {
  const [file = '', ...words] = [...starter, build.docker, ...args];
  // DOCKER_CONFIG is left to follow HOME, so that a test need but set the latter.
  const home = await mkdtemp(join(tmpdir(), 'docker-home-'));
  try {
    return await new Promise<DockerResult>((resolve, reject) => {
      execFile(
        file,
        words,
        {
          cwd: home,
          env: { PATH: build.path, HOME: home, ...env },
          timeout: CLI_TIMEOUT,
          killSignal: 'SIGKILL',
        },
        (error, stdout, stderr) => {
          if (error === null) resolve({ code: 0, stdout, stderr });
          else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
          else {
            const why = error.killed === true ? 'took too long' : error.message;
            const command = [build.docker, ...args].join(' ');
            reject(new Error(`${command}: ${why}\n${stdout}${stderr}`, { cause: error }));
          }
        },
      );
    });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** A port nobody listens on at the moment. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer();
  return new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error(`No port on ${host}`));
      });
    });
  });
}

async function end(child: ChildProcess, directory: string, log: () => string): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;

  if (!hasEnded(child)) {
    child.kill('SIGTERM');
    await until(() => hasEnded(child), STOP_TIMEOUT);
  }
  // What the daemon started in its group, and the daemon itself if it hangs.
  signal(-pid, 'SIGKILL');
  if (!(await until(() => hasEnded(child), STOP_TIMEOUT))) {
    throw new Error(`dockerd (${String(pid)}) does not end\n${log()}`);
  }

  // Its containerd has a session of its own, so the group does not include it.
  const started = /started new containerd process.*?pid=(\d+)/.exec(log())?.[1];
  if (started !== undefined) {
    const containerd = Number(started);
    // By now the id may be another's, hence the look at whose process it is.
    const ours = async (): Promise<boolean> =>
      (await readFile(`/proc/${started}/cmdline`, 'utf8').catch(() => '')).includes(directory);
    if (await ours()) {
      signal(containerd, 'SIGKILL');
      if (!(await until(async () => !(await ours()), STOP_TIMEOUT))) {
        throw new Error(`containerd (${started}) does not end\n${log()}`);
      }
    }
  }
}

async function removeDirectory(directory: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '))
    .filter((mount) => mount.startsWith(`${directory}/`));
  // The latest first, for it may lie below or upon an earlier one.
  for (const mount of mounts.reverse()) {
    await run('umount', [mount]).catch(() => run('umount', ['--lazy', mount]));
  }
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}

async function until(condition: () => boolean | Promise<boolean>, timeout: number): Promise<boolean> {
  const deadline = Date.now() + timeout;
  while (!(await condition())) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}
