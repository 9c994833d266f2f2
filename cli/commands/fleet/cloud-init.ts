import { fleetCloudInit } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { hostTextFlags, runHostText } from './host-text.js';

export const command = defineCommand(
  (yargs) =>
    yargs
      .positional('host', { type: 'string', describe: 'Host of the fleet file', demandOption: true })
      .options(hostTextFlags)
      .example('$0 fleet cloud-init web1 > user-data', 'For a new machine'),
  (flags) => runHostText('fleet cloud-init', fleetCloudInit, flags),
);
