import { join } from 'node:path';
import { shellWord } from '../../shell/sh.js';
import { existsOnHost, listHostFolder, readHostFile } from './host-file.js';
import type { Refusal } from './refusal.js';
import { call, words, type Text } from '../../words.js';

/** A Docker that reads another configuration than /etc/docker/daemon.json. */
export interface OtherDaemon {
  /** Its name in a sentence. */
  readonly by: string;
  /** The configuration that it reads, as the host has it; undefined for one that is not a file here. */
  readonly configFile: string | undefined;
  /** The home directory of the user whose daemon it is. */
  readonly home?: string | undefined;
  readonly refusal: Refusal;
}

interface OtherKind extends Pick<OtherDaemon, 'by' | 'configFile'> {
  readonly what: string;
  /** Below the root: one of them exists. */
  readonly signs: readonly string[];
  readonly hint: Text;
}

const byHand = words`\`${call('daemonConfiguration')}\` shows the settings`;

const snapFile = '/var/snap/docker/current/config/daemon.json';

/** Synology's package, by its old name and its new one. */
const containerManager = ['ContainerManager', 'Docker'].map((name): OtherKind => {
  const configFile = `/var/packages/${name}/etc/dockerd.json`;
  return {
    ...{ by: 'Container Manager', configFile, signs: [`var/packages/${name}`] },
    what: 'the Docker here belongs to Container Manager, which reads its own dockerd.json',
    hint: words`configure ${configFile} by hand: ${byHand}`,
  };
});

const kinds: readonly OtherKind[] = [
  {
    ...{ by: 'the snap', configFile: snapFile },
    what: `the Docker here is a snap, which reads ${snapFile} and no file outside the snap`,
    signs: ['etc/systemd/system/snap.docker.dockerd.service', 'snap/docker/current'],
    hint: words`copy the three files below /var/snap/docker/common and configure that daemon.json by hand: ${byHand}`,
  },
  {
    ...{ by: 'Docker Desktop', configFile: undefined },
    what: 'the Docker of this WSL distribution is Docker Desktop, whose daemon runs in a distribution of its own',
    signs: ['mnt/wsl/docker-desktop'],
    hint: words`install Docker in this distribution, which then has a dockerd of its own; or change Docker Desktop's own configuration, in its settings under Docker Engine: ${byHand}`,
  },
  {
    ...{ by: 'Docker Desktop', configFile: undefined },
    what: 'the Docker here is Docker Desktop, whose daemon runs in a virtual machine of its own',
    signs: ['usr/lib/systemd/user/docker-desktop.service', 'opt/docker-desktop'],
    hint: 'run this on the Docker host that clients should reach over TCP',
  },
  ...containerManager,
];

/**
 * Finds the Dockers of a host that would not read /etc/docker/daemon.json. Only for a host on which nothing starts a dockerd of
 * the system: a snap or a rootless daemon beside that does not matter. Errors: `ERR_FILE`.
 */
export async function otherDaemons(root: string): Promise<OtherDaemon[]> {
  const homes = await homesIn(root);
  const machines = await virtualMachines(root, homes);
  if (root === '/' && process.platform !== 'linux' && machines.length === 0) {
    const why = 'Docker runs in a virtual machine here: there is no daemon.json on this system to install to';
    const refusal = { why, hint: 'run this on the Docker host itself', file: '/etc/docker/daemon.json' };
    return [{ by: 'Docker Desktop', configFile: undefined, refusal }];
  }
  const found: OtherDaemon[] = [];
  for (const { by, configFile, what, signs, hint } of kinds)
    for (const sign of signs)
      if (await existsOnHost(root, sign)) {
        found.push({ by, configFile, refusal: { why: what, hint, file: join(root, sign) } });
        break;
      }
  return [...found, ...(await rootless(root, homes)), ...machines];
}

/** The home directories of a host, on Linux and on macOS. */
async function homesIn(root: string): Promise<Set<string>> {
  const passwd = (await readHostFile(root, 'etc/passwd')) ?? '';
  const listed = passwd.split('\n').map((line) => line.split(':')[5] ?? '');
  const below = await Promise.all(
    ['home', 'Users'].map(async (folder) =>
      (await listHostFolder(root, folder)).map((name) => `/${folder}/${name}`),
    ),
  );
  return new Set(['/root', ...below.flat(), ...listed].filter((home) => /^\/./.test(home)));
}

/** A user's daemon, which reads a file in a home directory. */
async function rootless(root: string, homes: ReadonlySet<string>): Promise<OtherDaemon[]> {
  for (const home of homes) {
    const unit = join(home, '.config/systemd/user/docker.service');
    const configFile = `${home}/.config/docker/daemon.json`;
    if (await existsOnHost(root, unit)) {
      const why = `the Docker here is rootless: it reads ${configFile}`;
      const hint = words`as that user, without sudo: \`${call('installDaemon', { for: 'rootless', apply: true, restart: true })}\``;
      return [
        { by: 'a user without root', configFile, home, refusal: { why, hint, file: join(root, unit) } },
      ];
    }
  }
  return [];
}

/** The daemons that Colima and Lima run in virtual machines of a user. */
async function virtualMachines(root: string, homes: ReadonlySet<string>): Promise<OtherDaemon[]> {
  const found: OtherDaemon[] = [];
  for (const home of homes) {
    for (const name of await listHostFolder(root, join(home, '.colima'))) {
      const path = join(home, '.colima', name, 'colima.yaml');
      if (name.startsWith('_') || !(await existsOnHost(root, path))) continue;
      const why = `the Docker here is Colima's, whose daemon runs in a virtual machine: it is configured by ${path}`;
      const hint = words`put the settings under docker: there, with files that the machine can read: ${byHand}`;
      found.push({ by: 'Colima', configFile: undefined, refusal: { why, hint, file: join(root, path) } });
    }
    for (const name of await listHostFolder(root, join(home, '.lima'))) {
      const path = join(home, '.lima', name, 'lima.yaml');
      if (name.startsWith('_') || !/docker/i.test((await readHostFile(root, path)) ?? '')) continue;
      const why = `the Docker here runs in ${name}, a virtual machine of Lima`;
      const hint = `run this in the machine (\`limactl shell ${shellWord(name)}\`), and forward its port with portForwards: in ${path}`;
      found.push({ by: 'Lima', configFile: undefined, refusal: { why, hint, file: join(root, path) } });
    }
  }
  return found;
}
