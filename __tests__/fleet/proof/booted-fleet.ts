import { afterAll, beforeAll, expect } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FleetFile } from '../../../lib/fleet/file/fleet-file.js';
import { startController, type Controller } from '../../support/controller.js';
import { disk } from '../../support/disk.js';
import { main } from '../../support/program.js';
import { bootRealHost, type HostResult, type RealHost } from '../../support/real-host.js';
import { useSharedDirectory } from '../../support/temporary-directory.js';

const addresses = { web1: '10.77.0.11', web2: '10.77.0.12', web3: '10.77.0.13' } as const;
export type HostName = keyof typeof addresses;
export const hostNames = Object.keys(addresses) as HostName[];

export const passphrase = 'correct horse battery staple';
/** What a host has in daemon.json before all of this, in the format of somebody. */
export const daemonJson = '{\n    "log-level":  "warn" ,\n    "labels": ["ä=\\u00e9"]\n}\n';
const project = dirname(dirname(dirname(main)));
const clientFiles = { cacert: 'ca.pem', cert: 'cert.pem', key: 'key.pem' } as const;
/** What changes by itself, and what ansible and ssh leave behind. */
const fleeting = /^(tmp|run|dev|proc|sys|var\/(log|tmp|lib\/(docker|containerd|systemd))|root\/\.ansible)$/;

/** Three hosts with systemd, sshd and dockerd, and a controller with this program and Ansible, on one network. */
export interface BootedFleet {
  readonly host: (name: HostName) => RealHost;
  readonly controller: () => Controller;
  /** Where the fleet file lies, the CA and the playbooks. */
  readonly directory: () => string;
  /** Writes the fleet file and the playbooks for it. */
  readonly describe: (more?: Partial<FleetFile>, directory?: string) => Promise<void>;
  /** Runs the program on the controller, beside the fleet file. */
  readonly program: (...args: readonly string[]) => Promise<HostResult>;
  /** Runs a playbook as docs/fleet-ansible.md says it. */
  readonly playbook: (name?: string, ...flags: readonly string[]) => Promise<HostResult>;
  /** Asks a daemon with docker from the controller, with these of alice's files. */
  readonly docker: (name: HostName, ...files: readonly (keyof typeof clientFiles)[]) => Promise<HostResult>;
  /** The certificate that a daemon serves, in PEM. */
  readonly served: (name: HostName) => Promise<string>;
  /** The process of its daemon. */
  readonly daemon: (name: HostName) => Promise<string>;
  /** What was written to its disk. */
  readonly written: (name: HostName) => Promise<Record<string, string>>;
  /** Compares a host with what was signed for it: its files, what it serves, and that nothing is half done. */
  readonly expectInstalled: (...names: readonly HostName[]) => Promise<void>;
  /** Installs a host again: its name and address, and nothing else of it is left. */
  readonly reinstall: (name: HostName) => Promise<void>;
  /** What a user does once for a host that was installed: ssh gets to know its key. */
  readonly meet: (...names: readonly HostName[]) => Promise<void>;
}

/** The command line of a playbook. */
export const ansible = (name = 'site.yml', ...flags: readonly string[]): string[] => [
  ...['ansible-playbook', '-i', 'inventory.yml', name],
  ...['-e', 'docker_tls_passphrase_file=../ca.pass', ...flags],
];

/** Gives a result back that has to be a success. */
export function succeeded(result: HostResult): HostResult {
  if (result.code !== 0) throw new Error(`exit code ${result.code}\n${result.stdout}${result.stderr}`);
  return result;
}

/** How many tasks changed each host, as a playbook says it at its end. */
export function changed({ stdout }: HostResult): Record<string, string> {
  const lines = stdout.matchAll(/^(\w+) +: ok=\d+ +changed=(\d+)/gm);
  return Object.fromEntries([...lines].map(([, name, count]) => [name!, count!]));
}

/** A lifetime for which the certificates of the one before are due, and its own are not: days 30, 60, and so on. */
export function lifetime(number: number): Partial<FleetFile> {
  const renew = number === 1 ? {} : { renew: { within: `${30 * number - 29}d` } };
  return { defaults: { key: 'ec:p256', days: 30 * number, ...renew } };
}

export function useBootedFleet(): BootedFleet {
  const shared = useSharedDirectory();
  const hosts = new Map<HostName, RealHost>();
  let machine: Controller | undefined;
  let publicKey = '';
  let at = '';

  const controller = (): Controller => {
    if (!machine) throw new Error('the controller has not started yet');
    return machine;
  };
  const host = (name: HostName): RealHost => {
    const found = hosts.get(name);
    if (!found) throw new Error(`${name} is not booted`);
    return found;
  };
  const onController = async (...command: readonly string[]): Promise<string> =>
    succeeded(await controller().run('/', ...command)).stdout;

  async function boot(name: HostName): Promise<void> {
    const booted = await bootRealHost();
    hosts.set(name, booted);
    await booted.write('etc/docker/daemon.json', daemonJson);
    await booted.write('root/.ssh/authorized_keys', publicKey);
    // It has its own keys, and neither Node nor this program.
    await booted.sh(`
      echo ${name} >/etc/hostname; hostname ${name}
      chmod 0640 /etc/docker/daemon.json; chgrp 7 /etc/docker/daemon.json
      rm -f /etc/ssh/ssh_host_*_key* /etc/systemd/system/ssh.service /root/.bashrc
      ssh-keygen -q -A
      systemctl daemon-reload
      systemctl start ssh
      umount -l '${project}' '${dirname(process.execPath)}'
      rm -f '${process.execPath}' '${main}'
      ! command -v node`);
    await controller().attach(booted, addresses[name]);
  }

  const fleet: BootedFleet = {
    ...{ host, controller },
    directory: () => at,
    describe: async (more = {}, directory = at) => {
      at = directory;
      const file: FleetFile = {
        ca: { directory: './ca', key: 'ec:p256' },
        ...lifetime(1),
        hosts: Object.fromEntries(
          hostNames.map((name) => [
            name,
            { names: [`${name}.example.com`, addresses[name]], ssh: `root@${name}` },
          ]),
        ),
        // Hers is not due when those of the hosts are.
        clients: { alice: { days: 365, renew: { within: '30d' } } },
        rollout: { canary: 1, batch: '25%' },
        ...more,
      };
      await writeFile(join(at, 'docker-tls.yaml'), JSON.stringify(file));
      succeeded(await fleet.program('fleet', 'ansible', 'playbooks'));
    },
    program: (...args) => controller().run(at, process.execPath, main, ...args),
    playbook: (name, ...flags) => controller().run(join(at, 'playbooks'), ...ansible(name, ...flags)),
    docker: (name, ...files) => {
      const flags = files.map((file) => `--tls${file}=ca/clients/alice/${clientFiles[file]}`);
      const endpoint = ['-H', `tcp://${name}.example.com:2376`, '--tlsverify'];
      return controller().run(at, 'docker', ...endpoint, ...flags, 'version');
    },
    served: (name) =>
      onController(
        'sh',
        '-c',
        `openssl s_client -connect ${addresses[name]}:2376 </dev/null 2>/dev/null | openssl x509`,
      ),
    daemon: (name) => host(name).sh('systemctl show --property=MainPID --value docker'),
    written: (name) => disk(host(name).written, fleeting),
    expectInstalled: async (...names) => {
      for (const name of names) {
        const read = (path: string): Promise<string> => readFile(join(host(name).root, path), 'utf8');
        const signed = (file: string): Promise<string> =>
          readFile(join(at, 'ca/servers', name, file), 'utf8');
        expect({
          name,
          certificate: await read('etc/docker/tls/server-cert.pem'),
          ca: await read('etc/docker/tls/ca.pem'),
          served: await fleet.served(name),
          // The record of before, and no journal of a change.
          state: (await host(name).run('ls', '-A', '/var/lib/docker-tls-openssl')).stdout,
          leftovers: await host(name).sh(
            'find /etc /var/lib/docker-tls-openssl -name ".*docker-tls-openssl*"',
          ),
        }).toEqual({
          name,
          certificate: await signed('server-cert.pem'),
          ca: await signed('ca.pem'),
          served: await signed('server-cert.pem'),
          state: 'before\nrecord\n',
          leftovers: '',
        });
        succeeded(await fleet.docker(name, 'cacert', 'cert', 'key'));
      }
    },
    reinstall: async (name) => {
      await host(name).remove();
      await boot(name);
    },
    meet: async (...names) => {
      for (const name of names) await controller().run('/', 'ssh-keygen', '-R', name);
      await onController('sh', '-c', `ssh-keyscan ${names.join(' ')} >>/root/.ssh/known_hosts`);
    },
  };

  beforeAll(async () => {
    const names = hostNames.flatMap((name) => [
      [name, addresses[name]] as const,
      [`${name}.example.com`, addresses[name]] as const,
    ]);
    machine = await startController('10.77.0.1', Object.fromEntries(names));
    await onController('sh', '-c', 'mkdir -pm 0700 /root/.ssh; rm -f /root/.ssh/*');
    await onController('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', '/root/.ssh/id_ed25519');
    publicKey = await onController('cat', '/root/.ssh/id_ed25519.pub');
    await Promise.all(hostNames.map(boot));
    await fleet.meet(...hostNames);
    const directory = join(shared(), 'fleet');
    await mkdir(directory);
    await writeFile(join(directory, 'ca.pass'), `${passphrase}\n`, { mode: 0o600 });
    await fleet.describe({}, directory);
  }, 240_000);
  afterAll(async () => {
    await Promise.all([...hosts.values()].map((one) => one.remove()));
    await machine?.remove();
  }, 60_000);
  return fleet;
}
