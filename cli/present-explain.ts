/** The words of `explain`: what each client says to a certificate, and what a message means. The voice is that of present.ts. */
import type { Explanation } from '../lib/index.js';
import type { ExplainedCertificate, KnownMessage } from '../lib/internal.js';
import type { Style } from './streams.js';

export const explainWords = {
  messageAndDirectory: '--message cannot be combined with a directory, --name or --host',
  messageEmpty: 'the message is empty',
} as const;

/** Who says what to each certificate, then why, and what mends it. */
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
  return verdicts.flatMap(({ name, says }) => {
    const [first = style.green('accepts'), ...more] = says.map(
      ({ words, only }) => `${style.red('refuses')}: ${words}${only === undefined ? '' : ` (only ${only})`}`,
    );
    return [`  ${name.padEnd(width)}  ${first}`, ...more.map((words) => `  ${' '.repeat(width)}  ${words}`)];
  });
}

function describeReasons({ reasons }: ExplainedCertificate, style: Style): string[] {
  if (reasons.length === 0) return [];
  const all = [...new Set(reasons.map(({ mend }) => mend))];
  // One that is the beginning of another is done with it.
  const mends = all.filter((mend) => !all.some((other) => other.startsWith(`${mend} && `)));
  return [
    'Why:',
    ...reasons.map(({ id, what }) => `  ${style.bold(id)}: ${what}`),
    'Fix:',
    ...mends.map((mend) => `  ${mend}`),
  ];
}

/** What a message means. */
export function describeMessage({ id, who, cause, fix, source }: KnownMessage, style: Style): string[] {
  return [
    style.bold(id),
    `  said by: ${who}`,
    `  cause:   ${cause}`,
    `  fix:     ${fix}`,
    `  source:  ${source}`,
  ];
}

export function describeUnknown(style: Style): string[] {
  return [
    `${style.red('error:')} this message is unknown`,
    `${style.bold('hint:')} pass the line as the client prints it, or check the certificates with \`docker-tls-openssl explain DIRECTORY\``,
  ];
}
