import type { X509Certificate } from 'node:crypto';
import type { CheckSignedStep } from '../../plan/step.js';
import { notAfter } from '../../x509/certificate.js';
import { extensionIds } from '../../x509/certificate-details.js';
import { certificateFields, type CertificateFields } from '../../x509/certificate-fields.js';
import { parts, TAG } from '../../x509/der.js';
import { time } from '../../x509/der-time.js';
import { der, derObjectIdentifier } from '../../x509/der-write.js';
import { breathe } from '../../store/breathe.js';
import { oneObject } from '../../x509/one-object.js';
import { roleUsage } from '../../x509/role.js';
import { unexpected } from './refusal.js';

/**
 * Compares certificates that were signed together with what was asked for, whatever their configuration says. `read` gives the
 * text of one that was read back: its signature was verified then. Throws `ERR_READ_BACK` with the first difference.
 */
export async function checkSigned(
  { certificates, issuer: shownIssuer, role }: CheckSignedStep,
  issuer: X509Certificate,
  read: (path: string) => string,
): Promise<void> {
  const ca = { name: certificateFields(issuer.raw).subject.octets, ends: notAfter(issuer) };
  const usage = der(TAG.sequence, derObjectIdentifier(roleUsage[role]));
  for (const [at, { certificate, publicKey }] of certificates.entries()) {
    await breathe(at);
    const found = oneObject(read(certificate));
    if ('wrong' in found || !found.der) throw unexpected(certificate, 'it is not a certificate');
    const fields = certificateFields(found.der);
    const [, ends] = parts(fields.validity);
    const differences: readonly [boolean, string][] = [
      [fields.spki.toString('base64') !== publicKey, 'it has another key than its request'],
      [mayBeCa(fields), 'it is a CA'],
      [!fields.issuer.octets.equals(ca.name), `it is not signed by ${shownIssuer}`],
      [
        valueOf(fields, extensionIds.extendedKeyUsage)?.equals(usage) !== true,
        `its extendedKeyUsage is not that of a ${role}`,
      ],
      [time(ends) > ca.ends, 'it outlives its CA'],
      [
        valueOf(fields, extensionIds.subjectAltName) !== undefined,
        'it has a name that was not asked for (subjectAltName)',
      ],
    ];
    const difference = differences.find(([differs]) => differs);
    if (difference) throw unexpected(certificate, difference[1]);
  }
}

/** Only what says nothing in its basicConstraints certainly is none. */
function mayBeCa(fields: CertificateFields): boolean {
  return valueOf(fields, extensionIds.basicConstraints)?.equals(der(TAG.sequence)) !== true;
}

function valueOf({ extensions }: CertificateFields, id: string): Buffer | undefined {
  return extensions.find((one) => one.id === id)?.value;
}
