import { join } from 'node:path';
import { existsOnHost, listHostFolder, readHostFile } from './host-file.js';
import type { Refusal } from './refusal.js';

/** A Docker that reads another configuration than /etc/docker/daemon.json. */
interface OtherDaemon {
  readonly what: string;
  /** Below the root: one of them exists. */
  readonly signs: readonly string[];
  readonly hint: string;
}

const byHand = '`docker-tls-openssl daemon --format json` prints the settings';

const others: readonly OtherDaemon[] = [
  {
    what: 'the Docker here is a snap, which reads /var/snap/docker/current/config/daemon.json and no file outside of the snap',
    signs: ['etc/systemd/system/snap.docker.dockerd.service', 'snap/docker/current'],
    hint: `copy the three files below /var/snap/docker/common and configure that daemon.json by hand: ${byHand}`,
  },
  {
    what: 'the Docker here is Docker Desktop, whose daemon runs in a virtual machine of its own',
    signs: ['usr/lib/systemd/user/docker-desktop.service', 'opt/docker-desktop', 'mnt/wsl/docker-desktop'],
    hint: 'run this on a Docker host that clients are to reach over TCP',
  },
  {
    what: 'the Docker here belongs to Container Manager, which reads a dockerd.json of its own',
    signs: ['var/packages/ContainerManager', 'var/packages/Docker'],
    hint: `configure /var/packages/ContainerManager/etc/dockerd.json by hand: ${byHand}`,
  },
];

/**
 * Refuses a host whose Docker would not read /etc/docker/daemon.json. Only for a host on which nothing starts a dockerd of the
 * system: a snap or a rootless daemon beside that is none of our business. Errors: `ERR_FILE`.
 */
export async function otherDaemons(root: string): Promise<Refusal[]> {
  if (root === '/' && process.platform !== 'linux') {
    const why = 'Docker runs in a virtual machine here: there is no daemon.json on this system to install to';
    return [{ why, hint: 'run this on the Docker host itself', file: '/etc/docker/daemon.json' }];
  }
  const found: Refusal[] = [];
  for (const { what, signs, hint } of others)
    for (const sign of signs)
      if (await existsOnHost(root, sign)) {
        found.push({ why: what, hint, file: join(root, sign) });
        break;
      }
  return [...found, ...(await rootless(root))];
}

/** A daemon of a user, which reads a file in its home directory. */
async function rootless(root: string): Promise<Refusal[]> {
  const passwd = (await readHostFile(root, 'etc/passwd')) ?? '';
  const listed = passwd.split('\n').map((line) => line.split(':')[5] ?? '');
  const below = (await listHostFolder(root, 'home')).map((name) => `/home/${name}`);
  const homes = new Set(['/root', ...below, ...listed].filter((home) => /^\/./.test(home)));
  for (const home of homes) {
    const unit = join(home, '.config/systemd/user/docker.service');
    if (await existsOnHost(root, unit))
      return [
        {
          why: `the Docker here is rootless: it reads ${home}/.config/docker/daemon.json`,
          hint: `configure that file by hand, with files that its user can read: ${byHand}`,
          file: join(root, unit),
        },
      ];
  }
  return [];
}
