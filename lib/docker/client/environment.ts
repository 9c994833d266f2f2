import { DirectoryError } from '../../errors.js';
import { givenOneOf } from '../../given.js';
import { shells, syntaxOf, type Shell } from '../../shell/shells.js';
import { calledNames, endpointCalled, type CalledOptions } from '../daemon/called.js';
import { directoryOf, dockerNames } from './credential-files.js';
import {
  credentialsNames,
  readCredentials,
  type Credentials,
  type CredentialsOptions,
} from './credentials.js';
import { endpointUrl } from '../../x509/endpoint.js';
import { refuseUnknown } from '../../known-options.js';
import { call, words } from '../../words.js';

/** What docker, and most that is built on its API, reads from the environment. */
export interface ClientEnvironment {
  /** `tcp://HOST:PORT`. */
  readonly DOCKER_HOST: string;
  /** Any value turns checking on: `0` does, too. */
  readonly DOCKER_TLS_VERIFY: '1';
  /** Absolute: the directory that holds ca.pem, cert.pem and key.pem. */
  readonly DOCKER_CERT_PATH: string;
}

const variables = ['DOCKER_HOST', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH'] as const;

/**
 * The environment with which a client reaches the daemon. Errors: those of `readCredentials`; `ERR_INCOMPLETE` where its
 * files have other names than docker looks for; `ERR_INPUT` where nothing says how the daemon is called.
 */
export async function clientEnvironment(
  options: CredentialsOptions & CalledOptions = {},
): Promise<ClientEnvironment> {
  refuseUnknown(options, { ...credentialsNames, ...calledNames });
  const { directory, name, host } = options;
  const credentials = await readCredentials('client', { directory, name });
  const endpoint = await endpointCalled({ directory, host });
  return {
    DOCKER_HOST: endpointUrl(endpoint),
    DOCKER_TLS_VERIFY: '1',
    DOCKER_CERT_PATH: certificatePath(credentials, options),
  };
}

/** The directory for DOCKER_CERT_PATH. Errors: `ERR_INCOMPLETE` where the files have other names than docker looks for. */
export function certificatePath(credentials: Credentials, { directory, name }: CredentialsOptions): string {
  const path = directoryOf(credentials);
  if (path !== undefined) return path;
  const { ca, certificate, key } = dockerNames(credentials);
  const install = call('installClient', { name, apply: true }, directory);
  throw new DirectoryError(
    'ERR_INCOMPLETE',
    credentials.certificate,
    `docker looks for ${ca}, ${certificate} and ${key} in one directory, but here they are ${[credentials.ca, credentials.certificate, credentials.key].join(', ')}`,
    { hint: words`copy them under these names to ~/.docker with \`${install}\`` },
  );
}

/**
 * The lines that set variables in a shell, and export them: `eval` them. Errors: `ERR_INPUT` for a value that cannot be
 * written there.
 */
export function environmentLines(environment: ClientEnvironment, shell: Shell): string[] {
  const { set } = syntaxOf(givenOneOf(shells, shell, 'shell'));
  return variables.map((name) => set(name, environment[name]));
}

/** The lines that unset them. */
export function unsetLines(shell: Shell): string[] {
  return syntaxOf(shell).unset(variables);
}
