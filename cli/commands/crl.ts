import { crl, planLines, previewCrl } from '../../lib/index.js';
import { timerKinds } from '../../lib/internal.js';
import { defineCommand } from '../command.js';
import { executionFlags, passphraseFlags, runFlags } from '../flags.js';
import { caKeyFlag } from '../issue-flags.js';
import { sayNotes } from '../notes.js';
import { passphraseSource } from '../passphrase.js';
import { crlAsJson, describeCrl } from '../present-index.js';
import { running } from '../running.js';
import { print, printExactly, printJson, resultStyle } from '../streams.js';
import { runCrlTimer, runRemoveTimer } from '../timer.js';

const timer = { group: 'Timer:' };

export const command = defineCommand(
  {
    examples: [
      ['$0 crl', 'Sign a new list'],
      ['$0 crl --due --days 14', 'Sign one only if it is time to, as a timer does'],
    ],
  },
  (yargs) =>
    yargs
      .options({
        role: {
          type: 'string',
          choices: ['server', 'client'] as const,
          requiresArg: true,
          describe: 'Whose list, if servers and clients have separate CAs [default: client]',
          group: 'What to sign:',
        },
        days: {
          type: 'string',
          requiresArg: true,
          describe: 'Days until the next list is due [default: 30]',
          group: 'What to sign:',
        },
        due: {
          type: 'boolean',
          describe: 'Sign a new list only if less than half of the time of the current one is left',
          group: 'What to sign:',
        },
        'ca-key': caKeyFlag,
        ...passphraseFlags,
        'print-timer': {
          choices: timerKinds,
          requiresArg: true,
          describe: 'Print a daily timer for this command, and exit',
          ...timer,
        },
        'install-timer': {
          type: 'boolean',
          describe: 'Install and start a systemd timer, with --apply',
          ...timer,
        },
        'remove-timer': {
          type: 'boolean',
          describe: 'Stop and remove the systemd timer, with --apply',
          ...timer,
        },
        apply: {
          type: 'boolean',
          describe: 'Apply the changes to the timer (default: preview only)',
          ...timer,
        },
        dir: runFlags.dir,
        ...executionFlags,
        'lock-timeout': runFlags['lock-timeout'],
      })
      .conflicts('passphrase-file', 'passphrase-fd')
      .conflicts('print-timer', 'install-timer')
      .conflicts('role', ['print-timer', 'install-timer', 'remove-timer'])
      .conflicts('remove-timer', ['print-timer', 'install-timer', 'due', 'days']),
  async (flags, environment) => {
    if (flags.removeTimer) {
      await runRemoveTimer(flags, environment, 'crl');
      return;
    }
    const request = {
      directory: flags.dir,
      role: flags.role,
      days: flags.days,
      caKey: flags.caKey,
      passphrase: passphraseSource(flags, environment.signal),
    };
    if (flags.printTimer !== undefined || flags.installTimer) {
      await runCrlTimer(request, flags, environment);
      return;
    }
    const loud = !flags.quiet && !flags.json;
    if (flags.dryRun) {
      const { plan, ...planned } = await previewCrl(request);
      if (flags.json) printJson(crlAsJson(planned, plan));
      else {
        if (loud) sayNotes(planned.notes);
        printExactly(...planLines(plan));
      }
      return;
    }
    const made = await running({ ...flags, allowOpenModes: undefined }, environment, (control) =>
      crl({ ...request, ...control, due: flags.due }),
    );
    if (flags.json) printJson(crlAsJson(made));
    else if (loud) {
      sayNotes(made.notes);
      print(...describeCrl(made, resultStyle()));
    }
  },
);
