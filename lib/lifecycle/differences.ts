import type { X509Certificate } from 'node:crypto';
import type { LeafRole } from '../store/layout.js';
import { formatAltName, type AltName } from '../x509/alt-names.js';
import { altNamesOf, commonNameOf } from '../x509/certificate.js';
import { keyTypeNameOf } from '../x509/key-type.js';

/** What was asked for outright; undefined where nothing was said. */
export interface Asked {
  readonly names: readonly AltName[] | undefined;
  /** As `--key` names it. */
  readonly key: string | undefined;
  readonly clientName: string | undefined;
}

export interface Difference {
  readonly role: LeafRole;
  /** Follows the name of the file: `lacks DNS:b`. */
  readonly text: string;
}

/** How the certificates that are there differ from what was asked for. */
export function differences(
  kept: readonly { readonly role: LeafRole; readonly certificate: X509Certificate }[],
  asked: Asked,
): Difference[] {
  return kept.flatMap(({ role, certificate }) => {
    const own =
      role === 'server' ? nameDifferences(certificate, asked) : clientDifferences(certificate, asked);
    const key = keyTypeNameOf(certificate.publicKey);
    return [
      ...own,
      ...(asked.key === undefined || asked.key === key ? [] : [`has a key of kind ${key}, not ${asked.key}`]),
    ].map((text) => ({
      role,
      text,
    }));
  });
}

function nameDifferences(certificate: X509Certificate, asked: Asked): string[] {
  if (!asked.names) return [];
  const wanted = asked.names.map(formatAltName);
  const there = altNamesOf(certificate).names.map(formatAltName);
  const missing = wanted.filter((name) => !there.includes(name));
  const surplus = there.filter((name) => !wanted.includes(name));
  return [
    ...(missing.length > 0 ? [`does not name ${missing.join(', ')}`] : []),
    ...(surplus.length > 0 ? [`also names ${surplus.join(', ')}`] : []),
  ];
}

function clientDifferences(certificate: X509Certificate, asked: Asked): string[] {
  const there = commonNameOf(certificate);
  return asked.clientName === undefined || asked.clientName === there
    ? []
    : [`is for '${there}', not for '${asked.clientName}'`];
}
