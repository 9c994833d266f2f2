import { X509Certificate } from 'node:crypto';

/** Every certificate that a text holds in PEM (RFC 7468), in its order. Throws what node:crypto throws for one that is damaged. */
export function certificatesIn(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  return (blocks ?? []).map((block) => new X509Certificate(block));
}

/** The certificate that bytes are, in PEM or in DER; undefined for anything else. */
export function certificateOf(bytes: string | Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(bytes);
  } catch {
    return undefined;
  }
}

/** As `certificatesIn`, without those that are damaged. */
export function readableCertificates(text: string): X509Certificate[] {
  return certificateBlocks(text).flatMap((der) => (der && certificateOf(der)) ?? []);
}

/** A value in PEM under a label (RFC 7468). */
export function pemOf(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** What is kept beside certificates and keys, and is neither. */
const others = /^(?:X509 CRL|(?:RSA )?PUBLIC KEY|(?:EC|DH|X9\.42 DH|DSA) PARAMETERS)$/;

/** What a PEM file holds, by its labels; of several the first of these. Undefined where no label says. */
export function heldIn(text: string): 'certificate' | 'key' | 'csr' | 'other' | undefined {
  const labels = [...text.matchAll(/^-----BEGIN ([A-Z0-9. ]+)-----/gm)].map(([, label = '']) => label);
  if (labels.includes('CERTIFICATE')) return 'certificate';
  if (labels.some((label) => label.endsWith('PRIVATE KEY'))) return 'key';
  if (labels.some((label) => label.endsWith('CERTIFICATE REQUEST'))) return 'csr';
  return labels.some((label) => others.test(label)) ? 'other' : undefined;
}

/** Whether a private key is in it, which can stand beside a certificate in one file. */
export function holdsKey(text: string): boolean {
  return /^-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/m.test(text);
}

/** The certificates of a text in DER, as they stand there: nobody has parsed them. A block that is no base64 is undefined. */
export function certificateBlocks(text: string): (Buffer | undefined)[] {
  return blocks(text.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g));
}

/** The CRLs of a text in DER, in the same way. */
export function crlBlocks(text: string): (Buffer | undefined)[] {
  return blocks(text.matchAll(/-----BEGIN X509 CRL-----([^-]*)-----END X509 CRL-----/g));
}

function blocks(found: Iterable<RegExpExecArray>): (Buffer | undefined)[] {
  return Array.from(found, ([, body = '']) => {
    const digits = body.replace(/\s+/g, '');
    return digits.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(digits)
      ? Buffer.from(digits, 'base64')
      : undefined;
  });
}

/**
 * Tells whether Docker finds a certificate in a text: its lines begin and end where RFC 7468 has them, as Go's encoding/pem wants
 * it. Blocks in another form are skipped there without a word.
 */
export function isSeenByDocker(text: string): boolean {
  return /(?:^|\n)-----BEGIN CERTIFICATE-----[ \t\r]*\n[^-]*\n-----END CERTIFICATE-----[ \t\r]*(?:\n|$)/.test(
    text,
  );
}

/** Tells whether something stands after the last block, be it an empty line. Quick with any text, for others may have made it. */
export function goesOn(text: string): boolean {
  const last = text.lastIndexOf('-----END ');
  return last !== -1 && !/^-----END [^-\r\n]+-----[ \t]*(?:\r?\n)?$/.test(text.slice(last));
}
