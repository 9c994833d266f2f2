import type { AltName } from '../x509/alt-names.js';
import { extensionIds, type CertificateDetails } from '../x509/certificate-details.js';
import {
  asConstrained,
  namesInSubjectAltName,
  type ConstrainedName,
  type NameConstraints,
} from '../x509/name-constraints.js';
import { addressOf } from '../x509/socket-address.js';
import { isExcluded, isPartlyExcluded, isUnpermitted, ofType, type Constrained } from './constrained.js';

/** Tells whether every CA with these constraints may sign for a name. */
export function isPermitted(name: AltName, constraints: readonly NameConstraints[]): boolean {
  return !isOutside(asConstrained(name), constraints);
}

/** The DNS names and addresses of a certificate for which one of the CAs must not sign. */
export function namesOutside(
  { extensions }: CertificateDetails,
  constraints: readonly NameConstraints[],
): string[] {
  const found = extensions.find(({ id }) => id === extensionIds.subjectAltName);
  return (found ? namesInSubjectAltName(found.value) : [])
    .filter((name) => ['DNS', 'IP'].includes(name.type) && isOutside(name, constraints))
    .map(({ type, octets }) =>
      type === 'IP' ? (addressOf(octets) ?? 'an address') : octets.toString('latin1'),
    );
}

/** A wildcard for a host that is excluded is outside, too: newer clients refuse it. */
function isOutside(name: ConstrainedName, constraints: readonly NameConstraints[]): boolean {
  return constraints.some(({ permitted, excluded }) => {
    const constrained: Constrained = {
      ...{ name, depth: 0, height: 1, byAnchor: true },
      ...{ permitted: ofType(permitted, name.type), excluded: ofType(excluded, name.type) },
    };
    return isExcluded(constrained) || isUnpermitted(constrained) || isPartlyExcluded(constrained);
  });
}

/**
 * Tells whether OpenSSL refuses a common name. Where a certificate has no DNS names, it compares a common name of two labels or
 * more with the constraints, as if it were a DNS name (X509_check_host(3); measured): `alice.smith`, and an address as well.
 */
export function isCommonNameOutside(commonName: string, constraints: readonly NameConstraints[]): boolean {
  const label = '[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?';
  if (!new RegExp(`^${label}(?:\\.${label})+$`, 'i').test(commonName)) return false;
  return !isPermitted({ type: 'DNS', value: commonName }, constraints);
}
