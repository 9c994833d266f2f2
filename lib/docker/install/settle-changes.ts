import { DockerError, DockerTlsError } from '../../errors.js';
import { undone, type AppliedChanges } from './apply-changes.js';
import type { HostOptions } from '../daemon/host.js';
import { isWithdrawn, journalLine, restartDaemon } from '../daemon/restart.js';
import type { Service } from '../daemon/service.js';

/**
 * Keeps changes for good, after a restart of the daemon where one is asked for. A daemon that does not come back gets the
 * files that it had, and is started with them. Gives notes. Errors: `ERR_DOCKER_FAILED` with the daemon's own reason, and the
 * sentence that everything was put back; `ERR_FILE`.
 */
export async function settleChanges(
  changes: AppliedChanges,
  service: Service,
  options: HostOptions,
): Promise<string[]> {
  const restarts = options.restart === true;
  let restarted = false;
  try {
    if (restarts) await restartDaemon(service, options);
    restarted = restarts;
    const clean = await changes.finish();
    return clean
      ? []
      : ['some temporary files could not be removed: the next run of this command removes them'];
  } catch (error) {
    const first = await undone(() => changes.undo(), error);
    if (first !== error || !restarts) throw first;
    const { message, cause } =
      error instanceof DockerTlsError ? error : { message: String(error), cause: error };
    const what = restarted ? `the changes could not be completed: ${message}` : message;
    // What stopped the first restart, be it the caller's signal, is not to stop this one.
    const again = await restartDaemon(service, { ...options, signal: undefined }).catch(
      (why: unknown) => why,
    );
    throw new DockerError(
      'ERR_DOCKER_FAILED',
      again instanceof Error
        ? `${what}; everything was put back, but the daemon does not start with that either: ${again.message}`
        : `${what}; everything was put back, and ${(await isWithdrawn(service)) ? `${service.places.unit} was stopped` : 'the daemon was restarted with it'}`,
      {
        cause,
        ...(error instanceof DockerError ? { stderr: error.stderr } : {}),
        hint: `see what the daemon says (${journalLine(service)}), correct it, and run the same command again`,
      },
    );
  }
}
