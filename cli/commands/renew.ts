import type { Argv } from 'yargs';
import {
  planLines,
  planRenewal,
  planRenewCa,
  renew,
  renewCa,
  runHook,
  timerKinds,
  type HookChange,
  type HookResult,
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
  describeRenewal,
  renewalAsJson,
  renewWords,
} from '../present-renewal.js';
import { running } from '../running.js';
import { EXIT } from '../run.js';
import { runTimer } from '../timer.js';
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
            describe: 'What is due: 30d before the end, or 33% of its life [default: 30d]',
            ...what,
          },
          ...newKeyFlags,
          ...passphraseFlags,
          ...execFlag,
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
          apply: {
            type: 'boolean',
            describe: 'Install the timer. Without this nothing is changed',
            group: 'A timer:',
          },
          ...runFlags,
        })
        .conflicts('passphrase-file', 'passphrase-fd')
        .conflicts('print-timer', 'install-timer'),
    async (flags) => {
      const names = flags.names ?? [];
      if (flags.apply && !flags.installTimer) throw new UsageError(renewWords.applyAlone);
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
        if (planned.skipped.length > 0) process.exitCode = EXIT.due;
        if (flags.json) printJson(renewalAsJson({ ...planned, ...nothingDone }, { plan }));
        else {
          if (!flags.quiet) sayNotes(planned.notes);
          printExactly(...planLines(plan));
          if (!flags.quiet && (plan.steps.length === 0 || planned.skipped.length > 0))
            say(...describeRenewal({ ...planned, renewed: [] }, errorStyle()));
        }
        return;
      }
      const renewal = await running(flags, environment, (control) => renew({ ...request, ...control }));
      const { directory, archive, made, renewed, skipped } = renewal;
      if (skipped.length > 0) process.exitCode = EXIT.due;
      const hook = await hooked(flags.exec, environment, {
        directory,
        files: made.map(({ path }) => path),
        archive,
        renewed: renewed.map(({ path, role }) => ({ path, role })),
      });
      if (flags.json) printJson(renewalAsJson(renewal, { hook }));
      else {
        if (!flags.quiet) {
          sayNotes(renewal.notes);
          print(...describeRenewal(renewal, resultStyle()));
        } else if (skipped.length > 0) say(...describeRenewal({ ...renewal, renewed: [] }, errorStyle()));
        tellOf(hook, flags.quiet);
      }
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
          ...runFlags,
        })
        .conflicts('passphrase-file', 'passphrase-fd'),
    async (flags) => {
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
        if (flags.json) printJson(caRenewalAsJson({ ...planned, ...nothingDone }, { plan }));
        else {
          if (!flags.quiet) sayNotes(planned.notes);
          printExactly(...planLines(plan));
        }
        return;
      }
      const renewed = await running(flags, environment, (control) => renewCa({ ...request, ...control }));
      const { directory, archive, made, path } = renewed;
      const hook = await hooked(flags.exec, environment, {
        directory,
        files: made.map((one) => one.path),
        archive,
        renewed: [{ path, role: 'ca' }],
      });
      if (flags.json) printJson(caRenewalAsJson(renewed, { hook }));
      else {
        if (!flags.quiet) {
          sayNotes(renewed.notes);
          print(...describeCaRenewal(renewed, resultStyle()));
        }
        tellOf(hook, flags.quiet);
      }
    },
  );
}

const nothingDone = { made: [], commands: [] } as const;

/** A failure of the command is told, and is one of this run; the renewal is done all the same. */
async function hooked(command: string | undefined, { signal }: Environment, change: HookChange) {
  if (command === undefined || change.files.length === 0) return undefined;
  const result = await runHook(command, change, { signal });
  if (!result.ok) process.exitCode = EXIT.failed;
  return result;
}

function tellOf(hook: HookResult | undefined, quiet = false): void {
  if (hook?.ok === false) say(...describeHook(hook, errorStyle()));
  else if (hook && !quiet) print(...describeHook(hook, resultStyle()));
}
