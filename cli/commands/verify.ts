import { defineCommand } from '../command.js';
import { verifyDirectory } from '../../lib/index.js';
import { directoryFlag, directoryGiven, executionFlags } from '../flags.js';
import { describeVerification, verificationAsJson } from '../present-verify.js';
import { EXIT } from '../exit-codes.js';
import { print, printJson, resultStyle } from '../streams.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 verify', 'Check docker-tls'],
      ['$0 verify docker-tls/clients/alice', 'Check what a client has got'],
    ],
    exitCodes: {
      0: 'no errors found',
      4: 'errors found',
    },
  },
  (yargs) =>
    yargs
      .positional('directory', {
        type: 'string',
        describe:
          'Certificate directory, or the files that a host or a client has of it [default: docker-tls]',
      })
      .options({ ...directoryFlag, json: { ...executionFlags.json, group: undefined } }),
  async ({ directory: word, dir, json = false }) => {
    const verification = await verifyDirectory({ directory: directoryGiven(word, dir) });
    if (json) printJson(verificationAsJson(verification));
    else print(...describeVerification(verification, resultStyle()));
    if (!verification.ok) process.exitCode = EXIT.invalid; // a finding, and no error
  },
);
