import type { X509Certificate } from 'node:crypto';
import { extensionIds } from './certificate-details.js';
import { certificateFields } from './certificate-fields.js';

/**
 * Tells whether a public CA signed a certificate: it is in the logs of Certificate Transparency, without which browsers do not take it
 * (RFC 6962). A private CA has no use for them.
 */
export function isOfPublicCa({ raw }: X509Certificate): boolean {
  return certificateFields(raw).extensions.some(({ id }) => id === extensionIds.certificateTimestamps);
}
