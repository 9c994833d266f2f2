import { join } from 'node:path';
import { listHostFolder, readHostFile, type ConfigText } from './host-file.js';

/** A setting of a unit, as it is written there. */
export interface Setting {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly file: string;
  /** From 1 on. */
  readonly line: number;
}

/** A unit as systemd loads it: its file, and the drop-ins over it (systemd.unit(5)). */
export interface Unit {
  readonly name: string;
  /** The unit's own file. */
  readonly path: string;
  /** The drop-ins that apply, in their order. */
  readonly dropIns: readonly string[];
  /** systemd does not start it: the file is empty, or a link to /dev/null. */
  readonly masked: boolean;
  /** The settings of the file and its drop-ins, in the order in which they apply. */
  readonly settings: readonly Setting[];
}

/** Where systemd looks for units: the first has precedence (systemd.unit(5), "UNIT FILE LOAD PATH"). */
export const unitFolders = [
  'etc/systemd/system.control',
  'run/systemd/system.control',
  'run/systemd/transient',
  'etc/systemd/system',
  'run/systemd/system',
  'usr/local/lib/systemd/system',
  'usr/lib/systemd/system',
  'lib/systemd/system',
] as const;

/** A drop-in to read the unit with: `content` in the place of the file that is there, or, where undefined, without it. */
export interface AssumedDropIn {
  /** Below the root. */
  readonly path: string;
  readonly content: string | undefined;
}

/** Reads a unit below `root` with its drop-ins. Undefined where systemd has no such unit. Errors: `ERR_FILE`. */
export async function readUnit(
  root: string,
  name: string,
  assumed?: AssumedDropIn,
  folders: readonly string[] = unitFolders,
): Promise<Unit | undefined> {
  const paths = folders.map((folder) => join(folder, name));
  const texts = await Promise.all(paths.map((path) => readHostFile(root, path)));
  const at = texts.findIndex((text) => text !== undefined);
  const path = paths[at];
  const text = texts[at];
  if (path === undefined || text === undefined) return undefined;
  const dropIns = await dropInsOf(root, name, folders, assumed);
  return {
    name,
    path: join(root, path),
    dropIns: dropIns.map(({ file }) => file),
    masked: text.trim() === '',
    settings: [{ file: join(root, path), text }, ...dropIns].flatMap(settingsOf),
  };
}

/** A list as systemd builds it: an empty value clears what was set before. */
export function listOf(
  { settings }: Pick<Unit, 'settings'>,
  section: string,
  ...keys: readonly string[]
): Setting[] {
  let list: Setting[] = [];
  for (const setting of settings)
    if (setting.section === section && keys.includes(setting.key))
      list = setting.value === '' ? [] : [...list, setting];
  return list;
}

/** The last value of a setting that is not a list. */
export function valueOf(unit: Pick<Unit, 'settings'>, section: string, key: string): string | undefined {
  return listOf(unit, section, key).at(-1)?.value;
}

/**
 * Reads the drop-ins of all folders in the order of their names. One name counts once: in the unit's own directory before
 * that of its type (`service.d`), then in the folder that has precedence.
 */
async function dropInsOf(
  root: string,
  name: string,
  folders: readonly string[],
  assumed: AssumedDropIn | undefined,
): Promise<ConfigText[]> {
  const type = name.slice(name.lastIndexOf('.') + 1);
  const found = new Map<string, string>();
  for (const directory of [`${name}.d`, `${type}.d`]) {
    for (const folder of folders) {
      const path = join(folder, directory);
      const listed = new Set(await listHostFolder(root, path));
      if (assumed && join(path, '/') === join(assumed.path, '../'))
        listed[assumed.content === undefined ? 'delete' : 'add'](assumed.path.slice(path.length + 1));
      for (const each of listed)
        if (each.endsWith('.conf') && !found.has(each)) found.set(each, join(path, each));
    }
  }
  const sorted = [...found].sort(([one], [other]) => (one < other ? -1 : 1));
  return Promise.all(
    sorted.map(async ([, path]) => ({
      file: join(root, path),
      text: (path === assumed?.path ? assumed.content : await readHostFile(root, path)) ?? '',
    })),
  );
}

/** The settings of a file; a backslash at the end of a line joins it with the next (systemd.syntax(7)). */
function settingsOf({ file, text }: ConfigText): Setting[] {
  const found: Setting[] = [];
  let section = '';
  let open: { text: string; line: number } | undefined;
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*[#;]/.test(line)) continue; // also between lines that are joined
    const part = line.replace(/\\$/, ' ');
    open = open ? { ...open, text: open.text + part.trimStart() } : { text: part, line: at + 1 };
    if (line.endsWith('\\')) continue;
    const header = /^\s*\[(.*)\]\s*$/.exec(open.text)?.[1];
    if (header !== undefined) section = header;
    const [, key, value] = /^\s*([A-Za-z0-9]+)\s*=\s*(.*?)\s*$/s.exec(open.text) ?? [];
    if (key !== undefined && value !== undefined) found.push({ section, key, value, file, line: open.line });
    open = undefined;
  }
  return found;
}
