import { uninstallDaemon } from '../../lib/index.js';
import { defineCommand } from '../command.js';
import { hostFlags, hostOptions, tell } from './host-changes.js';

export const command = defineCommand(
  (yargs) => yargs.options(hostFlags),
  async (flags, { signal }) => {
    tell('uninstall daemon', await uninstallDaemon(hostOptions(flags, signal)), flags);
  },
);
