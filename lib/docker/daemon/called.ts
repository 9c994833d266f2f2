import { resolve } from 'node:path';
import { InputError } from '../../errors.js';
import { readPair } from '../../set/pairs.js';
import { refuseUnsafeDirectory } from '../../store/safety.js';
import { altNamesOf } from '../../x509/certificate.js';
import { hostCalled } from '../../recipes/advice.js';
import { leafFilesIn } from '../../set/find-leaf.js';
import { portRemembered } from './port.js';
import { parseHostAndPort, type Endpoint } from '../../x509/endpoint.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';
import { option, words } from '../../words.js';

/** The name that clients use for the daemon. */
export interface CalledOptions {
  /** The certificate directory. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /**
   * `HOST`, `HOST:PORT` or `tcp://HOST:PORT`. Default: the first name in the server's certificate, and the port that is
   * remembered beside it, else 2376.
   */
  readonly host?: string | undefined;
}

export const calledNames: OptionNames<CalledOptions> = {
  directory: true,
  host: true,
};

/** Addresses that a daemon can listen on, but clients cannot connect to. */
const unspecified = ['0.0.0.0', '::'];

/** The endpoint of the daemon. `server`: the one in `servers/NAME` instead of the default pair. Errors: `ERR_INPUT` if it is unknown; `ERR_LEAF_UNUSABLE`, `ERR_UNSAFE`, `ERR_FILE`. */
export async function endpointCalled(options: CalledOptions = {}, server?: string): Promise<Endpoint> {
  refuseUnknown(options, calledNames);
  const { directory = 'docker-tls', host } = options;
  const given = host === undefined ? undefined : parseHostAndPort(host);
  if (given?.port !== undefined) return { host: given.host, port: given.port };
  const root = resolve(directory);
  await refuseUnsafeDirectory(root);
  const port = await portRemembered(root, server);
  if (given) return { host: given.host, port };
  const { certificate } = await readPair(root, await leafFilesIn(root, 'server', server), {
    code: 'ERR_LEAF_UNUSABLE',
    remedy: words`give the daemon's name with ${option('host')}`,
  });
  const { names } = certificate ? altNamesOf(certificate) : { names: [] };
  const called = hostCalled(names.filter(({ value }) => !unspecified.includes(value)));
  if (called !== undefined) return { host: called, port };
  throw new InputError('host', `no server certificate in ${root} has a name for the daemon`, {
    hint: words`give it with ${option('host')}`,
  });
}
