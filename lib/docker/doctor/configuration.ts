import { join } from 'node:path';
import { DockerTlsError } from '../../errors.js';
import { readDaemonJson } from '../daemon/daemon-json.js';
import { isTcp } from '../daemon/daemon-settings.js';
import { readCommand, type CommandFlag } from '../daemon/dockerd-command.js';
import { readUnit } from '../daemon/unit.js';
import type { Finding } from './finding.js';

/** The settings that matter here: as daemon.json calls them, and as flags. */
const settings = ['hosts', 'tls', 'tlsverify', 'tlscacert', 'tlscert', 'tlskey'] as const;
type SettingName = (typeof settings)[number];
type Settings = Partial<Record<SettingName, unknown>>;

/** How the daemon is started: by its file, by its unit, and by both together. */
export async function configurationFindings(root: string): Promise<Finding[]> {
  const path = join(root, 'etc/docker/daemon.json');
  const seen = { id: 'daemon-json', title: path } as const;
  try {
    const [file, flags] = await Promise.all([readDaemonJson(root), flagsOfUnit(root)]);
    const inFile: Settings = file?.value ?? {};
    const inUnit = settingsOf(flags ?? []);
    return [
      file
        ? { ...seen, state: 'ok', detail: namesOf(inFile) }
        : { ...seen, state: 'absent', detail: 'not there' },
      ...(flags ? [conflict(inFile, inUnit)] : []),
      ...(file || flags ? [overTcp({ ...inFile, ...inUnit })] : []),
    ];
  } catch (error) {
    if (!(error instanceof DockerTlsError)) throw error;
    const fix = error.hint ?? 'mend it: dockerd does not start with it';
    return [{ ...seen, state: 'problem', detail: error.message, fix }];
  }
}

function namesOf(file: Settings): string {
  const there = settings.filter((setting) => setting in file);
  return there.length === 0 ? 'sets neither hosts nor TLS' : `sets ${there.join(', ')}`;
}

/** dockerd does not start where a setting stands in both, be it twice the same. */
function conflict(inFile: Settings, inUnit: Settings): Finding {
  const finding = { id: 'conflict', title: 'daemon.json beside docker.service' } as const;
  const both = settings.filter((setting) => setting in inFile && setting in inUnit);
  if (both.length === 0) return { ...finding, state: 'ok', detail: 'they do not contradict each other' };
  return {
    ...finding,
    state: 'problem',
    detail: `dockerd does not start: ${both.join(', ')} ${both.length === 1 ? 'is' : 'are'} set in both`,
    fix: 'docker-tls-openssl install daemon --apply takes them out of the unit, and keeps the rest of its command line',
  };
}

function overTcp(all: Settings): Finding {
  const finding = { id: 'tcp', title: 'The daemon over TCP' } as const;
  const hosts = (Array.isArray(all.hosts) ? all.hosts : []).filter(
    (host): host is string => typeof host === 'string' && isTcp(host),
  );
  if (hosts.length === 0) return { ...finding, state: 'absent', detail: 'it does not listen there' };
  if (isOn(all.tlsverify)) return { ...finding, state: 'ok', detail: `${hosts.join(', ')} with tlsverify` };
  // Whatever is said of TLS turns it on; only tlsverify asks for a client's certificate.
  const encrypted = isOn(all.tls) || 'tlsverify' in all;
  return {
    ...finding,
    state: 'problem',
    detail: `${hosts.join(', ')} ${encrypted ? 'with TLS, but without tlsverify' : 'without TLS'}: whoever reaches it is root on this host`,
    fix: 'make certificates with `docker-tls-openssl all`, then `docker-tls-openssl install daemon --apply`',
  };
}

function isOn(value: unknown): boolean {
  return value === true || value === 'true';
}

/** Undefined where there is no unit, or one that starts something else. */
async function flagsOfUnit(root: string): Promise<readonly CommandFlag[] | undefined> {
  const unit = await readUnit(root, 'docker.service');
  if (!unit) return undefined;
  const command = await readCommand(root, unit);
  return 'why' in command ? undefined : command.flags;
}

/** `-H` is a list; a flag without a value is on. */
function settingsOf(flags: readonly CommandFlag[]): Settings {
  const hosts = flags.filter(({ name }) => name === 'host').map(({ value }) => value ?? '');
  const others = flags.filter(({ name }) => name !== 'host');
  return {
    ...Object.fromEntries(others.map(({ name, value }) => [name, value ?? 'true'])),
    ...(hosts.length > 0 ? { hosts } : {}),
  };
}
