import { filled, placesByValues, typed } from './completion.js';
import type { CommandReference, Reference } from './reference.js';
import type { Values } from './values.js';

/** How many words a command takes that takes any number of them. */
const MANY = 1_000_000;

/** The completion script for bash. `template`: completion.bash. */
export function bashCompletion(template: string, { groups, commands }: Reference): string {
  return filled(template, {
    subcommands: groups.map(
      ({ path, members }) =>
        `    '${path.join(' ')}') subcommands='${members.map(({ name }) => name).join(' ')}' ;;`,
    ),
    flags: commands.flatMap(flagsOf),
    values: placesByValues(commands).flatMap(({ values, places }) => [
      `    ${places.map((place) => `'${place}'`).join(' | ')})`,
      ...offer(values).map((line) => `      ${line}`),
      '      ;;',
    ]),
  });
}

function flagsOf({ path, flags, word }: CommandReference): string[] {
  const valued = flags.filter(({ values }) => values);
  return [
    `    '${path.join(' ')}')`,
    `      flags='${flags.flatMap(typed).join(' ')}'`,
    `      valued='${valued.flatMap(typed).join(' ')}'`,
    `      most=${word === undefined ? 0 : word.isRepeatable ? MANY : 1}`,
    '      ;;',
  ];
}

function offer(values: Values): string[] {
  switch (values.kind) {
    case 'words':
      return [`_docker_tls_openssl_offer ${values.words.join(' ')}`];
    case 'names':
      return [
        `_docker_tls_openssl_names ${values.of.join(' ')}`,
        ...(values.more ? [`_docker_tls_openssl_offer ${values.more.join(' ')}`, 'compopt -o default'] : []),
      ];
    case 'context':
      return ['_docker_tls_openssl_contexts'];
    case 'host':
      return ['_docker_tls_openssl_hosts'];
    case 'directory':
      return ['compopt -o dirnames'];
    case 'file':
      return ['compopt -o default'];
    case 'text':
      return [];
  }
}
