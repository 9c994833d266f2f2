import { DockerTlsError } from '../../errors.js';
import { runDocker, type DockerRunOptions, type DockerRunResult } from '../run.js';
import type { UnitPlace } from './places.js';

const MOST_LINES = 200;
const MOST_CHARACTERS = 1_000;

/** The journal before a start: what comes after it is the start's own. */
export interface JournalMark {
  readonly cursor: string;
  /** The daemon that ran until then, which still writes that it ends. */
  readonly invocation: string | undefined;
}

/** Marks the end of the journal as it is now. Undefined where there is no journal. Errors: `ERR_ABORTED`. */
export async function markJournal(
  { unit, unitFlags }: UnitPlace,
  signal: AbortSignal | undefined,
): Promise<JournalMark | undefined> {
  const shown = await orNothing({
    file: 'systemctl',
    argv: [...unitFlags, 'show', '--property=InvocationID', unit],
    signal,
  });
  const ended = await orNothing({
    ...{ file: 'journalctl', argv: [...unitFlags, '--lines=0', '--show-cursor', '--quiet'] },
    signal,
  });
  const cursor = /^-- cursor: (.*)$/m.exec(ended?.stdout ?? '')?.[1];
  const invocation = /^InvocationID=(\w+)$/m.exec(shown?.stdout ?? '')?.[1];
  return cursor === undefined ? undefined : { cursor, invocation };
}

/**
 * Reads the last line that the daemon wrote in its first start after `mark`: what made it end. systemd may have started it again
 * since. Without control characters; undefined where it wrote none. Errors: `ERR_ABORTED`.
 */
export async function lastWords(
  place: UnitPlace,
  mark: JournalMark | undefined,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (!mark) return undefined;
  const file = 'journalctl';
  await orNothing({ file, argv: [...place.unitFlags, '--sync'], signal });
  // Not --after-cursor: where the entry itself is of another unit, systemd 252 passes over the next one of this unit, too.
  const argv = [`--cursor=${mark.cursor}`, ...flagsFor(place), `--lines=${MOST_LINES}`];
  const result = await orNothing({ file, argv: [...argv, '--output=json', '--quiet'], signal });
  const entries = (result?.stdout ?? '')
    .split('\n')
    .flatMap((line) => entryOf(line, place))
    .filter(({ cursor }) => cursor !== mark.cursor)
    .filter(({ invocation }) => invocation === '' || invocation !== mark.invocation);
  const first = entries[0]?.invocation;
  const said = entries.filter(({ invocation }) => invocation === first).at(-1)?.message;
  return said === undefined ? undefined : messageOf(said);
}

function flagsFor({ unit, unitFlags }: UnitPlace): string[] {
  return [...unitFlags, `${unitFlags.length > 0 ? '--user-unit' : '--unit'}=${unit}`];
}

interface JournalEntry {
  readonly cursor: unknown;
  readonly invocation: string;
  readonly message: string;
}

/** What the service itself wrote: systemd's own words about it carry another unit. */
function entryOf(line: string, { unit, unitFlags }: UnitPlace): JournalEntry[] {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return [];
  }
  if (typeof entry !== 'object' || entry === null) return [];
  const fields = entry as Record<string, unknown>;
  if (fields[unitFlags.length > 0 ? '_SYSTEMD_USER_UNIT' : '_SYSTEMD_UNIT'] !== unit) return [];
  const { MESSAGE: message, _SYSTEMD_INVOCATION_ID: invocation, __CURSOR: cursor } = fields;
  // What is not plain text comes as a list of bytes.
  const text = Array.isArray(message)
    ? Buffer.from(message.filter((byte): byte is number => typeof byte === 'number')).toString('utf8')
    : message;
  if (typeof text !== 'string' || text.trim() === '') return [];
  return [{ cursor, invocation: typeof invocation === 'string' ? invocation : '', message: text }];
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

/** Undefined where the program is not there, or does not end. */
async function orNothing(options: DockerRunOptions): Promise<DockerRunResult | undefined> {
  try {
    return await runDocker({ ...options, timeoutMs: 10_000 });
  } catch (error) {
    if (!(error instanceof DockerTlsError) || error.code === 'ERR_ABORTED') throw error;
    return undefined;
  }
}
