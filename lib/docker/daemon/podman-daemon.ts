import { join } from 'node:path';
import { DockerTlsError } from '../../errors.js';
import { systemdWords, unquoteSystemd } from '../../shell/systemd.js';
import { call, option, words } from '../../words.js';
import { runDocker } from '../run.js';
import { daemonFiles } from './daemon-settings.js';
import { existsOnHost } from './host-file.js';
import { placedAt, type DaemonPlaces } from './places.js';
import { podmanUnitText, podmanWords } from './podman-unit.js';
import type { Refusal } from './refusal.js';
import type { Service, WantedService } from './service.js';
import { hasSystemd } from './starters.js';
import { listOf, readUnit } from './unit.js';

/*
 * Podman needs no daemon: what serves its API is a unit of its own, which is made and removed as a whole.
 */

const programs = ['/usr/bin/podman', '/usr/local/bin/podman'];

/**
 * The service of Podman's API as it is to be. `wanted`: what the unit is written for. What stands in the way is in the result.
 * Errors: `ERR_FILE`, `ERR_INPUT` for a path that a unit cannot hold.
 */
export async function readPodmanService(
  root: string,
  places: DaemonPlaces,
  wanted?: WantedService,
): Promise<Service> {
  const { unit } = places;
  const booted = await hasSystemd(root);
  const service: Service = {
    manager: booted ? 'systemd' : 'none',
    ...{ hosts: [], flagsTls: false, dropIn: undefined, sockets: [], places },
    ...{ local: '', refusals: [], withoutDescriptors: [] },
    restart: booted
      ? [
          ['systemctl', 'daemon-reload'],
          ['systemctl', 'enable', unit],
          ['systemctl', 'restart', unit],
        ]
      : [],
    // In this order: systemd knows no more of a unit whose file is gone, once it has read its files again.
    withdraw: booted
      ? [
          ['systemctl', 'disable', '--now', unit],
          ['systemctl', 'daemon-reload'],
        ]
      : [],
  };
  if (!wanted) return service;
  // A unit that is there names its program, which a renewal keeps.
  const [named] = (await commandLines(root, places))[0] ?? [];
  const podman = wanted.podman ?? named ?? (await installedPodman(root));
  const refusals = [
    ...(booted ? [] : [withoutSystemd(root)]),
    ...(podman === undefined ? [notInstalled(root)] : await tooOld(root, podman)),
  ];
  if (podman === undefined || refusals.length > 0) return { ...service, refusals };
  const at = (name: string): string => join(wanted.to, placedAt(places, name));
  const { ca, certificate, key } = daemonFiles;
  const files = { ca: at(ca), certificate: at(certificate), key: at(key) };
  const content = podmanUnitText(podman, podmanWords(files, wanted.listen));
  return { ...service, dropIn: { content, what: "the unit that serves Podman's API" } };
}

/** Lists the TCP sockets of the unit: `tcp://0.0.0.0:2376`. Errors: `ERR_FILE`. */
export async function podmanSockets(root: string, places: DaemonPlaces): Promise<string[]> {
  return (await commandLines(root, places)).flat().filter((word) => word.startsWith('tcp://'));
}

/** The certificate that its unit names; undefined where there is none. Errors: `ERR_FILE`. */
export async function podmanCertificate(root: string, places: DaemonPlaces): Promise<string | undefined> {
  const flag = '--tls-cert=';
  const named = (await commandLines(root, places)).flat().find((word) => word.startsWith(flag));
  return named?.slice(flag.length);
}

/** The command lines of the unit that is there, as words. */
async function commandLines(root: string, { unit, units }: DaemonPlaces): Promise<string[][]> {
  const found = await readUnit(root, unit, undefined, units);
  const lines = found ? listOf(found, 'Service', 'ExecStart') : [];
  return lines.map(({ value }) => systemdWords(value).map(plainWord));
}

/** A word without its quotes; `%%` and `$$` are how a unit writes one of each. */
function plainWord(word: string): string {
  return unquoteSystemd(word).replace(/%%|\$\$/g, (pair) => pair.charAt(0));
}

async function installedPodman(root: string): Promise<string | undefined> {
  for (const path of programs) if (await existsOnHost(root, path.slice(1))) return path;
  return undefined;
}

function withoutSystemd(root: string): Refusal {
  return {
    why: 'there is no systemd, which is to start the service of Podman',
    hint: words`see the command line of the service with \`${call('podmanService')}\`, and start it as services are started there`,
    file: join(root, 'run/systemd/system'),
  };
}

function notInstalled(root: string): Refusal {
  return {
    why: `there is no Podman in ${programs.map((path) => join(root, path)).join(' or ')}`,
    hint: words`install Podman 5.7 or later, or name it with ${option('podman')}`,
    file: join(root, programs[0] ?? ''),
  };
}

/** Podman serves TLS from 5.7 on. That of an image is not run. */
async function tooOld(root: string, podman: string): Promise<Refusal[]> {
  if (root !== '/') return [];
  const said = await runDocker({ file: podman, argv: ['--version'] }).catch((error: unknown) => {
    if (error instanceof DockerTlsError && error.code !== 'ERR_ABORTED') return { stdout: '' };
    throw error;
  });
  const [, version, major = '0', minor = '0'] = /(?:^|\s)((\d+)\.(\d+)[^\s]*)/.exec(said.stdout) ?? [];
  if (Number(major) > 5 || (Number(major) === 5 && Number(minor) >= 7)) return [];
  return [
    {
      why:
        version === undefined
          ? `${podman} does not say which version it is`
          : `Podman ${version} does not serve TLS`,
      hint: words`install Podman 5.7 or later, or name another with ${option('podman')}`,
      file: podman,
    },
  ];
}
