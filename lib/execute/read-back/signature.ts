import { showAlgorithm, type SignatureAlgorithm } from '../../x509/signature-algorithm.js';
import { DEFAULT_DIGEST } from './defaults.js';

/** Signed with that digest by a key of that kind, as node:crypto calls it, or not: the difference, or undefined. */
export function algorithmDifference(
  found: SignatureAlgorithm,
  kind: string | undefined,
  digest: string | undefined,
): string | undefined {
  if (kind === undefined) return undefined; // one that node:crypto does not know
  const own = kind === 'ed25519' || kind === 'ed448';
  const asked = { key: kind, digest: own ? undefined : (digest ?? DEFAULT_DIGEST) };
  if (found.key === asked.key && found.digest === asked.digest) return undefined;
  return `it is signed by ${showAlgorithm(found)}, not by ${showAlgorithm(asked)}`;
}
