import { purposes } from '../../../lib/internal.js';
import { verify, verifyStep } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { common, flag, group, needed, show, text } from './step.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 step verify --CAfile ca.pem server-cert.pem', 'Verify a certificate'],
      [
        '$0 step verify --CAfile ca.pem --purpose sslserver server-cert.pem',
        'Verify that a server may use it',
      ],
    ],
  },
  (yargs) =>
    yargs
      .positional('certificate', {
        type: 'string',
        demandOption: true,
        describe: 'Certificate file to verify',
      })
      .options({
        CAfile: needed('File with one or more CA certificates'),
        untrusted: text('File with the intermediate CA certificates'),
        purpose: {
          choices: purposes,
          requiresArg: true,
          describe: 'Check that it may be used for this',
          group,
        },
        x509_strict: flag('Check as strictly as Python 3.13'),
        verify_hostname: text('Check that it is valid for this host name'),
        verify_ip: text('Check that it is valid for this IP address'),
        ...common,
      }),
  (flags, environment) => {
    const {
      certificate,
      CAfile: caFile,
      untrusted,
      purpose,
      x509_strict: x509Strict,
      verify_hostname: verifyHostname,
      verify_ip: verifyIp,
    } = flags;
    return show(
      'step verify',
      { in: certificate, caFile, untrusted, purpose, x509Strict, verifyHostname, verifyIp },
      verifyStep,
      verify,
      flags,
      environment,
    );
  },
);
