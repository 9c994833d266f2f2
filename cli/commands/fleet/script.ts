import { fleetScript } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { hostTextFlags, runHostText } from './host-text.js';

export const command = defineCommand(
  (yargs) =>
    yargs
      .positional('host', { type: 'string', describe: 'Host of the fleet file', demandOption: true })
      .options(hostTextFlags)
      .example('$0 fleet script web1 | ssh root@web1 "cat > web1.sh"', 'Then: sh web1.sh csr'),
  (flags) => runHostText('fleet script', fleetScript, flags),
);
