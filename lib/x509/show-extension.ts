import { extensionIds } from './certificate-details.js';
import {
  bits,
  boolean,
  contextTag,
  DerError,
  derValue,
  integer,
  objectIdentifier,
  parts,
  TAG,
} from './der.js';
import { bitNames } from './extension-names.js';
import { nameConstraintsOf, showConstraints } from './name-constraints.js';
import { purposeName } from './purpose-names.js';

/** The value of an extension for a message, as a configuration would say it: `CA:TRUE,pathlen:0`; in hexadecimal where it is of another kind. */
export function showExtension(id: string, value: Buffer): string {
  try {
    const read = derValue(value);
    const names = bitNames[id];
    if (names)
      return (
        bits(read)
          .map((bit) => names[bit]?.at(-1) ?? String(bit))
          .join() || 'empty'
      );
    if (id === extensionIds.extendedKeyUsage)
      return parts(read)
        .map((purpose) => purposeName(objectIdentifier(purpose)))
        .join();
    if (id === extensionIds.basicConstraints) {
      const fields = parts(read);
      const ca = fields.find(({ tag }) => tag === TAG.boolean);
      const length = fields.find(({ tag }) => tag === TAG.integer);
      return `CA:${ca && boolean(ca) ? 'TRUE' : 'FALSE'}${length ? `,pathlen:${integer(length)}` : ''}`;
    }
    if (id === extensionIds.nameConstraints) return showConstraints(nameConstraintsOf(read, false)).join();
    const shown = showNames(id, value);
    if (shown) return shown.join();
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
  }
  const hex = value.toString('hex');
  return hex.length > 80 ? `${hex.slice(0, 80)}…` : hex;
}

/** Each name of a subjectAltName; undefined for another extension, and for one that cannot be read. */
export function showNames(id: string, value: Buffer): string[] | undefined {
  if (id !== extensionIds.subjectAltName) return undefined;
  try {
    return parts(derValue(value)).map(({ tag, content }) => {
      if (tag === contextTag(2)) return `DNS:${content.toString('latin1')}`;
      if (tag === contextTag(1)) return `email:${content.toString('latin1')}`;
      if (tag === contextTag(6)) return `URI:${content.toString('latin1')}`;
      if (tag === contextTag(7) && content.length === 4) return `IP:${content.join('.')}`;
      if (tag === contextTag(7) && content.length === 16)
        return `IP:${(content.toString('hex').match(/..../g) ?? []).map((group) => group.replace(/^0{1,3}/, '')).join(':')}`;
      return `${tag}:${content.toString('hex')}`;
    });
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}
