import { join } from 'node:path';
import { flagsInVariable, hasOwnFlags } from './dockerd-command.js';
import { systemdWords, unquoteSystemd } from '../../shell/systemd.js';
import { assignments, type Assignment } from './environment-file.js';
import { readHostFile, type ConfigText } from './host-file.js';
import type { Refusal } from './refusal.js';

/** What starts the daemon on a host without systemd. */
export interface InitScript {
  readonly manager: 'openrc' | 'sysvinit' | 'runit';
  /** As the host has it. */
  readonly path: string;
  readonly restart: readonly (readonly string[])[];
  /** The words after `dockerd`, as far as the script and its settings have them. */
  readonly words: readonly string[];
  /** Why the daemon would not start with sockets in daemon.json. */
  readonly refusals: readonly Refusal[];
}

interface Kind {
  readonly manager: InitScript['manager'];
  readonly script: string;
  /** A word that only this kind of script has. */
  readonly mark?: string;
  /** The files that set the script's variables. */
  readonly settings: readonly string[];
  readonly restart: readonly string[];
}

const kinds: readonly Kind[] = [
  {
    ...{ manager: 'openrc', script: 'etc/init.d/docker', mark: 'openrc-run' },
    settings: ['etc/rc.conf', 'etc/conf.d/docker'],
    restart: ['rc-service', 'docker', 'restart'],
  },
  {
    ...{ manager: 'sysvinit', script: 'etc/init.d/docker' },
    settings: ['etc/default/docker', 'etc/sysconfig/docker'],
    restart: ['/etc/init.d/docker', 'restart'],
  },
  {
    ...{ manager: 'runit', script: 'etc/sv/docker/run' },
    settings: ['etc/sv/docker/conf'],
    restart: ['sv', 'restart', 'docker'],
  },
];

/** Finds the script that starts the daemon below `root`. Undefined where there is none. Errors: `ERR_FILE`. */
export async function readInitScript(root: string): Promise<InitScript | undefined> {
  for (const { manager, script, mark = '', settings, restart } of kinds) {
    const text = await readHostFile(root, script);
    if (text?.includes(mark) !== true) continue;
    const files = await Promise.all(
      settings.map(async (path) => ({
        file: join(root, path),
        text: (await readHostFile(root, path)) ?? '',
      })),
    );
    const all = [{ file: join(root, script), text }, ...files];
    const refusals = [
      ...all.flatMap((each) => inVariables(each, all)),
      ...inCommands(join(root, script), text),
    ];
    const words = [
      ...all.flatMap((each) => wordsIn(each, all)),
      ...commandsIn(text).flatMap(({ words }) => words),
    ];
    return { manager, path: `/${script}`, restart: [restart], refusals, words };
  }
  return undefined;
}

/** Every assignment counts, not the last alone: one can add to another, or stand in a branch. */
function usedIn({ text }: ConfigText, all: readonly ConfigText[]): Assignment[] {
  return assignments(text, 'shell').filter(
    // OpenRC uses command_args itself.
    ({ name }) =>
      name.startsWith('command_args') ||
      all.some((other) => new RegExp(`\\$\\{?${name}\\b`).test(other.text)),
  );
}

function inVariables(file: ConfigText, all: readonly ConfigText[]): Refusal[] {
  return usedIn(file, all).flatMap((each) =>
    hasOwnFlags(each.value) ? [flagsInVariable({ ...each, file: file.file })] : [],
  );
}

function wordsIn(file: ConfigText, all: readonly ConfigText[]): string[] {
  const flags = usedIn(file, all).filter(({ value }) => /(?:^|\s)-/.test(value));
  return flags.flatMap(({ value }) => splitWords(value));
}

function splitWords(text: string): string[] {
  return systemdWords(text).map(unquoteSystemd);
}

/** A line of the script that starts dockerd. */
interface ScriptCommand {
  readonly text: string;
  /** From 1 on. */
  readonly line: number;
  readonly words: readonly string[];
  /** Whether it has flags that daemon.json is to have. */
  readonly hasOwn: boolean;
}

function commandsIn(text: string): ScriptCommand[] {
  const joined = text.replace(/\\\r?\n/g, (end) => ' '.repeat(end.length - 1) + '\u0000');
  return joined.split('\n').flatMap((line, at): ScriptCommand[] => {
    if (/^\s*#/.test(line)) return [];
    const clean = line.replaceAll('\u0000', ' ');
    const [, after] = /(?:\bdockerd|\$\{?(?:DOCKERD|exec|command)\b)[^\s]*\s(.*)$/s.exec(clean) ?? [];
    if (after === undefined) return [];
    // start-stop-daemon's own flags come before --.
    const words = /(?:^|\s)--\s(.*)$/s.exec(after)?.[1] ?? after;
    const before = joined.split('\n').slice(0, at).join('\n');
    return [
      {
        text: clean.trim().replace(/\s+/g, ' '),
        line: before === '' ? 1 : before.split(/[\n\u0000]/).length + 1,
        words: splitWords(words),
        hasOwn: hasOwnFlags(words),
      },
    ];
  });
}

/** Flags that the script itself gives to dockerd. */
function inCommands(file: string, text: string): Refusal[] {
  return commandsIn(text)
    .filter(({ hasOwn }) => hasOwn)
    .map(({ text: command, line }) => ({
      why: `${file} gives dockerd flags that daemon.json is to have: ${command}`,
      hint: 'take -H, --host, --config-file and --tls… out of that line, and run the same command again',
      ...{ file, line },
    }));
}
