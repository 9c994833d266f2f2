import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { defineCommand } from '../command.js';
import { completionShells } from '../reference/shells.js';
import { printExactly } from '../streams.js';

export const command = defineCommand(
  (yargs) =>
    yargs
      .positional('shell', {
        type: 'string',
        choices: completionShells,
        demandOption: true,
        describe: 'Shell that the script is for',
      })
      .example('$0 completion fish > ~/.config/fish/completions/docker-tls-openssl.fish', 'Install for fish'),
  async ({ shell }) => {
    const { resolve } = createRequire(import.meta.url);
    const script = await readFile(resolve(`#completion/${shell}`), 'utf8');
    printExactly(...script.trimEnd().split('\n'));
  },
);
