import type { DaemonTls } from '../daemon/daemon-tls.js';
import { letsInOnlyClients, tcpSockets, type DaemonSockets } from '../daemon/tcp-sockets.js';
import { call, words } from '../../words.js';
import type { Found } from './finding.js';

const install = words`create certificates with \`${call('all')}\`, then run \`${call('installDaemon', { apply: true })}\``;
const byHand = words`configure it by hand: \`${call('daemonConfiguration')}\` shows the settings`;
const open = 'anyone who can reach it is root on this host';

/** Docker's list of deprecated features, and dockerd's own code up to 29.7. */
const warned =
  ' dockerd has warned of it since 20.10 (December 2020). 28.0 (February 2025) was to refuse it, and 29.7 does not yet: a later one may not start';

/** Checks that a daemon that listens on TCP lets clients authenticate. */
export function overTcp(title: string, sockets: DaemonSockets, tls: DaemonTls): Found {
  const finding = { id: 'tcp', title } as const;
  const { isPartly } = sockets;
  const { on, off } = tcpSockets(sockets);
  const isSafe = letsInOnlyClients(tls);
  const remedy = isPartly ? byHand : install;
  if (on.length === 0) {
    if (off.length > 0 && !isSafe)
      return {
        ...{ ...finding, state: 'problem' },
        detail: `${off.join(', ')}: once systemd opens it, ${open}`,
        fix: words`disable or remove that unit; or ${remedy}`,
      };
    return isPartly
      ? { ...finding, state: 'unknown', detail: 'its command line is not known' }
      : { ...finding, state: 'absent', detail: 'it does not listen on TCP' };
  }
  const shown = on.join(', ');
  if (isSafe) return { ...finding, state: 'ok', detail: `${shown} with tlsverify` };
  if (tls.on && tls.verify)
    return {
      ...{ ...finding, state: 'problem' },
      detail: `${shown} with tlsverify, but without tlscacert: dockerd accepts a client of any CA that this machine trusts, and a client is root`,
      fix: words`set "tlscacert" to the CA of the clients in daemon.json; or ${remedy}`,
    };
  return {
    ...{ ...finding, state: 'problem' },
    detail: `${shown} ${tls.on ? 'with TLS, but without tlsverify' : 'without TLS'}: ${open}.${warned}`,
    fix: remedy,
  };
}
