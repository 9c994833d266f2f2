import { defineCommand } from '../command.js';
import { clientModes, directoryOf, endpointCalled } from '../../lib/internal.js';
import { readCredentials } from '../../lib/index.js';
import { calledFlags, credentialFlags, executionFlags } from '../flags.js';
import { describeModes, modesAsJson } from '../present-docker.js';
import { printExactly, printJson, resultStyle } from '../streams.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 modes', 'Show each mode with the client in docker-tls'],
      ['$0 modes --name alice --host docker.example.com', 'Show them for another client'],
    ],
  },
  (yargs) => yargs.options({ ...credentialFlags, ...calledFlags, json: executionFlags.json }),
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
