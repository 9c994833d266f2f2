import type { AskedExtension } from '../../x509/asked-extensions.js';
import type { Extension } from '../../x509/certificate-fields.js';
import { bitNames, extensionName } from '../../x509/extension-names.js';
import { showExtension, showNames } from '../../x509/show-extension.js';

/** Compares extensions with what was asked for: the first difference, or undefined. Their order is not compared. */
export function extensionDifference(
  has: readonly Extension[],
  asked: readonly AskedExtension[],
): string | undefined {
  const unknown = asked.filter(({ id }) => id === undefined).length;
  const known = new Set(asked.map(({ id }) => id));
  const more = has.filter(({ id }, at) => !known.has(id) || has.findIndex((one) => one.id === id) !== at);
  const extra = more[unknown];
  if (extra) return `it has ${article(extra)}, which was not asked for`;
  for (const one of asked) {
    const difference = one.id === undefined ? undefined : differenceOf(one, one.id, has);
    if (difference !== undefined) return difference;
  }
  return more.length < unknown ? 'it lacks an extension that was asked for' : undefined;
}

function differenceOf(
  { critical, values, optional }: AskedExtension,
  id: string,
  has: readonly Extension[],
): string | undefined {
  const name = extensionName(id);
  const found = has.find((one) => one.id === id);
  const [wanted] = values ?? [];
  if (!found) {
    if (optional) return undefined;
    return `it has no ${name}${wanted ? `, and ${showExtension(id, wanted)} was asked for` : ''}`;
  }
  if (values && !values.some((value) => value.equals(found.value))) {
    const names = wanted && namesDifference(id, found.value, wanted);
    return (
      names ??
      `its ${name} is ${showExtension(id, found.value)}, not ${wanted ? showExtension(id, wanted) : 'missing'}`
    );
  }
  if (found.critical !== critical)
    return `its ${name} is ${found.critical ? '' : 'not '}critical, and was asked for ${critical ? 'as critical' : 'as not critical'}`;
  return undefined;
}

/** Of subjectAltNames: which. */
function namesDifference(id: string, has: Buffer, wanted: Buffer): string | undefined {
  const [found, asked] = [showNames(id, has), showNames(id, wanted)];
  if (!found || !asked) return undefined;
  const missing = asked.filter((name) => !found.includes(name));
  if (missing.length > 0) return `it lacks the name ${missing.join(', ')}`;
  const more = found.filter((name) => !asked.includes(name));
  return more.length > 0 ? `it has a name that was not asked for: ${more.join(', ')}` : undefined;
}

function article({ id, value }: Extension): string {
  const names = showNames(id, value);
  if (names) return `a name that was not asked for: ${names.join(', ')} (subjectAltName)`;
  return bitNames[id] ? `${extensionName(id)} ${showExtension(id, value)}` : extensionName(id);
}
