import { defineCommand } from '../command.js';
import {
  daemonConfiguration,
  InputError,
  podmanService,
  readCredentials,
  type PodmanService,
} from '../../lib/index.js';
import {
  daemonFormats,
  daemonModes,
  daemonPort,
  daemonText,
  type DaemonConfiguration,
  type DaemonFormat,
} from '../../lib/internal.js';
import { UsageError } from '../environment.js';
import { credentialFlags, executionFlags } from '../flags.js';
import { describeDaemon, describePodman, describeRemark, describeWarning, words } from '../present-docker.js';
import { errorStyle, printExactly, printJson, resultStyle, say } from '../streams.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 daemon', 'Print the configuration in every format'],
      ['$0 daemon --format json > daemon.json', 'Write a daemon.json'],
      ['$0 daemon --for podman --format systemd', "Print a unit for Podman's API"],
    ],
  },
  (yargs) =>
    yargs.options({
      dir: credentialFlags.dir,
      name: {
        ...credentialFlags.name,
        describe: 'Use the server in servers/NAME [default: the default pair]',
      },
      for: {
        type: 'string',
        choices: ['docker', 'podman'],
        default: 'docker' as const,
        requiresArg: true,
        describe: 'Engine: dockerd, or Podman 5.7 and later',
        group: 'What to print:',
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
        describe: 'Print only this format; for podman command or systemd [default: all, with headings]',
        group: 'What to print:',
      },
      dockerd: {
        type: 'string',
        requiresArg: true,
        describe: 'Path of dockerd on the host, for systemd [default: /usr/bin/dockerd]',
        group: 'What to print:',
      },
      podman: {
        type: 'string',
        requiresArg: true,
        describe: 'Path of podman on the host, for systemd [default: /usr/bin/podman]',
        group: 'What to print:',
      },
      json: executionFlags.json,
    }),
  async ({ dir, name, for: engine, mode, format, dockerd, podman, json }) => {
    const [given, flag] = engine === 'podman' ? [dockerd, 'dockerd'] : [podman, 'podman'];
    if (given !== undefined) throw new UsageError(words.ofOtherEngine(flag, engine));
    if (engine === 'podman') {
      const service = await podmanService({ directory: dir, name, mode, podman });
      printPodman(service, { mode, format, json });
      return;
    }
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
      printJson({
        ok: true,
        command: 'daemon',
        for: engine,
        mode,
        warning: warning ?? null,
        daemonJson,
        texts,
      });
      return;
    }
    if (format === undefined) printExactly(...describeDaemon(textsOf(configuration), resultStyle()));
    else printExactly(...daemonText(configuration, format).trimEnd().split('\n'));
    if (warning !== undefined) say(describeWarning(warning, errorStyle()));
    if (format === undefined || format === 'json') say(describeRemark(words.hostsTwice, errorStyle()));
  },
);

/** Podman has neither a daemon.json nor a sysconfig file. */
function printPodman(
  { command: line, unit, warning }: PodmanService,
  {
    mode,
    format,
    json,
  }: { readonly mode: string; readonly format: DaemonFormat | undefined; readonly json: boolean | undefined },
): void {
  if (format === 'json' || format === 'sysconfig') throw new UsageError(words.notForPodman(format));
  if (json)
    printJson({
      ...{ ok: true, command: 'daemon', for: 'podman', mode, warning: warning ?? null, daemonJson: null },
      texts: { command: line, json: null, systemd: unit, sysconfig: null },
    });
  else if (format === undefined) printExactly(...describePodman(line, unit, resultStyle()));
  else printExactly(...(format === 'command' ? line : unit).trimEnd().split('\n'));
  if (!json && warning !== undefined) say(describeWarning(warning, errorStyle()));
}

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
