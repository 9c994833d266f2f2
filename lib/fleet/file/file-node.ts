/** A fleet file as a tree, with the place of each value: the one form that YAML, JSON and a value of the library are read from. */
export type FileNode = MapNode | ListNode | ScalarNode;

export interface MapNode {
  readonly kind: 'map';
  readonly at: number | undefined;
  readonly entries: readonly MapEntry[];
}

export interface MapEntry {
  readonly key: string;
  /** Where the key is. */
  readonly at: number | undefined;
  readonly value: FileNode;
}

export interface ListNode {
  readonly kind: 'list';
  readonly at: number | undefined;
  readonly items: readonly FileNode[];
}

export interface ScalarNode {
  readonly kind: 'scalar';
  /** An offset in the text; undefined for a value that is in no file. */
  readonly at: number | undefined;
  /** A text, a number, true, false, null, or what a JavaScript caller gave instead. */
  readonly value: unknown;
}

/** Where a value is: its offset, and the keys that lead to it. */
export interface FilePlace {
  readonly at: number | undefined;
  readonly parent: FilePlace | undefined;
  /** The last key or index; undefined for the file itself. */
  readonly step: string | number | undefined;
}

/** A value with its place. */
export interface Located<T> {
  readonly value: T;
  readonly place: FilePlace;
}

export const topPlace: FilePlace = { at: undefined, parent: undefined, step: undefined };

export function placeIn(parent: FilePlace, step: string | number, at: number | undefined): FilePlace {
  return { at, parent, step };
}

/** `hosts.web1.names[0]`; a key that is no plain word stands in brackets: `hosts["db[1:3]"]`. */
export function placeName(place: FilePlace): string {
  if (place.parent === undefined || place.step === undefined) return '';
  const before = placeName(place.parent);
  if (typeof place.step === 'number') return `${before}[${place.step}]`;
  const isPlain = /^[\w$-]{1,100}$/.test(place.step);
  if (!isPlain) return `${before}[${JSON.stringify(shortened(place.step))}]`;
  return before === '' ? place.step : `${before}.${place.step}`;
}

/** A text for a message: no longer than a line. */
export function shortened(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 97)}...`;
}
