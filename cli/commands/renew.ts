import { installCommand, timerKinds, type RenewRequest } from '../../lib/internal.js';
import { planLines, previewRenewal, renew } from '../../lib/index.js';
import { asRunHere } from '../as-run-here.js';
import { defineCommand } from '../command.js';
import { UsageError } from '../environment.js';
import { EXIT } from '../exit-codes.js';
import { passphraseFlags, runFlags } from '../flags.js';
import { sayNotes } from '../notes.js';
import { passphraseSource } from '../passphrase.js';
import { describeInstallPlan, describeRenewal, renewWords } from '../present-renewal.js';
import { renewalAsJson } from '../present-renewal-json.js';
import { running } from '../running.js';
import { errorStyle, print, printExactly, printJson, resultStyle, say } from '../streams.js';
import { runRemoveTimer, runTimer } from '../timer.js';
import {
  execFlag,
  hooked,
  installFlags,
  installOption,
  newKeyFlags,
  nothingDone,
  plannedInstall,
  tellOf,
  tellOfInstall,
  what,
} from './after-renewal.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 renew', 'Renew what expires soon'],
      ['$0 renew web1 alice --new-key', 'Renew two certificates with new keys, due or not'],
      ['$0 renew --print-timer systemd', 'Print a timer that renews every day'],
    ],
    exitCodes: {
      1: 'failed; or renewed, and --install or the command of --exec failed',
      3: 'a certificate that expires soon was not renewed',
    },
  },
  (yargs) =>
    yargs
      .positional('names', {
        type: 'string',
        array: true,
        describe:
          'NAME of a server or client, server, client, or the path of a certificate [default: all that expire soon]',
      })
      .options({
        due: { type: 'boolean', describe: 'Renew only those of the named ones that expire soon', ...what },
        all: { type: 'boolean', describe: 'Renew every server and client', ...what },
        within: {
          type: 'string',
          requiresArg: true,
          describe:
            'When to renew: time left in days (30d) or percent of the lifetime (33%) [default: whichever is less]',
          ...what,
        },
        ...newKeyFlags,
        ...passphraseFlags,
        ...execFlag,
        ...installFlags,
        'print-timer': {
          choices: timerKinds,
          requiresArg: true,
          describe: 'Print a daily timer for this command, and exit',
          group: 'Timer:',
        },
        'install-timer': {
          type: 'boolean',
          describe: 'Install and start a systemd timer, with --apply',
          group: 'Timer:',
        },
        'remove-timer': {
          type: 'boolean',
          describe: 'Stop and remove the systemd timer, with --apply',
          group: 'Timer:',
        },
        apply: {
          type: 'boolean',
          describe: 'Apply the changes to the timer (default: preview only)',
          group: 'Timer:',
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
  async (flags, environment) => {
    const names = flags.names ?? [];
    const install = installOption(flags);
    if (flags.apply && !flags.installTimer && !flags.removeTimer) throw new UsageError(renewWords.applyAlone);
    if (flags.removeTimer) {
      if (names.length > 0) throw new UsageError(renewWords.removeAlone);
      await runRemoveTimer(flags, environment);
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
      const { plan: asked, ...planned } = await previewRenewal(request);
      const plan = await asRunHere(asked, flags.openssl);
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
