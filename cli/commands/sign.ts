import { planLines, previewSign, sign } from '../../lib/index.js';
import { defineCommand } from '../command.js';
import { confirmNames } from '../confirm.js';
import { executionFlags, passphraseFlags, runFlags } from '../flags.js';
import { caKeyFlag, flagsNamed } from '../issue-flags.js';
import { sayNotes } from '../notes.js';
import { passphraseSource } from '../passphrase.js';
import { describeRequests, describeSigned, signedAsJson } from '../present-authority.js';
import { running } from '../running.js';
import { print, printExactly, printJson, resultStyle } from '../streams.js';
import { optionsOf } from './issue.js';

const what = { group: 'What to sign:' };
const {
  host,
  ip,
  'no-localhost': noLocalhost,
  days,
  templates,
} = flagsNamed(['host', 'ip', 'no-localhost', 'days', 'templates']);

export const command = defineCommand(
  {
    examples: [
      ['$0 sign server.csr --host docker.example.com', 'Sign the CSR of a host, for this name only'],
      ['$0 sign alice.csr bob.csr --client-name alice --client-name bob', 'Sign the CSRs of two clients'],
    ],
  },
  (yargs) =>
    yargs
      .positional('csrs', {
        type: 'string',
        array: true,
        describe: 'CSR in PEM, or a directory with CSRs',
        demandOption: true,
      })
      .options({
        host: {
          ...host,
          describe: 'Allow this name or address of a server; repeatable, or a comma-separated list',
          ...what,
        },
        ip: { ...ip, describe: 'Allow this IP address of a server; repeatable', ...what },
        'no-localhost': { ...noLocalhost, describe: 'Do not allow localhost, 127.0.0.1 and ::1', ...what },
        'client-name': {
          type: 'string',
          array: true,
          requiresArg: true,
          describe: 'Allow a client with this common name; repeatable',
          ...what,
        },
        'names-from-csr': {
          type: 'boolean',
          describe: 'Take the names from the CSRs, after showing them and asking',
          ...what,
        },
        role: {
          choices: ['server', 'client'] as const,
          requiresArg: true,
          describe: 'Role of CSRs that do not say it',
          ...what,
        },
        name: {
          type: 'string',
          requiresArg: true,
          describe: 'Write to servers/NAME or clients/NAME [default: the common name]',
          ...what,
        },
        days: { ...days, ...what },
        templates: { ...templates, ...what },
        'ca-key': caKeyFlag,
        overwrite: {
          type: 'boolean',
          describe: 'Replace a certificate that exists; it is kept in archive/',
          group: 'Running:',
        },
        yes: {
          type: 'boolean',
          describe: 'Sign the names of --names-from-csr without asking',
          group: 'Running:',
        },
        ...passphraseFlags,
        dir: runFlags.dir,
        ...executionFlags,
        'lock-timeout': runFlags['lock-timeout'],
      })
      .conflicts('passphrase-file', 'passphrase-fd'),
  async (flags, environment) => {
    const { csrs, clientName, namesFromCsr, role, name, overwrite } = flags;
    const { signal } = environment;
    const options = {
      ...optionsOf({ ...flags, clientName: undefined, 'client-name': undefined, name: undefined }),
      ...{ clientNames: clientName, role, name, overwrite },
      passphrase: passphraseSource(flags, signal),
    };
    const loud = !flags.quiet && !flags.json;
    if (flags.dryRun) {
      const { plan, ...planned } = await previewSign(csrs, { ...options, namesFromCsr });
      if (flags.json) printJson(signedAsJson(planned, plan));
      else {
        if (loud) sayNotes(planned.notes);
        printExactly(...planLines(plan));
        if (loud) print(...describeRequests(planned.signed, resultStyle()));
      }
      return;
    }
    const confirm = confirmNames(flags.yes ?? false, signal);
    const signed = await running({ ...flags, allowOpenModes: undefined }, environment, (control) =>
      sign(csrs, { ...options, ...control, namesFromCsr: namesFromCsr ? confirm : undefined }),
    );
    if (flags.json) printJson(signedAsJson(signed));
    else if (loud) {
      sayNotes(signed.notes);
      print(...describeSigned(signed, resultStyle()));
    }
  },
);
