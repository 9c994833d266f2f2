/** Every word that the commands around docker print; their voice is that of present.ts. */
import { relative } from 'node:path';
import {
  clientModeArguments,
  clientModeEnvironment,
  dockerCommandLine,
  endpointUrl,
  exportLine,
  podmanUnitName,
  shellWord,
  syntaxOf,
  type ClientMode,
  type ContextPlan,
  type Credentials,
  type DaemonFormat,
  type Endpoint,
  type InstalledClient,
  type Shell,
} from '../lib/internal.js';
import { called } from './own-command.js';
import { spelledNotes } from './present.js';
import type { SnippetSummary } from '../lib/index.js';
import type { Style } from './streams.js';

export const words = {
  containersLocalhost: (host: string) =>
    `in a container ${host} is the container itself: use --host with an address that reaches the daemon`,
  hostsTwice:
    'set the hosts in one place only: dockerd does not start if both its command line (or the -H of its unit) and daemon.json have them',
  ofOtherEngine: (flag: string, engine: string) => `--${flag} says nothing about ${engine}`,
  notForPodman: (format: string) =>
    `--format ${format}: Podman has no such file; it takes command and systemd`,
  overridden: (variable: string) => `docker uses ${variable} as long as it is set in the environment`,
} as const;

export function describeRemark(text: string, style: Style): string {
  return `${style.yellow('note:')} ${text}`;
}

export function describeWarning(text: string, style: Style): string {
  return `${style.yellow('warning:')} ${text}`;
}

/** Flags of a command as they were given; undefined and what is the default is left out. */
export type Given = Readonly<Record<string, string | boolean | undefined>>;

/** One of our commands, as its words. */
function ourCommand(command: readonly string[], given: Given): string[] {
  const flags = Object.entries(given).flatMap(([flag, value]) => {
    if (value === undefined || value === false || (flag === 'dir' && value === 'docker-tls')) return [];
    return value === true ? [`--${flag}`] : [`--${flag}`, value];
  });
  return [...called, ...command, ...flags];
}

function ourLine(command: readonly string[], given: Given): string {
  return ourCommand(command, given).map(shellWord).join(' ');
}

/**
 * How to use the lines of `env`, as a comment of that shell. Undefined where the command cannot stand in one line: what
 * follows would be run.
 */
export function environmentComment(shell: Shell, given: Given): string | undefined {
  const command = ourCommand(['env'], given);
  const line = command.map((word) => syntaxOf(shell).word(word)).join(' ');
  if (/[\r\n]/.test(line)) return undefined;
  const use: Record<Shell, string> = {
    sh: `# Run this in your shell: eval "$(${line})"`,
    fish: `# Run this in your shell: ${line} | source`,
    powershell: `# Run this in your shell: ${line} | Out-String | Invoke-Expression`,
    cmd: `REM Run this in your shell: FOR /f "tokens=*" %i IN ('${line}') DO @%i`,
  };
  return use[shell];
}

/** What `install client` did, or would do. */
export function describeInstalled(installed: InstalledClient, given: Given, style: Style): string[] {
  const { to, files, applied } = installed;
  const changed = files.filter(({ state }) => state !== 'same');
  const width = Math.max(...files.map(({ name }) => name.length));
  const list = changed.map(
    ({ name, mode, from, state, aside }) =>
      `  ${name.padEnd(width)}  ${octal(mode)}  ${fate(state, from, aside, applied)}`,
  );
  if (changed.length === 0) return [`Nothing to do: all three files are already in ${to}.`];
  if (!applied) {
    const heading = `Preview: these files would be copied to ${to}:`;
    return [
      heading,
      ...list,
      '',
      'To apply:',
      `  ${ourLine(['install', 'client'], { ...given, apply: true })}`,
    ];
  }
  return [`${style.green('Copied')} to ${to}:`, ...list];
}

function fate(
  state: InstalledClient['files'][number]['state'],
  from: string,
  aside: string | undefined,
  applied: boolean,
): string {
  if (state === 'other-mode') return 'it exists; its mode is corrected';
  const source = `from ${shortest(from)}`;
  if (state === 'absent') return source;
  if (applied) return aside === undefined ? source : `${source}; the previous file is now ${aside}`;
  return `${source}; the existing file differs and is kept beside it`;
}

/** The environment with which docker uses what was installed. */
export function describeInstalledUse(to: string, home: string, host: string | undefined): string[] {
  const path = to === home ? '' : ` DOCKER_CERT_PATH=${shellWord(to)}`;
  return ['', 'To use it:', `  export ${hostVariables(host)}${path}`, '  docker version'];
}

export function installedAsJson({ to, files, applied, notes }: InstalledClient): object {
  return {
    ok: true,
    command: 'install client',
    applied,
    to,
    files: files.map(({ name, from, mode, state, aside }) => ({
      name,
      from,
      mode: octal(mode),
      state,
      aside: aside ?? null,
    })),
    notes: spelledNotes(notes),
  };
}

export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** A path from the current directory, where it lies below that. */
export function shortest(path: string): string {
  const other = relative('', path);
  return other.startsWith('..') ? path : other;
}

/** A context that is as it should be, or has just been made so. */
export function describeContext(plan: ContextPlan, use: boolean, style: Style): string[] {
  const { context, host, state, differences, used, applied } = plan;
  if (plan.commands.length === 0) return [`Nothing to do: the context ${context} is up to date (${host}).`];
  if (!applied) return plan.commands.map(dockerCommandLine);
  const done = {
    absent: `${style.green('Created')} the context ${context}: ${host}`,
    differs: `${style.green('Updated')} the context ${context}: ${host} (${differences.join(', ')})`,
    current: `The context ${context} is up to date: ${host}`,
  }[state];
  if (use || used) return [done, 'It is the current context.'];
  return [done, '', 'To use it:', `  docker --context ${context} version`, `  docker context use ${context}`];
}

/** Said beside the commands that were not run. */
export function describeContextPlan({ context, state, differences }: ContextPlan, given: Given): string {
  const what = {
    absent: `there is no context ${context} yet`,
    differs: `the context ${context} differs: ${differences.join(', ')}`,
    current: `the context ${context} is up to date, but not the current one`,
  }[state];
  return `${what}. To apply: ${ourLine(['context', context], { ...given, apply: true })}`;
}

export function contextAsJson(plan: ContextPlan): object {
  const { context, host, state, differences, used, commands, applied, notes } = plan;
  return {
    ok: true,
    command: 'context',
    applied,
    context,
    host,
    state,
    differences,
    used,
    commands: commands.map(dockerCommandLine),
    notes: spelledNotes(notes),
  };
}

/** The variables with which docker reaches that host. */
export function hostVariables(host: string | undefined): string {
  return `DOCKER_HOST=${host === undefined ? 'tcp://HOST:2376' : shellWord(host)} DOCKER_TLS_VERIFY=1`;
}

/** A line for each snippet. */
export function describeSnippets(list: readonly SnippetSummary[], style: Style): string[] {
  const width = Math.max(...list.map(({ name }) => name.length));
  return list.map(({ name, summary }) => `${style.bold(name.padEnd(width))}  ${summary}`);
}

/** A paragraph for each mode: as a command line, and as an environment. */
export function describeModes(
  modes: readonly ClientMode[],
  credentials: Credentials,
  directory: string | undefined,
  endpoint: Endpoint,
  style: Style,
): string[] {
  return modes.flatMap((mode, at) => {
    const command = ['docker', ...clientModeArguments(mode, credentials, endpoint), 'version'];
    const place = mode.holds.length === 1 || directory === undefined ? 'DIRECTORY' : directory;
    const holds = `a directory with ${list(mode.holds)}${mode.holds.length === 1 ? ' and neither cert.pem nor key.pem, which docker shows wherever it finds them' : ''}`;
    return [
      ...(at === 0 ? [] : ['']),
      style.bold(mode.name),
      `  it ${mode.does}`,
      `  it does not ${mode.doesNot}`,
      `  ${command.map(shellWord).join(' ')}`,
      `  ${exportLine(clientModeEnvironment(mode, place, endpoint))}`,
      ...(place === 'DIRECTORY' ? [`    DIRECTORY: ${holds}`] : []),
    ];
  });
}

function list(names: readonly string[]): string {
  return names.length === 1 ? `${names[0]} in it` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

export function modesAsJson(
  modes: readonly ClientMode[],
  credentials: Credentials,
  endpoint: Endpoint,
): object {
  return {
    ok: true,
    command: 'modes',
    host: endpointUrl(endpoint),
    modes: modes.map((mode) => ({
      name: mode.name,
      arguments: clientModeArguments(mode, credentials, endpoint),
      environment: { DOCKER_HOST: endpointUrl(endpoint), [mode.variable]: '1' },
      certPathHolds: mode.holds,
      checksServer: mode.checksServer,
      showsCertificate: mode.showsCertificate,
      does: mode.does,
      doesNot: mode.doesNot,
    })),
  };
}

/** Where each text of a daemon's configuration belongs. */
const daemonHeadings: Readonly<Record<DaemonFormat, string>> = {
  command: 'Command line:',
  json: '/etc/docker/daemon.json:',
  systemd: '/etc/systemd/system/docker.service.d/tls.conf:',
  sysconfig: '/etc/sysconfig/docker:',
};

/** All texts, one below the other; one that cannot be written says why. */
export function describeDaemon(
  texts: Readonly<Record<DaemonFormat, string | Error>>,
  style: Style,
): string[] {
  return Object.entries(texts).flatMap(([format, text], at) => {
    const shown = typeof text === 'string' ? text : `(none: ${text.message})`;
    return [...(at === 0 ? [] : ['']), ...headed(daemonHeadings[format as DaemonFormat], shown, style)];
  });
}

/** The two texts for Podman. */
export function describePodman(command: string, unit: string, style: Style): string[] {
  return [
    ...headed(daemonHeadings.command, command, style),
    '',
    ...headed(`/etc/systemd/system/${podmanUnitName}:`, unit, style),
  ];
}

function headed(heading: string, text: string, style: Style): string[] {
  return [
    style.bold(heading),
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`.trimEnd()),
  ];
}
