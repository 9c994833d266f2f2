import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './until.js';

export type ProxyName = 'nginx' | 'haproxy' | 'caddy';

export interface ProxyOptions {
  /** Takes the proxy's own files. */
  readonly directory: string;
  /** The certificate directory. */
  readonly certificates: string;
  readonly port: number;
  /** dockerd's Unix socket. */
  readonly socket: string;
}

/** A proxy that runs in the foreground with a printed configuration. */
export interface RunningProxy {
  /** What it logged about its clients, and what it printed. */
  readonly log: () => string;
  /** Lets it read its files again; with a text, another configuration. */
  readonly reload: (text?: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const run = promisify(execFile);

/** Lets a proxy check a printed configuration, with the files that it names. */
export async function checkConfig(name: ProxyName, printed: string, options: ProxyOptions): Promise<void> {
  const { check, environment } = await prepare(name, printed, options);
  const [file = '', ...args] = check;
  await run(file, args, { env: environment });
}

/** Starts a proxy on loopback. The configuration stays as it is printed but for what belongs to this machine. */
export async function startProxy(
  name: ProxyName,
  printed: string,
  options: ProxyOptions,
): Promise<RunningProxy> {
  const { command, caddyConfig, environment, file, save } = await prepare(name, printed, options);
  // No leftover when the tests are interrupted.
  const child = spawn('setpriv', ['--pdeathsig=TERM', ...command], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  const isUp = async (): Promise<boolean> => {
    if (hasEnded(child)) throw new Error(`${name} has ended:\n${log}`);
    return listens(options.port);
  };
  await until(isUp);
  return {
    log: () => log + (name === 'nginx' ? readFileSync(file('nginx.log'), 'utf8') : ''),
    reload: async (text) => {
      if (text !== undefined) await save(text);
      if (name === 'caddy') await run('caddy', ['reload', ...caddyConfig], { env: environment });
      else child.kill(name === 'nginx' ? 'SIGHUP' : 'SIGUSR2');
    },
    stop: async () => {
      child.kill('SIGTERM');
      await until(() => Promise.resolve(hasEnded(child)));
    },
  };
}

interface Prepared {
  readonly command: readonly string[];
  readonly check: readonly string[];
  readonly caddyConfig: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly file: (path: string) => string;
  readonly save: (text: string) => Promise<void>;
}

async function prepare(name: ProxyName, printed: string, options: ProxyOptions): Promise<Prepared> {
  const { directory, certificates, socket } = options;
  const config = join(directory, `${name}.conf`);
  const file = (path: string): string => join(directory, path);
  const save = (text: string): Promise<void> =>
    writeFile(
      config,
      text
        .replaceAll('/var/run/docker.sock', socket)
        .replaceAll('0.0.0.0', '127.0.0.1')
        // The time for which a reload leaves connections open.
        .replaceAll(/^(\s*(?:worker_shutdown_timeout|hard-stop-after|grace_period)) 5s/gm, '$1 1s')
        .replaceAll('/var/log/nginx/docker.log', file('nginx.log'))
        .replaceAll('/run/caddy-admin.sock', file('admin.sock'))
        .replaceAll('/etc/haproxy/docker', file('haproxy')),
    );
  await save(printed);
  await mkdir(file('haproxy'), { recursive: true });
  await symlink(join(certificates, 'server-cert.pem'), file('haproxy/server.pem')).catch(() => undefined);
  await symlink(join(certificates, 'server-key.pem'), file('haproxy/server.pem.key')).catch(() => undefined);

  const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: directory };
  const caddyConfig = ['--adapter', 'caddyfile', '--config', config];
  const nginx = ['nginx', '-e', 'stderr', '-g', `daemon off; pid ${file('nginx.pid')};`, '-c', config];
  const commands = {
    nginx: { command: nginx, check: [...nginx, '-t'] },
    haproxy: { command: ['haproxy', '-W', '-f', config], check: ['haproxy', '-c', '-f', config] },
    caddy: { command: ['caddy', 'run', ...caddyConfig], check: ['caddy', 'validate', ...caddyConfig] },
  };
  return { ...commands[name], caddyConfig, environment, file, save };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
