import { DirectoryError } from '../../errors.js';
import { givenOneOf } from '../../given.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';
import { shellWord } from '../../shell/sh.js';
import { readRegular } from '../../store/read-regular.js';
import { credentialsNames, readCredentials, type CredentialsOptions } from '../client/credentials.js';
import { daemonModes, type DaemonMode } from './daemon.js';
import { podmanUnitText, podmanWords } from './podman-unit.js';
import { daemonPort } from './port.js';

export interface PodmanServiceOptions extends CredentialsOptions {
  /** Which clients it accepts. Default: `tlsverify`. */
  readonly mode?: DaemonMode | undefined;
  /** Where podman lies on the host: an absolute path, as a systemd unit wants it. Default: `/usr/bin/podman`. */
  readonly podman?: string | undefined;
}

const optionNames: OptionNames<PodmanServiceOptions> = {
  ...credentialsNames,
  mode: true,
  podman: true,
};

/** How Podman's API is served over TLS. */
export interface PodmanService {
  /** The words after `podman`. */
  readonly arguments: readonly string[];
  /** The command line for a shell. Ends with a line end. */
  readonly command: string;
  /** A unit for systemd, `podman-tls.service`. Ends with a line end. */
  readonly unit: string;
  /** Where it leaves the host open: to whom. */
  readonly warning: string | undefined;
}

/**
 * How Podman 5.7 and later serves its API, which Docker's clients speak, with a server's files (podman-system-service(1)): on all
 * addresses of IPv4, and on the port that is remembered beside the certificate, else 2376. Like dockerd it reads the files when it
 * starts; containers go on running meanwhile.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used.
 * @throws `ERR_INCOMPLETE`, `ERR_LEAF_UNUSABLE`: the server's files are missing, or cannot work.
 * @throws `ERR_CA_UNUSABLE`: the CA's certificate cannot be used, or Podman would refuse its file.
 * @throws `ERR_UNSAFE`, `ERR_FILE`: a file cannot be read safely.
 * @example
 * ```ts
 * import { podmanService } from 'docker-tls-openssl';
 *
 * const { command, unit } = await podmanService({ directory: 'docker-tls' });
 * console.log(command, unit);
 * ```
 */
export async function podmanService(options: PodmanServiceOptions = {}): Promise<PodmanService> {
  refuseUnknown(options, optionNames);
  const { directory, name, mode = 'tlsverify', podman = '/usr/bin/podman' } = options;
  givenOneOf(daemonModes, mode, 'mode');
  const { ca, certificate, key } = await readCredentials('server', { directory, name });
  const port = await daemonPort({ directory, name });
  if (mode === 'tlsverify') refuseTrailingText(ca, (await readRegular(ca)).bytes);
  const files = { ca: mode === 'tlsverify' ? ca : undefined, certificate, key };
  const words = podmanWords(files, `tcp://0.0.0.0:${port}`);
  return {
    arguments: words,
    command: `${['podman', ...words].map(shellWord).join(' ')}\n`,
    unit: podmanUnitText(podman, words),
    warning:
      mode === 'tls'
        ? `clients are not authenticated: anyone who can reach port ${port} controls Podman, which is root on the host where root runs it`
        : undefined,
  };
}

/**
 * Podman's reader of CAs takes text before and between certificates, and nothing behind the last one, not even an empty line (seen with
 * 5.8.6). Throws `ERR_CA_UNUSABLE`.
 */
export function refuseTrailingText(path: string, bytes: Buffer): void {
  const text = bytes.toString('latin1');
  const end = text.lastIndexOf('-----END CERTIFICATE-----');
  if (/^-----END CERTIFICATE-----[ \t\r]*\n?$/.test(text.slice(end))) return;
  throw new DirectoryError(
    'ERR_CA_UNUSABLE',
    path,
    `${path} has text after its last certificate, and Podman refuses such a file`,
    {
      hint: 'remove what comes after the last certificate, empty lines too',
    },
  );
}
