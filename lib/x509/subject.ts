import { InputError } from '../errors.js';
import { givenList, givenText } from '../given.js';
import { HIDDEN } from './hidden.js';

/** One relative distinguished name: an attribute and its value. */
export interface Rdn {
  readonly type: AttributeType;
  readonly value: string;
}

/** A distinguished name, in the order in which it stands in the certificate. */
export type Subject = readonly Rdn[];

export type AttributeType = keyof typeof attributes;

/** The attributes that can be set, with the bounds of RFC 5280 appendix A, in characters. */
const attributes = {
  C: { most: 2, long: 'countryName' },
  ST: { most: 128, long: 'stateOrProvinceName' },
  L: { most: 128, long: 'localityName' },
  O: { most: 64, long: 'organizationName' },
  OU: { most: 64, long: 'organizationalUnitName' },
  CN: { most: 64, long: 'commonName' },
  serialNumber: { most: 64, long: 'serialNumber' },
  emailAddress: { most: 128, long: 'emailAddress' },
  DC: { most: 63, long: 'domainComponent' },
} as const;

/** Checks one attribute. Throws `ERR_INPUT` naming `option`. */
export function rdn(type: AttributeType, given: string, option = 'subject'): Rdn {
  const value = givenText(given, option);
  if (!Object.hasOwn(attributes, givenText(type, option)))
    throw new InputError(option, `${JSON.stringify(type)} is no attribute that can be set`);
  const { most, long } = attributes[type];
  const refuse = (why: string): never => {
    throw new InputError(option, `${JSON.stringify(value)} cannot be used as ${long} (${type}): ${why}`);
  };
  if (value === '') refuse('it is empty');
  if (HIDDEN.test(value)) refuse('it holds a control character or an invisible one');
  if (value.trim() !== value) refuse('it begins or ends with a blank');
  const length = Array.from(value).length;
  if (type === 'C') {
    if (!/^[A-Z]{2}$/.test(value)) refuse('a country is its two capital letters (ISO 3166)');
  } else if (length > most) refuse(`${length} characters are too long: ${most} are allowed`);
  if ((type === 'emailAddress' || type === 'DC') && /[^\x20-\x7e]/.test(value))
    refuse('only ASCII is allowed');
  if (type === 'serialNumber' && /[^A-Za-z0-9 '()+,\-./:=?]/.test(value))
    refuse("only letters, digits and '()+,-./:=? are allowed");
  return { type, value };
}

/**
 * Reads openssl's slash form, `/C=DE/O=Example`, in which a backslash takes the meaning from the next character
 * (openssl-req(1), -subj); or a list of attributes. Throws `ERR_INPUT` for an unknown attribute, an empty value, or several
 * attributes joined with `+`.
 */
export function parseSubject(given: Subject | string, option = 'subject'): Subject {
  if (typeof given !== 'string')
    return givenList(given, option).map((part) => {
      const { type, value } = Object(part) as Rdn; // null has no attributes
      return rdn(type, value, option);
    });
  const text = given;
  const refuse = (why: string): never => {
    throw new InputError(option, `${JSON.stringify(text)} is no subject: ${why}`, {
      hint: 'write it as /C=DE/O=Example; \\ before a / that belongs to a value',
    });
  };
  if (!text.startsWith('/')) refuse("it does not begin with '/'");
  if (/(?<!\\)(?:\\\\)*\\$/.test(text)) refuse('it ends with a lone backslash');
  return splitUnescaped(text).map((part) => {
    const [, name, raw] = /^([A-Za-z]+)=([\s\S]*)$/.exec(part) ?? [];
    if (name === undefined || raw === undefined) return refuse(`'${part}' is not of the form NAME=value`);
    const type =
      attributeType(name) ??
      refuse(`'${name}' is no attribute it can hold: use ${Object.keys(attributes).join(', ')}`);
    if (/(?<!\\)(?:\\\\)*\+/.test(raw))
      refuse("'+' joins two attributes in one; write \\+ for the sign itself");
    return rdn(type, unescaped(raw), option);
  });
}

/** The slash form as openssl reads it, unchecked: each type with its value. */
export function slashParts(text: string): [type: string, value: string][] {
  return splitUnescaped(text).map((part) => {
    const [, type = '', raw = ''] = /^([^=]*)=([\s\S]*)$/.exec(part) ?? [];
    return [type, unescaped(raw)];
  });
}

function unescaped(raw: string): string {
  return raw.replace(/\\([\s\S])/g, '$1');
}

/** The slash form for `-subj`, each character with a meaning of its own escaped: the reverse of `parseSubject`. */
export function formatSubject(subject: Subject): string {
  return subject.map(({ type, value }) => `/${type}=${value.replace(/[\\/+=]/g, '\\$&')}`).join('');
}

/** Puts attributes where they usually stand, from the country to the common name; each replaces one of its type. */
export function withAttributes(subject: Subject, added: Subject): Subject {
  const order = Object.keys(attributes);
  return added.reduce<Subject>((whole, one) => {
    const others = whole.filter(({ type }) => type !== one.type);
    const at = others.findIndex(({ type }) => order.indexOf(type) > order.indexOf(one.type));
    return others.toSpliced(at < 0 ? others.length : at, 0, one);
  }, subject);
}

/** The common name, or undefined. */
export function commonName(subject: Subject): string | undefined {
  return subject.find(({ type }) => type === 'CN')?.value;
}

function attributeType(name: string): AttributeType | undefined {
  const found = Object.entries(attributes).find(([short, { long }]) => name === short || name === long);
  return found?.[0] as AttributeType | undefined;
}

/** At each '/' that no backslash belongs to. */
function splitUnescaped(text: string): string[] {
  return [...text.matchAll(/\/((?:\\[\s\S]|[^\\/])*)/g)].map(([, part = '']) => part);
}
