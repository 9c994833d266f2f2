import type { KeyLocation } from '../fleet.js';

/** The contents of a fleet file, `docker-tls.yaml`, as a value. See docs/fleet-file.md. Relative paths start at the current directory. */
export interface FleetFile {
  /** The JSON Schema, for editors. It is not read. */
  readonly $schema?: string;
  readonly ca?: FleetCaInFile;
  /** Where CSRs wait to be signed. Default: `./csrs`. */
  readonly csrs?: string;
  /** For every host and client that does not say otherwise. */
  readonly defaults?: FleetDefaultsInFile;
  /** By name. A name can have ranges, such as `db[01:12]`. */
  readonly hosts: Readonly<Record<string, FleetHostInFile>>;
  /** By name. */
  readonly clients?: Readonly<Record<string, FleetClientInFile>>;
  readonly rollout?: RolloutInFile;
}

export interface FleetCaInFile {
  /** The certificate directory. Default: `./ca`. */
  readonly directory?: string;
  /** A type of key, such as `ec:p256`, or a key in a token, `pkcs11:…`. Default: `rsa:4096`. */
  readonly key?: string;
  /** Default: 3650. */
  readonly days?: number;
}

export interface FleetRenewInFile {
  /** How much of the lifetime is left when a certificate is due: `30d`, `33%`, or a number of days. Default: 30 days or 33%, whichever is less. */
  readonly within?: string | number;
  /** Makes each certificate due earlier, by 0 to this many percent of its lifetime. Default: 0. */
  readonly jitter?: number;
}

export interface FleetHostRenewInFile extends FleetRenewInFile {
  /** When the daemon may restart, such as `Sun 02:00-05:00`. Default: at any time. */
  readonly window?: string;
  /** The time zone of `window`, such as `Europe/Berlin`. Default: that of the controller. */
  readonly timezone?: string;
}

interface FleetMemberInFile {
  /** The type of the private key, such as `ec:p256`. Default: `rsa:4096`. */
  readonly key?: string;
  /** The lifetime of the certificate. Default: 365. */
  readonly days?: number;
  /** Where the private key is made and stays. Default: `on-host` for a host, `on-controller` for a client. */
  readonly keys?: KeyLocation;
}

export interface FleetDefaultsInFile extends FleetMemberInFile {
  readonly renew?: FleetHostRenewInFile;
}

export interface FleetHostInFile extends FleetMemberInFile {
  /** The names and addresses of the certificate. */
  readonly names: readonly string[];
  /** Where clients reach the daemon. Default: the first of `names`. */
  readonly address?: string;
  /** Default: 2376. */
  readonly port?: number;
  /** `USER@HOST` or `HOST`. Default: the name of the host. */
  readonly ssh?: string;
  readonly groups?: readonly string[];
  /** Whether the certificate also has localhost, 127.0.0.1 and ::1. Default: true. */
  readonly localhost?: boolean;
  readonly renew?: FleetHostRenewInFile;
}

export interface FleetClientInFile extends FleetMemberInFile {
  readonly renew?: FleetRenewInFile;
  /** For whom its bundle is encrypted. Default: none is written. */
  readonly deliver?: { readonly age?: string | readonly string[]; readonly pgp?: string | readonly string[] };
  /** What is set up on the controller: `context`, a docker context for each host. */
  readonly install?: readonly 'context'[];
}

export interface RolloutInFile {
  /** Default: 1. */
  readonly canary?: number;
  /** A number of hosts, or a share, such as `25%`. Default: `25%`. */
  readonly batch?: number | string;
  /** Default: 1. */
  readonly 'stop-after'?: number;
  /** Default: `connect`. */
  readonly verify?: 'connect' | 'none';
  /** The client that `connect` uses. Default: the first whose key is on the controller. */
  readonly client?: string;
}
