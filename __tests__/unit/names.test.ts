import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const lib = fileURLToPath(new URL('../../lib', import.meta.url));

/** The top-level types of a file, and what else it exports: one name, one thing. */
function declaredIn(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(join(lib, file), 'utf8'), ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) => {
    if (
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement) ||
      ts.isClassDeclaration(statement)
    )
      return statement.name ? [statement.name.text] : [];
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
    if (!isExported) return [];
    if (ts.isFunctionDeclaration(statement)) return statement.name ? [statement.name.text] : [];
    if (!ts.isVariableStatement(statement)) return [];
    return statement.declarationList.declarations.flatMap(({ name }) =>
      ts.isIdentifier(name) ? [name.text] : [],
    );
  });
}

test('no two files of lib declare a type, or export something, of the same name', () => {
  const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const where = new Map<string, Set<string>>();
  for (const file of files)
    for (const name of declaredIn(file)) where.set(name, (where.get(name) ?? new Set()).add(file));
  const twice = [...where].filter(([, declared]) => declared.size > 1);
  expect(where.size).toBeGreaterThan(500);
  expect(twice.map(([name, declared]) => `${name}: ${[...declared].sort().join(', ')}`)).toEqual([]);
});
