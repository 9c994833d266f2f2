import type { X509Certificate } from 'node:crypto';
import type { CheckSignedStep } from '../../plan/step.js';
import { notAfter } from '../../x509/certificate.js';
import { extensionIds } from '../../x509/certificate-details.js';
import { certificateFields, type CertificateFields } from '../../x509/certificate-fields.js';
import { parts, TAG } from '../../x509/der.js';
import { time } from '../../x509/der-time.js';
import { der, derObjectIdentifier } from '../../x509/der-write.js';
import { breathe } from '../../store/breathe.js';
import type { AltName } from '../../x509/alt-names.js';
import { asConstrained, namesInSubjectAltName, type ConstrainedName } from '../../x509/name-constraints.js';
import { roleUsage } from '../../x509/role.js';
import { unexpected } from './refusal.js';

/**
 * Compares certificates that were signed together with what was asked for, whatever their configuration says. `read` gives one
 * that was read back: its signature was verified then. Throws `ERR_READ_BACK` with the first difference.
 */
export async function checkSigned(
  { certificates, issuer: shownIssuer, role }: CheckSignedStep,
  issuer: X509Certificate,
  read: (path: string) => CertificateFields,
  publicKeyOf: (key: string) => string = () => '',
): Promise<void> {
  const ca = { name: certificateFields(issuer.raw).subject.octets, ends: notAfter(issuer) };
  const usage = der(TAG.sequence, derObjectIdentifier(roleUsage[role]));
  for (const [at, one] of certificates.entries()) {
    await breathe(at);
    const { certificate, altNames = [] } = one;
    const publicKey = 'key' in one ? publicKeyOf(one.key) : one.publicKey;
    const fields = read(certificate);
    const [, ends] = parts(fields.validity);
    const differences: readonly [boolean, string][] = [
      [
        fields.spki.toString('base64') !== publicKey,
        'key' in one ? `it does not belong to the key ${one.key}` : 'it has another key than its request',
      ],
      [mayBeCa(fields), 'it is a CA'],
      [!fields.issuer.octets.equals(ca.name), `it is not signed by ${shownIssuer}`],
      [
        valueOf(fields, extensionIds.extendedKeyUsage)?.equals(usage) !== true,
        `its extendedKeyUsage is not that of a ${role}`,
      ],
      [time(ends) > ca.ends, 'it outlives its CA'],
    ];
    const difference = differences.find(([differs]) => differs);
    if (difference) throw unexpected(certificate, difference[1]);
    const names = namesDifference(valueOf(fields, extensionIds.subjectAltName), altNames);
    if (names !== undefined) throw unexpected(certificate, names);
  }
}

function namesDifference(value: Buffer | undefined, asked: readonly AltName[]): string | undefined {
  const more = 'it has a name that was not asked for (subjectAltName)';
  if (value === undefined) return asked.length === 0 ? undefined : 'it lacks its names (subjectAltName)';
  const shown = ({ type, octets }: ConstrainedName): string => `${type}:${octets.toString('hex')}`;
  const found = namesInSubjectAltName(value).map(shown);
  const wanted = new Set(asked.map((name) => shown(asConstrained(name))));
  if (found.length === 0 || found.some((name) => !wanted.has(name))) return more;
  const missing = wanted.size > new Set(found).size;
  return missing ? 'it lacks a name that was asked for (subjectAltName)' : undefined;
}

/** Only what says nothing in its basicConstraints certainly is none. */
function mayBeCa(fields: CertificateFields): boolean {
  return valueOf(fields, extensionIds.basicConstraints)?.equals(der(TAG.sequence)) !== true;
}

function valueOf({ extensions }: CertificateFields, id: string): Buffer | undefined {
  return extensions.find((one) => one.id === id)?.value;
}
