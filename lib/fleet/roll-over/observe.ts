import { configurationDirectory, readStoredContexts } from '../../docker/client/context-store.js';
import { forEach } from '../../store/for-each.js';
import { formatEndpoint } from '../../x509/endpoint.js';
import { readIdentities } from './identities.js';
import { lookAtClient, placesOf, type ClientPlace } from './look-at-client.js';
import { lookAtHost, type StepVerdict } from './look-at-host.js';
import type { RollOverMember } from './members.js';
import type { RollOver } from './state.js';
import type { RollOverStep } from './steps.js';

/** A host in a step of a roll-over. */
export interface HostProgress {
  readonly name: string;
  /** `HOST:PORT`. */
  readonly endpoint: string;
  readonly verdict: StepVerdict;
}

/** A client in a step of a roll-over. */
export interface ClientProgress {
  readonly name: string;
  readonly places: readonly ClientPlace[];
  readonly verdict: StepVerdict;
}

/** How to look at hosts and clients. */
export interface ObserveOptions {
  /** For each connection, in milliseconds. Default: 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Docker's own directory, for contexts. Default: `DOCKER_CONFIG`, or else `~/.docker`. */
  readonly configDirectory?: string | undefined;
  /** Is told after each host how many of all were looked at. */
  readonly onHost?: ((looked: number, all: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const TEN_SECONDS_MS = 10_000;

/** Looks at every host on the wire, and at every client as far as it can be seen. Errors: `ERR_ABORTED`. */
export async function observe(
  directory: string,
  members: readonly RollOverMember[],
  rollOver: RollOver,
  step: RollOverStep,
  now: Date,
  options: ObserveOptions,
): Promise<{ readonly hosts: HostProgress[]; readonly clients: ClientProgress[] }> {
  const { connectTimeoutMs: timeoutMs = TEN_SECONDS_MS, configDirectory, onHost, signal } = options;
  const identities = await readIdentities(directory, rollOver, now);
  const question = { step, cas: rollOver, identities, timeoutMs, now, signal };
  const servers = members.flatMap((member) => (member.role === 'server' ? [member] : []));
  const verdicts = new Map<string, StepVerdict>();
  await forEach(servers, async ({ name, host, certificate }) => {
    const verdict = certificate
      ? await lookAtHost(host, certificate, question)
      : withoutCertificate(rollOver.hosts.includes(name));
    verdicts.set(name, verdict);
    onHost?.(verdicts.size, servers.length);
  });
  const contexts = await readStoredContexts(configurationDirectory(configDirectory));
  const notSeen: StepVerdict = { state: 'unknown', why: 'not checked' };
  return {
    hosts: servers.map(({ name, host: { address: host, port } }) => ({
      name,
      endpoint: formatEndpoint({ host, port }),
      verdict: verdicts.get(name) ?? notSeen,
    })),
    clients: members.flatMap((member) =>
      member.role === 'client'
        ? [
            {
              name: member.name,
              places: placesOf(member),
              verdict: lookAtClient(member, { step, rollOver, contexts }),
            },
          ]
        : [],
    ),
  };
}

/** A host that had none when the roll-over started has nothing of the old CA; of one that had, nobody knows what it serves. */
function withoutCertificate(hadOne: boolean): StepVerdict {
  return hadOne
    ? { state: 'unknown', why: 'its certificate is missing from the directory' }
    : { state: 'not-applicable', why: 'it has no certificate yet' };
}
