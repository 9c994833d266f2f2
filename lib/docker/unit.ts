import { readdir, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ConfigurationError, DockerTlsError, fileError, systemCode } from '../errors.js';
import { readRegular } from '../store/read-regular.js';

/** Docker's service as systemd has it: the unit and its drop-ins, each over those before (systemd.unit(5)). */
export interface Unit {
  /** The unit itself. */
  readonly path: string;
  /** The drop-ins that apply, in their order. */
  readonly dropIns: readonly string[];
  /** The command lines that are in force, and where the last of them stands. */
  readonly execStart: readonly string[];
  readonly from: string;
  /** Files with variables for the command line, without the `-` that allows them to be absent. */
  readonly environmentFiles: readonly string[];
  /** The values of `Environment=`, as they stand. */
  readonly environment: readonly string[];
}

/** Where units are looked for: the first has precedence (systemd.unit(5), "UNIT FILE LOAD PATH"). */
const folders = [
  'etc/systemd/system',
  'run/systemd/system',
  'usr/local/lib/systemd/system',
  'usr/lib/systemd/system',
  'lib/systemd/system',
];

const NAME = 'docker.service';

/**
 * Reads docker.service below `root`, as if the drop-in of the name `without` were not there. Undefined where systemd has no
 * such unit. Errors: `ERR_FILE`.
 */
export async function readUnit(root: string, without?: string): Promise<Unit | undefined> {
  const paths = folders.map((folder) => join(root, folder, NAME));
  const texts = await Promise.all(paths.map(readText));
  const at = texts.findIndex((text) => text !== undefined);
  const path = paths[at];
  if (path === undefined) return undefined;
  const dropIns = (await dropInsBelow(root)).filter((each) => basename(each) !== without);
  let execStart: string[] = [];
  let environmentFiles: string[] = [];
  let environment: string[] = [];
  let from = path;
  for (const file of [path, ...dropIns]) {
    for (const [key, value] of settingsOf((await readText(file)) ?? '')) {
      // An empty value forgets those before it.
      if (key === 'ExecStart') {
        execStart = value === '' ? [] : [...execStart, value];
        from = file;
      } else if (key === 'EnvironmentFile') {
        environmentFiles = value === '' ? [] : [...environmentFiles, value.replace(/^-/, '')];
      } else if (key === 'Environment') {
        environment = value === '' ? [] : [...environment, value];
      }
    }
  }
  return { path, dropIns, execStart, from, environmentFiles, environment };
}

/** Drop-ins of all folders in the order of their names; one name counts once, in the folder that has precedence. */
async function dropInsBelow(root: string): Promise<string[]> {
  const found = new Map<string, string>();
  for (const folder of folders) {
    const directory = join(root, folder, `${NAME}.d`);
    const names = await readdir(directory).catch((error: unknown) => {
      if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
      throw fileError(directory, 'read', error);
    });
    for (const name of names.filter((each) => each.endsWith('.conf')))
      if (!found.has(name)) found.set(name, join(directory, name));
  }
  return [...found].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, path]) => path);
}

/** Undefined where nothing is; what leads to /dev/null, as a masked unit, is empty. Errors: `ERR_FILE`. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    if ((await realpath(path)) === '/dev/null') return '';
    return (await readRegular(path)).bytes.toString('utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error instanceof DockerTlsError ? error : fileError(path, 'read', error);
  }
}

/** The settings of `[Service]` in their order; a backslash at the end of a line goes on in the next (systemd.syntax(7)). */
function settingsOf(text: string): [key: string, value: string][] {
  const lines: string[] = [];
  let open = false;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*[#;]/.test(line)) continue; // also in the midst of a line that goes on
    const part = line.replace(/\\$/, ' ');
    if (open) lines.push(`${lines.pop() ?? ''}${part.trimStart()}`);
    else lines.push(part);
    open = line.endsWith('\\');
  }
  let section = '';
  return lines.flatMap((line): [string, string][] => {
    const header = /^\s*\[(.*)\]\s*$/.exec(line)?.[1];
    if (header !== undefined) section = header;
    const [, key, value] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    return section === 'Service' && key !== undefined && value !== undefined ? [[key, value]] : [];
  });
}

/** What of a daemon's command line is also in daemon.json: dockerd refuses to start with both. */
export interface SplitCommand {
  /** The line as it was, but for those flags. */
  readonly rest: string;
  /** The values of `-H`. */
  readonly hosts: readonly string[];
  /** All that was taken out. */
  readonly removed: readonly string[];
  /** The same, read: `hosts` is `host`. */
  readonly flags: readonly CommandFlag[];
}

/** A flag of dockerd that daemon.json can have, too. */
export interface CommandFlag {
  readonly name: string;
  /** Undefined for one without a value. */
  readonly value?: string | undefined;
}

/**
 * Takes `-H` and the flags for TLS out of dockerd's command line, and keeps every other word as it is written. Throws
 * `ERR_CONFIGURATION` naming `path` for a line that starts something else, or that cannot be taken apart.
 */
export function splitCommand(line: string, path: string): SplitCommand {
  const words = wordsOf(line);
  const [program = ''] = words;
  // RHEL 7 calls it dockerd-current.
  if (!basename(bare(program).replace(/^[@\-:+!|]+/, '')).startsWith('dockerd')) {
    throw new ConfigurationError(path, `${path} does not start dockerd itself: ${line}`, {
      hint: 'nothing was changed; take -H out of what it starts by hand, and see `docker-tls-openssl daemon --format json`',
    });
  }
  const rest: string[] = [];
  const flags: CommandFlag[] = [];
  const removed: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const flag = flagOf(bare(word));
    if (!flag) {
      rest.push(word);
      continue;
    }
    removed.push(word);
    let { value } = flag;
    if (value === undefined && flag.takesValue) {
      at++;
      removed.push(words[at] ?? '');
      value = bare(words[at] ?? '');
    }
    flags.push({ name: flag.name, value });
  }
  const odd = flags.find(({ name, value }) => name === 'host' && /[$%]/.test(value ?? ''));
  if (odd) {
    throw new ConfigurationError(
      path,
      `${path}: systemd reads more than is written in -H ${odd.value ?? ''}`,
      {
        hint: 'nothing was changed; daemon.json cannot hold that: write the socket itself there, and run the same command again',
      },
    );
  }
  const hosts = flags.flatMap(({ name, value }) => (name === 'host' && value !== undefined ? [value] : []));
  return { rest: rest.join(' '), hosts, removed, flags };
}

/** Whether words, as a variable holds them, have a flag that is also in daemon.json. */
export function hasOwnFlags(words: string): boolean {
  return wordsOf(words).some((word) => flagOf(bare(word)) !== undefined);
}

interface Flag extends CommandFlag {
  readonly takesValue: boolean;
}

/** As dockerd's parser (spf13/pflag) reads `-H X`, `-HX`, `-H=X`, `--host X`, `--host=X`, and the flags for TLS. */
function flagOf(word: string): Flag | undefined {
  const short = /^-H(=?)(.*)$/s.exec(word);
  if (short) return { name: 'host', takesValue: true, value: short[2] === '' ? undefined : short[2] };
  const [, name, value] = /^--(host|tls|tlsverify|tlscacert|tlscert|tlskey)(?:=(.*))?$/s.exec(word) ?? [];
  if (name === undefined) return undefined;
  return { name, takesValue: !['tls', 'tlsverify'].includes(name), value };
}

/** The words of a command line as they are written, quotes and all (systemd.service(5), "COMMAND LINES"). */
export function wordsOf(line: string): string[] {
  return line.match(/(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\\.|[^\s"'\\])+/gs) ?? [];
}

/** A word without its quotes. */
export function bare(word: string): string {
  return word.replace(/"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'/gs, '$1$2').replace(/\\(.)/gs, '$1');
}
