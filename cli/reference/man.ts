import { exitCodesOf } from '../command.js';
import { commands as table, groups, nameOf } from '../commands.js';
import { program } from '../own-command.js';
import { exampleLine } from '../present-help.js';
import type { CommandReference, FlagReference, Reference } from './reference.js';
import { typed } from './completion.js';

/** What stands in the foot of each page. */
export interface Release {
  readonly version: string;
  /** When that version was made, as 2026-11-29: pages of the same version are the same. */
  readonly date: string;
}

/** The manual pages by the names of their files: one of the program, and one of each command. */
export function manualPages({ commands }: Reference, release: Release): Record<string, string> {
  const pages = commands.map((command): readonly [string, string] => [
    fileOf(command.path),
    commandPage(command, commands, release),
  ]);
  return Object.fromEntries([[fileOf([]), programPage(commands, release)], ...pages]);
}

function pageOf(path: readonly string[]): string {
  return [program, ...path].join('-');
}

function fileOf(path: readonly string[]): string {
  return `${pageOf(path)}.1`;
}

function programPage(commands: readonly CommandReference[], release: Release): string {
  return page([], "protect a Docker daemon's TCP socket with mutual TLS", release, [
    section('SYNOPSIS', [`${bold(program)} ${italic('COMMAND')} [${italic('options')}]`]),
    section('DESCRIPTION', [
      plain(
        'Makes, installs, checks, renews and rolls out the certificates of a Docker daemon and its clients, with the openssl of the machine. Each command has a page of its own.',
      ),
    ]),
    section('COMMANDS', []),
    ...groups.flatMap((group) => [
      `.SS ${group}`,
      ...commands
        .filter(({ path, row }) => groupOf(path, row.group) === group)
        .flatMap(({ path, row }) => item(`${bold(pageOf(path))}(1)`, plain(row.summary))),
    ]),
    section('OPTIONS', [
      ...item(bold('-h, --help'), 'Show help'),
      ...item(bold('-V, --version'), 'Show version'),
    ]),
    section('EXIT STATUS', [
      ...item(bold('0'), 'done'),
      ...item(bold('1'), 'failed'),
      ...item(bold('2'), 'wrong usage'),
      ...item(bold('129, 130, 143'), 'stopped by SIGHUP, SIGINT or SIGTERM'),
      '.PP',
      plain('Some commands have further ones, which their pages list.'),
    ]),
    section(
      'ENVIRONMENT',
      variables.flatMap(([name, says]) => item(bold(name), plain(says))),
    ),
    section(
      'FILES',
      files.flatMap(([name, says]) => item(italic(name), plain(says))),
    ),
    section(
      'EXAMPLES',
      example('Create everything for a host', `${program} all docker.example.com 10.0.0.5`),
    ),
    section('SEE ALSO', [`${bold('openssl')}(1), ${bold('docker')}(1), ${bold('dockerd')}(8)`]),
  ]);
}

/** A command without a heading of its own has that of the word before it. */
function groupOf(path: readonly string[], own: string | undefined): string | undefined {
  if (own !== undefined) return own;
  let rows = table;
  let group: string | undefined;
  for (const word of path) {
    const row = rows.find((one) => nameOf(one) === word);
    group = row?.group ?? group;
    rows = row?.commands ?? [];
  }
  return group;
}

function commandPage(
  { path, row, command, word, flags }: CommandReference,
  commands: readonly CommandReference[],
  release: Release,
): string {
  const shownWord = word && `${italic(word.name)}${word.isRepeatable ? '...' : ''}`;
  const required = flags.filter(({ isRequired }) => isRequired).map((flag) => ` ${flagShown(flag)}`);
  const synopsis = [
    bold([program, ...path].join(' ')),
    ...required.map((one) => one.trim()),
    ...(shownWord === undefined ? [] : [word?.isRequired ? shownWord : `[${shownWord}]`]),
    `[${italic('options')}]`,
  ].join(' ');
  const headings = [...new Set(flags.map(({ group }) => group))].sort((one, other) =>
    one === undefined ? 1 : other === undefined ? -1 : 0,
  );
  const used = (names: readonly string[]): boolean => flags.some(({ name }) => names.includes(name));
  const itsVariables = variables.filter(([, , names]) => used(names));
  const itsFiles = files.filter(([, , names]) => used(names));
  const near = commands.filter((one) => one.path !== path && one.path[0] === path[0]);
  return page(path, row.summary, release, [
    section('SYNOPSIS', [synopsis]),
    section('DESCRIPTION', [
      plain(`${row.summary}.`),
      ...(word
        ? item(italic(word.name), plain(withDefault(word.describe, word.default, valuesShown(word.values))))
        : []),
    ]),
    section('OPTIONS', []),
    ...headings.flatMap((heading) => [
      ...(heading === undefined
        ? headings.length > 1
          ? ['.SS Other options']
          : []
        : [`.SS ${plain(heading.replace(/:$/, ''))}`]),
      ...flags
        .filter(({ group }) => group === heading)
        .flatMap((flag) =>
          item(flagShown(flag), plain(withDefault(flag.describe, flag.default, valuesShown(flag.values)))),
        ),
    ]),
    section('EXIT STATUS', [
      ...exitCodesOf(command.guide).flatMap(([code, meaning]) => item(bold(String(code)), plain(meaning))),
    ]),
    ...(itsVariables.length > 0
      ? [
          section(
            'ENVIRONMENT',
            itsVariables.flatMap(([name, says]) => item(bold(name), plain(says))),
          ),
        ]
      : []),
    ...(itsFiles.length > 0
      ? [
          section(
            'FILES',
            itsFiles.flatMap(([name, says]) => item(italic(name), plain(says))),
          ),
        ]
      : []),
    section(
      'EXAMPLES',
      command.guide.examples.flatMap(([line, does], at) => [
        ...(at === 0 ? [] : ['.PP']),
        ...example(does, exampleLine(line)),
      ]),
    ),
    section('SEE ALSO', [
      [program, ...near.map((one) => pageOf(one.path))].map((name) => `${bold(name)}(1)`).join(',\n'),
    ]),
  ]);
}

/** What a flag has in common with others by its name. */
type Row = readonly [name: string, says: string, flags: readonly string[]];

const variables: readonly Row[] = [
  ['OPENSSL_BIN', 'Path or name of the openssl to use, where --openssl does not say it', ['openssl']],
  ['DOCKER_CONFIG', "Directory of docker's own configuration, instead of ~/.docker", ['use']],
  ['TMPDIR', 'Where sockets and lists of a run are, instead of /tmp', []],
  ['NO_COLOR', 'No colours, also at a terminal', ['json']],
];

const files: readonly Row[] = [
  ['docker-tls', 'The certificate directory, where --dir does not name another', ['dir']],
  ['docker-tls/servers/NAME, docker-tls/clients/NAME', 'Further servers and clients', ['name']],
  ['docker-tls.yaml, docker-tls.json', 'The fleet file, where --file does not name another', ['file']],
  ['/etc/docker/tls', "The daemon's copy of its files", ['root']],
];

function valuesShown(values: FlagReference['values']): string {
  return values?.kind === 'words' ? ` [one of: ${values.words.join(', ')}]` : '';
}

function withDefault(describe: string, value: string | undefined, values: string): string {
  const list = describe.includes(values.slice(' [one of: '.length, -1)) ? '' : values;
  return `${describe}${list}${value === undefined ? '' : ` [default: ${value}]`}`;
}

function flagShown(flag: FlagReference): string {
  const [long = '', short] = typed(flag);
  const names = [...(short === undefined ? [] : [short]), long].map(bold).join(', ');
  return flag.values ? `${names} ${italic(flag.values.shown)}` : names;
}

function page(
  path: readonly string[],
  summary: string,
  { version, date }: Release,
  parts: readonly string[],
): string {
  const name = pageOf(path);
  const says = summary.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
  return `${[
    `.TH "${name.toUpperCase()}" 1 "${date}" "${program} ${version}"`,
    '.SH NAME',
    `${plain(name)} \\- ${plain(says)}`,
    ...parts,
  ].join('\n')}\n`;
}

function section(title: string, lines: readonly string[]): string {
  return [`.SH ${title}`, ...lines].join('\n');
}

function item(term: string, says: string): string[] {
  return ['.TP', term, says];
}

function example(does: string, line: string): string[] {
  return [`${plain(does)}:`, '.PP', '.in +4n', '.nf', plain(line), '.fi', '.in'];
}

function bold(text: string): string {
  return `\\fB${plain(text)}\\fR`;
}

function italic(text: string): string {
  return `\\fI${plain(text)}\\fR`;
}

/** Text that troff prints as it is. */
function plain(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti');
  return escaped.replace(/^(?=[.])/, '\\&');
}
