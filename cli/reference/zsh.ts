import { filled, membersOf, typed } from './completion.js';
import type { CommandReference, FlagReference, GroupReference, Reference } from './reference.js';
import type { Values } from './values.js';

/** The completion script for zsh. `template`: completion.zsh. */
export function zshCompletion(template: string, reference: Reference): string {
  const { groups, commands } = reference;
  const runnable = new Set(commands.map(({ path }) => path.join(' ')));
  return filled(template, {
    functions: [
      ...groups.filter(({ path }) => !runnable.has(path.join(' '))).map(ofGroup),
      ...commands.map((command) => ofCommand(command, membersOf(reference, command.path))),
    ],
  });
}

function functionOf(path: readonly string[]): string {
  return ['_docker_tls_openssl', ...path].join('_').replaceAll('-', '_');
}

/** In single quotes; `_arguments` and `_describe` read colons, brackets and backslashes. */
function described(text: string): string {
  return text.replace(/[\\:[\]]/g, String.raw`\$&`).replaceAll("'", String.raw`'\''`);
}

function memberList(members: GroupReference['members']): string[] {
  return [
    '  local -a members=(',
    ...members.map(({ name, summary }) => `    '${name}:${described(summary)}'`),
    '  )',
  ];
}

function ofGroup({ path, members }: GroupReference): string {
  const cases = members.map(({ name }) => `        ${name}) ${functionOf([...path, name])} ;;`);
  return [
    `${functionOf(path)}() {`,
    '  local curcontext=$curcontext state line expl',
    '  local -A opt_args',
    ...memberList(members),
    `  _arguments -C '(- : *)'{-h,--help}'[Show help]' '(- : *)'{-V,--version}'[Show version number]' \\`,
    `    '1: :->command' '*:: :->rest'`,
    '  case $state in',
    '    command) _describe -t commands command members ;;',
    '    rest)',
    '      case $words[1] in',
    ...cases,
    '      esac',
    '      ;;',
    '  esac',
    '}\n',
  ].join('\n');
}

function ofCommand({ path, flags, word }: CommandReference, members: GroupReference['members'] = []): string {
  const name = functionOf(path);
  const ofWord = word && [word.isRepeatable ? '*' : '1', word.values.shown, action(word.values)].join(':');
  const isBoth = members.length > 0;
  const specs = [
    ...flags.map(flagSpec),
    ...(ofWord === undefined ? [] : [`'${isBoth ? `*: : ${name}_words` : ofWord}'`]),
  ];
  return [
    ...(isBoth
      ? [
          `${name}_words() {`,
          ...memberList(members),
          '  (( CURRENT > 2 )) || _describe -t commands command members',
          ...(word ? [`  ${statement(word.values)}`] : []),
          '}\n',
        ]
      : []),
    `${name}() {`,
    '  local curcontext=$curcontext state line expl',
    '  local -A opt_args',
    ...members.map(
      (member) =>
        `  if (( CURRENT > 2 )) && [[ $words[2] == ${member.name} ]]; then shift words; (( CURRENT-- )); ${functionOf([...path, member.name])}; return; fi`,
    ),
    `  _arguments -s -S : \\\n${specs.map((spec) => `    ${spec}`).join(' \\\n')}`,
    '}\n',
  ].join('\n');
}

function flagSpec(flag: FlagReference): string {
  const { describe, values, isRepeatable } = flag;
  const rest = `'[${described(describe)}]${values ? `:${values.shown}:${action(values)}` : ''}'`;
  const equals = values ? '=' : '';
  if (['help', 'version'].includes(flag.name)) return `'(- : *)'{${typed(flag).join(',')}}${rest}`;
  const [long, short] = typed(flag);
  if (short === undefined) return `'${isRepeatable ? '*' : ''}${long ?? ''}${equals}'${rest}`;
  return `'(${typed(flag).join(' ')})'{${short}${values ? '+' : ''},${long ?? ''}${equals}}${rest}`;
}

/** As `_arguments` wants it: a leading blank keeps it from adding words of its own. */
function action(values: Values): string {
  if (values.kind === 'words')
    return `(${values.words.map((word) => word.replaceAll(':', String.raw`\:`)).join(' ')})`;
  return values.kind === 'names' || values.kind === 'context' ? ` ${statement(values)}` : statement(values);
}

function statement(values: Values): string {
  switch (values.kind) {
    case 'words':
      return `compadd ${values.words.join(' ')}`;
    case 'names':
      return [
        `_docker_tls_openssl_names ${values.of.join(' ')}`,
        ...(values.more ? [`compadd ${values.more.join(' ')}`, '_files'] : []),
      ].join('; ');
    case 'context':
      return '_docker_tls_openssl_contexts';
    case 'host':
      return '_hosts';
    case 'directory':
      return '_path_files -/';
    case 'file':
      return '_files';
    case 'text':
      return '';
  }
}
