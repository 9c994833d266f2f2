/** The words of timers; their voice is that of present.ts. */
import { basename } from 'node:path';
import type { FoundTimer, TimerFile, TimerKind } from '../lib/internal.js';
import type { Style } from './streams.js';

/** The files of a timer, each with where it belongs. */
export function describeTimer(
  files: readonly TimerFile[],
  {
    kind,
    asked,
    installed,
    replaced,
    kept,
  }: {
    kind: TimerKind;
    asked: boolean;
    installed: boolean;
    replaced: boolean;
    kept: readonly string[];
  },
): string[] {
  const heading = installed
    ? [
        replaced ? '# Installed and started, replacing the previous timer:' : '# Installed and started:',
        ...kept.map((name) => `# The file that was there is kept as ${name}.`),
      ]
    : asked
      ? []
      : ['# Preview: --apply installs these files and starts the timer.'];
  return [
    ...heading,
    ...files.flatMap(({ path, content }, at) => [
      ...(at > 0 || heading.length > 0 ? [''] : []),
      `# ${path}`,
      ...content.trimEnd().split('\n'),
    ]),
    ...(asked && kind === 'systemd'
      ? [
          '',
          `# then: systemctl daemon-reload && systemctl enable --now ${basename(files.at(-1)?.path ?? '')}`,
        ]
      : []),
  ];
}

/** What of the timer was removed, or would be. */
export function describeRemovedTimer(
  { files, dropIns, cron }: FoundTimer,
  applied: boolean,
  style: Style,
): string[] {
  const rest = [
    ...dropIns.map((path) => `${style.yellow('note:')} ${path} was not written by this program, and stays`),
    ...(cron === undefined ? [] : [`${style.yellow('note:')} cron runs one, too: remove ${cron} yourself`]),
  ];
  if (files.length === 0) return ['No timer is installed. Nothing to do.', ...rest];
  return [
    applied
      ? `${style.green('Stopped and removed')}:`
      : `${style.yellow('Preview:')} --apply stops the timer and removes:`,
    ...files.map((path) => `  ${path}`),
    ...rest,
  ];
}
