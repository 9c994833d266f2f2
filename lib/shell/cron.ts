import { InputError } from '../errors.js';
import { shellWord } from './sh.js';

/**
 * A command for a line of a crontab, which ends at a `%` without a backslash (crontab(5)) and at a line end. Some crons take a
 * backslash away before another one, some do not. Errors: `ERR_INPUT`, of the option that is named, for a word that not every
 * cron reads the same way.
 */
export function cronCommand(argv: readonly string[], option: string): string {
  const odd = argv.find((word) => /[\0-\x1f\x7f]/.test(word));
  if (odd !== undefined)
    throw new InputError(option, `a crontab cannot hold ${JSON.stringify(odd)}: it has a control character`);
  const ambiguous = argv.find((word) => /\\[\\%]/.test(word));
  if (ambiguous !== undefined)
    throw new InputError(option, `not every cron reads ${JSON.stringify(ambiguous)} as it is meant`, {
      hint: 'put the command into a script, and name that',
    });
  return argv.map(shellWord).join(' ').replaceAll('%', '\\%');
}
