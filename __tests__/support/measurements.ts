import { readFileSync, writeFileSync } from 'node:fs';
import type { ClientId } from '../../lib/judge/clients.js';
import { alternatives } from '../../lib/judge/rules/rule.js';
import type { ClientVerdict } from '../../lib/report/explain.js';
import type { Answer } from './client-process.js';

/** This is `npm run clients`, which asks every program about everything and writes down what they print. */
export const isMeasuring = process.env['CLIENTS'] === 'measure';

/** The output of every program, and when it was asked last. */
export interface Measurements {
  readonly date: string;
  /** The client of each program, by the program's name and version. */
  readonly programs: Readonly<Record<string, ClientId>>;
  readonly answers: Readonly<Record<string, Answers>>;
}

/** Programs in neither list accept. */
interface Answers {
  /** Programs that refuse, by what they print. */
  readonly refusals: Readonly<Record<string, readonly string[]>>;
  readonly unasked?: readonly string[];
}

export function readMeasurements(of: 'servers' | 'clients'): Measurements {
  return JSON.parse(readFileSync(path(of), 'utf8')) as Measurements;
}

function path(of: 'servers' | 'clients'): string {
  return new URL(`../measured/${of}.json`, import.meta.url).pathname;
}

/** The answer of a program, with its client; undefined for `answer` where it accepts. */
export interface Given {
  readonly program: string;
  readonly client: ClientId;
  readonly answer: Answer;
}

/** The answers about one certificate; an error where nobody was asked. */
export function givenFor({ programs, answers }: Measurements, title: string): Given[] {
  const about = answers[title];
  if (about === undefined) throw new Error(`nobody was asked about “${title}”: npm run clients`);
  const words = new Map(
    Object.entries(about.refusals).flatMap(([said, names]) => names.map((name) => [name, said] as const)),
  );
  return Object.entries(programs)
    .filter(([program]) => about.unasked?.includes(program) !== true)
    .map(([program, client]) => ({ program, client, answer: words.get(program) }));
}

/** Writes the answers about one certificate beside those about others, which stay only if the same programs gave them. */
export function writeAnswers(
  of: 'servers' | 'clients',
  programs: Readonly<Record<string, ClientId>>,
  title: string,
  given: readonly Given[],
): void {
  const before = readMeasurements(of);
  const isSame = JSON.stringify(before.programs) === JSON.stringify(programs);
  const names = Object.keys(programs);
  const refused = given.filter(({ answer }) => answer !== undefined);
  const refusals: Record<string, string[]> = {};
  for (const { program, answer = '' } of refused) (refusals[answer] ??= []).push(program);
  const unasked = names.filter((name) => !given.some(({ program }) => program === name));
  const about: Answers = unasked.length > 0 ? { refusals, unasked } : { refusals };
  const answers = { ...(isSame ? before.answers : {}), [title]: about };
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(path(of), `${JSON.stringify({ date, programs, answers }, undefined, 2)}\n`);
}

/** The telling lines of what a program printed, without what another run has otherwise. */
export function recorded(answer: Answer, { port, directory }: { port: number; directory: string }): Answer {
  const lines = answer?.split('\n').map((line) => line.trim());
  const telling = lines?.filter((line) => /error|Status:|\*\*\*|curl: /i.test(line));
  return (telling?.length ? telling : lines)
    ?.join(' ')
    .replaceAll(directory, 'DIRECTORY')
    .replace(new RegExp(`\\b${port}\\b`, 'g'), 'PORT')
    .replace(/current time [^\s'"]+/g, 'current time NOW')
    .replace(/ ?\(_ssl\.c:\d+\)/g, '')
    .replace(/\b[0-9A-F]{8,}:(?=error:)/g, '')
    .replace(/0x[0-9a-f]{6,}/g, '0x…')
    .trim();
}

/**
 * Tells whether a client printed what its verdict says: openssl prints all its reasons, the others the first. Versions may
 * differ where the table says that they do.
 */
export function agrees({ client, says }: ClientVerdict, answer: Answer): boolean {
  if (answer === undefined) return says.every(({ only }) => only !== undefined);
  const stand = says.map(({ words }) =>
    alternatives(words).some((one) => steady(answer).includes(steady(one))),
  );
  return client.startsWith('openssl') ? stand.length > 0 && !stand.includes(false) : stand.includes(true);
}

/** Without the clock, which goes on, and lengths, which depend on the signature. */
function steady(text: string): string {
  return text.replace(/current time \S+/, 'current time NOW').replace(/\b\d{5}\b/g, 'N');
}

/** Lists verdicts that differ from what the client's versions printed; also those of which no version refuses as said. */
export function disagreements(verdicts: readonly ClientVerdict[], given: readonly Given[]): object[] {
  const wrong = given.flatMap(({ client, program, answer }) => {
    const verdict = verdicts.find((one) => one.client === client);
    return verdict && agrees(verdict, answer) ? [] : [{ program, answer, told: verdict?.says }];
  });
  const unproven = verdicts.filter(({ client, says }) => {
    const own = given.filter((one) => one.client === client);
    return says.length > 0 && own.length > 0 && own.every(({ answer }) => answer === undefined);
  });
  return [
    ...wrong,
    ...unproven.map(({ client, says }) => ({ client, refuses: 'in no version', told: says })),
  ];
}
