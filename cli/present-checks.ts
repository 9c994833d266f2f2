/** Every word about checks. Their voice is that of present.ts. */
import { endpointUrl, type Text } from '../lib/internal.js';
import type { Connection, Diagnosis } from '../lib/index.js';
import { spelled } from './own-command.js';
import { certificateAsJson, counted } from './present.js';
import type { Style } from './streams.js';

/** One line of a table, and below it what to do. */
interface Row {
  readonly mark: keyof typeof marks;
  readonly title: string;
  readonly detail: string;
  readonly remedy?: Text | undefined;
}

/** In words, and as signs for a terminal that has colours. */
const marks = {
  ok: { word: 'ok', sign: '✓', colour: 'green' },
  warning: { word: 'warning', sign: '!', colour: 'yellow' },
  problem: { word: 'PROBLEM', sign: '✗', colour: 'red' },
  failed: { word: 'FAILED', sign: '✗', colour: 'red' },
  unknown: { word: 'unknown', sign: '?', colour: 'yellow' },
  none: { word: '-', sign: '-', colour: 'dim' },
} as const;

function describeRows(rows: readonly Row[], style: Style, colours: boolean): string[] {
  const spelling = colours ? 'sign' : 'word';
  const markWidth = Math.max(...rows.map(({ mark }) => marks[mark][spelling].length));
  const titleWidth = Math.max(...rows.map(({ title }) => title.length));
  return rows.flatMap(({ mark, title, detail, remedy }) => {
    const { colour, [spelling]: shown } = marks[mark];
    const line = `${title.padEnd(titleWidth)}  ${detail}`.trimEnd();
    return [
      `  ${style[colour](shown.padEnd(markWidth))}  ${mark === 'none' ? style.dim(line) : line}`,
      ...(remedy === undefined
        ? []
        : [`  ${' '.repeat(markWidth)}  ${style.bold('fix:')} ${spelled(remedy)}`]),
    ];
  });
}

/** What could not be tried for the same reason is one line. */
function gathered(rows: readonly Row[]): Row[] {
  const alike = (row: Row): Row[] =>
    row.mark === 'none' ? rows.filter(({ mark, detail }) => mark === 'none' && detail === row.detail) : [];
  return rows.flatMap((row) => {
    const group = alike(row);
    if (group.length < 3) return [row];
    return group[0] === row ? [{ ...row, title: `${group.length} more checks` }] : [];
  });
}

/** What was looked at, and how many checks failed. */
export function describeConnection(connection: Connection, style: Style, colours: boolean): string[] {
  const { endpoint, directory, checks } = connection;
  const words = { passed: 'ok', failed: 'failed', skipped: 'none' } as const;
  const rows = checks.map(({ state, ...rest }): Row => ({ ...rest, mark: words[state] }));
  const failed = checks.filter(({ state }) => state === 'failed').length;
  const skipped = checks.filter(({ state }) => state === 'skipped').length;
  const tried = checks.length - skipped;
  const without = skipped === 0 ? '' : `; ${skipped} could not be tried`;
  return [
    `${style.bold(endpointUrl(endpoint))}, with the files in ${directory}:`,
    ...describeRows(gathered(rows), style, colours),
    '',
    failed === 0
      ? `${style.green(`All ${tried} checks passed`)}${without}.`
      : `${style.red(`${failed} of ${tried} checks failed`)}${without}.`,
  ];
}

/** The object that --json prints: docs/json.md describes it. */
export function connectionAsJson(connection: Connection): object {
  const { endpoint, directory, checks, ok, protocol, certificate, docker } = connection;
  return {
    ok,
    command: 'connect',
    endpoint: endpointUrl(endpoint),
    directory,
    checks: checks.map(({ id, title, state, detail, remedy }) => ({
      id,
      title,
      state,
      detail,
      fix: remedy === undefined ? null : spelled(remedy),
    })),
    protocol: protocol ?? null,
    certificate: certificate ? certificateAsJson(certificate) : null,
    docker: docker ?? null,
  };
}

/** What was found, and how bad it is. */
export function describeDiagnosis({ findings }: Diagnosis, style: Style, colours: boolean): string[] {
  const rows = findings.map(({ state, ...rest }): Row => ({
    ...rest,
    mark: state === 'absent' ? 'none' : state,
  }));
  const count = (state: string, called: string): string[] => {
    const number = findings.filter((finding) => finding.state === state).length;
    return number === 0 ? [] : [counted(number, called)];
  };
  const bad = [...count('problem', 'problem'), ...count('warning', 'warning')];
  const unknown = findings.filter(({ state }) => state === 'unknown').length;
  const unchecked = unknown === 0 ? '' : `; ${counted(unknown, 'check')} could not be made`;
  const paint = findings.some(({ state }) => state === 'problem') ? style.red : style.yellow;
  return [
    ...describeRows(rows, style, colours),
    '',
    `${bad.length === 0 ? style.green('No problems found') : paint(bad.join(', '))}${unchecked}.`,
  ];
}

/** The object that --json prints: docs/json.md describes it. */
export function diagnosisAsJson({ ok, directory, findings }: Diagnosis): object {
  return {
    ok,
    command: 'doctor',
    directory,
    findings: findings.map(({ id, title, state, detail, remedy }) => ({
      id,
      title,
      state,
      detail,
      fix: remedy === undefined ? null : spelled(remedy),
    })),
  };
}
