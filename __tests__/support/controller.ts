import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { HostResult, RealHost } from './real-host.js';

/** A machine of its own on this one's disk: a network with a bridge, a home folder in memory, and all its processes end with it. */
export interface Controller {
  /** Its process 1, as this machine counts. */
  readonly pid: string;
  /** Runs a command in a directory of this machine. Any exit code is a result. */
  readonly run: (directory: string, ...command: readonly string[]) => Promise<HostResult>;
  /** The same, with its output as it comes, in a group of processes of its own. */
  readonly start: (directory: string, ...command: readonly string[]) => ChildProcess;
  /** Puts a machine on its network. */
  readonly attach: (host: RealHost, address: string) => Promise<void>;
  readonly remove: () => Promise<void>;
}

const script = `
set -eu
read -r self _ < /proc/self/stat # as the machine outside counts
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs -o mode=0755 tmpfs /mnt
mkdir /mnt/upper /mnt/work
mount -t overlay overlay -o lowerdir=/root,upperdir=/mnt/upper,workdir=/mnt/work /root
printf "$HOSTS" > /mnt/hosts
mount --bind /mnt/hosts /etc/hosts
ip link set lo up
ip link add bridge type bridge
ip address add "$ADDRESS/24" dev bridge
ip link set bridge up
echo "pid $self"
cat > /dev/null
`;

/** Starts a controller at an address of a network with 24 bits. `names` are the addresses that it knows by name. */
export async function startController(
  address: string,
  names: Readonly<Record<string, string>>,
): Promise<Controller> {
  const lines = Object.entries({ localhost: '127.0.0.1', ...names }).map(([name, at]) => `${at} ${name}`);
  const keeper = spawn(
    'unshare',
    ['--mount', '--net', '--pid', '--fork', '--kill-child=SIGKILL', 'bash', '--norc', '-c', script],
    {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOSTS: `${lines.join('\\n')}\\n`, ADDRESS: address },
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    },
  );
  const pid = await new Promise<string>((resolve, reject) => {
    let said = '';
    keeper.stdout.setEncoding('utf8').on('data', (text: string) => {
      const found = /^pid (\d+)$/m.exec((said += text))?.[1];
      if (found !== undefined) resolve(found);
    });
    keeper.once('exit', () => reject(new Error(`the controller did not start: ${said}`)));
  });
  const env = { PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LANG: 'C.UTF-8' };
  const inside = (directory: string, command: readonly string[]): string[] => [
    ...['--mount', '--net', '--pid', '--target', pid, 'sh', '-c', 'cd "$0" && exec "$@"', directory],
    ...command,
  ];
  let links = 0;
  return {
    pid,
    run: (directory, ...command) => resultOf('nsenter', inside(directory, command), env),
    start: (directory, ...command) =>
      spawn('nsenter', inside(directory, command), {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      }),
    attach: async (host, to) => {
      const link = `host${(links += 1)}`;
      const ip = ['--net', '--target', pid, 'ip', 'link'];
      const onHost = ['--net', '--target', host.pid, 'ip'];
      for (const [file, ...args] of [
        ['ip', 'link', 'add', link, 'netns', pid, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host.pid],
        ['nsenter', ...ip, 'set', link, 'master', 'bridge', 'up'],
        ['nsenter', ...onHost, 'address', 'add', `${to}/24`, 'dev', 'eth0'],
        ['nsenter', ...onHost, 'link', 'set', 'eth0', 'up'],
      ] as const) {
        const { code, stderr } = await resultOf(file, args, env);
        if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
      }
    },
    remove: async () => {
      const ended = once(keeper, 'exit');
      keeper.stdin.end();
      await ended;
    },
  };
}

function resultOf(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<HostResult> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else reject(new Error(`${args.join(' ')} did not end\n${stdout}${stderr}`, { cause: error }));
    });
  });
}
