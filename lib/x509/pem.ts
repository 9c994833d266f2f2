import { X509Certificate } from 'node:crypto';

/** Every certificate that a text holds in PEM (RFC 7468), in its order. Throws what node:crypto throws for one that is damaged. */
export function certificatesIn(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  return (blocks ?? []).map((block) => new X509Certificate(block));
}

/** What a PEM file holds, by its first label that says so; undefined for none. */
export function heldIn(text: string): 'certificate' | 'key' | 'csr' | undefined {
  const [, label = ''] = /^-----BEGIN ([A-Z0-9 ]+)-----/m.exec(text) ?? [];
  if (label === 'CERTIFICATE') return 'certificate';
  if (label.endsWith('PRIVATE KEY')) return 'key';
  if (label.endsWith('CERTIFICATE REQUEST')) return 'csr';
  return undefined;
}
