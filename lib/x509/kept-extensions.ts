import type { X509Certificate } from 'node:crypto';
import { certificateDetails, extensionIds } from './certificate-details.js';
import { contextTag, TAG } from './der.js';
import { der } from './der-write.js';
import { extensionName } from './extension-names.js';

/** The section of the configuration that `keptExtensions` gives. */
export const keptSection = 'v3_kept';

/**
 * A certificate's extensions for its successor, as a configuration file for `-extfile`: each in DER, octet by octet, so that
 * nothing in a name has a meaning (x509v3_config(5), ARBITRARY EXTENSIONS). The identifiers of keys follow the keys:
 * `newKey` is set where it gets another one, `issuer` is who signs it, and `instead` has the lines of extensions, by their
 * identifiers, that are not to be as before.
 */
export function keptExtensions(
  certificate: X509Certificate,
  {
    issuer,
    newKey,
    instead = new Map(),
  }: {
    readonly issuer: X509Certificate | 'itself';
    readonly newKey: boolean;
    readonly instead?: ReadonlyMap<string, string>;
  },
): string {
  const { extensions } = certificateDetails(certificate);
  const lines = extensions.flatMap(({ id, critical, value }) => {
    if (instead.has(id)) return [];
    if (id === extensionIds.subjectKeyIdentifier && newKey) return ['subjectKeyIdentifier = hash'];
    if (id === extensionIds.authorityKeyIdentifier)
      return issuer === 'itself' && newKey
        ? ['authorityKeyIdentifier = keyid:always']
        : authorityKeyIdentifier(issuer === 'itself' ? certificate : issuer);
    return [`${id} = ${critical ? 'critical,' : ''}DER:${hex(value)}`];
  });
  // What is not in DER openssl knows by name only.
  const others = [...instead].map(([id, value]) => `${extensionName(id)} = ${value}`);
  // An empty file would be taken for a mistake.
  return [`[${keptSection}]`, '# As in the certificate before.', ...lines, ...others, ''].join('\n');
}

/** The issuer's key by its identifier alone: its serial is another one after its own renewal (RFC 5280 §4.2.1.1). */
function authorityKeyIdentifier(issuer: X509Certificate): string[] {
  const { subjectKeyIdentifier } = certificateDetails(issuer);
  if (subjectKeyIdentifier === undefined) return [];
  const identifier = der(contextTag(0), Buffer.from(subjectKeyIdentifier, 'hex'));
  const value = der(TAG.sequence, identifier);
  return [`${extensionIds.authorityKeyIdentifier} = DER:${hex(value)}`];
}

function hex(octets: Buffer): string {
  return octets.toString('hex').toUpperCase();
}
