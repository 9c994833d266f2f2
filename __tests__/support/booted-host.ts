import { afterAll, beforeAll } from '@jest/globals';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { disk } from './disk.js';
import { makeSet } from './made-sets.js';
import { main } from './program.js';
import { bootRealHost, type HostResult, type RealHost } from './real-host.js';
import { request } from './request.js';
import { useSharedDirectory } from './temporary-directory.js';

/** A machine with the files of its daemon and of a client, in /root/tls. */
export interface BootedHost {
  readonly host: () => RealHost;
  /** Runs the built program on it. */
  readonly program: (...args: readonly string[]) => Promise<HostResult>;
  readonly install: (...more: readonly string[]) => Promise<HostResult>;
  readonly uninstall: () => Promise<HostResult>;
  /** Checks one of its ports from a client. */
  readonly connect: (endpoint?: string) => Promise<HostResult>;
  readonly doctor: () => Promise<HostResult>;
  /** Asks the daemon by way of its local socket. */
  readonly local: () => Promise<HostResult>;
  /** Asks it as docker does over TLS, with these of the client's files. */
  readonly overTls: (...files: readonly (keyof typeof clientFiles)[]) => Promise<HostResult>;
  /** The serial of the certificate that the daemon serves. */
  readonly served: () => Promise<string>;
  /** What was written to its disk, but for what docker, containerd, systemd and the journal keep for themselves. */
  readonly written: () => Promise<Record<string, string>>;
  /** Starts its daemon with the units and the files as they are now, unless it is masked, and forgets earlier failures. */
  readonly start: () => Promise<void>;
  /** Stops its daemon, and takes away all units and configuration that are not its distribution's. */
  readonly clear: () => Promise<void>;
}

const clientFiles = { cacert: 'ca.pem', cert: 'cert.pem', key: 'key.pem' } as const;
const theirs = /^var\/(log|lib\/(docker|containerd|systemd))$/;
const variablesPath = 'etc/default/docker';
const units = '/etc/systemd/system';

/** Boots a machine for the tests of a file. `makeTls` makes its certificates in a directory. */
export function useBootedHost(
  makeTls = (directory: string, root: string): Promise<unknown> =>
    makeSet(request(root, { directory, hosts: ['127.0.0.1'] })),
): BootedHost {
  const shared = useSharedDirectory();
  let machine: RealHost | undefined;
  let variables = '';
  const host = (): RealHost => {
    if (!machine) throw new Error('the machine is not booted yet');
    return machine;
  };
  beforeAll(async () => {
    const set = join(shared(), 'tls');
    const booting = bootRealHost();
    const making = makeTls(set, shared());
    machine = await booting;
    await making;
    await cp(set, join(machine.root, 'root/tls'), { recursive: true });
    variables = await readFile(join(machine.root, variablesPath), 'utf8');
  }, 120_000);
  afterAll(() => machine?.remove());

  const program: BootedHost['program'] = (...args) => host().run(process.execPath, main, ...args);
  const from = ['--dir', '/root/tls'] as const;
  return {
    ...{ host, program },
    install: (...more) => program('install', 'daemon', ...from, '--apply', '--restart', ...more),
    uninstall: () => program('uninstall', 'daemon', '--apply', '--restart'),
    connect: (endpoint = '127.0.0.1') => program('connect', endpoint, ...from),
    doctor: () => program('doctor', ...from),
    local: () => host().run('docker', 'version', '--format', '{{.Server.Version}}'),
    overTls: (...files) => {
      const flags = files.map((name) => `--tls${name}=/root/tls/${clientFiles[name]}`);
      return host().run('docker', '-H', 'tcp://127.0.0.1:2376', '--tlsverify', ...flags, 'version');
    },
    served: () =>
      host().sh(
        'openssl s_client -connect 127.0.0.1:2376 </dev/null 2>/dev/null | openssl x509 -noout -serial',
      ),
    written: () => disk(host().written, theirs),
    start: async () => {
      await host().sh(
        'systemctl daemon-reload; systemctl reset-failed; systemctl is-enabled docker | grep -q masked || systemctl restart docker.socket docker.service',
      );
    },
    clear: async () => {
      await host().sh(
        `systemctl stop 'docker*.socket' docker.service; rm -rf ${units}/docker* ${units}/*.wants /etc/docker`,
      );
      await writeFile(join(host().root, variablesPath), variables);
    },
  };
}
