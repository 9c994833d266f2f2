import { basename } from 'node:path';
import { DirectoryError, InputError } from '../../errors.js';
import { shellWord } from '../../plan/command-line.js';
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

/** The shells whose quoting is known. `sh` is every POSIX shell: bash, dash, zsh, ksh. */
export const shells = ['sh', 'fish', 'powershell', 'cmd'] as const;
export type Shell = (typeof shells)[number];

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

function certificatePath(credentials: Credentials, { directory, name }: CredentialsOptions): string {
  const path = directoryOf(credentials);
  if (path !== undefined) return path;
  const { ca, certificate, key } = dockerNames(credentials);
  const install = [
    ...['docker-tls-openssl', 'install', 'client'],
    ...(directory === undefined ? [] : ['--dir', directory]),
    ...(name === undefined ? [] : ['--name', name]),
    '--apply',
  ];
  throw new DirectoryError(
    'ERR_INCOMPLETE',
    credentials.certificate,
    `docker looks for ${ca}, ${certificate} and ${key} in one directory, and here they are ${[credentials.ca, credentials.certificate, credentials.key].join(', ')}`,
    { hint: `copy them under these names, to ~/.docker, with \`${install.map(shellWord).join(' ')}\`` },
  );
}

/**
 * The lines that set variables in a shell, and export them: `eval` them. Errors: `ERR_INPUT` for a value that cannot be
 * written there.
 */
export function environmentLines(environment: ClientEnvironment, shell: Shell): string[] {
  return variables.map((name) => setLine(name, environment[name], shell));
}

function setLine(name: string, value: string, shell: Shell): string {
  switch (shell) {
    case 'sh':
      return `export ${name}=${quotedFor(shell, value)}`;
    case 'fish':
      return `set -gx ${name} ${quotedFor(shell, value)}`;
    case 'powershell':
      return `$Env:${name} = '${doubled(value)}'`;
    case 'cmd':
      return `SET "${name}=${cmdValue(name, value)}"`;
  }
}

/** A word of a command in that shell: plain where that is safe. cmd cannot hold every word. */
export function quotedFor(shell: Shell, word: string): string {
  if (shell === 'sh') return shellWord(word);
  if (/^[\w+:,./-]+$/.test(word)) return word;
  if (shell === 'cmd') return `"${word}"`;
  // In fish's single quotes only a quote and a backslash have a meaning.
  return shell === 'fish' ? `'${word.replace(/[\\']/g, '\\$&')}'` : `'${doubled(word)}'`;
}

/** PowerShell takes typographic quotes for straight ones; doubled, each is itself. */
function doubled(value: string): string {
  return value.replace(/['\u2018-\u201b]/g, '$&$&');
}

/** The lines that unset them. */
export function unsetLines(shell: Shell): string[] {
  switch (shell) {
    case 'sh':
      return [`unset ${variables.join(' ')}`];
    case 'fish':
      return variables.map((name) => `set -e ${name}`);
    case 'powershell':
      return variables.map((name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`);
    case 'cmd':
      return variables.map((name) => `SET "${name}="`);
  }
}

/** cmd has no way to write these that holds at its prompt, in a FOR and in a file alike. */
function cmdValue(name: string, value: string): string {
  const [odd] = /["%!\p{Cc}]/u.exec(value) ?? [];
  if (odd === undefined) return value;
  throw new InputError(
    'shell',
    `cmd cannot hold ${JSON.stringify(odd)} in ${name}: ${JSON.stringify(value)}`,
    {
      hint: 'move the certificate directory to a path without it, or use --shell powershell',
    },
  );
}

/** The shell of a `$SHELL`: one whose language is that of sh, unless its name says otherwise. */
export function shellOf(path: string | undefined): Shell {
  const name = basename((path ?? '').replaceAll('\\', '/')).replace(/\.exe$/i, '');
  if (name === 'fish' || name === 'cmd') return name;
  return name === 'pwsh' || name === 'powershell' ? 'powershell' : 'sh';
}
