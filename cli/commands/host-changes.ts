import type { HostChanges } from '../../lib/index.js';
import { daemonKinds } from '../../lib/internal.js';
import { runFlags } from '../flags.js';
import { describeHostChanges, hostChangesAsJson } from '../present-host.js';
import { print, printJson, resultStyle } from '../streams.js';

export const where = { group: 'Where:' };

/** What installing and uninstalling share. */
export const hostFlags = {
  for: {
    type: 'string',
    choices: daemonKinds,
    default: 'system' as const,
    requiresArg: true,
    describe: 'Daemon of the system, one that you run without root, docker:dind, or Podman',
    ...where,
  },
  to: {
    type: 'string',
    requiresArg: true,
    describe:
      "Directory for the daemon's files on the host [default: /etc/docker/tls, ~/.config/docker/tls, /certs, or /etc/podman/tls]",
    ...where,
  },
  home: {
    type: 'string',
    requiresArg: true,
    describe: "Home directory of a rootless daemon's user [default: yours]",
    ...where,
  },
  root: {
    type: 'string',
    default: '/',
    requiresArg: true,
    describe: 'Root directory of the host, for an image',
    ...where,
  },
  apply: { type: 'boolean', describe: 'Apply the changes (default: preview only)', ...runFlagGroup() },
  'dry-run': {
    type: 'boolean',
    conflicts: 'apply',
    describe: 'Preview only, as without --apply',
    ...runFlagGroup(),
  },
  restart: {
    type: 'boolean',
    implies: 'apply',
    describe: 'Restart the daemon afterwards',
    ...runFlagGroup(),
  },
  json: runFlags.json,
  quiet: runFlags.quiet,
  'lock-timeout': runFlags['lock-timeout'],
} as const;

export function runFlagGroup(): { group: string } {
  return { group: runFlags.json.group };
}

interface HostFlags {
  readonly for: HostChanges['for'];
  readonly to: string | undefined;
  readonly home?: string | undefined;
  readonly root: string;
  readonly apply?: boolean | undefined;
  readonly restart?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly lockTimeout: number;
}

export function hostOptions(
  { for: kind, to, home, root, apply, restart, lockTimeout }: HostFlags,
  signal: AbortSignal,
) {
  return { for: kind, to, home, root, apply, restart, signal, lockTimeoutMs: lockTimeout * 1000 };
}

export function tell(
  command: string,
  result: HostChanges,
  { json, quiet }: HostFlags,
  proof: readonly string[] = [],
): void {
  if (json) printJson(hostChangesAsJson(command, result));
  else if (!quiet) print(...describeHostChanges(result, process.argv.slice(2), resultStyle()), ...proof);
}
