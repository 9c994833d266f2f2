import { createHash } from 'node:crypto';
import { extensionIds } from './certificate-details.js';
import { contextTag, TAG } from './der.js';
import { der, derInteger, derNamedBits, derObjectIdentifier } from './der-write.js';
import { bitNames, extensionId } from './extension-names.js';
import { nameConstraintsValue, type ConstrainedName } from './name-constraints.js';
import { trimBlanks, type Conf, type ConfSection } from './openssl-conf.js';
import { purposeId } from './purpose-names.js';
import { addressOctets } from './socket-address.js';

/** One extension that a configuration asks for. */
export interface AskedExtension {
  /** Undefined for a name that is not known here. */
  readonly id: string | undefined;
  readonly critical: boolean;
  /** The values in DER of which it may have any; undefined for one of a kind that is not compared. */
  readonly values: readonly Buffer[] | undefined;
  /** It may be missing. */
  readonly optional: boolean;
}

/** Whose certificate, and by whom, in DER: for the identifiers of keys. */
export interface Parties {
  /** What openssl hashes: the octets of the public key. */
  readonly key: Buffer;
  readonly isSelfSigned: boolean;
  readonly issuer: {
    readonly key: Buffer;
    /** The value of its subjectKeyIdentifier. */
    readonly identifier: Buffer | undefined;
    /** The name of who signed it, and its serial: what names it without an identifier. */
    readonly issuer: Buffer;
    readonly serial: bigint;
  };
}

/**
 * Reads what a section of a configuration asks for (x509v3_config(5)): the one place that does. openssl 3.0 to 3.6 add the
 * identifiers of keys where nothing is said of them (openssl-x509(1), openssl-req(1)): those may be there, and they have to
 * name the right keys.
 */
export function askedExtensions(conf: Conf, section: string, parties: Parties): AskedExtension[] {
  const asked = (conf.sections.get(section) ?? []).flatMap(({ name, value }): AskedExtension[] => {
    if (section === 'default' && name === 'extensions') return [];
    const id = extensionId(name);
    const [, mark, rest = ''] = /^(critical,\s*)?([\s\S]*)$/.exec(value ?? '') ?? [];
    const critical = mark !== undefined;
    if (id === undefined || value === undefined)
      return [{ id, critical, values: undefined, optional: false }];
    return [{ id, critical, ...valuesOf(id, rest, conf, parties) }];
  });
  return [...asked, ...addedByItself(parties).filter(({ id }) => !asked.some((one) => one.id === id))];
}

/**
 * The same for many certificates of one CA, which differ in their keys: reads the section once. What it gives reads what depends on
 * the key.
 */
export function extensionsOfMany(
  conf: Conf,
  section: string | undefined,
  issuer: Parties['issuer'],
): (key: Buffer) => AskedExtension[] {
  const of = (key: Buffer): AskedExtension[] => {
    const parties = { key, isSelfSigned: false, issuer };
    return section === undefined ? addedByItself(parties) : askedExtensions(conf, section, parties);
  };
  const identifier = extensionIds.subjectKeyIdentifier;
  const isHashed = (conf.sections.get(section ?? '') ?? []).every(
    ({ name, value }) => extensionId(name) !== identifier || value?.trim() === 'hash',
  );
  if (!isHashed) return of;
  const all = of(Buffer.alloc(0));
  return (key) => {
    const values = [der(TAG.octetString, hashed(key))];
    return all.map((one) => (one.id === identifier ? { ...one, values } : one));
  };
}

/** What openssl may add although nothing asks for it. */
export function addedByItself(parties: Parties): AskedExtension[] {
  const keyid = extensionIds.authorityKeyIdentifier;
  return [
    {
      id: extensionIds.subjectKeyIdentifier,
      critical: false,
      values: [der(TAG.octetString, hashed(parties.key))],
      optional: true,
    },
    { id: keyid, critical: false, ...authorityKeyIdentifier('keyid,issuer', parties), optional: true },
  ];
}

type AskedValues = Pick<AskedExtension, 'values' | 'optional'>;

const uncompared: AskedValues = { values: undefined, optional: false };

function exactly(value: Buffer | undefined): AskedValues {
  return value ? { values: [value], optional: false } : uncompared;
}

function valuesOf(id: string, text: string, conf: Conf, parties: Parties): AskedValues {
  const [, hex] = /^DER:\s*([\s\S]*)$/.exec(text) ?? [];
  if (hex !== undefined) return exactly(octetsOf(hex));
  if (text.startsWith('ASN1:')) return uncompared;
  if (id === extensionIds.subjectKeyIdentifier) return subjectKeyIdentifier(text, parties);
  if (id === extensionIds.authorityKeyIdentifier) return authorityKeyIdentifier(text, parties);
  if (/^2\.16\.840\.1\.113730\.1\.(?:2|3|4|7|8|12|13)$/.test(id)) return exactly(ia5(TAG.ia5String, text));
  const list = listOf(text, conf);
  if (!list) return uncompared;
  if (bitNames[id]) return exactly(namedBits(bitNames[id], list));
  if (id === extensionIds.basicConstraints) return exactly(basicConstraints(list));
  if (id === extensionIds.extendedKeyUsage) return exactly(purposesOf(list));
  if (id === extensionIds.subjectAltName) return exactly(generalNames(list));
  if (id === extensionIds.nameConstraints) return exactly(constraintsOf(list));
  return uncompared;
}

interface Item {
  readonly name: string;
  readonly value: string | undefined;
}

/** `a,b:c` or `@section`; undefined where a value is not known. */
function listOf(text: string, conf: Conf): Item[] | undefined {
  if (text.startsWith('@')) {
    const section: ConfSection | undefined = conf.sections.get(trimBlanks(text.slice(1)));
    return section?.every(({ value }) => value !== undefined) ? [...section] : undefined;
  }
  return text.split(',').map((part) => {
    const [, name = '', value] = /^([^:]*)(?::([\s\S]*))?$/.exec(part) ?? [];
    return { name: trimBlanks(name), value: value === undefined ? undefined : trimBlanks(value) };
  });
}

function octetsOf(hex: string): Buffer | undefined {
  const digits = hex.replaceAll(':', '').trim();
  return digits.length % 2 === 0 && /^[0-9A-F]*$/i.test(digits) ? Buffer.from(digits, 'hex') : undefined;
}

function ia5(tag: number, text: string): Buffer {
  return der(tag, Buffer.from(text, 'latin1'));
}

function namedBits(known: readonly (readonly string[])[], list: readonly Item[]): Buffer | undefined {
  const bits = list.map(({ name }) => known.findIndex((words) => words.includes(name)));
  return bits.includes(-1) ? undefined : derNamedBits(bits);
}

function basicConstraints(list: readonly Item[]): Buffer | undefined {
  const fields: Buffer[] = [];
  for (const { name, value = '' } of list) {
    if (name === 'CA' && /^(?:TRUE|true|Y|y|YES|yes)$/.test(value))
      fields.unshift(der(TAG.boolean, Buffer.from([0xff])));
    else if (name === 'pathlen' && /^\d+$/.test(value)) fields.push(derInteger(BigInt(value)));
    else if (name !== 'CA' || !/^(?:FALSE|false|N|n|NO|no)$/.test(value)) return undefined;
  }
  return der(TAG.sequence, ...fields);
}

function purposesOf(list: readonly Item[]): Buffer | undefined {
  const ids = list.map(({ name, value }) => purposeId(value ?? name));
  if (ids.includes(undefined)) return undefined;
  return der(TAG.sequence, ...ids.map((id) => derObjectIdentifier(id ?? '')));
}

function generalNames(list: readonly Item[]): Buffer | undefined {
  const names = list.map(({ name, value = '' }) => generalName(name.replace(/\..*$/s, ''), value));
  return names.includes(undefined)
    ? undefined
    : der(TAG.sequence, ...names.map((name) => name ?? Buffer.alloc(0)));
}

function generalName(type: string, value: string): Buffer | undefined {
  if (type === 'DNS') return ia5(contextTag(2), value);
  if (type === 'URI') return ia5(contextTag(6), value);
  if (type === 'email' && value !== 'copy' && value !== 'move') return ia5(contextTag(1), value);
  const octets = type === 'IP' ? addressOctets(value) : undefined;
  return octets && der(contextTag(7), octets);
}

/** `permitted;DNS:example.com`, `excluded;IP.1:10.0.0.0/255.0.0.0`; a network has its mask behind it. */
function constraintsOf(list: readonly Item[]): Buffer | undefined {
  const lists = { permitted: [] as ConstrainedName[], excluded: [] as ConstrainedName[] };
  for (const { name, value = '' } of list) {
    const [, which, type] = /^(permitted|excluded);(DNS|IP|email|URI)(?:\..*)?$/s.exec(name) ?? [];
    if (which !== 'permitted' && which !== 'excluded') return undefined;
    const octets = type === 'IP' ? networkOctets(value) : Buffer.from(value, 'latin1');
    if (!octets) return undefined;
    lists[which].push({ type: type as 'DNS' | 'IP' | 'email' | 'URI', octets });
  }
  return nameConstraintsValue(lists);
}

function networkOctets(value: string): Buffer | undefined {
  const [address, mask] = value.split('/').map(addressOctets);
  return address && mask?.length === address.length ? Buffer.concat([address, mask]) : undefined;
}

function hashed(key: Buffer): Buffer {
  return createHash('sha1').update(key).digest();
}

function subjectKeyIdentifier(text: string, { key }: Parties): AskedValues {
  if (text.trim() === 'none') return { values: [], optional: true };
  const octets = text.trim() === 'hash' ? hashed(key) : octetsOf(text);
  return exactly(octets && der(TAG.octetString, octets));
}

/**
 * The issuer's key by its identifier, or by its certificate's issuer and serial. Which of both, where both are asked for, and
 * whether a self-signed certificate has any, differs between the versions: each that names the right key will do.
 */
function authorityKeyIdentifier(text: string, { isSelfSigned, issuer }: Parties): AskedValues {
  const words = text.split(',').map(trimBlanks);
  const [keyid, name] = ['keyid', 'issuer'].map((word) =>
    words.includes(`${word}:always`) ? 'always' : words.includes(word) ? 'asked' : undefined,
  );
  if (words.includes('none')) return { values: [], optional: true };
  const byKey =
    keyid === undefined
      ? []
      : issuer.identifier && issuer.identifier.length > 0
        ? [issuer.identifier]
        : isSelfSigned
          ? [hashed(issuer.key)]
          : [];
  const identifiers = byKey.map((identifier) => der(contextTag(0), identifier));
  const certificate =
    name === undefined
      ? []
      : [der(contextTag(1, true), der(contextTag(4, true), issuer.issuer)), serialField(issuer.serial)];
  const ofCertificate = certificate.length > 0 ? [der(TAG.sequence, ...certificate)] : [];
  const both = identifiers.map((one) => der(TAG.sequence, one, ...certificate));
  const alone = identifiers.map((one) => der(TAG.sequence, one));
  const optional = keyid !== 'always' && (isSelfSigned || (alone.length === 0 && name === undefined));
  // 3.0 to 3.6 leave the key of a self-signed certificate out, unless it is asked for always.
  const instead = isSelfSigned && keyid !== 'always' ? ofCertificate : [];
  if (alone.length === 0) return { values: ofCertificate, optional: optional && name !== 'always' };
  if (name === 'always') return { values: [...both, ...instead], optional: false };
  return { values: [...alone, ...instead], optional };
}

/** An INTEGER under the tag of its own. */
function serialField(serial: bigint): Buffer {
  const integer = derInteger(serial);
  return Buffer.concat([Buffer.from([contextTag(2)]), integer.subarray(1)]);
}
