import { exitCodesOf, type Guide } from './command.js';
import { commands, groups, nameOf, type CommandRow } from './commands.js';
import { program } from './own-command.js';

/** The help of the program: its commands, each under the heading of what it is for. */
export function describeProgram(): string[] {
  const rows = lines(commands);
  const width = Math.max(...rows.map(({ name }) => name.length));
  return [
    `Usage: ${program} COMMAND [OPTION..]`,
    '',
    "Protect a Docker daemon's TCP socket with mutual TLS, using your own openssl.",
    ...groups.flatMap((group) => [
      '',
      `${group}:`,
      ...rows
        .filter((row) => row.group === group)
        .map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    ]),
    '',
    'Options:',
    '  -h, --help     Show help',
    '  -V, --version  Show version',
    '',
    'Example:',
    `  ${program} all --host docker.example.com --ip 10.0.0.5`,
    '',
    'Exit codes:',
    '  0 done; 1 failed; 2 wrong usage;',
    '  3 a certificate expires soon (status, renew);',
    '  4 a certificate is invalid (status, verify)',
    '',
    `Run \`${program} help COMMAND\` for the options of a command.`,
  ];
}

/** The end of a command's help. */
export function describeGuide(guide: Guide, width: number): string {
  return [
    'Examples:',
    ...guide.examples.flatMap(([line, does]) => [`  # ${does}`, `  ${exampleLine(line)}`]),
    '',
    'Exit codes:',
    ...exitCodesOf(guide).map(([code, meaning]) => `  ${code}  ${folded(meaning, width - 5, '     ')}`),
  ].join('\n');
}

/** An example as it is typed. */
export function exampleLine(line: string): string {
  return line.replaceAll('$0', program);
}

/** A text in lines of at most so many characters. */
function folded(text: string, width: number, indent: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join(`\n${indent}`);
}

interface Line {
  readonly name: string;
  readonly summary: string;
  readonly group: CommandRow['group'];
}

/** A line for each command; those without a group have their own commands instead. */
function lines(rows: readonly CommandRow[], before: readonly string[] = []): Line[] {
  return rows.flatMap((row) => {
    const words = nameOf(row) === '$0' ? before : [...before, nameOf(row)];
    const { summary, group } = row;
    return group ? [{ name: words.join(' '), summary, group }] : lines(row.commands ?? [], words);
  });
}
