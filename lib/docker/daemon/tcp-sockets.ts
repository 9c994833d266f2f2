import { isTcp } from './daemon-settings.js';
import type { PassedSocket } from './daemon-start.js';
import type { DaemonTls } from './daemon-tls.js';

/** Where a daemon listens, as far as it is known. */
export interface DaemonSockets {
  /** `hosts` of its configuration and command line together. */
  readonly hosts: unknown;
  /** TCP sockets that systemd passes to a daemon with `fd://`. */
  readonly passed: readonly PassedSocket[];
  /** A part of its command line is not known. */
  readonly isPartly: boolean;
}

/** Lists its TCP sockets, as a person names them. `off`: those that systemd does not open yet. */
export function tcpSockets({ hosts: named, passed, isPartly }: DaemonSockets): {
  readonly on: readonly string[];
  readonly off: readonly string[];
} {
  const hosts = (Array.isArray(named) ? named : []).filter(
    (host): host is string => typeof host === 'string',
  );
  const taken = isPartly || hosts.some((host) => host.startsWith('fd://')) ? passed : [];
  return {
    on: [...hosts.filter(isTcp), ...taken.filter((one) => one.on).map(shownPassed)],
    off: taken.filter((one) => !one.on).map(shownPassed),
  };
}

/** Names a socket of systemd's: `127.0.0.1:2375 (docker.socket)`. */
export function shownPassed({ stream, unit, on }: PassedSocket): string {
  return `${stream} (${unit}${on ? '' : ', not enabled'})`;
}

/** Tells whether only clients of a CA that is named are let in over TCP. */
export function letsInOnlyClients({ on, verify, ca }: DaemonTls): boolean {
  return on && verify && ca !== undefined;
}
