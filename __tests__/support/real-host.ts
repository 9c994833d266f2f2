import { execFile, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A booted machine: systemd is its process 1, and Debian's docker.service its own. */
export interface RealHost {
  /** Where its root directory can be reached from here. */
  readonly root: string;
  /** Runs a command on it. Any exit code is a result; longer than the time limit is an error. */
  run(...command: readonly string[]): Promise<HostResult>;
  /** Runs a shell script on it, which has to succeed; gives what it prints. */
  sh(script: string): Promise<string>;
  /** Writes a file on it, with its directories. */
  write(path: string, content: string): Promise<void>;
  /** Ends it with all its processes; nothing of it is left. */
  remove(): Promise<void>;
}

export interface HostResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const BOOT_MS = 60_000;
const COMMAND_MS = 60_000;
const REMOVE_MS = 20_000;

const project = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** What the machine has beside this one's packages. Its docker leaves the kernel's firewall alone and needs no overlay. */
const files = {
  'etc/fstab': '',
  'etc/machine-id': '5eab1e5eab1e5eab1e5eab1e5eab1e00\n',
  'etc/hostname': 'real-host\n',
  'etc/default/docker':
    'DOCKER_OPTS="--bridge=none --iptables=false --ip6tables=false --ip-forward=false --storage-driver=vfs"\n',
  'etc/systemd/system/default.target':
    '[Unit]\nRequires=basic.target\nWants=docker.service\nAfter=basic.target docker.service\n',
};
/** Of no use to these tests, slow, or for the kernel as a whole, which is not the machine's own. */
const masked = `
  systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udev-trigger.service
  systemd-hwdb-update.service systemd-journal-flush.service systemd-journal-catalog-update.service systemd-logind.service
  systemd-update-utmp.service systemd-sysusers.service systemd-firstboot.service systemd-random-seed.service
  systemd-sysctl.service systemd-modules-load.service systemd-binfmt.service systemd-pstore.service systemd-remount-fs.service
  modprobe@.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount
  sys-kernel-config.mount sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount ldconfig.service timers.target`
  .trim()
  .split(/\s+/);

/**
 * The machine's keeper. All that it writes lies in memory, in a mount namespace of its own, and is gone with it; only its group
 * of processes has to be removed. It waits for the end of its input, which also comes when the tests are killed.
 */
const keeper = `
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=0755 tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root /mnt/groups
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
mount -t cgroup2 cgroup2 /mnt/groups
group=/mnt/groups/docker-tls-test-$$
mkdir "$group"
for directory in "$PROJECT" "$(dirname "$NODE")"; do
  mkdir -p "/mnt/root$directory"
  mount --bind -o ro "$directory" "/mnt/root$directory"
done
(
  read -r self _ < /proc/self/stat
  echo "$self" > "$group/cgroup.procs"
  exec unshare --mount --uts --ipc --net --pid --cgroup --fork --kill-child=SIGKILL bash -euc "$INIT"
) < /dev/null &
machine=$!
cat > /dev/null || true
kill -KILL "$machine" 2> /dev/null || true
wait "$machine" 2> /dev/null || true
for _ in $(seq 100); do
  find "$group" -depth -type d -exec rmdir {} + 2> /dev/null && exit 0
  sleep 0.05
done
echo "$group is left" >&2
exit 1
`;

/** Process 1 of the machine, before it becomes systemd. */
const init = `
read -r self _ < /proc/self/stat # as the machine outside counts
echo "pid $self"
cd /mnt/root
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=0755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=0755 tmpfs dev
for device in null zero full random urandom tty; do
  : > dev/$device
  mount --bind /dev/$device dev/$device
done
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
rm -rf etc/systemd/system/*.wants etc/systemd/system/docker* etc/docker usr/sbin/policy-rc.d
mkdir outside
pivot_root . outside
umount -l outside
rmdir outside
while read -r unit; do ln -s /dev/null "/etc/systemd/system/$unit"; done <<< "$MASKED"
while read -r path content; do printf "$content" > "/$path"; done <<< "$FILES"
exec env -i container=docker-tls-test PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
  /lib/systemd/systemd --show-status=no --log-level=warning
`;

/** Boots a machine and waits until its docker.service runs. Needs root, systemd and docker.io. */
export async function bootRealHost(): Promise<RealHost> {
  const child = spawn('unshare', ['--mount', 'bash', '-c', keeper], {
    env: {
      ...{ PATH: '/usr/sbin:/usr/bin:/sbin:/bin', PROJECT: project, NODE: process.execPath, INIT: init },
      MASKED: masked.join('\n'),
      FILES: Object.entries(files)
        .map(([path, content]) => `${path} ${content.replaceAll('\n', '\\n')}`)
        .join('\n'),
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
  try {
    const pid = await within(
      BOOT_MS,
      new Promise<string>((resolve, reject) => {
        child.stdout.on('data', () => {
          const [, found] = /^pid (\d+)$/m.exec(log) ?? [];
          if (found !== undefined) resolve(found);
        });
        void ended.then(() => reject(new Error(`the machine did not boot\n${log}`)));
      }),
      () => `the machine did not start\n${log}`,
    );
    const root = `/proc/${pid}/root`;
    const run = (...command: readonly string[]): Promise<HostResult> => onHost(pid, command);
    const deadline = Date.now() + BOOT_MS;
    // It answers as soon as systemd listens; --wait then lasts until all is started.
    for (;;) {
      const { stdout, stderr } = await run('systemctl', 'is-system-running', '--wait');
      if (/^(running|degraded)$/m.test(stdout)) break;
      if (Date.now() > deadline) throw new Error(`the machine did not boot: ${stdout}${stderr}\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return {
      ...{ root, run, remove },
      sh: async (script) => {
        const { code, stdout, stderr } = await run('sh', '-euc', script);
        if (code !== 0) throw new Error(`exit code ${code}: ${script}\n${stdout}${stderr}`);
        return stdout;
      },
      write: async (path, content) => {
        await mkdir(dirname(join(root, path)), { recursive: true });
        await writeFile(join(root, path), content);
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
