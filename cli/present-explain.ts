/** The words of `explain`: the clients' verdicts, and the meaning of messages. The voice is that of present.ts. */
import type { Explanation } from '../lib/index.js';
import type { ExplainedCertificate, KnownMessage } from '../lib/internal.js';
import { ownLine, spelled } from './own-command.js';
import type { Style } from './streams.js';

export const explainWords = {
  messageAndDirectory: '--message cannot be combined with a directory, --name or --host',
  messageEmpty: 'the message is empty',
} as const;

/** The verdict of each client on each certificate, then the reasons and how to fix them. */
export function describeExplanation({ directory, certificates }: Explanation, style: Style): string[] {
  const paragraphs = certificates.map((certificate) => [
    describeHeading(directory, certificate),
    ...describeVerdicts(certificate, style),
    ...describeReasons(certificate, style),
  ]);
  return paragraphs.flatMap((lines, at) => (at === 0 ? lines : ['', ...lines]));
}

function describeHeading(directory: string, { role, path, host }: ExplainedCertificate): string {
  const whose =
    role === 'server' ? `The server's certificate, called ${host ?? ''}` : "The client's certificate";
  return `${whose} (${path} in ${directory}):`;
}

function describeVerdicts({ verdicts }: ExplainedCertificate, style: Style): string[] {
  const width = Math.max(...verdicts.map(({ name }) => name.length));
  return verdicts.flatMap(({ name, says, unknown }) => {
    const other = unknown === undefined ? style.green('accepts') : `${style.yellow('unknown')}: ${unknown}`;
    const [first = other, ...more] = says.map(
      ({ words, only }) => `${style.red('refuses')}: ${words}${only === undefined ? '' : ` (only ${only})`}`,
    );
    return [`  ${name.padEnd(width)}  ${first}`, ...more.map((words) => `  ${' '.repeat(width)}  ${words}`)];
  });
}

function describeReasons({ reasons }: ExplainedCertificate, style: Style): string[] {
  if (reasons.length === 0) return [];
  const all = [...new Set(reasons.map(({ remedy }) => spelled(remedy)))];
  // A fix that another one begins with is part of that.
  const fixes = all.filter((fix) => !all.some((other) => other.startsWith(`${fix} && `)));
  return [
    'Why:',
    ...reasons.map(({ id, what }) => `  ${style.bold(id)}: ${what}`),
    'Fix:',
    ...fixes.map((fix) => `  ${fix}`),
  ];
}

/** The object that --json prints: docs/json.md describes it. */
export function explanationAsJson({ directory, accepted, certificates }: Explanation): object {
  return {
    ok: true,
    command: 'explain',
    directory,
    accepted,
    certificates: certificates.map(({ reasons, verdicts, ...certificate }) => ({
      ...certificate,
      verdicts: verdicts.map((verdict) => ({ ...verdict, unknown: verdict.unknown ?? null })),
      reasons: reasons.map(({ remedy, ...reason }) => ({ ...reason, mend: spelled(remedy) })),
    })),
  };
}

/** The output of --json for a message; null for an unknown one, with the nearest rows. */
export function messageAsJson(known: KnownMessage | undefined, near: readonly KnownMessage[]): object {
  const { id, who, cause, fix, source } = known ?? {};
  const message = fix === undefined ? null : { id, who, cause, fix: spelled(fix), source };
  return { ok: true, command: 'explain', message, nearest: near.map(({ id, cause }) => ({ id, cause })) };
}

/** The meaning of a message. */
export function describeMessage({ id, who, cause, fix, source }: KnownMessage, style: Style): string[] {
  return [
    style.bold(id),
    `  said by: ${who}`,
    `  cause:   ${cause}`,
    `  fix:     ${spelled(fix)}`,
    `  source:  ${source}`,
  ];
}

export function describeUnknown(near: readonly KnownMessage[], style: Style): string[] {
  return [
    `${style.red('error:')} this message is unknown`,
    `${style.bold('hint:')} pass the line as the client prints it, or check the certificates with \`${ownLine('explain', 'DIRECTORY')}\`, or the daemon with \`${ownLine('connect')}\` and \`${ownLine('doctor')}\``,
    ...(near.length === 0 ? [] : ['', 'The nearest known messages:']),
    ...near.map(({ id, cause }) => `  ${style.bold(id)}: ${cause}`),
  ];
}
