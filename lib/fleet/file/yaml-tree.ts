import type { Document, Node, Pair } from 'yaml';
import { placeIn, shortened, topPlace, type FileNode, type FilePlace, type MapEntry } from './file-node.js';
import { Problems, type LineOf } from './problems.js';
import { MOST_DEPTH } from './value-tree.js';

/** So many values aliases may stand for. */
const MOST_COPIES = 1_000_000;

/** The library is loaded on demand: it takes as long to load as all of this one. */
type Yaml = typeof import('yaml');

/** Parses YAML 1.2, of which JSON is a part. Throws `ERR_CONFIGURATION` for what is neither. `file`: as errors name it. */
export function parseText(
  yaml: Yaml,
  bytes: Buffer,
  file: string,
): { readonly node: FileNode; readonly problems: Problems } {
  const text = decode(bytes);
  const problems = new Problems(file, linesOf(text ?? ''));
  const refuse = (message: string, hint?: string): never => {
    problems.add({ ...topPlace, at: undefined }, message, hint);
    problems.throwIfAny();
    throw new Error(message);
  };
  if (text === undefined) return refuse('the file is not UTF-8', 'save it as UTF-8');
  const document = parseYaml(yaml, text);
  if (!document) return refuse('it is nested too deeply');
  for (const { message, code, pos } of document.errors)
    problems.add(
      { ...topPlace, at: Math.min(pos[0], text.length) },
      code === 'MULTIPLE_DOCS' ? 'the file has more than one document' : sentence(message),
    );
  problems.throwIfAny();
  if (document.contents === null || (yaml.isScalar(document.contents) && document.contents.value === null))
    refuse('the file is empty', "it needs 'hosts' at least");
  const { yaml: version, tags } = document.directives;
  if (version.explicit || Object.keys(tags).some((handle) => handle !== '!!'))
    refuse('the file has a directive (%), and none is read', 'remove it: a fleet file is YAML 1.2');
  const node = new TreeOf(yaml, problems).tree(document.contents, topPlace, 0);
  problems.throwIfAny();
  return { node, problems };
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Undefined for what is nested so deeply that the parser cannot follow. */
function parseYaml({ parseDocument }: Yaml, text: string): Document.Parsed | undefined {
  try {
    // Keys that repeat are found by us, and at once: the parser compares each with all others.
    return parseDocument(text, { uniqueKeys: false, prettyErrors: false, merge: false, logLevel: 'error' });
  } catch (error) {
    if (error instanceof Error && error.name === 'RangeError') return undefined;
    throw error;
  }
}

/** The parser's words as this program's: the first line, beginning with a small letter. */
function sentence(message: string): string {
  const [line = ''] = message.split('\n', 1);
  return `it is not valid YAML: ${line.slice(0, 1).toLowerCase()}${line.slice(1, 200)}`;
}

/** Counts lines only where a problem is. */
function linesOf(text: string): LineOf {
  let starts: number[] | undefined;
  return (at) => {
    starts ??= [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map(({ 0: end, index }) => index + end.length)];
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: at - (starts[low] ?? 0) + 1 };
  };
}

interface Anchored {
  readonly node: FileNode;
  /** How many values it has, with those of the aliases in it. */
  readonly size: number;
}

/** Turns the parser's nodes into a tree. What an alias stands for is made once, and counted each time. */
class TreeOf {
  readonly #yaml: Yaml;
  readonly #problems: Problems;
  readonly #anchors = new Map<string, Anchored>();
  #size = 0;
  #copies = 0;

  constructor(yaml: Yaml, problems: Problems) {
    this.#yaml = yaml;
    this.#problems = problems;
  }

  tree(node: Node | null, place: FilePlace, depth: number): FileNode {
    const at = node?.range?.[0] ?? place.at;
    const here = { ...place, at };
    const nothing: FileNode = { kind: 'scalar', at, value: null };
    this.#size += 1;
    if (node === null) return nothing;
    if (depth > MOST_DEPTH) return this.#refuse(here, 'it is nested too deeply', nothing);
    if (this.#yaml.isAlias(node)) return this.#alias(node.source, here, nothing);
    if (node.tag !== undefined)
      return this.#refuse(here, 'it has a tag (!), and none is read', nothing, 'remove the tag');
    const before = this.#size;
    const made = this.#plain(node, here, depth, nothing);
    const anchor =
      this.#yaml.isScalar(node) || this.#yaml.isMap(node) || this.#yaml.isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, { node: made, size: this.#size - before + 1 });
    return made;
  }

  #plain(node: Node, place: FilePlace, depth: number, nothing: FileNode): FileNode {
    const { at } = place;
    if (this.#yaml.isMap<Node | null, Node | null>(node))
      return { kind: 'map', at, entries: node.items.flatMap((pair) => this.#entry(pair, place, depth)) };
    if (this.#yaml.isSeq<Node | null>(node)) {
      const items = node.items.map((item, nth) => this.tree(item, placeIn(place, nth, at), depth + 1));
      return { kind: 'list', at, items };
    }
    return this.#yaml.isScalar(node) ? { kind: 'scalar', at, value: node.value } : nothing;
  }

  #entry({ key, value }: Pair<Node | null, Node | null>, place: FilePlace, depth: number): MapEntry | [] {
    const at = key?.range?.[0] ?? place.at;
    if (!this.#yaml.isScalar(key) || key.value === null) {
      this.#problems.add({ ...place, at }, 'a key is a text, and nothing else');
      return [];
    }
    const text = typeof key.value === 'string' ? key.value : (key.source ?? JSON.stringify(key.value));
    const its = placeIn(place, text, at);
    if (key.tag !== undefined)
      return this.#refuse(its, 'it has a tag (!), and none is read', [], 'remove the tag');
    if (text === '<<')
      return this.#refuse(
        its,
        'merge keys are not read',
        [],
        "put what hosts have in common under 'defaults'",
      );
    if (key.anchor !== undefined)
      this.#anchors.set(key.anchor, { node: { kind: 'scalar', at, value: key.value }, size: 1 });
    return { key: text, at, value: this.tree(value, its, depth + 1) };
  }

  #alias(name: string, place: FilePlace, nothing: FileNode): FileNode {
    const found = this.#anchors.get(name);
    if (!found) return this.#refuse(place, `no anchor &${shortened(name)} stands before it`, nothing);
    this.#size += found.size;
    this.#copies += found.size;
    if (this.#copies > MOST_COPIES)
      return this.#refuse(place, `its aliases stand for more than ${MOST_COPIES} values`, nothing);
    return found.node;
  }

  #refuse<T>(place: FilePlace, message: string, instead: T, hint?: string): T {
    this.#problems.add(place, message, hint);
    return instead;
  }
}
