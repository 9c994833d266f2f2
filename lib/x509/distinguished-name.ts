import { content, objectIdentifier, parts, TAG, type DerValue } from './der.js';

/** One attribute of a name as it stands in a certificate. */
export interface NamePart {
  /** Its type's object identifier. */
  readonly id: string;
  readonly value: string;
  /** The tag of its string: 12 for UTF8String, 19 for PrintableString, 22 for IA5String, … */
  readonly tag: number;
}

/** One attribute as a command or a configuration asks for it. */
export interface AskedPart {
  /** As openssl names the type, or its object identifier. */
  readonly type: string;
  readonly value: string;
  /** It stands in one relative name with the one before. */
  readonly joined: boolean;
}

/** The types that openssl knows by name and that people are called by (RFC 5280 appendix A, X.520). */
const types: readonly (readonly [id: string, short: string, long?: string])[] = [
  ['2.5.4.3', 'CN', 'commonName'],
  ['2.5.4.4', 'SN', 'surname'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C', 'countryName'],
  ['2.5.4.7', 'L', 'localityName'],
  ['2.5.4.8', 'ST', 'stateOrProvinceName'],
  ['2.5.4.9', 'street', 'streetAddress'],
  ['2.5.4.10', 'O', 'organizationName'],
  ['2.5.4.11', 'OU', 'organizationalUnitName'],
  ['2.5.4.12', 'title'],
  ['2.5.4.13', 'description'],
  ['2.5.4.15', 'businessCategory'],
  ['2.5.4.17', 'postalCode'],
  ['2.5.4.41', 'name'],
  ['2.5.4.42', 'GN', 'givenName'],
  ['2.5.4.43', 'initials'],
  ['2.5.4.44', 'generationQualifier'],
  ['2.5.4.46', 'dnQualifier'],
  ['2.5.4.65', 'pseudonym'],
  ['2.5.4.97', 'organizationIdentifier'],
  ['0.9.2342.19200300.100.1.1', 'UID', 'userId'],
  ['0.9.2342.19200300.100.1.25', 'DC', 'domainComponent'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
  ['1.2.840.113549.1.9.2', 'unstructuredName'],
];

const { utf8String: UTF8, printableString: PRINTABLE, ia5String: IA5 } = TAG;
const BMP = 0x1e;

/** The strings that openssl makes whatever `string_mask` says (ASN1_STRING_TABLE). */
const fixedTags: Readonly<Record<string, number>> = {
  '2.5.4.5': PRINTABLE,
  '2.5.4.6': PRINTABLE,
  '2.5.4.46': PRINTABLE,
  '0.9.2342.19200300.100.1.25': IA5,
  '1.2.840.113549.1.9.1': IA5,
};

/** Reads a name, RDN by RDN, from the content of its sequence. Throws `DerError`. */
export function readName(name: DerValue | undefined): NamePart[][] {
  return parts(name).map((rdn) =>
    parts(rdn, TAG.set).map((attribute) => {
      const [type, value] = parts(attribute);
      return { id: objectIdentifier(type), value: textOf(value), tag: value?.tag ?? 0 };
    }),
  );
}

function textOf(value: DerValue | undefined): string {
  const octets = value ? content(value, value.tag) : Buffer.alloc(0);
  if (value?.tag === UTF8) return octets.toString('utf8');
  // Big-endian, where Node reads little-endian.
  return value?.tag === BMP && octets.length % 2 === 0
    ? Buffer.from(octets).swap16().toString('utf16le')
    : octets.toString('latin1');
}

/** Whether a name is what was asked for; undefined where a type of it is not known here. */
export function isAskedName(
  name: readonly (readonly NamePart[])[],
  asked: readonly AskedPart[],
  onlyUtf8: boolean,
): boolean | undefined {
  const wanted: [id: string, value: string][][] = [];
  for (const { type, value, joined } of asked) {
    const id = idOf(type);
    if (id === undefined) return undefined;
    if (joined && wanted.length > 0) wanted.at(-1)?.push([id, value]);
    else wanted.push([[id, value]]);
  }
  // In one relative name the order is DER's own.
  const spelled = (rdns: readonly (readonly [string, string])[][]): string =>
    JSON.stringify(rdns.map((rdn) => rdn.map((part) => JSON.stringify(part)).sort()));
  const has = name.map((rdn) => rdn.map(({ id, value }): [string, string] => [id, value]));
  if (spelled(has) !== spelled(wanted)) return false;
  return !onlyUtf8 || name.flat().every(({ id, tag }) => tag === (fixedTags[id] ?? UTF8));
}

function idOf(type: string): string | undefined {
  if (/^\d+(?:\.\d+)+$/.test(type)) return type;
  return types.find(([, short, long]) => type === short || type === long)?.[0];
}

/** The short name of an attribute's type; undefined for one that is not known here. */
export function typeNameOf(id: string): string | undefined {
  return types.find(([known]) => known === id)?.[1];
}

/** For a message: `/C=DE/CN=alice`. */
export function showName(name: readonly (readonly NamePart[])[]): string {
  const rdns = name.map((rdn) => rdn.map(({ id, value }) => `${typeNameOf(id) ?? id}=${value}`).join('+'));
  return rdns.length === 0 ? 'empty' : `/${rdns.join('/')}`;
}

/** For a message, in the same way. */
export function showAsked(asked: readonly AskedPart[]): string {
  const text = asked.map(({ type, value, joined }) => `${joined ? '+' : '/'}${type}=${value}`).join('');
  return text === '' ? 'empty' : text;
}
