import { execFile, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ClientId } from '../../lib/judge/clients.js';

/** Where a server is called, and the set whose ca.pem, cert.pem and key.pem the client takes. */
export interface Call {
  readonly host: string;
  readonly port: number;
  readonly directory: string;
}

/** The output of a client that does not accept the server; undefined for one that does. */
export type Answer = string | undefined;

/** One program for many calls, for its start takes longer than all that it does. */
export interface StartedClient {
  readonly ask: (call: Call, client?: ClientId) => Promise<Answer>;
  readonly stop: () => void;
}

/** The folder in which a program finds its libraries; undefined for those of the machine. */
export type Root = string | undefined;

const here = fileURLToPath(new URL('.', import.meta.url));

/** A file beside this one, as a program sees it that runs in that root. */
export function beside(file: string, root?: Root): string {
  return root === undefined ? join(here, file) : `/mnt/${file}`;
}

/** Starts a program that knows the hosts in support/hosts, in a mount namespace of its own. */
export function withHosts(root?: Root): string[] {
  const hosts = beside('hosts');
  const start = ['unshare', '--mount', 'sh', '-c'];
  if (root === undefined) return [...start, 'mount --bind "$0" /etc/hosts && exec "$@"', hosts];
  const places = [
    'mount --rbind /dev "$1/dev" && mount --rbind /proc "$1/proc" && mount --bind "$0" "$1/etc/hosts"',
    'mkdir -p "$1$2" && mount --bind "$2" "$1$2" && mount --bind "$3" "$1/mnt"',
  ];
  const enter = 'root=$1 && shift 3 && exec chroot "$root" "$@"';
  return [...start, [...places, enter].join(' && '), hosts, root, tmpdir(), here];
}

/** English, nothing of the caller's, and a home in which nothing can be made. */
const environment = { PATH: process.env['PATH'], HOME: '/proc/nowhere', LC_ALL: 'C.UTF-8' };

/** It takes a line for a call, and answers with a line of JSON. */
export function start(
  file: string,
  args: readonly string[],
  { root, env = {} }: { root?: Root; env?: Readonly<Record<string, string>> } = {},
): StartedClient {
  const [starter = '', ...words] = [...withHosts(root), file, ...args];
  const child = spawn(starter, words, {
    env: { ...environment, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async ({ host, port, directory }, client) => {
      child.stdin.write(`${[host, port, directory, client].join('\t')}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${file} has ended`);
      return (JSON.parse(value) as string | null) ?? undefined;
    },
    stop: () => child.stdin.end(),
  };
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program, without anything at its standard input unless it is given. */
export function run(
  file: string,
  args: readonly string[],
  {
    root,
    input = '',
    env = {},
  }: { root?: Root; input?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const [starter = '', ...words] = [...withHosts(root), file, ...args];
    const options = { env: { ...environment, ...env }, timeout: 60_000 };
    const child = execFile(starter, words, options, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
      else reject(new Error(`${file}: ${error.message}`, { cause: error }));
    });
    child.stdin?.on('error', () => undefined); // it may have ended before
    child.stdin?.end(input);
  });
}
