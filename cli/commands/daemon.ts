import { defineCommand } from '../command.js';
import { daemonConfiguration, InputError, readCredentials } from '../../lib/index.js';
import {
  daemonFormats,
  daemonModes,
  daemonPort,
  daemonText,
  type DaemonConfiguration,
  type DaemonFormat,
} from '../../lib/internal.js';
import { credentialFlags, executionFlags } from '../flags.js';
import { describeDaemon, describeRemark, describeWarning, words } from '../present-docker.js';
import { errorStyle, printExactly, printJson, resultStyle, say } from '../streams.js';

export const command = defineCommand(
  (yargs) =>
    yargs.options({
      dir: credentialFlags.dir,
      name: {
        ...credentialFlags.name,
        describe: 'Use the server in servers/NAME [default: the default pair]',
      },
      mode: {
        type: 'string',
        choices: daemonModes,
        default: 'tlsverify' as const,
        requiresArg: true,
        describe: 'TLS mode: tlsverify accepts only clients with a certificate of the CA, tls accepts anyone',
        group: 'What to print:',
      },
      format: {
        type: 'string',
        choices: daemonFormats,
        requiresArg: true,
        describe: 'Print only this format [default: all, with headings]',
        group: 'What to print:',
      },
      dockerd: {
        type: 'string',
        default: '/usr/bin/dockerd',
        requiresArg: true,
        describe: 'Path of dockerd on the host, for systemd',
        group: 'What to print:',
      },
      json: executionFlags.json,
    }),
  async ({ dir, name, mode, format, dockerd, json }) => {
    const { ca, certificate, key } = await readCredentials('server', { directory: dir, name });
    const port = await daemonPort({ directory: dir, name });
    const configuration = daemonConfiguration({ mode, port, dockerd, ca, certificate, key });
    const { warning } = configuration;
    if (json) {
      const texts = Object.fromEntries(
        Object.entries(textsOf(configuration)).map(([name, text]) => [
          name,
          typeof text === 'string' ? text : null,
        ]),
      );
      const { json: daemonJson } = configuration;
      printJson({ ok: true, command: 'daemon', mode, warning: warning ?? null, daemonJson, texts });
      return;
    }
    if (format === undefined) printExactly(...describeDaemon(textsOf(configuration), resultStyle()));
    else printExactly(...daemonText(configuration, format).trimEnd().split('\n'));
    if (warning !== undefined) say(describeWarning(warning, errorStyle()));
    if (format === undefined || format === 'json') say(describeRemark(words.hostsTwice, errorStyle()));
  },
);

/** Each text, or why it cannot be written. */
function textsOf(configuration: DaemonConfiguration): Record<DaemonFormat, string | Error> {
  const text = (format: DaemonFormat): string | Error => {
    try {
      return daemonText(configuration, format);
    } catch (error) {
      if (error instanceof InputError) return error;
      throw error;
    }
  };
  return {
    command: text('command'),
    json: text('json'),
    systemd: text('systemd'),
    sysconfig: text('sysconfig'),
  };
}
