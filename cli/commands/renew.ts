import type { Argv } from 'yargs';
import {
  installCommand,
  installTarget,
  planLines,
  planToDaemon,
  planRenewal,
  planRenewCa,
  renew,
  renewCa,
  runHook,
  timerKinds,
  type HookChange,
  type HookResult,
  type InstalledRenewal,
  type InstallOption,
  type RenewCaRequest,
  type RenewRequest,
} from '../../lib/index.js';
import { UsageError, type Environment } from '../environment.js';
import { passphraseFlags, runFlags } from '../flags.js';
import { sayNotes } from '../notes.js';
import { passphraseSource } from '../passphrase.js';
import {
  caRenewalAsJson,
  describeCaRenewal,
  describeHook,
  describeInstalled,
  describeInstallPlan,
  describeRenewal,
  renewalAsJson,
  renewWords,
} from '../present-renewal.js';
import { running } from '../running.js';
import { EXIT } from '../run.js';
import { runRemoveTimer, runTimer } from '../timer.js';
import { errorStyle, print, printExactly, printJson, resultStyle, say } from '../streams.js';

const what = { group: 'What to make anew:' };

const newKeyFlags = {
  'new-key': { type: 'boolean', describe: 'Make a new private key, too [default: the key stays]', ...what },
  key: {
    type: 'string',
    requiresArg: true,
    describe: 'Kind of the new key [default: that of the old one]',
    ...what,
  },
  days: {
    type: 'string',
    requiresArg: true,
    describe: 'Lifetime in days [default: as long as before]',
    ...what,
  },
} as const;

const execFlag = {
  exec: {
    type: 'string',
    requiresArg: true,
    describe: 'A command line for sh that runs afterwards, where something was made anew',
    group: 'Running:',
  },
} as const;

const installFlags = {
  install: {
    type: 'boolean',
    describe: 'Then put the files where install daemon put them, and restart the daemon',
    group: "The daemon's copy:",
  },
  to: {
    type: 'string',
    requiresArg: true,
    implies: 'install',
    describe: 'Where install daemon put them [default: /etc/docker/tls]',
    group: "The daemon's copy:",
  },
  root: {
    type: 'string',
    requiresArg: true,
    implies: 'install',
    describe: "The host's root directory: another one for an image [default: /]",
    group: "The daemon's copy:",
  },
} as const;

interface InstallFlags {
  readonly install?: boolean | undefined;
  readonly to?: string | undefined;
  readonly root?: string | undefined;
}

function installOption({ install, to, root }: InstallFlags): InstallOption {
  return install ? { to, root } : undefined;
}

export function renewCommand(yargs: Argv, environment: Environment): Argv {
  // The flags of the one are not those of the other; and no NAME is taken for a mistyped `ca`.
  return yargs.command('renew', renewWords.what, (what) =>
    leavesCommand(renewCaCommand(what, environment), environment),
  );
}

function leavesCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    '$0 [names..]',
    renewWords.what,
    (command) =>
      command
        .positional('names', {
          type: 'string',
          array: true,
          describe: 'A NAME of servers/ or clients/; server, client; or the path of a certificate',
        })
        .options({
          due: { type: 'boolean', describe: 'Of the named ones only those that are due', ...what },
          all: { type: 'boolean', describe: 'Every server and client', ...what },
          within: {
            type: 'string',
            requiresArg: true,
            describe: 'What is due: 30d before the end, or 33% of its life [default: the lesser of both]',
            ...what,
          },
          ...newKeyFlags,
          ...passphraseFlags,
          ...execFlag,
          ...installFlags,
          'print-timer': {
            choices: timerKinds,
            requiresArg: true,
            describe: 'Print what runs this once a day, and do nothing else',
            group: 'A timer:',
          },
          'install-timer': {
            type: 'boolean',
            describe: "Put systemd's units in their place and start the timer, with --apply",
            group: 'A timer:',
          },
          'remove-timer': {
            type: 'boolean',
            describe: 'Stop the timer and remove its units, with --apply',
            group: 'A timer:',
          },
          apply: {
            type: 'boolean',
            describe: 'Install or remove the timer. Without this nothing is changed',
            group: 'A timer:',
          },
          ...runFlags,
        })
        .conflicts('passphrase-file', 'passphrase-fd')
        .conflicts('print-timer', 'install-timer')
        .conflicts('remove-timer', [
          'print-timer',
          'install-timer',
          'install',
          'exec',
          'all',
          'due',
          'new-key',
        ]),
    async (flags) => {
      const names = flags.names ?? [];
      const install = installOption(flags);
      if (flags.apply && !flags.installTimer && !flags.removeTimer)
        throw new UsageError(renewWords.applyAlone);
      if (flags.removeTimer) {
        if (names.length > 0) throw new UsageError(renewWords.removeAlone);
        await runRemoveTimer({ ...flags, names }, environment);
        return;
      }
      const request: RenewRequest = {
        directory: flags.dir,
        names,
        due: flags.due,
        all: flags.all,
        within: flags.within,
        newKey: flags.newKey,
        key: flags.key,
        days: flags.days,
        passphrase: passphraseSource(flags, environment.signal),
      };
      if (flags.printTimer !== undefined || flags.installTimer) {
        await runTimer(request, { ...flags, names }, environment);
        return;
      }
      if (flags.dryRun) {
        const { plan, ...planned } = await planRenewal(request);
        const toInstall = await plannedInstall(planned.directory, install);
        if (planned.skipped.length > 0) process.exitCode = EXIT.due;
        if (flags.json) printJson(renewalAsJson({ ...planned, ...nothingDone }, { plan, toInstall }));
        else {
          if (!flags.quiet) sayNotes(planned.notes);
          printExactly(...planLines(plan));
          if (!flags.quiet && (plan.steps.length === 0 || planned.skipped.length > 0))
            say(...describeRenewal({ ...planned, renewed: [] }, errorStyle()));
          if (toInstall && !flags.quiet) say(...describeInstallPlan(toInstall, errorStyle()));
        }
        return;
      }
      const renewal = await running(flags, environment, (control) =>
        renew({ ...request, ...control, install }),
      );
      const { directory, archive, made, renewed, skipped, installed } = renewal;
      if (skipped.length > 0) process.exitCode = EXIT.due;
      const hook = await hooked(flags.exec, environment, {
        directory,
        files: made.map(({ path }) => path),
        archive,
        renewed: renewed.map(({ path, role }) => ({ path, role })),
      });
      if (flags.json) printJson(renewalAsJson(renewal, { hook, installed }));
      else {
        if (!flags.quiet) {
          sayNotes(renewal.notes);
          const command = await installCommand(directory);
          print(...describeRenewal(renewal, resultStyle(), { installed: installed !== undefined, command }));
        } else if (skipped.length > 0) say(...describeRenewal({ ...renewal, renewed: [] }, errorStyle()));
        tellOfInstall(installed, { directory, renewed: renewed.length > 0 }, flags.quiet);
        tellOf(hook, flags.quiet);
      }
      if (installed?.ok === false) process.exitCode = EXIT.failed;
    },
  );
}

function renewCaCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    'ca',
    'Give the CA a new certificate, or begin and finish a roll-over to a new CA',
    (command) =>
      command
        .options({
          ...newKeyFlags,
          finish: { type: 'boolean', describe: 'End the roll-over: drop the old CA', ...what },
          'no-passphrase': {
            type: 'boolean',
            describe: 'Leave the new key unencrypted',
            group: 'Passphrase of the CA:',
          },
          ...passphraseFlags,
          ...execFlag,
          ...installFlags,
          ...runFlags,
        })
        .conflicts('passphrase-file', 'passphrase-fd'),
    async (flags) => {
      const install = installOption(flags);
      const request: RenewCaRequest = {
        directory: flags.dir,
        newKey: flags.newKey,
        finish: flags.finish,
        key: flags.key,
        days: flags.days,
        passphrase: passphraseSource(flags, environment.signal),
      };
      if (flags.dryRun) {
        const { plan, ...planned } = await planRenewCa(request);
        const toInstall = await plannedInstall(planned.directory, install);
        if (flags.json) printJson(caRenewalAsJson({ ...planned, ...nothingDone }, { plan, toInstall }));
        else {
          if (!flags.quiet) sayNotes(planned.notes);
          printExactly(...planLines(plan));
          if (toInstall && !flags.quiet) say(...describeInstallPlan(toInstall, errorStyle()));
        }
        return;
      }
      const renewed = await running(flags, environment, (control) =>
        renewCa({ ...request, ...control, install }),
      );
      const { directory, archive, made, path, installed } = renewed;
      const hook = await hooked(flags.exec, environment, {
        directory,
        files: made.map((one) => one.path),
        archive,
        renewed: [{ path, role: 'ca' }],
      });
      if (flags.json) printJson(caRenewalAsJson(renewed, { hook, installed }));
      else {
        if (!flags.quiet) {
          sayNotes(renewed.notes);
          const command = await installCommand(directory);
          print(
            ...describeCaRenewal(renewed, resultStyle(), { installed: installed !== undefined, command }),
          );
        }
        tellOfInstall(installed, { directory, renewed: true }, flags.quiet);
        tellOf(hook, flags.quiet);
      }
      if (installed?.ok === false) process.exitCode = EXIT.failed;
    },
  );
}

const nothingDone = { made: [], commands: [] } as const;

/** What `--install` would change now; undefined without it. */
async function plannedInstall(directory: string, install: InstallOption) {
  const target = await installTarget(directory, install);
  return target && planToDaemon(target);
}

/** A failure of the command is told, and is one of this run; the renewal is done all the same. */
async function hooked(command: string | undefined, { signal }: Environment, change: HookChange) {
  if (command === undefined || change.files.length === 0) return undefined;
  const result = await runHook(command, change, { signal });
  if (!result.ok) process.exitCode = EXIT.failed;
  return result;
}

function tellOfInstall(
  installed: InstalledRenewal | undefined,
  done: { readonly directory: string; readonly renewed: boolean },
  quiet = false,
): void {
  if (installed?.ok === false) say(...describeInstalled(installed, done, errorStyle()));
  else if (installed && !quiet) print(...describeInstalled(installed, done, resultStyle()));
}

function tellOf(hook: HookResult | undefined, quiet = false): void {
  if (hook?.ok === false) say(...describeHook(hook, errorStyle()));
  else if (hook && !quiet) print(...describeHook(hook, resultStyle()));
}
