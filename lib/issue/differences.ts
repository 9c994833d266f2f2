import type { X509Certificate } from 'node:crypto';
import type { LeafRole } from '../x509/role.js';
import { formatAltName, type AltName } from '../x509/alt-names.js';
import { altNamesOf, commonNameOf } from '../x509/certificate.js';
import { keyTypeNameOf } from '../x509/key-type.js';

/** The explicit requests; undefined if there are none. */
export interface ExplicitRequest {
  readonly names: readonly AltName[] | undefined;
  /** The name of the key type. */
  readonly key: string | undefined;
  readonly clientName: string | undefined;
}

/** The differences between an existing certificate and the request, as phrases to follow its file name. */
export function differences(role: LeafRole, certificate: X509Certificate, asked: ExplicitRequest): string[] {
  const own = role === 'server' ? nameDifferences(certificate, asked) : clientDifferences(certificate, asked);
  const key = keyTypeNameOf(certificate.publicKey);
  return [
    ...own,
    ...(asked.key === undefined || asked.key === key ? [] : [`has a key of type ${key}, not ${asked.key}`]),
  ];
}

function nameDifferences(certificate: X509Certificate, asked: ExplicitRequest): string[] {
  if (!asked.names) return [];
  const wanted = asked.names.map(formatAltName);
  const there = altNamesOf(certificate).names.map(formatAltName);
  const missing = wanted.filter((name) => !there.includes(name));
  const surplus = there.filter((name) => !wanted.includes(name));
  const texts = [
    ...(missing.length > 0 ? [`does not name ${missing.join(', ')}`] : []),
    ...(surplus.length > 0
      ? [`names ${surplus.join(', ')}, which ${surplus.length === 1 ? 'was' : 'were'} not requested`]
      : []),
  ];
  return texts.length > 0 ? [texts.join(', and ')] : [];
}

function clientDifferences(certificate: X509Certificate, asked: ExplicitRequest): string[] {
  const there = commonNameOf(certificate);
  return asked.clientName === undefined || asked.clientName === there
    ? []
    : [`is for '${there}', not for '${asked.clientName}'`];
}
