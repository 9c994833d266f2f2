import { defineCommand } from '../command.js';
import { connect } from '../../lib/index.js';
import { executionFlags, runFlags, seconds } from '../flags.js';
import { connectionAsJson, describeConnection } from '../present-checks.js';
import { colours, print, printJson, resultStyle } from '../streams.js';

const running = { group: 'Running:' };

export const command = defineCommand(
  {
    examples: [
      ['$0 connect docker.example.com', 'Check a daemon with the client in docker-tls'],
      ['$0 connect 10.0.0.5:2376 --name alice', 'Check it as another client'],
    ],
    exitCodes: {
      0: 'no problem found',
      1: 'failed, or a problem was found',
    },
  },
  (yargs) =>
    yargs
      .positional('endpoint', {
        type: 'string',
        describe:
          'Daemon to check: HOST, HOST:PORT or tcp://HOST:PORT [default: $DOCKER_HOST, then this machine]',
      })
      .options({
        dir: {
          type: 'string',
          requiresArg: true,
          describe: `${runFlags.dir.describe} [default: $DOCKER_CERT_PATH, then docker-tls]`,
          ...running,
        },
        name: {
          type: 'string',
          requiresArg: true,
          describe: 'Use the client in clients/NAME [default: the default pair]',
          ...running,
        },
        timeout: {
          type: 'number',
          default: 10,
          requiresArg: true,
          describe: 'Timeout per exchange with the daemon, in seconds',
          coerce: (given: number) => seconds('timeout', given, given > 0),
          ...running,
        },
        json: executionFlags.json,
      }),
  async ({ endpoint, dir, name, timeout, json }, { signal }) => {
    const connection = await connect({
      endpoint,
      directory: dir,
      name,
      timeoutMs: timeout * 1000,
      signal,
    });
    if (json) printJson(connectionAsJson(connection));
    else print(...describeConnection(connection, resultStyle(), colours(process.stdout)));
    if (!connection.ok) process.exitCode = 1; // a finding, and no error
  },
);
