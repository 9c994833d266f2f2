import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const lib = fileURLToPath(new URL('../../lib/', import.meta.url));

/** The names that a comment in index.ts stands above. */
interface Group {
  readonly title: string;
  readonly names: readonly { readonly name: string; readonly path: string }[];
}

function groups(): Group[] {
  const index = readFileSync(join(lib, 'index.ts'), 'utf8');
  const [, ...parts] = index.split(/^\/\/ /m);
  return parts.map((part) => {
    const [title = ''] = part.split('\n', 1);
    const names = [...part.matchAll(/^export (?:type )?\{([^}]*)\} from '\.\/(.*)\.js';/gm)].flatMap(
      ([, list = '', path = '']) =>
        list.split(',').flatMap((one) => {
          const name = one.trim().replace(/^type /, '');
          return name === '' ? [] : [{ name, path }];
        }),
    );
    return { title: title.replace(/\.$/, ''), names };
  });
}

type Declaration =
  | ts.FunctionDeclaration
  | ts.InterfaceDeclaration
  | ts.TypeAliasDeclaration
  | ts.ClassDeclaration
  | ts.VariableStatement;

function isNamed(statement: ts.Statement, name: string): statement is Declaration {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.some((one) => one.name.getText() === name);
  const isDeclaration =
    ts.isFunctionDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isClassDeclaration(statement);
  return isDeclaration && statement.name?.text === name;
}

const parsed = new Map<string, ts.SourceFile>();

function declarations(path: string, name: string): Declaration[] {
  const file = join(lib, `${path}.ts`);
  const source =
    parsed.get(file) ?? ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  parsed.set(file, source);
  const found = source.statements.filter((statement) => isNamed(statement, name));
  if (found.length === 0) throw new Error(`${path}.ts does not declare ${name}`);
  return found;
}

/** The comment above a declaration or a member, without its stars and its example. */
function commentOf(node: ts.Node): string {
  const text = node.getSourceFile().text;
  const ranges = ts.getLeadingCommentRanges(text, node.getFullStart()) ?? [];
  const last = ranges.map(({ pos, end }) => text.slice(pos, end)).findLast((one) => one.startsWith('/**'));
  const lines = (last ?? '').replace(/^\/\*\*[ \n]?|\s*\*\/$/g, '').replace(/^ *\* ?/gm, '');
  return (lines.split('@example')[0] ?? '').replace(/\{@link (\w+)\}/g, '`$1`').trim();
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** The text of a declaration up to its body. */
function signatureOf(node: Declaration): string {
  const text = node.getText();
  const body =
    ts.isFunctionDeclaration(node) && node.body ? node.body.getStart() - node.getStart() : text.length;
  return oneLine(text.slice(0, body))
    .replace(/^export (async )?/, '')
    .replace(/;$/, '');
}

/** The members of an interface, or of a type that is written out. */
function membersOf(node: Declaration): readonly ts.TypeElement[] {
  if (ts.isInterfaceDeclaration(node)) return [...node.members];
  return ts.isTypeAliasDeclaration(node) && ts.isTypeLiteralNode(node.type) ? [...node.type.members] : [];
}

function memberLine(member: ts.TypeElement): string {
  const text = oneLine(member.getText())
    .replace(/^readonly /, '')
    .replace(/ \| undefined(?=;?$)/, '')
    .replace(/;$/, '');
  const comment = oneLine(commentOf(member));
  return `- \`${text}\`${comment === '' ? '' : `: ${comment}`}`;
}

function describeName({ name, path }: Group['names'][number]): string {
  const all = declarations(path, name);
  const [first] = all;
  const comment = all.map(commentOf).find((one) => one !== '') ?? '';
  const [said = '', ...thrown] = comment.split('@throws ');
  const isFunction = first !== undefined && ts.isFunctionDeclaration(first);
  // Where it is overloaded, the last one is for the compiler alone.
  const shown = isFunction && all.length > 1 ? all.slice(0, -1) : all;
  const members = shown.flatMap(membersOf);
  const code =
    isFunction || members.length === 0
      ? shown.filter((one) => !ts.isClassDeclaration(one) && !ts.isVariableStatement(one))
      : [];
  const heading =
    first && ts.isInterfaceDeclaration(first)
      ? first.heritageClauses?.map((one) => oneLine(one.getText())).join(' ')
      : undefined;
  return [
    `### ${name}`,
    ...(said.trim() === '' ? [] : [oneLine(said)]),
    ...(heading === undefined ? [] : [`\`${heading}\``]),
    ...(code.length === 0 ? [] : [['```ts', ...code.map(signatureOf), '```'].join('\n')]),
    ...(members.length === 0 ? [] : [members.map(memberLine).join('\n')]),
    ...(thrown.length === 0 ? [] : [thrown.map((one) => `- throws ${oneLine(one)}`).join('\n')]),
  ].join('\n\n');
}

const testing = ['startDockerd', 'useDockerd', 'TestDockerd', 'TestDockerdOptions', 'TestHooks'];

/** A page with all that the package exports, from the comments in lib/. */
export function reference(): string {
  const own = groups();
  const all: Group[] = [
    ...own,
    {
      title: 'From docker-tls-openssl/testing: a daemon for integration tests',
      names: testing.map((name) => ({ name, path: 'testing' })),
    },
  ];
  const parts = all.map(({ title, names }) => [`## ${title}`, ...names.map(describeName)].join('\n\n'));
  return (
    [
      '# Reference of the library',
      'All that `docker-tls-openssl` exports, made from its source. [The library](library.md) says how to use it.',
      ...parts,
    ].join('\n\n') + '\n'
  );
}
