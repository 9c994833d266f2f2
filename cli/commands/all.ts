import { defineCommand } from '../command.js';
import { forceFlag, newCaFlags, parentPassphraseFlags, passphraseFlags, runFlags } from '../flags.js';
import { flagsFor, recipeFlags } from '../issue-flags.js';
import { runIssue } from './issue.js';

const parts = ['ca', 'server', 'client'] as const;

export const command = defineCommand(
  {
    examples: [
      ['$0 all docker.example.com 10.0.0.5', 'Create everything for a host, by its name and its address'],
      [
        '$0 all docker.example.com --passphrase-file ca.pass --json',
        'In a script: read the passphrase of the CA from a file',
      ],
      [
        '$0 all docker.example.com --separate-cas --dry-run',
        'Show the openssl commands for separate CAs, and run none',
      ],
    ],
  },
  (yargs) =>
    yargs
      .positional('hosts', {
        type: 'string',
        array: true,
        describe: 'Names and addresses of the Docker host, as in --host',
        defaultDescription: 'this machine',
      })
      .options({
        ...recipeFlags,
        ...flagsFor(parts),
        ...newCaFlags,
        ...forceFlag(parts),
        ...passphraseFlags,
        ...parentPassphraseFlags,
        ...runFlags,
      })
      .conflicts('passphrase-file', 'passphrase-fd')
      .conflicts('parent-passphrase-file', 'parent-passphrase-fd'),
  ({ hosts = [], host = [], ...flags }, environment) => {
    const given = [...hosts, ...host];
    const named = { ...flags, ...(given.length > 0 && { host: given }) };
    return runIssue('all', parts, named, environment);
  },
);
