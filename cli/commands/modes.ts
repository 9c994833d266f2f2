import type { Argv } from 'yargs';
import { clientModes, directoryOf, endpointCalled, readCredentials } from '../../lib/index.js';
import { calledFlags, credentialFlags, executionFlags } from '../flags.js';
import { describeModes, modesAsJson } from '../present-docker.js';
import { printExactly, printJson, resultStyle } from '../streams.js';

export function modesCommand(yargs: Argv): Argv {
  return yargs.command(
    'modes',
    'List the ways in which docker speaks TLS, and what each checks',
    (command) => command.options({ ...credentialFlags, ...calledFlags, json: executionFlags.json }),
    async ({ dir, name, host, json }) => {
      const credentials = await readCredentials('client', { directory: dir, name });
      const endpoint = await endpointCalled({ directory: dir, host });
      if (json) printJson(modesAsJson(clientModes, credentials, endpoint));
      else
        printExactly(
          ...describeModes(clientModes, credentials, directoryOf(credentials), endpoint, resultStyle()),
        );
    },
  );
}
