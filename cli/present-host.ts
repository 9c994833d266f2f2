/** What the program says of changes to a host. Its voice is that of present.ts. */
import { formatEndpoint, parseEndpoint, podmanUnitName, TLS_PORT } from '../lib/internal.js';
import type { DaemonInstallation, HostChanges } from '../lib/index.js';
import { ownLine, spelled } from './own-command.js';
import type { Style } from './streams.js';

const done = { create: 'made', replace: 'changed', remove: 'removed' } as const;
const toDo = { create: 'make', replace: 'change', remove: 'remove' } as const;

/** What was changed, or would be, and what to do next. `args`: what was typed. */
export function describeHostChanges(result: HostChanges, args: readonly string[], style: Style): string[] {
  const { changes, applied, restarted, noteParts } = result;
  const lines = noteParts.map((note) => `${style.yellow('note:')} ${spelled(note)}`);
  if (changes.length === 0) return [...lines, 'Nothing to do.'];
  const words = applied ? done : toDo;
  const width = Math.max(...changes.map(({ path }) => path.length));
  const verbs = Math.max(...changes.map(({ action }) => words[action].length));
  lines.push(
    ...changes.map(({ path, action, what }) =>
      `  ${words[action].padEnd(verbs)}  ${path.padEnd(what === '' ? 0 : width)}  ${what}`.trimEnd(),
    ),
  );
  const heading = applied ? style.green('Done:') : `${style.yellow('Preview:')} these changes would be made:`;
  const next = applied
    ? restarted
      ? ['', result.for === 'podman' ? restartedPodman(changes) : 'The daemon was restarted.']
      : [
          '',
          `${result.for === 'podman' ? 'Let systemd' : 'Restart the daemon to'} use them:`,
          ...restartLines(result),
        ]
    : ['', result.for === 'rootless' ? 'To apply them:' : 'To apply them, as root:', `  ${again(args)}`];
  return [heading, ...lines, ...next];
}

function restartedPodman(changes: HostChanges['changes']): string {
  const isGone = changes.some(
    ({ path, action }) => path.endsWith(`/${podmanUnitName}`) && action === 'remove',
  );
  return `${podmanUnitName} was ${isGone ? 'stopped' : 'restarted'}.`;
}

function restartLines({ for: kind, restart }: HostChanges): string[] {
  const by = kind === 'dind' ? "restart docker:dind's container" : 'restart dockerd as you started it';
  return (restart.length > 0 ? restart : [by]).map((line) => `  ${line}`);
}

/** The very command that was typed, this time to do it. */
function again(args: readonly string[]): string {
  return ownLine(...args.filter((arg) => arg !== '--dry-run'), '--apply');
}

/** What was checked, and how to see that it holds. */
export function describeProof({ applied, changes, validated, host, listen }: DaemonInstallation): string[] {
  if (!applied || changes.length === 0) return [];
  const { port } = parseEndpoint(listen);
  const called = port === TLS_PORT ? host : formatEndpoint({ host, port });
  return [
    ...(validated ? ['', 'dockerd accepts daemon.json.'] : []),
    '',
    'Then check it from a client:',
    `  ${ownLine('connect', called)}`,
  ];
}

/** The object that --json prints: docs/json.md describes it. */
export function hostChangesAsJson(command: string, { noteParts, ...result }: HostChanges): object {
  return { ok: true, command, ...result, notes: noteParts.map(spelled) };
}
