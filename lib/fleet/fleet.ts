import type { KeyRef } from '../x509/key-ref.js';
import type { AltName } from '../x509/alt-names.js';
import type { KeyType } from '../x509/key-type.js';
import type { Within } from '../x509/life.js';
import type { Days } from '../x509/validity.js';

/** Many hosts and clients of one CA, as the fleet file describes them: parsed, with defaults filled in and ranges expanded. */
export interface Fleet {
  /** The fleet file, absolute; undefined for a value. */
  readonly file: string | undefined;
  readonly ca: FleetCa;
  /** Where CSRs wait to be signed, absolute: `servers/NAME.csr` and `clients/NAME.csr` below it. */
  readonly csrs: string;
  /** In the order of the file. */
  readonly hosts: readonly FleetHost[];
  /** In the order of the file. */
  readonly clients: readonly FleetClient[];
  readonly rollout: Rollout;
}

export interface FleetCa {
  /** The certificate directory, absolute. The certificates of all hosts and clients lie in it, below `servers/` and `clients/`. */
  readonly directory: string;
  /** The type of a key to make, or an existing one in a token. */
  readonly key: KeyType | KeyRef;
  readonly days: Days;
}

/** Where a private key is made and stays. */
export type KeyLocation = 'on-host' | 'on-controller';

/** When a certificate is renewed. */
export interface RenewalRule {
  readonly within: Within;
  /** When a daemon may restart; undefined for at any time. A client has none. */
  readonly window: MaintenanceWindow | undefined;
  /** Spreads renewals: each is due earlier by a share of its lifetime, from 0 to this many percent, that depends on its name. */
  readonly jitter: number;
}

/** A time of the week. It may pass midnight. */
export interface MaintenanceWindow {
  /** An IANA time zone, such as `Europe/Berlin`; undefined for that of the machine that asks, which is the controller. */
  readonly timeZone: string | undefined;
  /** 0 for Sunday; all seven for every day. */
  readonly days: readonly number[];
  /** Minutes after midnight. */
  readonly from: number;
  /** Minutes after midnight, after `from`; beyond 1440 on the next day. */
  readonly to: number;
}

interface FleetMember {
  /** NAME of `servers/NAME` or `clients/NAME`. */
  readonly name: string;
  readonly key: KeyType;
  readonly days: Days;
  readonly keys: KeyLocation;
  readonly renew: RenewalRule;
}

export interface FleetHost extends FleetMember {
  /** The names and addresses of the certificate, without those of the host itself. */
  readonly names: readonly AltName[];
  /** Whether the certificate also has localhost, 127.0.0.1 and ::1. */
  readonly localhost: boolean;
  /** Where clients reach the daemon: a host name or an address; the first of `names` unless the file says otherwise. */
  readonly address: string;
  readonly port: number;
  /** `USER@HOST` or `HOST`, for ssh; undefined for the name of the host. */
  readonly ssh: string | undefined;
  readonly groups: readonly string[];
}

export interface FleetClient extends FleetMember {
  /** Encrypts its bundle for these readers; without any, none is delivered. */
  readonly deliver: readonly Recipient[];
  /** What is set up for it on the controller: `context`, a docker context for each host. */
  readonly install: readonly 'context'[];
}

/** Who can open a bundle: a public key of age, or of OpenPGP. */
export interface Recipient {
  readonly kind: 'age' | 'pgp';
  readonly value: string;
}

/** How hosts get what was made for them. */
export interface Rollout {
  /** So many hosts come first, alone. */
  readonly canary: number;
  /** So many at a time after them, or a share of all in percent. */
  readonly batch: { readonly hosts: number } | { readonly percent: number };
  /** So many hosts may fail before it stops. */
  readonly stopAfter: number;
  /** What decides whether a host works: `connect` connects to it from the controller. */
  readonly verify: 'connect' | 'none';
  /** The client whose certificate the controller connects with; undefined for the first whose key is on the controller. */
  readonly client: string | undefined;
}
