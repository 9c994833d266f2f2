import type { AltName } from './alt-names.js';
import { contextTag, DerError, derValue, parts, TAG, type DerValue } from './der.js';
import { der } from './der-write.js';
import { readName, showName } from './distinguished-name.js';
import { addressOctets, addressOf } from './socket-address.js';

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

/** A name or address as a constraint is compared with it. */
export function asConstrained({ type, value }: AltName): ConstrainedName {
  const octets = type === 'IP' ? addressOctets(value) : undefined;
  return { type, octets: octets ?? Buffer.from(value, 'latin1') };
}

/** The value of the extension in DER; undefined for names of types other than DNS, IP, email and URI. */
export function nameConstraintsValue(
  constraints: Pick<NameConstraints, 'permitted' | 'excluded'>,
): Buffer | undefined {
  const tags = new Map([...types].map(([tag, type]) => [type, tag]));
  const lists = [constraints.permitted, constraints.excluded];
  if (lists.flat().some(({ type }) => !['DNS', 'IP', 'email', 'URI'].includes(type))) return undefined;
  const subtrees = lists.map((list) =>
    list.map(({ type, octets }) => der(TAG.sequence, der(tags.get(type) ?? 0, octets))),
  );
  return der(
    TAG.sequence,
    ...subtrees.flatMap((list, number) =>
      list.length === 0 ? [] : [der(contextTag(number, true), ...list)],
    ),
  );
}

/** A line of a section of openssl's configuration (x509v3_config(5), Name Constraints). */
export interface ConstraintLine {
  /** `permitted;DNS.1` */
  readonly name: string;
  readonly value: string;
}

/** Constraints on DNS names and networks as lines of a configuration. */
export function constraintLines({ permitted, excluded }: NameConstraints): ConstraintLine[] {
  return [
    ...permitted.map((one) => ({ list: 'permitted', ...one })),
    ...excluded.map((one) => ({ list: 'excluded', ...one })),
  ].map(({ list, type, octets }, at) => {
    const halves = [octets.subarray(0, octets.length / 2), octets.subarray(octets.length / 2)];
    const value = type === 'IP' ? halves.map(addressOf).join('/') : octets.toString('latin1');
    return { name: `${list};${type}.${at + 1}`, value };
  });
}

/** Both lists for a person: `permitted DNS:example.com`, `excluded IP:0.0.0.0/0`. */
export function showConstraints({ permitted, excluded }: NameConstraints): string[] {
  return [
    ...permitted.map((one) => `permitted ${showConstrained(one)}`),
    ...excluded.map((one) => `excluded ${showConstrained(one)}`),
  ];
}

/** One constraint: a network with the length of its prefix, or with its mask if that has gaps. */
export function showConstrained({ type, octets }: ConstrainedName): string {
  if (type === 'IP') return `IP:${showNetwork(octets) ?? octets.toString('hex')}`;
  if (type === 'directory') return `directory:${showDirectory(octets)}`;
  const isText = ['DNS', 'email', 'URI'].includes(type);
  return `${type}:${octets.toString(isText ? 'latin1' : 'hex')}`;
}

function showNetwork(octets: Buffer): string | undefined {
  const half = octets.length / 2;
  const [address, mask] = [octets.subarray(0, half), octets.subarray(half)];
  const bits = Array.from(mask, (octet) => octet.toString(2).padStart(8, '0')).join('');
  const [network, masked] = [addressOf(address), addressOf(mask)];
  if (network === undefined || masked === undefined) return undefined;
  return `${network}/${bits.includes('01') ? masked : bits.replaceAll('0', '').length}`;
}

function showDirectory(octets: Buffer): string {
  try {
    return showName(readName({ tag: TAG.sequence, content: octets, octets }));
  } catch (error) {
    if (error instanceof DerError) return octets.toString('hex');
    throw error;
  }
}
