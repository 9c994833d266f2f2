import { shellWord } from '../../shell/sh.js';
import type { Found } from './finding.js';
import type { Entry } from './folder.js';

const isWindows = process.geteuid === undefined;

/**
 * Who else can change files, or read keys: the worst of it. Undefined where nobody can, and on systems whose files have no
 * owners and modes. `shown`: the name of a file in the text.
 */
export function accessFault(
  files: readonly Entry[],
  keys: readonly Entry[],
  shown: (path: string) => string,
): Pick<Found, 'state' | 'detail' | 'fix'> | undefined {
  if (isWindows) return undefined;
  const having = (mode: number, entries: readonly Entry[]): Entry[] =>
    entries.filter(({ stats }) => (stats.mode & mode) !== 0);
  const strange = files.filter(({ stats: { uid } }) => uid !== 0 && uid !== process.geteuid?.());
  const faults = [
    ['problem', 'another user owns it', strange, 'chown "$(id -u)"'],
    ['problem', 'others can change it', having(0o022, files), 'chmod go-w'],
    ['problem', 'everyone can read it', having(0o004, keys), 'chmod 0400'],
    ['warning', 'its group can read it', having(0o040, keys), 'chmod 0400'],
  ] as const;
  const found = faults.find(([, , entries]) => entries.length > 0);
  if (!found) return undefined;
  const [state, what, entries, command] = found;
  const list = entries.map(({ path, stats }) => `${shown(path)} (${octal(stats.mode)})`);
  return {
    state,
    detail: `${what}: ${list.join(', ')}`,
    fix: `${command} ${entries.map(({ path }) => shellWord(path)).join(' ')}`,
  };
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
