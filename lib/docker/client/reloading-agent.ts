import { createHash } from 'node:crypto';
import type { ClientRequestArgs } from 'node:http';
import { Agent, type AgentOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { refuseUnknown, type OptionNames } from '../../known-options.js';
import { CurrentOptions } from './current-options.js';
import type { DockerSource } from './docker-options.js';

/** Those of `https.Agent` that are not about certificates. */
export type ReloadingAgentOptions = Pick<
  AgentOptions,
  | 'keepAlive'
  | 'keepAliveMsecs'
  | 'maxSockets'
  | 'maxFreeSockets'
  | 'maxTotalSockets'
  | 'scheduling'
  | 'timeout'
>;

const optionNames: OptionNames<ReloadingAgentOptions> = {
  keepAlive: true,
  keepAliveMsecs: true,
  maxSockets: true,
  maxFreeSockets: true,
  maxTotalSockets: true,
  scheduling: true,
  timeout: true,
};

type Created = (error: Error | null, socket: Duplex) => void;

/**
 * Makes an `https.Agent` that reads a client's files again for each new connection: after a renewal the next connection shows the new
 * certificate, and the program goes on. A connection that is open, also one that `keepAlive` keeps for the next request, stays as it is.
 * While the files cannot be used, the last good ones are.
 *
 * @throws `ERR_INPUT`: an option is unknown, also one that is about certificates. The errors of {@link dockerOptions}.
 * @example
 * ```ts
 * import { get } from 'node:https';
 * import { reloadingAgent } from 'docker-tls-openssl';
 *
 * const agent = await reloadingAgent({ directory: 'docker-tls' }, { keepAlive: true });
 * // new Docker({ protocol: 'https', host: 'docker.example.com', port: 2376, agent }), or:
 * const request = get({ host: '127.0.0.1', port: 9, path: '/version', agent });
 * request.on('error', ({ message }) => console.log(message));
 * ```
 */
export async function reloadingAgent(
  source: DockerSource = {},
  options: ReloadingAgentOptions = {},
): Promise<Agent> {
  refuseUnknown(options, optionNames);
  return new ReloadingAgent(await CurrentOptions.open(source), options);
}

class ReloadingAgent extends Agent {
  constructor(
    private readonly current: CurrentOptions,
    options: ReloadingAgentOptions,
  ) {
    super(options);
  }

  override createConnection(options: ClientRequestArgs, created: Created): undefined {
    this.#connect(options).then(
      (socket) => created(null, socket),
      (error: unknown) => created(error as Error, undefined as unknown as Duplex),
    );
  }

  async #connect(options: ClientRequestArgs): Promise<Duplex> {
    const { ca, cert, key } = await this.current.read();
    // A session of TLS that is resumed would show the certificate of the connection that it began with.
    const files = createHash('sha256').update(ca).update(cert).digest('base64');
    const { _agentKey: name } = options as { readonly _agentKey?: string };
    // NODE_TLS_REJECT_UNAUTHORIZED is no word of the caller's.
    const all: ClientRequestArgs = Object.assign({ rejectUnauthorized: true }, options, {
      ca,
      cert,
      key,
      _agentKey: `${name ?? ''}:${files}`,
    });
    const socket = super.createConnection(all);
    if (!socket) throw new TypeError('https.Agent gave no connection');
    return socket;
  }
}
