import { ConfigurationError } from '../../errors.js';
import type { Refusal } from './refusal.js';
import { isTcp } from './daemon-settings.js';
import { TLS_PORT } from '../../x509/endpoint.js';
import type { Service } from './service.js';
import type { SocketUnit } from './socket-units.js';
import { option, words } from '../../words.js';

/**
 * Refuses to configure a daemon that would not start afterwards, or would not read its daemon.json; called before anything is
 * written. `hosts`: the sockets for daemon.json. Throws `ERR_CONFIGURATION`.
 */
export function refuseUnstartable(service: Service, hosts: unknown): void {
  const sockets = Array.isArray(hosts) ? hosts.filter((host) => typeof host === 'string') : [];
  const [first] = [
    ...service.refusals,
    ...(sockets.some((host) => host.startsWith('fd://')) ? service.withoutDescriptors : []),
    ...sockets.filter(isTcp).flatMap((host) => takenBySocketUnit(host, service.sockets)),
  ];
  if (!first) return;
  const { why, hint, file, line } = first;
  throw new ConfigurationError(file, why, {
    hint: words`nothing was changed; ${hint}`,
    ...(line === undefined ? {} : { line }),
  });
}

function takenBySocketUnit(host: string, sockets: readonly SocketUnit[]): Refusal[] {
  const wanted = addressOf(host);
  return sockets
    .filter(({ on, forDocker, masked }) => on || (forDocker && !masked))
    .flatMap(({ name, streams, on }) =>
      streams.flatMap(({ value, file, line }): Refusal[] => {
        const taken = streamAddress(value);
        if (taken?.port !== wanted.port || !overlap(taken.address, wanted.address)) return [];
        return [
          {
            why: `${name} ${on ? 'holds' : 'is there for'} port ${taken.port} (ListenStream=${value}): dockerd cannot listen on ${host} and would not start`,
            hint: words`remove ListenStream=${value} from ${file}, disable the unit with \`systemctl disable --now ${name}\`, or choose another port with ${option('listen')}, then try again`,
            ...{ file, line },
          },
        ];
      }),
    );
}

interface Address {
  /** Empty for all addresses. */
  readonly address: string;
  readonly port: number;
}

function addressOf(host: string): Address {
  const [, address = '', port] = /^(?:tcp:\/\/)?(.*?)(?::(\d+))?\/?$/.exec(host) ?? [];
  return { address: allIsEmpty(address), port: Number(port ?? TLS_PORT) };
}

/** `2376`, `0.0.0.0:2376`, `[::]:2376`; undefined for a path and other families (systemd.socket(5), "ListenStream="). */
function streamAddress(value: string): Address | undefined {
  const [, address = '', port] = /^(?:(\[.*\]|[\d.]+):)?(\d+)$/.exec(value) ?? [];
  return port === undefined ? undefined : { address: allIsEmpty(address), port: Number(port) };
}

function allIsEmpty(address: string): string {
  const bare = address.replace(/^\[|\]$/g, '');
  return ['0.0.0.0', '::', '*'].includes(bare) ? '' : bare;
}

function overlap(one: string, other: string): boolean {
  return one === '' || other === '' || one === other || [one, other].some((each) => /[g-z]/i.test(each));
}
