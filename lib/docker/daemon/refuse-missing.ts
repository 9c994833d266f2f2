import { join, resolve } from 'node:path';
import { ConfigurationError } from '../../errors.js';
import { parseDaemonJson } from './daemon-json.js';
import type { Host } from './host.js';
import type { DaemonPlaces } from './places.js';
import { listOf, readUnit } from './unit.js';

/**
 * Refuses to remove a file that daemon.json, or the daemon's command line, names afterwards: dockerd would not start.
 * `text` is what daemon.json is to say. Errors: `ERR_CONFIGURATION`, `ERR_FILE`.
 */
export async function refuseMissing(
  host: Host,
  places: DaemonPlaces,
  removed: readonly string[],
  text: string | undefined,
): Promise<void> {
  const { daemonJson, dropIn } = places;
  if (dropIn === undefined) return;
  if (daemonJson !== undefined && text !== undefined)
    await refuseNamed(host, host.files.show(daemonJson), removed, text);
  for (const [file, words] of await commandLines(host, places, dropIn)) {
    const path = removed.find((each) => words.includes(each));
    if (path !== undefined) throw wouldBeMissing(file, path, 'take the flag out of it');
  }
}

async function refuseNamed(
  host: Host,
  shown: string,
  removed: readonly string[],
  text: string,
): Promise<void> {
  const value = parseDaemonJson(text, shown)?.value;
  for (const key of ['tlscacert', 'tlscert', 'tlskey']) {
    const named = value?.[key];
    if (typeof named !== 'string') continue;
    const path = await pathIn(host, named);
    if (removed.includes(path)) throw wouldBeMissing(shown, named, `take "${key}" out of it`);
  }
}

/** A path of the host; where a link leads to the daemon's directory, by way of it. */
async function pathIn({ files, to }: Host, named: string): Promise<string> {
  const path = resolve('/', named);
  const folder = join(path, '..');
  const [own, other] = await Promise.all([files.realPath(to), files.realPath(folder).catch(() => undefined)]);
  return own !== undefined && own === other ? join(to, path.slice(folder.length)) : path;
}

/** What starts the daemon, as words, without our own drop-in. */
async function commandLines(
  { files }: Host,
  { flagFiles, unit: name, units }: DaemonPlaces,
  dropIn: string,
): Promise<[file: string, words: string][]> {
  const without = { path: dropIn.slice(1), content: undefined };
  const unit = await readUnit(files.shown, name, without, units);
  const settings = unit ? listOf(unit, 'Service', 'ExecStart', 'Environment') : [];
  const texts = await Promise.all(flagFiles.map((path) => files.readText(path)));
  return [
    ...settings.map(({ file, value }): [string, string] => [file, value]),
    ...flagFiles.map((path, at): [string, string] => [
      files.show(path),
      (texts[at] ?? '').replace(/^\s*#.*$/gm, ''),
    ]),
  ];
}

function wouldBeMissing(file: string, path: string, remedy: string): ConfigurationError {
  return new ConfigurationError(
    file,
    `${file} names ${path}, which would be removed: the daemon would not start without it`,
    { hint: `nothing was changed; ${remedy}, and run the same command again` },
  );
}
