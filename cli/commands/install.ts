import type { Argv } from 'yargs';
import type { Environment } from '../environment.js';
import { words } from '../present-docker.js';
import { installClientCommand } from './install-client.js';
import { installDaemonCommand } from './install-daemon.js';

/** Puts files where Docker looks for them. */
export function installCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command('install', 'Put the files where Docker looks for them', (what) =>
    [installClientCommand, installDaemonCommand]
      .reduce<Argv>((built, command) => command(built, environment), what)
      .demandCommand(1, 1, words.installMissing, words.installMissing),
  );
}
