import type { X509Certificate } from 'node:crypto';
import { parseAltName, type AltName } from './alt-names.js';
import type { Lifetime } from './life.js';
import { rdn, type AttributeType, type Subject } from './subject.js';

export function notBefore(certificate: X509Certificate): Date {
  return new Date(certificate.validFrom);
}

export function notAfter(certificate: X509Certificate): Date {
  return new Date(certificate.validTo);
}

export function lifetimeOf(certificate: X509Certificate): Lifetime {
  return { notBefore: notBefore(certificate), notAfter: notAfter(certificate) };
}

/** Its extendedKeyUsage as object identifiers; undefined where it has none, which allows everything. */
export function extendedKeyUsageOf(certificate: X509Certificate): readonly string[] | undefined {
  return certificate.keyUsage; // that is what node:crypto calls it
}

/**
 * The subject's first common name, or undefined. Read from the text, for `toLegacyObject` loads parts of Node 20's TLS in
 * an order that leaves `node:tls` without `createSecureContext`, for the whole process.
 */
export function commonNameOf(certificate: X509Certificate): string | undefined {
  return attributesOf(certificate).find(([type]) => type === 'CN')?.[1];
}

/** As much of the subject as can be set: what we would not write into a certificate is left out. */
export function subjectOf(certificate: X509Certificate): Subject {
  return attributesOf(certificate).flatMap(([type, value]) => {
    try {
      return [rdn(type as AttributeType, value)];
    } catch {
      return [];
    }
  });
}

/** Each attribute with its value. */
function attributesOf(certificate: X509Certificate): [type: string, value: string][] {
  // One attribute a line, escaped as in RFC 2253: a special character by itself, a control character in hexadecimal. An
  // empty subject is undefined, whatever the types say.
  const subject = certificate.subject as string | undefined;
  return (subject?.split('\n') ?? []).map((line) => {
    const [, type = '', value = ''] = /^([^=]*)=(.*)$/s.exec(line) ?? [];
    return [type, unescaped(value)];
  });
}

function unescaped(value: string): string {
  return value.replace(/\\([0-9A-F]{2}|.)/gsu, (_, escaped: string) =>
    escaped.length === 2 && /^[0-9A-F]{2}$/.test(escaped)
      ? String.fromCharCode(parseInt(escaped, 16))
      : escaped,
  );
}

/**
 * Its DNS and IP subjectAltNames in the one spelling of `AltName`. Names of other kinds, and those that no host can
 * have, stand in `others` as node:crypto shows them.
 */
export function altNamesOf(certificate: X509Certificate): { names: AltName[]; others: string[] } {
  const names: AltName[] = [];
  const others: string[] = [];
  // node:crypto puts an entry with an odd character into double quotes, so a comma in a name separates nothing.
  for (const entry of certificate.subjectAltName?.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? []) {
    const [, kind, value] = /^\s*(DNS|IP Address):(.*)$/.exec(entry) ?? [];
    const name = kind && value !== undefined ? asAltName(kind === 'DNS' ? 'DNS' : 'IP', value) : undefined;
    if (name) names.push(name);
    else others.push(entry.trim());
  }
  return { names, others };
}

function asAltName(type: 'DNS' | 'IP', value: string): AltName | undefined {
  try {
    const name = parseAltName(value);
    return name.type === type ? name : undefined;
  } catch {
    return undefined;
  }
}
