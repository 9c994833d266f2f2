import { settingNames, type SettingName } from './daemon-settings.js';
import type { CommandFlag } from './dockerd-command.js';

/** The settings that matter here, as daemon.json or flags have them. */
export type Settings = Partial<Record<SettingName, unknown>>;

/** How the daemon meets its clients. Measured with dockerd 20.10 and 28.5. */
export interface DaemonTls {
  readonly on: boolean;
  /** Clients have to authenticate. */
  readonly verify: boolean;
  /** The paths, as the host has them; undefined where nothing names one. */
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

/**
 * `tlsverify`, even false, turns TLS on. The files' flags count only beside `--tls` or `--tlsverify`, whose defaults lie in
 * `~/.docker`; without those flags only what daemon.json names counts, and nothing is the default.
 */
export function tlsOf(inFile: Settings, inFlags: Settings): DaemonTls {
  const byFlags = isOnFlag(inFlags.tls) || 'tlsverify' in inFlags;
  const text = (name: 'tlscacert' | 'tlscert' | 'tlskey', fallback: string): string | undefined => {
    const value = byFlags ? (inFlags[name] ?? inFile[name] ?? fallback) : inFile[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return {
    on: byFlags || inFile.tls === true || 'tlsverify' in inFile,
    verify: inFile.tlsverify === true || isOnFlag(inFlags.tlsverify),
    ca: text('tlscacert', '/root/.docker/ca.pem'),
    certificate: text('tlscert', '/root/.docker/cert.pem'),
    key: text('tlskey', '/root/.docker/key.pem'),
  };
}

/** Flags as settings: `-H` is a list; a flag without a value is true. */
export function settingsOf(flags: readonly CommandFlag[]): Settings {
  const hosts = flags.filter(({ name }) => name === 'host').map(({ value }) => value ?? '');
  const others = flags.filter(({ name }) => (settingNames as readonly string[]).includes(name));
  return {
    ...Object.fromEntries(others.map(({ name, value }) => [name, value ?? 'true'])),
    ...(hosts.length > 0 ? { hosts } : {}),
  };
}

/** As Go reads the value of such a flag. */
function isOnFlag(value: unknown): boolean {
  return typeof value === 'string' && /^(?:1|t|T|TRUE|true|True)$/.test(value);
}
