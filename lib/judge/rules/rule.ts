import type { PublicKeyDetails } from '../../x509/certificate-details.js';
import type { CertificateView } from '../certificate-view.js';
import type { ClientId } from '../clients.js';

/** A flaw that makes clients refuse a certificate, with those clients and their messages. */
export interface Rule {
  readonly id: string;
  /** A sentence about the certificate: `it has no subjectAltName`. */
  readonly what: string;
  /** The certificate with the flaw: to recreate the CA means to recreate everything it signed. */
  readonly flawOf: 'leaf' | 'ca';
  /** What to do, where creating certificates is not it. */
  readonly fix?: string;
  /** A new certificate for the same key fixes it: it is about dates, or about what a CA lacks. */
  readonly renewalFixes?: true;
  /** It is about the form of a file, which matters to everyone who loads it. */
  readonly ofFile?: true;
  /** It is about a CA that is trusted, and not about an intermediate. */
  readonly ofTrusted?: true;
  /** The program that notices: the peer that receives the leaf, or the program that loads it with its key. */
  readonly noticedBy: 'peer' | 'holder';
  readonly applies: (view: CertificateView) => boolean;
  /** The clients that refuse it, with a part of their message that every tested version prints, or that some do: `either`. */
  readonly says: RefusalWords;
  /** The versions that refuse it; clients not listed refuse it in all versions. */
  readonly only?: Partial<Record<ClientId, string>>;
  /** The RFC, manual or measurement behind it. */
  readonly source: string;
}

/** Null for a client that accepts what the one by whose code it judges refuses. */
export type RefusalWords = Partial<Record<ClientId, Says | null>>;

/** A message that depends on the certificate may be undefined: then that client accepts it. */
export type Says = string | ((view: CertificateView) => string | undefined);

const alternative = ', or: ';

/** The messages of different versions. */
export function either(...words: readonly string[]): string {
  return words.join(alternative);
}

/** The messages of which one is printed. */
export function alternatives(words: string): string[] {
  return words.split(alternative);
}

/** Of whatever is wrong with a CA, NSS 3.132 says that it does not know the issuer. */
export function ofNss(words: string): string {
  return either(words, 'SEC_ERROR_UNKNOWN_ISSUER');
}

/** The words of clients in Go that find no CA in ca.pem; few look at what AppendCertsFromPEM returns. */
export const withoutCa: RefusalWords = {
  go: 'x509: certificate signed by unknown authority',
  podman: 'unable to read CA bundle: reading cert bundle',
};

/** docker and dockerd are both Go. */
export function go(words: Says): RefusalWords {
  return { docker: words, dockerd: words };
}

type OpensslClient = 'python' | 'python-3.13' | 'node' | 'curl' | 'openssl' | 'openssl-strict';

/**
 * OpenSSL's reason as its users print it (x509_vfy.h, X509_verify_cert_error_string). `depth`: 0 for the leaf, 1 for its CA, which
 * intermediates move further up.
 */
export function opensslFamily(reason: string, number: number, depth: 0 | 1): Record<OpensslClient, Says> {
  const openssl: Says = ({ between }) =>
    `error ${number} at ${depth === 0 ? 0 : between.length + 1} depth lookup: ${reason}`;
  return {
    python: python(reason),
    'python-3.13': python(reason),
    node: reason,
    curl: reason,
    openssl,
    'openssl-strict': openssl,
  };
}

/** A reason that only X509_V_FLAG_X509_STRICT gives. */
export function strict(reason: string, number: number, depth: 0 | 1): RefusalWords {
  const all = opensslFamily(reason, number, depth);
  return { 'python-3.13': all['python-3.13'], 'openssl-strict': all['openssl-strict'] };
}

/** A reason as Python's ssl prints it. */
export function python(reason: string): string {
  return `[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: ${reason}`;
}

/** Go's messages for a certificate that has expired or is not valid yet. */
export function goTimes(which: 'certificate' | 'ca'): RefusalWords {
  return go(({ now, ...view }) => {
    const { notBefore, notAfter } = view[which];
    const how = notBefore > now ? `before ${goTime(notBefore)}` : `after ${goTime(notAfter)}`;
    return `x509: certificate has expired or is not yet valid: current time ${goTime(now)} is ${how}`;
  });
}

function goTime(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Tells whether a key is on a curve that Go does not know; TLS 1.3 has P-256, P-384 and P-521 (RFC 8446 §4.2.3). */
export function isOnOddCurve({ type, curve }: PublicKeyDetails): boolean {
  return type === 'ec' && !/^(prime256v1|secp(224|384|521)r1)$/.test(curve ?? '');
}
