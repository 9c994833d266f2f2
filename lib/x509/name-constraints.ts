import { contextTag, DerError, derValue, parts, TAG, type DerValue } from './der.js';

/** The names for which a CA may sign (RFC 5280 §4.2.1.10). */
export interface NameConstraints {
  readonly critical: boolean;
  readonly permitted: readonly ConstrainedName[];
  readonly excluded: readonly ConstrainedName[];
}

/** A name as a constraint or a subjectAltName has it. */
export interface ConstrainedName {
  readonly type: NameType;
  /** A text's octets, an address (in a constraint with its mask), or the RDNs of a directory name. */
  readonly octets: Buffer;
}

export type NameType = 'DNS' | 'IP' | 'directory' | 'email' | 'URI' | 'registered id' | 'other';

/** Reads the value of a nameConstraints extension. Throws `DerError`. */
export function nameConstraintsOf(value: DerValue, critical: boolean): NameConstraints {
  const lists = parts(value);
  const subtrees = (number: number): ConstrainedName[] =>
    lists
      .filter(({ tag }) => tag === contextTag(number, true))
      .flatMap((list) => parts(list, contextTag(number, true)))
      .flatMap((subtree) => parts(subtree).slice(0, 1).map(constrainedName));
  return { critical, permitted: subtrees(0), excluded: subtrees(1) };
}

/** Reads a GeneralName (RFC 5280 §4.2.1.6). Throws `DerError`. */
export function constrainedName({ tag, content: octets }: DerValue): ConstrainedName {
  const type = types.get(tag) ?? 'other';
  return { type, octets: type === 'directory' ? directoryName(octets) : octets };
}

const types: ReadonlyMap<number, NameType> = new Map([
  [contextTag(1), 'email'],
  [contextTag(2), 'DNS'],
  [contextTag(4, true), 'directory'],
  [contextTag(6), 'URI'],
  [contextTag(7), 'IP'],
  [contextTag(8), 'registered id'],
] as const);

function directoryName(octets: Buffer): Buffer {
  const name = derValue(octets);
  return name.tag === TAG.sequence ? name.content : octets;
}

/** The names of a subjectAltName, in their order; none of one that cannot be parsed. */
export function namesInSubjectAltName(value: Buffer): ConstrainedName[] {
  try {
    return parts(derValue(value)).map(constrainedName);
  } catch (error) {
    if (error instanceof DerError) return [];
    throw error;
  }
}
