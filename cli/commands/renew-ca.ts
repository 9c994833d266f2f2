import { installCommand, type RenewCaRequest } from '../../lib/internal.js';
import { planLines, previewRenewCa, renewCa } from '../../lib/index.js';
import { asRunHere } from '../as-run-here.js';
import { defineCommand } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { parentPassphraseFlags, passphraseFlags, runFlags } from '../flags.js';
import { sayNotes } from '../notes.js';
import { parentPassphraseSource, passphraseSource } from '../passphrase.js';
import { describeCaRenewal, describeInstallPlan } from '../present-renewal.js';
import { caRenewalAsJson } from '../present-renewal-json.js';
import { running } from '../running.js';
import { errorStyle, print, printExactly, printJson, resultStyle, say } from '../streams.js';
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
      ['$0 renew ca', 'Give the CA a new certificate for its key'],
      ['$0 renew ca --new-key --passphrase-file ca.pass', 'Start a roll-over to a new CA'],
    ],
    exitCodes: {
      1: 'failed; or renewed, and --install or the command of --exec failed',
    },
  },
  (yargs) =>
    yargs
      .options({
        role: {
          type: 'string',
          choices: ['server', 'client'] as const,
          requiresArg: true,
          describe: 'Which CA to renew, if servers and clients have separate CAs',
          ...what,
        },
        ...newKeyFlags,
        permit: {
          type: 'string',
          array: true,
          requiresArg: true,
          describe:
            'Domain, network or address that the CA may sign for, and no others; repeatable [default: as before]',
          ...what,
        },
        'ca-key': {
          type: 'string',
          requiresArg: true,
          describe:
            'With --new-key: the key in the token that the CA continues with (pkcs11:token=NAME;object=NAME)',
          ...what,
        },
        'path-length': {
          type: 'string',
          requiresArg: true,
          describe: 'How many CAs may be below the CA [default: as before]',
          ...what,
        },
        parent: {
          type: 'string',
          requiresArg: true,
          describe: 'For an intermediate CA: certificate directory of the CA that signs it',
          ...what,
        },
        finish: { type: 'boolean', describe: 'Finish the roll-over: stop trusting the old CA', ...what },
        'no-passphrase': {
          type: 'boolean',
          describe: 'Leave the new private key unencrypted',
          group: 'Passphrase of the CA:',
        },
        ...passphraseFlags,
        ...parentPassphraseFlags,
        ...execFlag,
        ...installFlags,
        ...runFlags,
      })
      .conflicts('passphrase-file', 'passphrase-fd')
      .conflicts('parent-passphrase-file', 'parent-passphrase-fd'),
  async (flags, environment) => {
    const install = installOption(flags);
    const request: RenewCaRequest = {
      directory: flags.dir,
      role: flags.role,
      newKey: flags.newKey,
      finish: flags.finish,
      key: flags.key,
      caKey: flags.caKey,
      days: flags.days,
      permit: flags.permit,
      pathLength: flags.pathLength,
      parent: flags.parent,
      passphrase: passphraseSource(flags, environment.signal),
      parentPassphrase: parentPassphraseSource(flags, environment.signal),
    };
    if (flags.dryRun) {
      const { plan: asked, ...planned } = await previewRenewCa(request);
      const plan = await asRunHere(asked, flags.openssl);
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
        print(...describeCaRenewal(renewed, resultStyle(), { installed: installed !== undefined, command }));
      }
      tellOfInstall(installed, { directory, renewed: true }, flags.quiet);
      tellOf(hook, flags.quiet);
    }
    if (installed?.ok === false) process.exitCode = EXIT.failed;
  },
);
