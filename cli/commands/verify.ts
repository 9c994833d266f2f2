import { defineCommand } from '../command.js';
import { verifyDirectory } from '../../lib/index.js';
import { directoryFlag, directoryGiven, executionFlags } from '../flags.js';
import { describeVerification, verificationAsJson } from '../present-verify.js';
import { EXIT } from '../exit-codes.js';
import { print, printJson, resultStyle } from '../streams.js';

export const command = defineCommand(
  (yargs) =>
    yargs
      .positional('directory', {
        type: 'string',
        describe: 'The certificate directory, or what a host or a client got of it [default: docker-tls]',
      })
      .options({ ...directoryFlag, json: { ...executionFlags.json, group: undefined } }),
  async ({ directory: word, dir, json = false }) => {
    const verification = await verifyDirectory({ directory: directoryGiven(word, dir) });
    if (json) printJson(verificationAsJson(verification));
    else print(...describeVerification(verification, resultStyle()));
    if (!verification.ok) process.exitCode = EXIT.void; // a finding, and no error
  },
);
