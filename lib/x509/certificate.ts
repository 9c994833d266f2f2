import { X509Certificate } from 'node:crypto';
import { parseAltName, type AltName } from './alt-names.js';

export function notBefore(certificate: X509Certificate): Date {
  return new Date(certificate.validFrom);
}

export function notAfter(certificate: X509Certificate): Date {
  return new Date(certificate.validTo);
}

/** The subject's first common name, or undefined. */
export function commonNameOf(certificate: X509Certificate): string | undefined {
  const subject: unknown = certificate.toLegacyObject().subject;
  const name: unknown =
    typeof subject === 'object' && subject !== null && 'CN' in subject ? subject.CN : undefined;
  const first: unknown = Array.isArray(name) ? name[0] : name;
  return typeof first === 'string' ? first : undefined;
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
