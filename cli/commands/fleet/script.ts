import { fleetScript } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { hostTextFlags, runHostText } from './host-text.js';

export const command = defineCommand(
  {
    examples: [
      [
        "$0 fleet script web1 | ssh root@web1 'cat > web1.sh'",
        'Copy the script of a host to it; then: sh web1.sh csr',
      ],
      [
        '$0 fleet script db --with-key > db.sh',
        'Write one with the key of the host, which makes it a secret',
      ],
    ],
  },
  (yargs) =>
    yargs
      .positional('host', { type: 'string', describe: 'Host of the fleet file', demandOption: true })
      .options(hostTextFlags),
  (flags) => runHostText('fleet script', fleetScript, flags),
);
