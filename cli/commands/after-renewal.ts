import {
  installTarget,
  planToDaemon,
  type HookChange,
  type HookResult,
  type InstalledRenewal,
  type InstallOption,
} from '../../lib/internal.js';
import { runHook } from '../../lib/index.js';
import type { Environment } from '../environment.js';
import { EXIT } from '../exit-codes.js';
import { describeHook, describeInstalled } from '../present-renewal.js';
import { errorStyle, print, resultStyle, say } from '../streams.js';

/** What `renew` and `renew ca` share: their flags, and what follows a renewal. */

export const what = { group: 'What to renew:' };

export const newKeyFlags = {
  'new-key': { type: 'boolean', describe: 'Create a new private key, too [default: keep the key]', ...what },
  key: {
    type: 'string',
    requiresArg: true,
    describe: 'Type of the new key [default: as before]',
    ...what,
  },
  days: {
    type: 'string',
    requiresArg: true,
    describe: 'Lifetime in days [default: as before]',
    ...what,
  },
} as const;

export const execFlag = {
  exec: {
    type: 'string',
    requiresArg: true,
    describe: 'Run this shell command after something was renewed',
    group: 'Running:',
  },
} as const;

export const installFlags = {
  install: {
    type: 'boolean',
    describe: 'Update the files that install daemon copied, and restart the daemon',
    group: "The daemon's copy:",
  },
  to: {
    type: 'string',
    requiresArg: true,
    implies: 'install',
    describe: 'Directory that install daemon copied them to [default: /etc/docker/tls]',
    group: "The daemon's copy:",
  },
  root: {
    type: 'string',
    requiresArg: true,
    implies: 'install',
    describe: 'Root directory of the host, for an image [default: /]',
    group: "The daemon's copy:",
  },
} as const;

interface InstallFlags {
  readonly install?: boolean | undefined;
  readonly to?: string | undefined;
  readonly root?: string | undefined;
}

export function installOption({ install, to, root }: InstallFlags): InstallOption {
  return install ? { to, root } : undefined;
}

export const nothingDone = { made: [], commands: [] } as const;

/** What `--install` would change now; undefined without it. */
export async function plannedInstall(directory: string, install: InstallOption) {
  const target = await installTarget(directory, install);
  return target && planToDaemon(target);
}

/** A failure of the command is told, and is one of this run; the renewal is done all the same. */
export async function hooked(command: string | undefined, { signal }: Environment, change: HookChange) {
  if (command === undefined || change.files.length === 0) return undefined;
  const result = await runHook(command, change, { signal });
  if (!result.ok) process.exitCode = EXIT.failed;
  return result;
}

export function tellOfInstall(
  installed: InstalledRenewal | undefined,
  done: { readonly directory: string; readonly renewed: boolean },
  quiet = false,
): void {
  if (installed?.ok === false) say(...describeInstalled(installed, done, errorStyle()));
  else if (installed && !quiet) print(...describeInstalled(installed, done, resultStyle()));
}

export function tellOf(hook: HookResult | undefined, quiet = false): void {
  if (hook?.ok === false) say(...describeHook(hook, errorStyle()));
  else if (hook && !quiet) print(...describeHook(hook, resultStyle()));
}
