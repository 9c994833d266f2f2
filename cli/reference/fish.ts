import { filled, membersOf } from './completion.js';
import type { CommandReference, FlagReference, Reference } from './reference.js';
import type { Values } from './values.js';

/** The completion script for fish. `template`: completion.fish. */
export function fishCompletion(template: string, reference: Reference): string {
  const { groups, commands } = reference;
  const isCommand = (path: readonly string[]): boolean =>
    commands.some((command) => command.path.join(' ') === path.join(' '));
  return filled(template, {
    completions: [
      ...groups.flatMap(({ path, members }) => {
        const after = ['__docker_tls_openssl_after', ...path].join(' ');
        return [
          ...members.map(({ name, summary }) => line(after, `-a ${name} -d ${quoted(summary)}`)),
          // A group that is a command, too, has the flags of that.
          ...(isCommand(path) ? [] : [line(after, "-l help -s h -d 'Show help'")]),
        ];
      }),
      ...commands.flatMap((command) => ofCommand(command, membersOf(reference, command.path) ?? [])),
    ],
  });
}

function at(path: readonly string[]): string {
  return ['__docker_tls_openssl_at', ...path].join(' ');
}

function ofCommand(
  { path, flags, word }: CommandReference,
  members: readonly { readonly name: string }[],
): string[] {
  const others = members.map(({ name }) => `; and not ${at([...path, name])}`);
  const here = `${at(path)}${others.join('')}`;
  return [
    ...flags.map((flag) => line(here, flagWords(flag))),
    ...(word && word.values.kind !== 'text' ? [line(here, wordsOf(word.values))] : []),
  ];
}

function line(condition: string, words: string): string {
  return `complete -c docker-tls-openssl -n '${condition}' ${words}`;
}

function flagWords({ name, letter, describe, values }: FlagReference): string {
  const short = letter === undefined ? '' : ` -s ${letter}`;
  const taken = values ? ` ${values.kind === 'text' ? '-x' : `-r ${wordsOf(values)}`}` : '';
  return `-l ${name}${short} -d ${quoted(describe)}${taken}`;
}

/** fish offers files where it is not kept from it. */
function wordsOf(values: Values): string {
  switch (values.kind) {
    case 'words':
      return `-f -a '${values.words.join(' ')}'`;
    case 'names':
      return values.more
        ? `-F -a '${values.more.join(' ')} (__docker_tls_openssl_names ${values.of.join(' ')})'`
        : `-f -a '(__docker_tls_openssl_names ${values.of.join(' ')})'`;
    case 'context':
      return "-f -a '(__docker_tls_openssl_contexts)'";
    case 'host':
      return "-f -a '(__fish_print_hostnames)'";
    case 'directory':
      return "-f -a '(__fish_complete_directories)'";
    case 'file':
      return '-F';
    case 'text':
      return '-f';
  }
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, String.raw`\$&`)}'`;
}
