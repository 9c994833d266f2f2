import { basename, join } from 'node:path';
import { ownFlags, parseFlags, type ParsedFlag } from './dockerd-flags.js';
import { daemonJsonPath } from './daemon-json.js';
import { assignments } from './environment-file.js';
import { systemdWords, unquoteSystemd } from '../../shell/systemd.js';
import { expandWords, variablesIn, type ArgumentWord, type Variable } from './exec-line.js';
import { readHostFile } from './host-file.js';
import { daemonPlaces, type DaemonPlaces } from './places.js';
import type { Refusal } from './refusal.js';
import { listOf, type Setting, type Unit } from './unit.js';
import { call, words } from '../../words.js';

/** The command line of a unit that starts dockerd. */
export interface DaemonCommand {
  /** Where it is set. */
  readonly setting: Setting;
  /** The line without the flags that daemon.json can have, all else as it is written. */
  readonly rest: string;
  /** What was taken out. */
  readonly removed: readonly string[];
  /** The flags that daemon.json can have, also those in variables. */
  readonly flags: readonly CommandFlag[];
  /** The values of `-H`. */
  readonly hosts: readonly string[];
  /** The file that it names with `--config-file`. */
  readonly configFile: string | undefined;
  /** Why those flags cannot be taken out, or the daemon reads another file. */
  readonly refusals: readonly Refusal[];
}

export interface CommandFlag {
  readonly name: string;
  /** Undefined for one without a value. */
  readonly value: string | undefined;
}

/** Reads the command line of docker.service below `root`, with the files that set its variables. Errors: `ERR_FILE`. */
export async function readCommand(
  root: string,
  unit: Unit,
  places: DaemonPlaces = daemonPlaces('system'),
): Promise<DaemonCommand | Refusal> {
  const lines = listOf(unit, 'Service', 'ExecStart');
  const [setting] = lines;
  if (!setting || lines.length > 1) {
    const count = setting ? 'several command lines' : 'no command line';
    const why = `${unit.path} has ${count} (ExecStart)`;
    const hint = `see \`systemctl cat ${unit.name}\`, leave one ExecStart, and run the same command again`;
    return { why, hint, file: lines.at(-1)?.file ?? unit.path, line: lines.at(-1)?.line };
  }
  const { environment, refusals } = await environmentOf(root, unit, variablesIn(setting.value));
  const command = splitCommand(setting, environment, places);
  return 'why' in command ? command : { ...command, refusals: [...refusals, ...command.refusals] };
}

/**
 * Takes `-H` and the flags for TLS out of dockerd's command line, and keeps every other word as it is written. A refusal for a
 * line that starts something else.
 */
export function splitCommand(
  setting: Setting,
  environment: ReadonlyMap<string, Variable>,
  { kind, daemonJson = daemonJsonPath }: DaemonPlaces = daemonPlaces('system'),
): DaemonCommand | Refusal {
  const { value: line, file } = setting;
  const at = { file, line: setting.line };
  const written = systemdWords(line);
  const prefix = /^[@\-:+!|]*/.exec(written[0] ?? '')?.[0] ?? '';
  const program = unquoteSystemd((written[0] ?? '').slice(prefix.length));
  // RHEL 7 calls it dockerd-current; dockerd-rootless.sh reads a file in a home directory.
  const isRootless = /^dockerd-rootless(\.sh)?$/.test(basename(program));
  if (kind === 'rootless' ? !isRootless : isRootless || !/^dockerd(-[a-z]+)?$/.test(basename(program))) {
    return {
      why: `${file} does not start ${kind === 'rootless' ? 'dockerd-rootless.sh' : 'dockerd'} itself: ${line}`,
      hint: words`remove -H from the command that it starts, and configure daemon.json by hand: \`${call('daemonConfiguration')}\` shows the settings`,
      ...at,
    };
  }
  // After @ comes the name that the program is given.
  const from = prefix.includes('@') ? 2 : 1;
  const args = expandWords(written.slice(from), environment);
  const parsed = parseFlags(args.map(({ text }) => text));
  const taken = parsed.filter(({ name }) => ownFlags.has(name));
  const rest: string[] = written.slice(0, from);
  const removed: string[] = [];
  const gone = new Map<number, string | undefined>();
  for (const flag of taken) {
    const first = args[flag.at];
    const next = flag.takesNext ? args[flag.at + 1] : undefined;
    if (first) gone.set(first.at, flag.joined === '' ? undefined : `-${flag.joined}`);
    if (next) gone.set(next.at, undefined);
  }
  for (const [index, word] of written.slice(from).entries()) {
    if (!gone.has(index)) {
      rest.push(word);
      continue;
    }
    const left = gone.get(index);
    if (left !== undefined) rest.push(left);
    removed.push(left === undefined ? word : `-${unquoteSystemd(word).slice(left.length)}`);
  }
  return {
    ...{ setting, rest: rest.join(' '), removed },
    flags: taken.map(({ name, value }) => ({ name, value })),
    hosts: taken.flatMap(({ name, value }) => (name === 'host' && value !== undefined ? [value] : [])),
    configFile: parsed.find(({ name }) => name === 'config-file')?.value,
    refusals: [
      ...taken.flatMap((flag) => inVariable(flag, args)),
      ...parsed.flatMap((flag) => otherFile(flag, args, daemonJson, at)),
      ...taken.flatMap((flag) => withSpecifier(flag, args, written.slice(from), at)),
    ],
  };
}

/** Refuses flags in a variable: the person who set it wants them, and they cannot be taken out of the command line. */
function inVariable({ at, takesNext }: ParsedFlag, args: readonly ArgumentWord[]): Refusal[] {
  const [variable] = [...(args[at]?.from ?? []), ...(takesNext ? (args[at + 1]?.from ?? []) : [])];
  if (!variable) return [];
  if (hasOwnFlags(variable.value)) return [flagsInVariable(variable)];
  const { file, line, name } = variable;
  return [
    {
      why: `${file}: ${name} is a part of a flag that daemon.json is to have`,
      hint: `write what ${name} holds where it is used, and run the same command again`,
      ...{ file, line },
    },
  ];
}

/** The refusal for a variable whose flags daemon.json is to have. */
export function flagsInVariable({ file, line, name, value }: Variable): Refusal {
  return {
    why: `${file}: ${name} has flags that daemon.json is to have: ${value.replace(/\s+/g, ' ')}`,
    hint: `take -H, --host, --config-file and --tls… out of ${name} there, and run the same command again`,
    ...{ file, line },
  };
}

function otherFile(
  { name, value, at, takesNext }: ParsedFlag,
  args: readonly ArgumentWord[],
  daemonJson: string,
  place: { readonly file: string; readonly line: number },
): Refusal[] {
  if (name !== 'config-file' || value === daemonJson) return [];
  const [variable] = [...(args[at]?.from ?? []), ...(takesNext ? (args[at + 1]?.from ?? []) : [])];
  const { file, line } = variable ?? place;
  return [
    {
      why: `${file} lets the daemon read ${value ?? 'another file'}, and not ${daemonJson}`,
      hint: `take --config-file out of it, move what that file says into ${daemonJson}, and run the same command again`,
      ...{ file, line },
    },
  ];
}

/** Refuses a socket that only systemd knows: with a specifier (`%t`), or a variable that nothing sets. */
function withSpecifier(
  { name, at, takesNext }: ParsedFlag,
  args: readonly ArgumentWord[],
  words: readonly string[],
  place: { readonly file: string; readonly line: number },
): Refusal[] {
  const word = args[takesNext ? at + 1 : at];
  const written = words[word?.at ?? -1] ?? '';
  if (name !== 'host' || word?.from.length !== 0 || !/[$%]/.test(written)) return [];
  return [
    {
      why: `${place.file}: systemd reads more than is written in -H ${written}`,
      hint: 'write the socket itself there: daemon.json cannot hold that; then run the same command again',
      isUnknown: true,
      ...place,
    },
  ];
}

/** Tells whether words, as a variable or a script has them, hold flags that daemon.json is to have, or name another file. */
export function hasOwnFlags(words: string): boolean {
  return parseFlags(systemdWords(words).map(unquoteSystemd)).some(
    ({ name, value }) => ownFlags.has(name) || (name === 'config-file' && value !== daemonJsonPath),
  );
}

/** The variables of a unit that are `used`, as by its command line: `EnvironmentFile=` over `Environment=` (systemd.exec(5)). */
export async function environmentOf(
  root: string,
  unit: Unit,
  used: ReadonlySet<string>,
): Promise<{ environment: Map<string, Variable>; refusals: Refusal[] }> {
  const environment = new Map<string, Variable>();
  if (used.size === 0) return { environment, refusals: [] };
  for (const { value, file, line } of listOf(unit, 'Service', 'Environment'))
    for (const word of systemdWords(value)) {
      const [, name = '', text = ''] = /^([^=]+)=(.*)$/s.exec(unquoteSystemd(word)) ?? [];
      if (used.has(name)) environment.set(name, { file, line, name, value: text });
    }
  const refusals: Refusal[] = [];
  for (const { value, file, line } of listOf(unit, 'Service', 'EnvironmentFile')) {
    const path = unquoteSystemd(value.replace(/^-/, ''));
    if (/[*?[%]/.test(path)) {
      refusals.push({
        why: `${file}: which files EnvironmentFile=${path} means is not known here`,
        hint: 'name the file itself there, and run the same command again',
        isUnknown: true,
        ...{ file, line },
      });
      continue;
    }
    for (const each of assignments((await readHostFile(root, path)) ?? '', 'systemd'))
      if (used.has(each.name)) environment.set(each.name, { ...each, file: join(root, path) });
  }
  for (const { value, file, line } of listOf(unit, 'Service', 'PassEnvironment'))
    for (const name of value.split(/\s+/).filter((each) => used.has(each) && !environment.has(each)))
      refusals.push({
        why: `${file}: the value of ${name} comes from systemd's own environment (PassEnvironment=), which is not known here`,
        hint: `set ${name} with Environment= there, and run the same command again`,
        isUnknown: true,
        ...{ file, line },
      });
  return { environment, refusals };
}
