import { uninstallDaemon } from '../../lib/index.js';
import { defineCommand } from '../command.js';
import { hostFlags, hostOptions, tell } from './host-changes.js';

export const command = defineCommand(
  {
    examples: [
      ['sudo $0 uninstall daemon', 'Preview what would be undone'],
      ['sudo $0 uninstall daemon --apply --restart', 'Undo it and restart the daemon'],
    ],
  },
  (yargs) => yargs.options(hostFlags),
  async (flags, { signal }) => {
    tell('uninstall daemon', await uninstallDaemon(hostOptions(flags, signal)), flags);
  },
);
