import type { Note } from '../plan/step.js';
import type { AltName } from '../x509/alt-names.js';

/** Notes on names that some clients refuse to call, whatever the certificate has (RFC 1123 §2.1; measured with OpenJDK 17). */
export function nameNotes(altNames: readonly AltName[]): Note[] {
  const names = altNames.filter(({ type, value }) => type === 'DNS' && value.includes('_'));
  if (names.length === 0) return [];
  const listed = names.map(({ value }) => value).join(', ');
  return [
    {
      code: 'NAME_REFUSED',
      text: `Java clients will refuse to call ${listed}: Java allows no underscore in a host name. They need another name, or the address`,
    },
  ];
}
