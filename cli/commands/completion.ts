import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { defineCommand } from '../command.js';
import { completionShells } from '../reference/shells.js';
import { printExactly } from '../streams.js';

export const command = defineCommand(
  {
    examples: [
      [
        '$0 completion bash > ~/.local/share/bash-completion/completions/docker-tls-openssl',
        'Install for bash with bash-completion',
      ],
      [
        '$0 completion zsh > ~/.zfunc/_docker-tls-openssl',
        'For zsh, with fpath+=~/.zfunc before compinit in ~/.zshrc',
      ],
      ['$0 completion fish > ~/.config/fish/completions/docker-tls-openssl.fish', 'For fish'],
    ],
  },
  (yargs) =>
    yargs.positional('shell', {
      type: 'string',
      choices: completionShells,
      demandOption: true,
      describe: 'Shell that the script is for',
    }),
  async ({ shell }) => {
    const { resolve } = createRequire(import.meta.url);
    const script = await readFile(resolve(`#completion/${shell}`), 'utf8');
    printExactly(...script.trimEnd().split('\n'));
  },
);
