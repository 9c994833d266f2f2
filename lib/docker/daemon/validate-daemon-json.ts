import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ConfigurationError, DockerTlsError } from '../../errors.js';
import { writeNew } from '../../store/write-new.js';
import { removeFile, scratchName } from '../install/changes-journal.js';
import type { Credentials } from '../client/credentials.js';
import { withSettings } from './daemon-json.js';
import type { Host } from './host.js';
import { runDocker } from '../run.js';
import { told } from '../install/take-back.js';

/**
 * Lets dockerd check what daemon.json is to say, with the certificates where they are now: it loads them. Undefined where this
 * dockerd cannot. Errors: `ERR_CONFIGURATION` with dockerd's words.
 */
export async function validateDaemonJson(
  { files, locked }: Host,
  daemonJson: string,
  text: string,
  { ca, certificate, key }: Credentials,
  { dockerd, signal }: { readonly dockerd: string; readonly signal: AbortSignal | undefined },
): Promise<boolean | undefined> {
  const shown = files.show(daemonJson);
  const path = join(locked, scratchName(randomBytes(6).toString('hex')));
  const candidate = withSettings(text, { tlscacert: ca, tlscert: certificate, tlskey: key });
  try {
    await told({ shown: path }, 'write', () => writeNew(path, candidate, 0o644));
    const argv = ['--validate', '--config-file', path];
    const { exitCode, stderr } = await runDocker({ file: dockerd, argv, signal });
    if (exitCode === 0) return true;
    if (stderr.includes('unknown flag: --validate')) return undefined;
    const words = stderr.trim().split('\n').at(-1)?.replaceAll(path, shown) ?? '';
    throw new ConfigurationError(shown, `dockerd would refuse ${shown}: ${words}`, {
      hint: 'nothing was changed; correct daemon.json, and run the same command again',
    });
  } catch (error) {
    if (error instanceof DockerTlsError && error.code === 'ERR_DOCKER_NOT_FOUND') return undefined;
    throw error;
  } finally {
    await removeFile(path).catch(() => undefined); // with the journal, or by the next run
  }
}
