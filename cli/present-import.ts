/** The words of `import`; their voice is that of present.ts. */
import { artifactsOf } from '../lib/internal.js';
import type { ImportedSet, previewImport } from '../lib/index.js';
import { ownLine } from './own-command.js';
import { counted, spelledNotes } from './present.js';
import { describeVerification, findingsAsJson } from './present-verify.js';
import type { Style } from './streams.js';

type ImportPlan = Awaited<ReturnType<typeof previewImport>>;
type Import = ImportPlan | ImportedSet;

const kinds = { certificate: 'certificate', 'private-key': 'private key', crl: 'revocation list' } as const;

/** The mapping, what is left out, what is missing, and what `verify` finds. `args`: what was typed. */
export function describeImport(
  imported: Import,
  apply: boolean,
  args: readonly string[],
  style: Style,
): string[] {
  const { from, directory, leftOut, missing, recorded, revoked, verification } = imported;
  const isDone = changesOf(imported).length === 0;
  const heading = isDone
    ? `Nothing to do: ${directory} has all of it.`
    : apply
      ? `${style.green('Imported')} ${from} to ${directory}:`
      : `${style.yellow('Preview:')} these files would be copied from ${from} to ${directory}:`;
  return [
    heading,
    ...mapping(imported, style),
    '',
    ...(leftOut.length > 0 ? [...describeLeftOut(leftOut), ''] : []),
    ...(missing.length > 0
      ? [style.bold('Missing:'), ...missing.map(({ path, why }) => `  ${path}: ${why}`), '']
      : []),
    `The index ${apply || isDone ? 'lists' : 'would list'} ${counted(recorded, 'certificate')}${revoked.length > 0 ? `, ${revoked.length} revoked` : ''}.`,
    '',
    style.bold(apply || isDone ? 'What verify finds:' : 'What verify would find:'),
    ...describeVerification(verification, style).map((line) => (line === '' ? '' : `  ${line}`)),
    ...(apply || isDone ? [] : ['', 'To import it:', `  ${again(args)}`]),
  ];
}

function mapping({ files }: Import, style: Style): string[] {
  const [from, to] = [
    Math.max(...files.map((file) => file.from.length)),
    Math.max(...files.map((file) => file.to.length)),
  ];
  return files.flatMap((file) => [
    `  ${file.from.padEnd(from)}  ->  ${file.to.padEnd(to)}  ${whatOf(file)}`,
    ...file.remarks.map((remark) => `  ${' '.repeat(from)}      ${style.yellow('note:')} ${remark}`),
  ]);
}

function whatOf({ kind, role, name }: Import['files'][number]): string {
  const whose = role === 'ca' ? 'of the CA' : `of the ${role}${name === undefined ? '' : ` ${name}`}`;
  return `${kinds[kind]} ${whose}`;
}

/** Files that have nothing to do with certificates are only counted. */
function describeLeftOut(leftOut: Import['leftOut']): string[] {
  const told = leftOut.filter(({ kind }) => kind !== 'other');
  const others = leftOut.filter(({ kind }) => kind === 'other');
  const width = Math.max(0, ...told.map(({ path }) => path.length));
  return [
    'Left out:',
    ...told.flatMap(({ path, why, hint }) => [
      `  ${path.padEnd(width)}  ${why}`,
      ...(hint === undefined ? [] : [`  ${' '.repeat(width)}  ${hint}`]),
    ]),
    ...(others.length > 0
      ? [
          `  ${counted(others.length, 'other file')}: ${others
            .slice(0, 5)
            .map(({ path }) => path)
            .join(', ')}${others.length > 5 ? ', ...' : ''}`,
        ]
      : []),
  ];
}

/** The very command that was typed, this time to do it. */
function again(args: readonly string[]): string {
  return ownLine(...args.filter((arg) => arg !== '--dry-run'), '--apply');
}

function changesOf(imported: Import): ReturnType<typeof artifactsOf> {
  return 'plan' in imported ? artifactsOf(imported.plan) : [...imported.made];
}

/** The object that `import --json` prints. */
export function importAsJson(imported: Import, apply: boolean): object {
  const { from, directory, files, leftOut, missing, recorded, revoked, verification, notes } = imported;
  return {
    ok: true,
    command: 'import',
    applied: apply,
    from,
    directory,
    files: files.map(({ name, ...file }) => ({ ...file, name: name ?? null })),
    leftOut: leftOut.map(({ hint, ...file }) => ({ ...file, hint: hint ?? null })),
    missing,
    made: changesOf(imported).map(({ path, product, mode }) => ({
      ...{ path, kind: product, mode: `0${mode.toString(8)}` },
    })),
    recorded,
    revoked,
    verification: {
      ok: verification.ok,
      findings: findingsAsJson(verification.findings),
      checked: verification.checked,
    },
    notes: spelledNotes(notes),
  };
}
