import { InputError } from '../../errors.js';
import { systemdCommand } from '../../shell/systemd.js';

/** The unit that serves Podman's API over TLS. */
export const podmanUnitName = 'podman-tls.service';

/** A server's files, as Podman is given them. */
export interface PodmanFiles {
  /** The CA of its clients; undefined where it accepts everyone. */
  readonly ca: string | undefined;
  readonly certificate: string;
  readonly key: string;
}

/** The words after `podman` with which it serves its API at `socket`, such as `tcp://0.0.0.0:2376` (podman-system-service(1)). */
export function podmanWords({ ca, certificate, key }: PodmanFiles, socket: string): string[] {
  return [
    ...['system', 'service', '--time=0', `--tls-cert=${certificate}`, `--tls-key=${key}`],
    ...(ca === undefined ? [] : [`--tls-client-ca=${ca}`]),
    socket,
  ];
}

/** The text of the unit. A restart ends the service alone, and no container (`KillMode=`). Errors: `ERR_INPUT` for a relative path. */
export function podmanUnitText(podman: string, words: readonly string[]): string {
  if (!podman.startsWith('/'))
    throw new InputError('podman', `${JSON.stringify(podman)} is not an absolute path, which a unit needs`);
  return `# Made by docker-tls-openssl.
[Unit]
Description=Podman API over mutual TLS
Documentation=man:podman-system-service(1)
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
Delegate=true
KillMode=process
ExecStart=${systemdCommand([podman, ...words], 'podman')}
Restart=on-failure

[Install]
WantedBy=multi-user.target
`;
}
