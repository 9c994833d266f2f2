import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { DirectoryError } from '../../errors.js';
import { fileError, systemCode } from '../../file-error.js';
import { readRegular } from '../../store/read-regular.js';

/** The files of which a context has copies, by docker's names. */
export const copiedFiles = ['ca.pem', 'cert.pem', 'key.pem'] as const;
export type CopiedFile = (typeof copiedFiles)[number];

/** A context as docker keeps it. What its description does not say, or not in a form that is known, is undefined. */
export interface StoredContext {
  readonly name: string | undefined;
  /** A URL, of any scheme. */
  readonly host: string | undefined;
  readonly skipsVerification: boolean;
  /** The copies; undefined where one is missing, an error where one cannot be read. */
  readonly files: Readonly<Record<CopiedFile, Buffer | DirectoryError | undefined>>;
}

/** Docker's own directory, as docker finds it. */
export function configurationDirectory(given = process.env['DOCKER_CONFIG']): string {
  return given === undefined || given === '' ? join(homedir(), '.docker') : resolve(given);
}

/** The files of a context, relative to docker's directory: below the SHA-256 of its name. */
export function contextPaths(name: string): { readonly description: string; readonly copies: string } {
  return pathsOf(createHash('sha256').update(name).digest('hex'));
}

function pathsOf(id: string): ReturnType<typeof contextPaths> {
  return {
    description: join('contexts', 'meta', id, 'meta.json'),
    copies: join('contexts', 'tls', id, 'docker'),
  };
}

/** Reads one context: undefined where it does not exist, an error where its description cannot be read. */
export async function readStoredContext(
  configuration: string,
  name: string,
): Promise<StoredContext | DirectoryError | undefined> {
  return readAt(configuration, contextPaths(name));
}

/** Reads all contexts; those whose description cannot be read are errors. */
export async function readStoredContexts(configuration: string): Promise<(StoredContext | DirectoryError)[]> {
  const ids = await readdir(join(configuration, 'contexts', 'meta')).catch(() => []);
  const contexts = await Promise.all(ids.sort().map((id) => readAt(configuration, pathsOf(id))));
  return contexts.filter((context) => context !== undefined);
}

/** The context that docker uses by itself, as its configuration names it. Errors: `ERR_FILE`. */
export async function currentContext(configuration: string): Promise<string | undefined> {
  const text = await readIfThere(join(configuration, 'config.json'));
  if (text instanceof DirectoryError) throw text;
  const { currentContext } = (parseJson(text) as { currentContext?: unknown } | undefined) ?? {};
  return typeof currentContext === 'string' ? currentContext : undefined;
}

interface Description {
  readonly Name?: unknown;
  readonly Endpoints?: { readonly docker?: { readonly Host?: unknown; readonly SkipTLSVerify?: unknown } };
}

async function readAt(
  configuration: string,
  { description, copies }: ReturnType<typeof contextPaths>,
): Promise<StoredContext | DirectoryError | undefined> {
  const text = await readIfThere(join(configuration, description));
  if (text === undefined || text instanceof DirectoryError) return text;
  const { Name, Endpoints } = (parseJson(text) as Description | undefined) ?? {};
  const { Host, SkipTLSVerify } = Endpoints?.docker ?? {};
  const read = (file: CopiedFile) => readIfThere(join(configuration, copies, file));
  const [ca, cert, key] = await Promise.all([read('ca.pem'), read('cert.pem'), read('key.pem')]);
  return {
    name: typeof Name === 'string' ? Name : undefined,
    host: typeof Host === 'string' ? Host : undefined,
    skipsVerification: SkipTLSVerify === true,
    files: { 'ca.pem': ca, 'cert.pem': cert, 'key.pem': key },
  };
}

/** Undefined for what is not JSON, or is null. */
function parseJson(text: Buffer | undefined): unknown {
  try {
    return text && (JSON.parse(text.toString('utf8')) ?? undefined);
  } catch {
    return undefined;
  }
}

/** What to do about a file of docker's that is no file. */
export const unreadable = 'docker cannot read it either: move it away, or restore it from a backup';

/** Reads a file of docker's own, if it is a regular one. What stops us stops docker, too, and a pipe would stop it for good. */
async function readIfThere(path: string): Promise<Buffer | DirectoryError | undefined> {
  try {
    return (await readRegular(path, { hint: `nothing was changed; ${unreadable}` })).bytes;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    return error instanceof DirectoryError ? error : fileError(path, 'read', error);
  }
}

/** The value of `--docker`. */
export function endpointValue(host: string, files: Readonly<Record<'ca' | 'cert' | 'key', string>>): string {
  return csvLine({ host, ...files });
}

/** Settings as a line of CSV, as docker reads it: what has a comma or a quote stands in double quotes. */
export function csvLine(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .map((pair) => (/[",\r\n]/.test(pair) ? `"${pair.replaceAll('"', '""')}"` : pair))
    .join(',');
}
