/** The words about what a command line got wrong. */
import { ownLine, program } from './own-command.js';

export const usage = {
  commandMissing: 'no command was given',
  unknownCommand: (typed: string, near: string | undefined) =>
    `unknown command '${typed}'${near === undefined ? '' : `; did you mean '${near}'?`}`,
  passphraseOnCommandLine:
    'every user of this machine can see a passphrase on the command line: use --passphrase-file or --passphrase-fd',
  snippetMissing: 'no language, tool or proxy was given',
  unknownSnippet: (typed: string, near: readonly string[]) =>
    `unknown language, tool or proxy '${typed}'${near.length === 0 ? '' : `; did you mean ${near.map((name) => `'${name}'`).join(' or ')}?`}`,
  listOfSnippets: '--list takes no language, tool or proxy',
  get seeList() {
    return `see ${ownLine('snippet', '--list')}`;
  },
  directoryEmpty: '--dir is empty; use --dir . for the current directory',
  directoryTwice: 'the directory is given twice, as an argument and with --dir',
  unknownOption: (typed: string) => `unknown option ${typed}`,
  commandAsHost: (word: string) =>
    `unexpected argument '${word}': it is a command; for a host of that name use --host ${word}`,
  givenTwice: (flag: string) => `--${flag} can be given only once`,
  /** What yargs says, and its unknown arguments as they were typed. */
  complaint: (message: string, args: readonly string[]) => {
    const [, unknown] = /^Unknown arguments?: (.*)$/.exec(message) ?? [];
    // yargs names an unknown flag in camel case too.
    const words = unknown?.split(', ').filter((word) => !/[a-z][A-Z]/.test(word));
    // What it knows better than we do it says in lines of its own.
    if (!words || words.length === 0) return message.replace(/\n\s*/g, ' ');
    return words.map((word) => unexpected(word, args)).join('; ');
  },
  seeHelp: (command: string) => `see ${ownLine(...command.split(' ').filter(Boolean), '--help')}`,
  synopsis: (command: string, summary: string) => `Usage: ${program} ${command}\n\n${summary}`,
} as const;

function unexpected(word: string, args: readonly string[]): string {
  const typed = [`--${word}`, `-${word}`].find((flag) =>
    args.some((arg) => arg === flag || arg.startsWith(`${flag}=`)),
  );
  if (typed !== undefined) return usage.unknownOption(typed);
  return args.includes(word) ? `unexpected argument '${word}'` : `unknown option -${word}`;
}

/** What to do instead of a command that people look for. */
export const instead: Readonly<Record<string, string>> = {
  delete: `deleting files locks no client out: revoke lists its certificate for a proxy; or roll over to a new CA with \`${ownLine('renew', 'ca', '--new-key')}\`, and renew only the certificates that you still trust`,
  'uninstall client': `to stop using the installed files, unset the variables that \`${ownLine('env', '--unset')}\` prints; files that install client replaced are kept beside the new ones, with .before- and the time in their names`,
};
