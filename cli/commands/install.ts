import type { Argv } from 'yargs';
import type { Environment } from '../environment.js';
import { installDaemonCommand } from './install-daemon.js';

export function installCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command('install', 'Put the files where Docker reads them', (command) =>
    installDaemonCommand(command, environment).demandCommand(
      1,
      1,
      'say what: install daemon',
      'say what: install daemon',
    ),
  );
}
