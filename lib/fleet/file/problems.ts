import { ConfigurationError, type ConfigurationProblem } from '../../errors.js';
import { libraryText, wordsOf, type Text } from '../../words.js';
import { placeName, type FilePlace } from './file-node.js';

/** Nobody reads more at once. */
const MOST_PROBLEMS = 20;

/** Turns an offset into a line and a column, both counted from 1. */
export type LineOf = (at: number) => { readonly line: number; readonly column: number };

/** Collects what is wrong in one fleet file, so that a reader hears of all of it at once. */
export class Problems {
  readonly #file: string;
  readonly #lineOf: LineOf;
  readonly #found: { readonly at: number | undefined; readonly problem: ConfigurationProblem }[] = [];
  #count = 0;

  /** `file`: as errors name it. */
  constructor(file: string, lineOf: LineOf) {
    this.#file = file;
    this.#lineOf = lineOf;
  }

  add(place: FilePlace, message: string, hint?: Text): void {
    this.#count += 1;
    if (this.#found.length >= MOST_PROBLEMS) return;
    this.#found.push({
      at: place.at,
      problem: {
        key: placeName(place),
        ...this.#position(place.at),
        message,
        hint: hint === undefined ? undefined : libraryText(hint),
        remedy: hint === undefined ? undefined : wordsOf(hint),
      },
    });
  }

  #position(at: number | undefined): { line: number | undefined; column: number | undefined } {
    return at === undefined ? { line: undefined, column: undefined } : this.#lineOf(at);
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** `docker-tls.yaml, line 3`: where a name was given before. */
  where(place: FilePlace): string {
    const { line } = this.#position(place.at);
    return line === undefined ? placeName(place) : `${placeName(place)}, line ${line}`;
  }

  /** Throws `ERR_CONFIGURATION` unless nothing was found. */
  throwIfAny(): void {
    if (this.isEmpty) return;
    const sorted = this.#found
      .map((found, nth) => ({ ...found, nth }))
      .sort((one, other) => (one.at ?? 0) - (other.at ?? 0) || one.nth - other.nth)
      .map(({ problem }) => problem);
    const [first] = sorted;
    if (!first) return;
    const others = this.#count - 1;
    const more = others === 0 ? '' : ` (and ${others} more ${others === 1 ? 'problem' : 'problems'})`;
    throw new ConfigurationError(this.#file, `${problemLine(this.#file, first)}${more}`, {
      line: first.line,
      column: first.column,
      hint: first.remedy,
      problems: sorted,
    });
  }
}

/** `docker-tls.yaml:3:5: hosts.web1.nams: there is no such key`. */
function problemLine(file: string, { key, line, column, message }: ConfigurationProblem): string {
  const where = [file, line, column].filter((part) => part !== undefined).join(':');
  return [where, key, message].filter((part) => part !== '').join(': ');
}
