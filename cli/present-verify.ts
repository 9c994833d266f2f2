/** The words of `verify`: what is wrong with a certificate directory. The voice is that of present.ts. */
import type { Severity } from '../lib/internal.js';
import type { Verification, VerifyFinding } from '../lib/index.js';
import { spelled } from './own-command.js';
import { counted } from './present.js';
import type { Style } from './streams.js';

const colours = { error: 'red', warning: 'yellow', notice: 'cyan' } as const;

/** File by file, and at the end how much was looked at. */
export function describeVerification({ directory, findings, checked }: Verification, style: Style): string[] {
  const files = [...new Set(findings.map(({ file }) => file))];
  const paragraphs = files.map((file) => [
    `${style.bold(file === '.' ? directory : file)}:`,
    ...findings.filter((finding) => finding.file === file).flatMap((finding) => describe(finding, style)),
  ]);
  const looked = `${counted(checked.certificates, 'certificate')} and ${counted(checked.keys, 'key')} checked by ${checked.rules} rules`;
  const found = findings.length === 0 ? style.green('nothing found') : counts(findings, style);
  return [...paragraphs.flatMap((lines) => [...lines, '']), `${looked}: ${found}`];
}

function describe({ id, severity, reason, remedy }: VerifyFinding, style: Style): string[] {
  return [
    `  ${style[colours[severity]](severity)}  ${id}: ${reason}`,
    `  ${' '.repeat(severity.length)}  ${style.bold('fix:')} ${spelled(remedy)}`,
  ];
}

function counts(findings: readonly VerifyFinding[], style: Style): string {
  return (Object.keys(colours) as Severity[])
    .map((severity) => [severity, findings.filter((one) => one.severity === severity).length] as const)
    .filter(([, number]) => number > 0)
    .map(([severity, number]) => style[colours[severity]](counted(number, severity)))
    .join(', ');
}

/** The object that --json prints: docs/json.md describes it. */
export function verificationAsJson({ ok, directory, findings, checked }: Verification): object {
  return {
    ok,
    command: 'verify',
    directory,
    findings: findingsAsJson(findings),
    checked,
  };
}

export function findingsAsJson(findings: readonly VerifyFinding[]): object[] {
  return findings.map(({ remedy, ...finding }) => ({ ...finding, fix: spelled(remedy) }));
}
