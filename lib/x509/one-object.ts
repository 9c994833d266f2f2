import { derValue } from './der.js';

/** What a PEM file holds that has one object and nothing else. */
export interface OneObject {
  /** `CERTIFICATE`, … */
  readonly label: string;
  /** Undefined where it is encrypted in the older form. */
  readonly der: Buffer | undefined;
}

/**
 * Reads a file that openssl made as it makes one: a single object in PEM (RFC 7468), which is a single value in DER. Gives
 * what is wrong where it is not. `withText`: lines that say what it is may stand before it.
 */
export function oneObject(text: string, withText = false): OneObject | { readonly wrong: string } {
  const labels = [...text.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----/gm)].map(([, label = '']) => label);
  const [label] = labels;
  if (label === undefined) return { wrong: 'it holds nothing in PEM' };
  if (labels.length > 1) return { wrong: `it holds ${labels.length} objects (${labels.join(', ')})` };
  const [, before = '', body = '', after = ''] =
    new RegExp(
      `^([\\s\\S]*)-----BEGIN ${label}-----\\r?\\n([\\s\\S]*)\\n-----END ${label}-----([\\s\\S]*)$`,
    ).exec(text) ?? [];
  if (body === '') return { wrong: 'it is cut off' };
  if ((withText ? after : before + after).trim() !== '')
    return { wrong: 'it holds more than one object in PEM' };
  if (body.startsWith('Proc-Type:')) return { label, der: undefined };
  const digits = body.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(digits)) return { wrong: 'it is damaged' };
  const der = Buffer.from(digits, 'base64');
  try {
    derValue(der);
  } catch {
    return { wrong: 'it is not one value in DER' };
  }
  return { label, der };
}
