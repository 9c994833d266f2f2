import { execFile, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from './cache.js';
import { init, keeper, machineFiles, writtenInKeeper } from './real-host-scripts.js';

/** A booted machine: systemd is its process 1, and Debian's docker.service its own. */
export interface RealHost {
  /** Where its root directory can be reached from here, until it is rebooted. */
  readonly root: string;
  /** Its process 1, as this machine counts, until it is rebooted. */
  readonly pid: string;
  /** Where all that was written to its disk since it was made can be seen from here: only to be read. */
  readonly written: string;
  /** Runs a command on it. Any exit code is a result; longer than the time limit is an error. */
  readonly run: (...command: readonly string[]) => Promise<HostResult>;
  /** Runs a shell script on it, which has to succeed; gives what it prints. */
  readonly sh: (script: string) => Promise<string>;
  /** Writes a file on it, with its directories. */
  readonly write: (path: string, content: string) => Promise<void>;
  /** Stops it as its own `systemctl reboot` does, and boots it again with the same disk. */
  readonly reboot: () => Promise<void>;
  /** Ends it with all its processes; nothing of it is left. */
  readonly remove: () => Promise<void>;
}

export interface HostResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const BOOT_MS = 60_000;
const COMMAND_MS = 600_000;
const REMOVE_MS = 20_000;
const POLL_MS = 100;

const project = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Boots a machine and waits until its docker.service runs. Needs root, systemd and docker.io. */
export async function bootRealHost(): Promise<RealHost> {
  const child = spawn('unshare', ['--mount', 'bash', '-c', keeper], {
    env: {
      ...{ PATH: '/usr/sbin:/usr/bin:/sbin:/bin', PROJECT: project, NODE: process.execPath, INIT: init },
      CACHE: cacheDirectory(),
      ...machineFiles,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true, // Ctrl-C is for the tests, which then remove it
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const remove = async (): Promise<void> => {
    child.stdin.end();
    const code = await within(REMOVE_MS, ended, () => `the machine does not end\n${log}`);
    if (code !== 0) throw new Error(`the machine was not removed: ${String(code)}\n${log}`);
  };
  /** Waits for process 1 of the boot with that number, the first being 0. */
  const started = (boot: number): Promise<string> =>
    within(
      BOOT_MS,
      new Promise<string>((resolve, reject) => {
        const look = (): void => {
          const found = [...log.matchAll(/^pid (\d+)$/gm)][boot]?.[1];
          if (found !== undefined) resolve(found);
        };
        child.stdout.on('data', look);
        look();
        void ended.then(() => reject(new Error(`the machine did not boot\n${log}`)));
      }),
      () => `the machine did not start\n${log}`,
    );
  let boots = 0;
  let pid: string;
  const run = (...command: readonly string[]): Promise<HostResult> => onHost(pid, command);
  const boot = async (): Promise<void> => {
    pid = await started(boots);
    boots += 1;
    const deadline = Date.now() + BOOT_MS;
    // It answers as soon as systemd listens; --wait then lasts until all is started.
    for (;;) {
      const { stdout, stderr } = await run('systemctl', 'is-system-running', '--wait');
      if (/^(running|degraded)$/m.test(stdout)) return;
      if (Date.now() > deadline) throw new Error(`the machine did not boot: ${stdout}${stderr}\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  try {
    await boot();
    return {
      get root() {
        return `/proc/${pid}/root`;
      },
      get pid() {
        return pid;
      },
      written: `/proc/${String(child.pid)}/root${writtenInKeeper}`,
      ...{ run, remove },
      sh: async (script) => {
        const { code, stdout, stderr } = await run('sh', '-euc', script);
        if (code !== 0) throw new Error(`exit code ${code}: ${script}\n${stdout}${stderr}`);
        return stdout;
      },
      write: async (path, content) => {
        const place = join(`/proc/${pid}/root`, path);
        await mkdir(dirname(place), { recursive: true });
        await writeFile(place, content);
      },
      reboot: async () => {
        await run('systemctl', 'reboot').catch(() => undefined); // it may be ended with all the rest
        child.stdin.write('again\n');
        await boot();
      },
    };
  } catch (error) {
    await remove().catch(() => undefined);
    throw error;
  }
}

async function onHost(pid: string, command: readonly string[]): Promise<HostResult> {
  const env = { PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LANG: 'C' };
  return new Promise((resolve, reject) => {
    execFile(
      'nsenter',
      ['--all', '--target', pid, '--', ...command],
      { env, timeout: COMMAND_MS, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === 'number') resolve({ code, stdout, stderr });
        else reject(new Error(`${command.join(' ')} did not end\n${stdout}${stderr}`, { cause: error }));
      },
    );
  });
}

async function within<Result>(ms: number, work: Promise<Result>, why: () => string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(why())), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
