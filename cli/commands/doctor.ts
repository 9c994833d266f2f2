import type { Argv } from 'yargs';
import { doctor } from '../../lib/index.js';
import type { Environment } from '../environment.js';
import { executionFlags, runFlags } from '../flags.js';
import { describeDiagnosis, diagnosisAsJson } from '../present-checks.js';
import { colours, print, printJson, resultStyle } from '../streams.js';

export function doctorCommand(yargs: Argv, { signal }: Environment): Argv {
  return yargs.command(
    'doctor',
    'Look what is wrong with this machine: programs, keys, dates, ports, configuration',
    (command) =>
      command.options({
        dir: runFlags.dir,
        root: {
          type: 'string',
          default: '/',
          requiresArg: true,
          describe: 'Where etc/docker and the systemd units are looked for',
          group: 'Running:',
        },
        json: executionFlags.json,
        openssl: executionFlags.openssl,
      }),
    async ({ dir, root, json, openssl }) => {
      const diagnosis = await doctor({ directory: dir, root, openssl, signal });
      if (json) printJson(diagnosisAsJson(diagnosis));
      else print(...describeDiagnosis(diagnosis, resultStyle(), colours(process.stdout)));
      if (!diagnosis.ok) process.exitCode = 1; // a finding, and no error
    },
  );
}
