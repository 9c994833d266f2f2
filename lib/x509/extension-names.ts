import { keyUsageNames } from './certificate-details.js';

/** The extensions that openssl knows by name (x509v3_config(5)), by object identifier. */
const names: readonly (readonly [id: string, name: string])[] = [
  ['2.5.29.9', 'subjectDirectoryAttributes'],
  ['2.5.29.14', 'subjectKeyIdentifier'],
  ['2.5.29.15', 'keyUsage'],
  ['2.5.29.16', 'privateKeyUsagePeriod'],
  ['2.5.29.17', 'subjectAltName'],
  ['2.5.29.18', 'issuerAltName'],
  ['2.5.29.19', 'basicConstraints'],
  ['2.5.29.30', 'nameConstraints'],
  ['2.5.29.31', 'crlDistributionPoints'],
  ['2.5.29.32', 'certificatePolicies'],
  ['2.5.29.33', 'policyMappings'],
  ['2.5.29.35', 'authorityKeyIdentifier'],
  ['2.5.29.36', 'policyConstraints'],
  ['2.5.29.37', 'extendedKeyUsage'],
  ['2.5.29.46', 'freshestCRL'],
  ['2.5.29.54', 'inhibitAnyPolicy'],
  ['1.3.6.1.5.5.7.1.1', 'authorityInfoAccess'],
  ['1.3.6.1.5.5.7.1.11', 'subjectInfoAccess'],
  ['1.3.6.1.5.5.7.1.14', 'proxyCertInfo'],
  ['1.3.6.1.5.5.7.1.24', 'tlsfeature'],
  ['1.3.6.1.5.5.7.48.1.5', 'noCheck'],
  ['2.16.840.1.113730.1.1', 'nsCertType'],
  ['2.16.840.1.113730.1.2', 'nsBaseUrl'],
  ['2.16.840.1.113730.1.3', 'nsRevocationUrl'],
  ['2.16.840.1.113730.1.4', 'nsCaRevocationUrl'],
  ['2.16.840.1.113730.1.7', 'nsRenewalUrl'],
  ['2.16.840.1.113730.1.8', 'nsCaPolicyUrl'],
  ['2.16.840.1.113730.1.12', 'nsSslServerName'],
  ['2.16.840.1.113730.1.13', 'nsComment'],
];

/** Undefined for a name that is not known here; an identifier is its own. */
export function extensionId(name: string): string | undefined {
  if (/^\d+(?:\.\d+)+$/.test(name)) return name;
  return names.find(([, known]) => known === name)?.[0];
}

export function extensionName(id: string): string {
  return names.find(([known]) => known === id)?.[1] ?? id;
}

/** openssl's words for the bits of keyUsage and of nsCertType. */
export const bitNames: Readonly<Record<string, readonly (readonly string[])[]>> = {
  '2.5.29.15': [
    ['Digital Signature'],
    ['Non Repudiation'],
    ['Key Encipherment'],
    ['Data Encipherment'],
    ['Key Agreement'],
    ['Certificate Sign'],
    ['CRL Sign'],
    ['Encipher Only'],
    ['Decipher Only'],
  ].map((words, bit) => [...words, keyUsageNames[bit] ?? '']),
  '2.16.840.1.113730.1.1': [
    ['SSL Client', 'client'],
    ['SSL Server', 'server'],
    ['S/MIME', 'email'],
    ['Object Signing', 'objsign'],
    ['Unused', 'reserved'],
    ['SSL CA', 'sslCA'],
    ['S/MIME CA', 'emailCA'],
    ['Object Signing CA', 'objCA'],
  ],
};
