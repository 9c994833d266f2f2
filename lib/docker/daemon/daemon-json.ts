import {
  applyEdits,
  findNodeAtLocation,
  modify,
  parse,
  parseTree,
  printParseErrorCode,
  type ParseError,
} from 'jsonc-parser';
import { join } from 'node:path';
import { ConfigurationError, DirectoryError } from '../../errors.js';
import { systemCode } from '../../file-error.js';
import { readHostFile } from './host-file.js';
import { MOST_LEVELS, tooDeepAt } from './json-depth.js';

/** The daemon's configuration file, on the host. */
export const daemonJsonPath = '/etc/docker/daemon.json';

/** A daemon.json as it lies there. */
export interface DaemonJson {
  readonly text: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Keys to set; those that are undefined are to be taken away. */
export type DaemonSettings = Readonly<Record<string, unknown>>;

/**
 * Reads the daemon.json of the host or image below `root`; undefined where none is, or an empty one, which says nothing either
 * (dockerd 20.10 does not start with one, 28.5 does). Links are followed inside the root. Errors: `ERR_CONFIGURATION` with line
 * and column for one that is not a JSON object, and for one that is too large; `ERR_FILE`, `ERR_UNSAFE` for the root itself.
 */
export async function readDaemonJson(
  root = '/',
  file: string = daemonJsonPath,
  onDuplicate?: (error: ConfigurationError) => void,
): Promise<DaemonJson | undefined> {
  const path = join(root, file);
  const text = await refuseHuge(path, readHostFile(root, file));
  return text === undefined ? undefined : parseDaemonJson(text, path, onDuplicate);
}

/** Waits for a daemon.json that is read. Errors: `ERR_CONFIGURATION` for one that is too large; those of `read`. */
export async function refuseHuge<Result>(path: string, read: Promise<Result>): Promise<Result> {
  return read.catch((error: unknown) => {
    if (!(error instanceof DirectoryError) || systemCode(error.cause) !== 'EFBIG') throw error;
    const size = /\d+ bytes/.exec(error.message)?.[0] ?? '';
    throw new ConfigurationError(path, `${path} is too large for a daemon.json: ${size}`, {
      cause: error,
      hint: 'nothing was changed; see what is in it, and make it smaller',
    });
  });
}

/**
 * Reads the text of a daemon.json. `path` is how it is called in errors. A key that stands there twice is an error, unless
 * `onDuplicate` takes it: dockerd reads the last one.
 */
export function parseDaemonJson(
  text: string,
  path: string,
  onDuplicate = (error: ConfigurationError): void => {
    throw error;
  },
): DaemonJson | undefined {
  if (text.trim() === '') return undefined;
  const deep = tooDeepAt(text);
  if (deep !== undefined)
    throw broken(path, text, deep, `more than ${MOST_LEVELS} lists and objects in each other`);
  const errors: ParseError[] = [];
  parse(text, errors, { disallowComments: true });
  const [first] = errors;
  if (first) throw broken(path, text, first.offset, words(first));
  // Not the value of `parse`: for JSON.parse each key is data, also `__proto__`.
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw broken(path, text, text.search(/\S/), 'it is not an object');
  const seen = new Set<unknown>();
  for (const { children } of parseTree(text)?.children ?? []) {
    const [key] = children ?? [];
    if (seen.has(key?.value))
      onDuplicate(
        broken(
          ...([path, text, key?.offset ?? 0, `${JSON.stringify(key?.value)} stands there twice`] as const),
          'nothing was changed; leave one of them (dockerd takes the last), and run the same command again',
        ),
      );
    seen.add(key?.value);
  }
  return { text, value: value as DaemonJson['value'] };
}

/** The text with those keys set, and all else as it was to the byte: other keys, their order, the indentation, the line ends. */
export function withSettings(text: string | undefined, settings: DaemonSettings): string {
  const start = text === undefined || text.trim() === '' ? '{\n}\n' : text;
  return Object.entries(settings).reduce((before, [key, value]) => {
    if (value === undefined) return applyEdits(before, modify(before, [key], undefined, {}));
    const root = parseTree(before);
    const old = root && findNodeAtLocation(root, [key]);
    const style = styleOf(before);
    if (old) return splice(before, old, written(value, style));
    const last = root?.children?.at(-1);
    const property = `${JSON.stringify(key)}: ${written(value, style)}`;
    const { eol, indent } = style;
    if (last)
      return splice(before, { offset: last.offset + last.length, length: 0 }, `,${eol}${indent}${property}`);
    const inside = {
      offset: before.indexOf('{') + 1,
      length: before.lastIndexOf('}') - before.indexOf('{') - 1,
    };
    return splice(before, inside, `${eol}${indent}${property}${eol}`);
  }, start);
}

interface Style {
  /** What stands before a key; empty in a text of one line. */
  readonly indent: string;
  /** Between two keys. */
  readonly eol: string;
}

function styleOf(text: string): Style {
  if (!text.trim().includes('\n')) return { indent: '', eol: ' ' };
  const [, indent = '  '] = /^([ \t]+)"/m.exec(text) ?? [];
  return { indent, eol: text.includes('\r\n') ? '\r\n' : '\n' };
}

function written(value: unknown, { indent, eol }: Style): string {
  return JSON.stringify(value, null, indent).replaceAll('\n', `${eol}${indent}`);
}

function splice(text: string, { offset, length }: { offset: number; length: number }, by: string): string {
  return text.slice(0, offset) + by + text.slice(offset + length);
}

/** `CommaExpected`: comma expected. */
function words({ error }: ParseError): string {
  const split = printParseErrorCode(error).replace(/([a-z])([A-Z])/g, '$1 $2');
  return split.charAt(0).toLowerCase() + split.slice(1).toLowerCase();
}

function broken(
  path: string,
  text: string,
  offset: number,
  why: string,
  hint = 'nothing was changed; correct the file, which dockerd cannot read either, and run the same command again',
): ConfigurationError {
  const before = text.slice(0, Math.max(0, offset)).split('\n');
  const line = before.length;
  const column = (before.at(-1) ?? '').length + 1;
  return new ConfigurationError(path, `${path}, line ${line}, column ${column}: ${why}`, {
    line,
    column,
    hint,
  });
}
