import type { X509Certificate } from 'node:crypto';
import {
  certificateDetails,
  extensionIds,
  keyUsageNames,
  type CertificateDetails,
} from './certificate-details.js';
import { TAG } from './der.js';
import { der, derInteger, derNamedBits } from './der-write.js';
import { extensionName } from './extension-names.js';
import { nameConstraintsValue, type NameConstraints } from './name-constraints.js';
import { keptExtensions } from './kept-extensions.js';

/** Why a certificate cannot sign as a CA. */
export interface CaFlaw {
  /** `it has no basicConstraints` */
  readonly why: string;
  /** Whether a new certificate for the same key can have what is missing: nothing says that this is not a CA. */
  readonly isFixable: boolean;
}

/** What keeps a CA's certificate from signing; undefined for one that can. */
export function caFlaw(certificate: X509Certificate): CaFlaw | undefined {
  if (certificate.ca) return undefined;
  const details = certificateDetails(certificate);
  const { version, basicConstraints } = details;
  if (version === 1)
    return { why: 'it has version 1, without the extensions that say that it is a CA', isFixable: true };
  const isFixable = !isUsedAsLeaf(details);
  if (!has(details, extensionIds.basicConstraints) && isFixable)
    return { why: 'it has no basicConstraints, which say that it is a CA', isFixable };
  if (basicConstraints?.ca !== true) return { why: 'it is not a CA certificate', isFixable: false };
  return { why: 'its keyUsage lacks keyCertSign', isFixable: true };
}

/** The extensions of a CA's successor, and which of them its certificate lacked. */
export interface CaExtensions {
  /** A configuration file for `-extfile`, as `keptExtensions` gives it. */
  readonly config: string;
  /** The object identifiers of the extensions that are not as before. */
  readonly completed: readonly string[];
  /** Those that it lacked, by name. */
  readonly names: readonly string[];
}

/** What a CA's successor has otherwise. */
export interface CaChanges {
  /** Name constraints in place of those that it has. */
  readonly permit?: NameConstraints | undefined;
  /** How many CAs may be below it, in place of what it has. */
  readonly pathLength?: number | undefined;
  /** Who signs it. Default: itself. */
  readonly issuer?: X509Certificate | undefined;
}

/** A CA's extensions for its successor, completed by those that RFC 5280 §4.2.1 wants of a CA. */
export function caExtensions(
  certificate: X509Certificate,
  newKey: boolean,
  { permit, pathLength, issuer }: CaChanges = {},
): CaExtensions {
  const lacking = completions(certificateDetails(certificate), newKey);
  const critical = (value: Buffer): string => `critical,DER:${hex(value)}`;
  const names = permit && nameConstraintsValue(permit);
  const instead = new Map([
    ...lacking,
    ...(names ? [[extensionIds.nameConstraints, critical(names)] as const] : []),
    ...(pathLength === undefined
      ? []
      : [[extensionIds.basicConstraints, critical(constraints(pathLength))] as const]),
  ]);
  return {
    config: keptExtensions(certificate, { issuer: issuer ?? 'itself', newKey, instead }),
    completed: [...instead.keys()],
    names: [...lacking.keys()].map(extensionName),
  };
}

function completions(details: CertificateDetails, newKey: boolean): ReadonlyMap<string, string> {
  const { basicConstraints, keyUsage } = details;
  const lines = new Map<string, string>();
  const add = (id: string, critical: boolean, value: Buffer): void => {
    lines.set(id, `${critical ? 'critical,' : ''}DER:${hex(value)}`);
  };
  // The old key may have signed intermediates elsewhere; a new one signs servers and clients only.
  if (!has(details, extensionIds.basicConstraints))
    add(extensionIds.basicConstraints, true, constraints(newKey ? 0 : undefined));
  else if (basicConstraints?.ca && !basicConstraints.critical)
    add(extensionIds.basicConstraints, true, constraints(basicConstraints.pathLength));
  const usages = keyUsage?.usages ?? [];
  const signs = ['keyCertSign', 'cRLSign'] as const;
  const isWithout = !has(details, extensionIds.keyUsage) && !isUsedAsLeaf(details);
  if (isWithout || (keyUsage && !usages.includes('keyCertSign'))) {
    const bits = [...usages, ...signs].map((name) => keyUsageNames.indexOf(name));
    add(extensionIds.keyUsage, keyUsage?.critical ?? true, derNamedBits(bits));
  }
  if (!has(details, extensionIds.subjectKeyIdentifier)) lines.set(extensionIds.subjectKeyIdentifier, 'hash');
  return lines;
}

function hex(octets: Buffer): string {
  return octets.toString('hex').toUpperCase();
}

function constraints(pathLength: number | undefined): Buffer {
  const isCa = der(TAG.boolean, Buffer.from([0xff]));
  return der(TAG.sequence, isCa, ...(pathLength === undefined ? [] : [derInteger(BigInt(pathLength))]));
}

/** One that is shown in a handshake, too: a keyUsage of a CA alone would make it invalid there. */
function isUsedAsLeaf(details: CertificateDetails): boolean {
  return has(details, extensionIds.extendedKeyUsage) || has(details, extensionIds.subjectAltName);
}

function has({ extensions }: CertificateDetails, id: string): boolean {
  return extensions.some((extension) => extension.id === id);
}
