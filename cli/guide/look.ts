import { hostname, networkInterfaces } from 'node:os';
import {
  DockerTlsError,
  listContexts,
  parseAltNames,
  status,
  type CertificateStatus,
  type Status,
} from '../../lib/index.js';
import { endpointCalled, formatEndpoint, runningDaemons, whereIs } from '../../lib/internal.js';

/** Where the commands keep certificates if nobody says otherwise. */
export const DIRECTORY = 'docker-tls';

/** What a look found, or why it could not look. */
export type Looked<Found> = { readonly found: Found } | { readonly notChecked: string };

/** What the guide reads of `status`. */
export interface SetFacts extends Pick<Status, 'state' | 'broken'> {
  readonly certificates: readonly Pick<
    CertificateStatus,
    'path' | 'index' | 'state' | 'role' | 'notAfter' | 'daysLeft'
  >[];
}

/** What the questions depend on. */
export interface Facts {
  /** Names and addresses of this machine that a certificate can hold. */
  readonly hosts: readonly string[];
  /** The path of dockerd; undefined where it is not on this machine. */
  readonly dockerd: string | undefined;
  /** Whether one was seen that runs; another user's is not seen. */
  readonly isRunning: boolean;
  readonly isRoot: boolean;
  /** The certificates in `docker-tls`; undefined where there are none. */
  readonly set: Looked<SetFacts | undefined>;
  /** `HOST:PORT` of the daemon that the set is for; undefined where the set names none. */
  readonly endpoint: string | undefined;
  /** Docker's contexts, with the end of their copy of a client's certificate. */
  readonly contexts: Looked<readonly { readonly name: string; readonly notAfter: Date | undefined }[]>;
}

/** Looks at this machine and at the current directory; changes nothing. */
export async function look(): Promise<Facts> {
  const [dockerd, daemons, set, endpoint, contexts] = await Promise.all([
    whereIs('dockerd', process.env),
    runningDaemons(),
    lookAtSet(),
    endpointCalled().then(formatEndpoint, () => undefined),
    lookAtContexts(),
  ]);
  return {
    hosts: ownHosts(hostname(), networkInterfaces()),
    dockerd,
    isRunning: daemons.length > 0,
    isRoot: process.geteuid?.() === 0,
    set,
    endpoint,
    contexts,
  };
}

/** Networks between containers or virtual machines, whose addresses no client calls. */
const inside = /^(?:docker|br-|veth|virbr|cni|podman|lxc|lxd)/;

/** An address that means another machine on another link. */
const linkLocal = /^(?:169\.254\.|fe[89ab])/i;

/** The machine's name and addresses, as far as a certificate can hold them and clients can use them. */
export function ownHosts(name: string, interfaces: ReturnType<typeof networkInterfaces>): string[] {
  const addresses = Object.entries(interfaces)
    .filter(([device]) => !inside.test(device))
    .flatMap(([, all = []]) => all)
    .filter(({ internal, address }) => !internal && !linkLocal.test(address))
    .map(({ address }) => address);
  const isLocal = /^localhost(?:\.|$)/i.test(name);
  return [...new Set([...(isLocal ? [] : [name]), ...addresses])].filter(isHost);
}

function isHost(text: string): boolean {
  try {
    // A list, a port or a URL has a value that is not the whole text.
    return parseAltNames([text])[0]?.value === text.toLowerCase() && !text.startsWith('*');
  } catch {
    return false;
  }
}

async function lookAtSet(): Promise<Facts['set']> {
  try {
    return { found: await status({ directories: [DIRECTORY] }) };
  } catch (error) {
    const { code, why, cause } = reasonOf(error);
    const isNone = code === 'ERR_FILE' && (cause === undefined || cause === 'ENOENT');
    return isNone ? { found: undefined } : { notChecked: why };
  }
}

async function lookAtContexts(): Promise<Facts['contexts']> {
  try {
    const { contexts, unread } = await listContexts();
    const [first] = unread;
    if (first) return { notChecked: first.why };
    return { found: contexts.map(({ name, client }) => ({ name, notAfter: client?.notAfter })) };
  } catch (error) {
    return { notChecked: reasonOf(error).why };
  }
}

/** An error of the library, and what the system said; any other one goes on. */
function reasonOf(error: unknown): { code: string; why: string; cause: unknown } {
  if (!(error instanceof DockerTlsError)) throw error;
  const { code, message, cause } = error;
  const isOfSystem = typeof cause === 'object' && cause !== null && 'code' in cause;
  return { code, why: message, cause: isOfSystem ? cause.code : undefined };
}
