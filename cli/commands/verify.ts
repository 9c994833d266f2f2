import type { Argv } from 'yargs';
import { verifyDirectory } from '../../lib/index.js';
import { UsageError } from '../environment.js';
import { executionFlags } from '../flags.js';
import { usage } from '../present.js';
import { describeVerification, verificationAsJson } from '../present-verify.js';
import { EXIT } from '../run.js';
import { print, printJson, resultStyle } from '../streams.js';

export function verifyCommand(yargs: Argv): Argv {
  return yargs.command(
    'verify [directory]',
    'Look what is wrong with a certificate directory: files, keys, certificates',
    (command) =>
      command
        .positional('directory', {
          type: 'string',
          default: 'docker-tls',
          describe: 'The certificate directory, or what a host or a client got of it',
        })
        .options({ json: { ...executionFlags.json, group: undefined } }),
    async ({ directory, json = false }) => {
      if (directory === '') throw new UsageError(usage.directoryEmpty);
      const verification = await verifyDirectory({ directory });
      if (json) printJson(verificationAsJson(verification));
      else print(...describeVerification(verification, resultStyle()));
      if (!verification.ok) process.exitCode = EXIT.void; // a finding, and no error
    },
  );
}
