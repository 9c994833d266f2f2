import { DockerTlsError } from '../errors.js';
import { runDocker, type DockerRunResult } from './run.js';

const MOST_LINES = 200;
const MOST_CHARACTERS = 1_000;

/** Marks the end of the journal as it is now. Undefined where there is no journal. Errors: `ERR_ABORTED`. */
export async function journalCursor(signal: AbortSignal | undefined): Promise<string | undefined> {
  const result = await journalctl(['--lines=0', '--show-cursor', '--quiet'], signal);
  return /^-- cursor: (.*)$/m.exec(result?.stdout ?? '')?.[1];
}

/**
 * Reads the last line that dockerd wrote in its first start after `cursor`: what made it end. systemd may have started it
 * again since. Without control characters; undefined where it wrote none. Errors: `ERR_ABORTED`.
 */
export async function lastWordsOfDockerd(
  cursor: string | undefined,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (cursor === undefined) return undefined;
  await journalctl(['--sync'], signal);
  const argv = [`--after-cursor=${cursor}`, '--unit=docker.service', `--lines=${MOST_LINES}`];
  const result = await journalctl([...argv, '--output=json', '--quiet'], signal);
  const entries = (result?.stdout ?? '').split('\n').flatMap(entryOf);
  const first = entries[0]?.invocation;
  const said = entries.filter(({ invocation }) => invocation === first).at(-1)?.message;
  return said === undefined ? undefined : messageOf(said);
}

interface Entry {
  readonly invocation: string;
  readonly message: string;
}

/** What the service itself wrote: systemd's own words about it carry another unit. */
function entryOf(line: string): Entry[] {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return [];
  }
  if (typeof entry !== 'object' || entry === null) return [];
  const fields = entry as Record<string, unknown>;
  if (fields['_SYSTEMD_UNIT'] !== 'docker.service') return [];
  const { MESSAGE: message, _SYSTEMD_INVOCATION_ID: invocation } = fields;
  // What is not plain text comes as a list of bytes.
  const text = Array.isArray(message)
    ? Buffer.from(message.filter((byte): byte is number => typeof byte === 'number')).toString('utf8')
    : message;
  if (typeof text !== 'string' || text.trim() === '') return [];
  return [{ invocation: typeof invocation === 'string' ? invocation : '', message: text }];
}

/** The message of a line `time="…" level=fatal msg="…"`, or the line itself. */
function messageOf(line: string): string {
  const [, quoted] = /^time=\S+ level=\w+ msg=("(?:\\.|[^"\\])*")/.exec(line) ?? [];
  let text = line;
  try {
    if (quoted !== undefined) text = String(JSON.parse(quoted));
  } catch {
    // as it stands
  }
  return text
    .replace(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, MOST_CHARACTERS);
}

/** Undefined where there is no journalctl, or it does not end. */
async function journalctl(
  argv: readonly string[],
  signal: AbortSignal | undefined,
): Promise<DockerRunResult | undefined> {
  try {
    return await runDocker({ file: 'journalctl', argv, signal, timeoutMs: 10_000 });
  } catch (error) {
    if (!(error instanceof DockerTlsError) || error.code === 'ERR_ABORTED') throw error;
    return undefined;
  }
}
