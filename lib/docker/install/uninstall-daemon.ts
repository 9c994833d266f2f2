import { timerNotes } from './timer.js';
import { withLock } from '../../store/lock.js';
import { applyHostChanges } from './apply-changes.js';
import {
  hostNames,
  notesOf,
  withHost,
  type Host,
  type HostChanges,
  type HostOptions,
} from '../daemon/host.js';
import { mentioned } from './planned-changes.js';
import { refuseRestart, restartLines } from '../daemon/restart.js';
import { readService } from '../daemon/service.js';
import { settleChanges } from './settle-changes.js';
import { planUninstallation, type UninstallPlan } from './uninstall-plan.js';
import { refuseUnknown } from '../../known-options.js';

/**
 * Takes back what `installDaemon` did: daemon.json is what it was, or, where it was changed since, loses the keys that were set;
 * the drop-in and the daemon's files go, those excepted that were there before; and what they had replaced comes back. All or
 * nothing, as `installDaemon`. Where nothing is installed there are no changes.
 * Errors: `ERR_CONFIGURATION` where daemon.json or the record cannot be read, or where the daemon would not start, or would
 * be open to everybody; `ERR_UNSAFE`, `ERR_FILE`, `ERR_LOCKED`; `ERR_DOCKER_FAILED` for a restart that fails.
 */
export async function uninstallDaemon(options: HostOptions = {}): Promise<HostChanges> {
  refuseUnknown(options, hostNames);
  return withHost(options, async (host) => {
    const service = await readService(host.files.shown, host.places);
    const timer = host.places.kind === 'system' ? await timerNotes(host.files.shown) : [];
    const result = (plan: UninstallPlan | undefined, others: readonly string[]) => {
      const changes = mentioned(plan?.changes ?? []);
      const restarted = options.apply === true && options.restart === true && changes.length > 0;
      const nothing = `nothing that this program installed is in ${host.to}`;
      return {
        ...{
          changes,
          applied: options.apply === true,
          restarted,
          for: host.places.kind,
          manager: service.manager,
        },
        ...notesOf(plan ? [...others, ...plan.notes, ...timer] : [...others, nothing]),
        restart: changes.length > 0 && !restarted ? restartLines(service, changes) : [],
      };
    };
    const notes = [host.pending()].filter((note) => note !== undefined);
    if (options.apply !== true || (!(await isAnythingOfOurs(host)) && !(await planUninstallation(host))))
      return result(await planUninstallation(host), notes);
    return withLock(host.locked, options, async ({ held }) => {
      refuseRestart(service, options);
      const before = [await host.recover()].filter((note) => note !== undefined);
      const plan = await planUninstallation(host);
      if (!plan) return result(undefined, before);
      const { places, to } = host;
      const set = { command: 'uninstall daemon', places, to, make: [], ...plan } as const;
      const changes = await applyHostChanges(host.files, set, { held, signal: options.signal });
      return result(plan, [...before, ...(await settleChanges(changes, service, options))]);
    });
  });
}

/** Whether a run that was killed left something; a user who cannot write there is not refused where there is nothing to do. */
async function isAnythingOfOurs({ files, places }: Host): Promise<boolean> {
  return (await files.list(places.journal)).some((name) => name.startsWith('.docker-tls-openssl'));
}
