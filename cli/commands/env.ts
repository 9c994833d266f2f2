import { defineCommand } from '../command.js';
import { clientEnvironment, environmentLines } from '../../lib/index.js';
import { shellOf, shells, unsetLines } from '../../lib/internal.js';
import { calledFlags, credentialFlags, executionFlags } from '../flags.js';
import { environmentComment } from '../present-docker.js';
import { printExactly, printJson } from '../streams.js';

export const command = defineCommand(
  {
    examples: [
      ['eval "$($0 env)"', 'Let docker in this shell use the daemon'],
      ['$0 env --name alice --shell fish', 'Print the lines for another client and shell'],
    ],
  },
  (yargs) =>
    yargs.options({
      ...credentialFlags,
      ...calledFlags,
      shell: {
        type: 'string',
        choices: shells,
        requiresArg: true,
        describe: 'Shell syntax; sh also fits bash, zsh and dash [default: from $SHELL]',
        group: 'Running:',
      },
      unset: { type: 'boolean', describe: 'Print the commands that unset the variables', group: 'Running:' },
      json: executionFlags.json,
    }),
  async ({ dir, name, host, shell: wanted, unset, json }) => {
    const shell = wanted ?? shellOf(process.env['SHELL']);
    const environment = unset ? null : await clientEnvironment({ directory: dir, name, host });
    const lines = environment ? environmentLines(environment, shell) : unsetLines(shell);
    if (json) {
      printJson({ ok: true, command: 'env', shell, environment, lines });
      return;
    }
    const given = unset ? { shell: wanted, unset } : { dir, name, host, shell: wanted };
    const comment = environmentComment(shell, given);
    printExactly(...lines, ...(comment === undefined ? [] : [comment]));
  },
);
