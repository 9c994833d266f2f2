import { ConfigurationError, type ConfigurationProblem } from '../../errors.js';
import { libraryText, wordsOf, type Text } from '../../words.js';
import { placeName, type FilePlace } from './file-node.js';

/** Nobody reads more at once. */
const MOST_PROBLEMS = 20;
const MOST_LETTERS = 500;

/** Turns an offset into a line and a column, both counted from 1. */
export type LineOf = (at: number) => { readonly line: number; readonly column: number };

interface FoundProblem {
  readonly at: number | undefined;
  readonly problem: ConfigurationProblem;
}

/** Collects what is wrong in one fleet file, so that a reader hears of all of it at once. */
export class Problems {
  readonly #file: string;
  readonly #lineOf: LineOf | undefined;
  /** By place and message: what many hosts inherit is one problem. */
  readonly #found = new Map<string, FoundProblem>();
  #count = 0;

  /** `file`: as errors name it. `lineOf`: undefined for a value that is in no file. */
  constructor(file: string, lineOf?: LineOf) {
    this.#file = file;
    this.#lineOf = lineOf;
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  add(place: FilePlace, message: string, hint?: Text): void {
    if (this.#found.size >= MOST_PROBLEMS) {
      this.#count += 1;
      return;
    }
    const key = placeName(place);
    const id = `${place.at ?? ''} ${key} ${message}`;
    if (this.#found.has(id)) return;
    this.#count += 1;
    const problem = {
      key,
      ...this.#position(place.at),
      message: shortMessage(message),
      hint: hint === undefined ? undefined : libraryText(hint),
      remedy: hint === undefined ? undefined : wordsOf(hint),
    };
    this.#found.set(id, { at: place.at, problem });
  }

  #position(at: number | undefined): { line: number | undefined; column: number | undefined } {
    if (at === undefined || !this.#lineOf) return { line: undefined, column: undefined };
    return this.#lineOf(at);
  }

  /** `hosts.web1.names[0], line 3`: where a name was given before. */
  where(place: FilePlace): string {
    const { line } = this.#position(place.at);
    return line === undefined ? placeName(place) : `${placeName(place)}, line ${line}`;
  }

  /** Throws `ERR_CONFIGURATION` unless nothing was found. */
  throwIfAny(): void {
    const problems = [...this.#found.values()]
      .map((found, nth) => ({ ...found, nth }))
      .sort((one, other) => (one.at ?? 0) - (other.at ?? 0) || one.nth - other.nth)
      .map(({ problem }) => problem);
    const [first] = problems;
    if (!first) return;
    const others = this.#count - 1;
    const more = others === 0 ? '' : ` (and ${others} more ${others === 1 ? 'problem' : 'problems'})`;
    throw new ConfigurationError(this.#file, `${problemLine(this.#file, first)}${more}`, {
      line: first.line,
      column: first.column,
      hint: first.remedy,
      problems,
      problemCount: this.#count,
    });
  }
}

/** What a value from the file made long. */
function shortMessage(message: string): string {
  return message.length <= MOST_LETTERS ? message : `${message.slice(0, MOST_LETTERS)}...`;
}

/** `docker-tls.yaml:3:5: hosts.web1.nams: there is no such key`. */
export function problemLine(file: string, { key, line, column, message }: ConfigurationProblem): string {
  const where = [file, line, column].filter((part) => part !== undefined).join(':');
  return [where, key, message].filter((part) => part !== '').join(': ');
}
