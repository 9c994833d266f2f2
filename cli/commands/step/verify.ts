import { purposes } from '../../../lib/internal.js';
import { verify, verifyStep } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { common, flag, group, needed, show, text } from './step.js';

export const command = defineCommand(
  (yargs) =>
    yargs
      .positional('certificate', { type: 'string', demandOption: true, describe: 'The certificate' })
      .options({
        CAfile: needed("The CA's certificate, or several"),
        purpose: { choices: purposes, requiresArg: true, describe: 'What it is to be used for', group },
        x509_strict: flag('As strict as Python 3.13'),
        verify_hostname: text('A host name that it must be for'),
        verify_ip: text('An address that it must be for'),
        ...common,
      }),
  (flags, environment) => {
    const {
      certificate,
      CAfile: caFile,
      purpose,
      x509_strict: x509Strict,
      verify_hostname: verifyHostname,
      verify_ip: verifyIp,
    } = flags;
    return show(
      'step verify',
      { in: certificate, caFile, purpose, x509Strict, verifyHostname, verifyIp },
      verifyStep,
      verify,
      flags,
      environment,
    );
  },
);
