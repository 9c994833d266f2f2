import { defineCommand } from '../command.js';
import { doctor } from '../../lib/index.js';
import { executionFlags, runFlags } from '../flags.js';
import { describeDiagnosis, diagnosisAsJson } from '../present-checks.js';
import { colours, print, printJson, resultStyle } from '../streams.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 doctor', 'Check this machine'],
      ['$0 doctor --root /mnt/image --json', 'Check an image of a host'],
    ],
    exitCodes: {
      0: 'no problem found',
      1: 'failed, or a problem was found',
    },
  },
  (yargs) =>
    yargs.options({
      dir: runFlags.dir,
      root: {
        type: 'string',
        default: '/',
        requiresArg: true,
        describe: 'Root directory of the host, for an image',
        group: 'Running:',
      },
      json: executionFlags.json,
      openssl: executionFlags.openssl,
    }),
  async ({ dir, root, json, openssl }, { signal }) => {
    const diagnosis = await doctor({ directory: dir, root, openssl, signal });
    if (json) printJson(diagnosisAsJson(diagnosis));
    else print(...describeDiagnosis(diagnosis, resultStyle(), colours(process.stdout)));
    if (!diagnosis.ok) process.exitCode = 1; // a finding, and no error
  },
);
