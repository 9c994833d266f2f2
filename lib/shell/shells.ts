import { cmdSet, cmdWord } from './cmd.js';
import { fishWord } from './fish.js';
import { powershellString, powershellWord } from './powershell.js';
import { shellWord } from './sh.js';

/** The shells whose quoting is known. `sh` is every POSIX shell: bash, dash, zsh, ksh. */
export const shells = ['sh', 'fish', 'powershell', 'cmd'] as const;
export type Shell = (typeof shells)[number];

interface Syntax {
  /** A word of a command: plain where that is safe. */
  readonly word: (word: string) => string;
  /** The line that sets a variable and exports it. Errors: `ERR_INPUT` for a value that it cannot hold. */
  readonly set: (name: string, value: string) => string;
  /** The lines that unset variables. */
  readonly unset: (names: readonly string[]) => string[];
}

const syntaxes: Readonly<Record<Shell, Syntax>> = {
  sh: {
    word: shellWord,
    set: (name, value) => `export ${name}=${shellWord(value)}`,
    unset: (names) => [`unset ${names.join(' ')}`],
  },
  fish: {
    word: fishWord,
    set: (name, value) => `set -gx ${name} ${fishWord(value)}`,
    unset: (names) => names.map((name) => `set -e ${name}`),
  },
  powershell: {
    word: powershellWord,
    set: (name, value) => `$Env:${name} = ${powershellString(value)}`,
    unset: (names) => names.map((name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`),
  },
  cmd: {
    word: cmdWord,
    set: cmdSet,
    unset: (names) => names.map((name) => `SET "${name}="`),
  },
};

/** How words and variables are written in a shell. */
export function syntaxOf(shell: Shell): Syntax {
  return syntaxes[shell];
}

/** The shell of a `$SHELL`: one whose language is that of sh, unless its name says otherwise. */
export function shellOf(path: string | undefined): Shell {
  const name = (path ?? '').replace(/^.*[\\/]/s, '').replace(/\.exe$/i, '');
  if (name === 'fish' || name === 'cmd') return name;
  return name === 'pwsh' || name === 'powershell' ? 'powershell' : 'sh';
}
