import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from './cache.js';
import { freePort } from './dockerd.js';
import { until } from './until.js';

const run = promisify(execFile);

interface PodmanResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Podman {
  /** Runs `podman` with storage of its own. */
  readonly local: (...args: readonly string[]) => Promise<PodmanResult>;
  /** Runs `podman` as a client, which takes no flags for storage; its connections are its own. */
  readonly remote: (...args: readonly string[]) => Promise<PodmanResult>;
  /** Runs a script that takes `podman` for a client. */
  readonly shell: (script: string) => Promise<PodmanResult>;
  /** Serves its API as a line for a shell says, on a free port of the loopback interface instead, and gives the port. */
  readonly serve: (line: string) => Promise<{ port: number; stop: () => Promise<void> }>;
}

/** Podman 5.8, which `.ci/podman` brings. Everything of it lies below `home`. */
export async function podmanIn(home: string): Promise<Podman> {
  const cache = join(cacheDirectory(), 'podman');
  const bin = join(home, 'bin');
  await mkdir(bin, { recursive: true });
  const stores = ['root', 'runroot', 'tmpdir'].map((name) => `--${name}=${join(home, name)}`).join(' ');
  await writeFile(
    join(bin, 'podman'),
    `#!/bin/sh\nexec ${join(cache, 'bin/podman')} ${stores} --storage-driver=vfs "$@"\n`,
    { mode: 0o755 },
  );
  const env = {
    PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin`,
    HOME: home,
    XDG_RUNTIME_DIR: home,
    CONTAINERS_CONF: join(cache, 'containers.conf'),
    PODMAN_IGNORE_CGROUPSV1_WARNING: '1',
  };
  const ran = (program: string, args: readonly string[]): Promise<PodmanResult> =>
    run(program, args, { env, timeout: 60_000 }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: unknown) => error as PodmanResult,
    );
  return {
    local: (...args) => ran(join(bin, 'podman'), args),
    remote: (...args) => ran(join(cache, 'bin/podman'), args),
    shell: (script) => ran('sh', ['-ec', `PATH=${join(cache, 'bin')}:$PATH\n${script}`]),
    serve: async (line) => {
      const port = await freePort();
      const local = line.replace(/tcp:\/\/0\.0\.0\.0:\d+/, `tcp://127.0.0.1:${port}`);
      const child = spawn('setpriv', ['--pdeathsig=TERM', 'sh', '-c', `exec ${local}`], { env, cwd: home });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      const stop = async (): Promise<void> => {
        if (child.exitCode !== null || !child.kill()) return;
        await once(child, 'exit');
        await rm(join(home, 'tmpdir'), { recursive: true, force: true });
      };
      await until(async () => {
        if (child.exitCode !== null) throw new Error(said);
        return accepts(port);
      });
      return { port, stop };
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
