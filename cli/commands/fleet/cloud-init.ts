import { fleetCloudInit } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { hostTextFlags, runHostText } from './host-text.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 fleet cloud-init web1 > user-data', 'Write the user-data of a new machine'],
      ['$0 fleet cloud-init db --with-key > user-data', 'The same with the key of the host'],
    ],
  },
  (yargs) =>
    yargs
      .positional('host', { type: 'string', describe: 'Host of the fleet file', demandOption: true })
      .options(hostTextFlags),
  (flags) => runHostText('fleet cloud-init', fleetCloudInit, flags),
);
