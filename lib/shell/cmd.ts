import { InputError } from '../errors.js';
import { option, words } from '../words.js';

/**
 * A word of a command as cmd and the C runtime read it: within quotes a quote is doubled, and so are backslashes before a quote.
 * cmd expands `%NAME%` even there, and has no way to prevent it that holds at its prompt and in a file alike.
 */
export function cmdWord(word: string): string {
  if (/^[\w+:./-]+$/.test(word)) return word;
  return `"${word.replace(/(\\*)"/g, '$1$1""').replace(/\\+$/, '$&$&')}"`;
}

/** The command that sets a variable. Errors: `ERR_INPUT`, of the option `shell`, for a value that cmd cannot hold. */
export function cmdSet(name: string, value: string): string {
  const [odd] = /["%!\p{Cc}]/u.exec(value) ?? [];
  if (odd === undefined) return `SET "${name}=${value}"`;
  throw new InputError(
    'shell',
    `cmd cannot hold ${JSON.stringify(odd)} in ${name}: ${JSON.stringify(value)}`,
    {
      hint: words`move the certificate directory to a path without it, or use ${option('shell', 'powershell')}`,
    },
  );
}
