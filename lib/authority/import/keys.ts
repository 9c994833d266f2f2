import type { CertificateSet } from '../../set/certificate-set.js';
import { keyOf, type FoundCertificate, type FoundKey } from '../../set/found.js';
import { farness, stemOf } from './names.js';

/**
 * The private key of a certificate, which may lie in several places: the one that has its public key; else an encrypted one that
 * has its name, wherever it lies.
 */
export function keyOfLeaf(places: readonly FoundCertificate[], set: CertificateSet): FoundKey | undefined {
  const found = places.map((one) => keyOf(one, set)).filter((key) => key !== undefined);
  const open = found.filter(({ publicKey }) => publicKey !== undefined);
  const [nearest] = open.sort((one, other) => farness(one.path) - farness(other.path));
  if (nearest ?? found[0]) return nearest ?? found[0];
  const stems = places.map(({ path }) => stemOf(path)).filter((stem) => !ofMany.test(stem));
  return set.keys.find(({ path, publicKey }) => publicKey === undefined && stems.includes(stemOf(path)));
}

/** Names that the files of many hosts have. */
const ofMany = /^(?:server|client|cert|certificate|crt|tls|key)$/;
