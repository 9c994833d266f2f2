import type { PublicKeyDetails } from '../../x509/certificate-details.js';
import type { CertificateView } from '../certificate-view.js';
import type { ClientId } from '../clients.js';

/** What makes clients refuse a certificate, who they are, and what they say. */
export interface Rule {
  readonly id: string;
  /** What is wrong, as a sentence about the certificate: `it has no subjectAltName`. */
  readonly what: string;
  /** What has to be made anew: the leaf itself, or the CA, and with it all that it signed. */
  readonly mends: 'leaf' | 'ca';
  /** Who notices: the other side, to which the leaf is shown, or the program that loads it with its key. */
  readonly noticedBy: 'peer' | 'holder';
  readonly applies: (view: CertificateView) => boolean;
  /** Who refuses it, and in which words: a part of what is printed that stands in every version that was tried. */
  readonly says: Words;
  /** Who has to be of which version to refuse it; the others refuse it in all. */
  readonly only?: Partial<Record<ClientId, string>>;
  /** How it is known. */
  readonly source: string;
}

export type Words = Partial<Record<ClientId, Says>>;

/** What depends on the certificate can be undefined: then that client takes it after all. */
export type Says = string | ((view: CertificateView) => string | undefined);

/** The versions with which all that is "measured" was. */
export const measuredWith =
  'docker and dockerd 20.10.24 and 28.5.2, Python 3.11, 3.12 and 3.13, Node 20, curl 7.88, OpenJDK 17, GnuTLS 3.7.9, NSS 3.87, Deno 2.9 (rustls), Bun 1.4 (BoringSSL), OpenSSL 3.0.19';

/** docker and dockerd are both Go. */
export function go(words: Says): Words {
  return { docker: words, dockerd: words };
}

type OpensslClient = 'python' | 'python-3.13' | 'node' | 'curl' | 'openssl' | 'openssl-strict';

/** What a reason of OpenSSL's becomes in those that print it (x509_vfy.h, X509_verify_cert_error_string). */
export function opensslFamily(reason: string, number: number, depth: 0 | 1): Record<OpensslClient, string> {
  return {
    python: python(reason),
    'python-3.13': python(reason),
    node: reason,
    curl: `curl: (60) SSL certificate problem: ${reason}`,
    openssl: `error ${number} at ${depth} depth lookup: ${reason}`,
    'openssl-strict': `error ${number} at ${depth} depth lookup: ${reason}`,
  };
}

/** What only X509_V_FLAG_X509_STRICT refuses. */
export function strict(reason: string, number: number, depth: 0 | 1): Words {
  const all = opensslFamily(reason, number, depth);
  return { 'python-3.13': all['python-3.13'], 'openssl-strict': all['openssl-strict'] };
}

/** As Python's ssl prints a reason. */
export function python(reason: string): string {
  return `[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: ${reason}`;
}

/** Go's words for a certificate out of its time. */
export function goTimes(which: 'certificate' | 'ca'): Words {
  return go(({ now, ...view }) => {
    const { notBefore, notAfter } = view[which];
    const how = notBefore > now ? `before ${goTime(notBefore)}` : `after ${goTime(notAfter)}`;
    return `x509: certificate has expired or is not yet valid: current time ${goTime(now)} is ${how}`;
  });
}

function goTime(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Whether it is on a curve that Go does not know; TLS 1.3 has P-256, P-384 and P-521 (RFC 8446 §4.2.3). */
export function isOnOddCurve({ type, curve }: PublicKeyDetails): boolean {
  return type === 'ec' && !/^(prime256v1|secp(224|384|521)r1)$/.test(curve ?? '');
}
