import type { X509Certificate } from 'node:crypto';
import type { CertificateView, KeyView } from '../judge/certificate-view.js';
import { commonNameOf } from '../x509/certificate.js';
import { certificateDetails } from '../x509/certificate-details.js';
import { hasIssuerName, isSignedBy } from '../x509/issued.js';
import { isOfPublicCa } from '../x509/public-ca.js';
import type { Path } from '../x509/path.js';
import type { LeafRole } from '../x509/role.js';

/** What the rules need of a certificate, wherever it was found. */
export type LeafView = Omit<CertificateView, 'host' | 'now'>;

export interface LeafSurroundings {
  /** The CA that the other side trusts; undefined where none was found. */
  readonly ca: X509Certificate | undefined;
  /** Undefined where none leads to that CA. */
  readonly path: Path | undefined;
  /** Whether the certificate itself is among those that the other side trusts. */
  readonly isTrusted: boolean;
  /** Whether the other side may trust another CA than those that were found. */
  readonly isTrustUnknown: boolean;
  /** The forms of the files, where they are not PEM as Docker reads it. */
  readonly forms?: Pick<CertificateView, 'form' | 'caForm' | 'caGoesOn'>;
  readonly key: KeyView | undefined;
}

const trustUnknown = 'ca.pem is not the CA that signed it, and what the other side trusts is not here';
const publicCa =
  'a public CA signed it: clients accept it if their ca.pem has the root of that CA, which is not here';

/** Without a CA, the certificate stands in for it, and the rules about CAs do not apply. */
export function leafView(
  role: LeafRole,
  certificate: X509Certificate,
  { ca = certificate, path, isTrusted, isTrustUnknown, forms, key }: LeafSurroundings,
): LeafView {
  const isAlone = ca === certificate;
  return {
    role,
    certificate: certificateDetails(certificate),
    commonName: commonNameOf(certificate),
    ca: certificateDetails(ca),
    caName: (ca.subject as string | undefined)?.split('\n').reverse().join(', ') ?? '',
    between: (path?.between ?? []).map(certificateDetails),
    issuedByName: isAlone || path !== undefined || hasIssuerName(certificate, ca),
    signedByCa: path !== undefined || isSignedBy(certificate, ca),
    // A CA above it in the same file makes it one like any other.
    isTrusted: isTrusted && (path?.anchor ?? certificate).raw.equals(certificate.raw),
    trustUnknown: isTrustUnknown
      ? role === 'server' && isOfPublicCa(certificate)
        ? publicCa
        : trustUnknown
      : undefined,
    form: forms?.form,
    caForm: forms?.caForm,
    caGoesOn: forms?.caGoesOn ?? false,
    key,
  };
}
