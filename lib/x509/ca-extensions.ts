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

/**
 * A CA's extensions for its successor, completed by those that RFC 5280 §4.2.1 wants of a CA. `permit`: name constraints in place
 * of those that it has.
 */
export function caExtensions(
  certificate: X509Certificate,
  newKey: boolean,
  permit?: NameConstraints,
): CaExtensions {
  const lacking = completions(certificateDetails(certificate), newKey);
  const value = permit && nameConstraintsValue(permit);
  const instead = value
    ? new Map([...lacking, [extensionIds.nameConstraints, `critical,DER:${hex(value)}`]])
    : lacking;
  return {
    config: keptExtensions(certificate, { issuer: 'itself', newKey, instead }),
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
