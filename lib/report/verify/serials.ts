import type { CertificateDetails } from '../../x509/certificate-details.js';
import type { JudgedSet } from './judged-set.js';
import type { Flaw, VerifyRule } from './rule.js';

/** The longest serial number that may be (RFC 5280 §4.1.2.2). */
const MOST_OCTETS = 20;

/** Serial numbers, of CAs and leaves alike. */
export const serialRules: readonly VerifyRule[] = [
  {
    id: 'serial-zero',
    severity: 'notice',
    what: 'its serial number is 0, and has to be positive; nobody refuses it yet',
    source: 'RFC 5280 §4.1.2.2; measured',
    find: (set) => those(set, ({ serial }) => serial === 0n),
  },
  {
    id: 'serial-long',
    severity: 'notice',
    what: `its serial number is longer than ${MOST_OCTETS} octets; nobody refuses it yet`,
    source: 'RFC 5280 §4.1.2.2; measured',
    find: (set) => those(set, ({ serialOctets }) => serialOctets > MOST_OCTETS),
  },
  {
    id: 'serial-reused',
    severity: 'warning',
    what: 'another certificate of the same issuer has the same serial number: NSS refuses the second that it sees',
    source: 'RFC 5280 §4.1.2.2; NSS, SEC_ERROR_REUSED_ISSUER_AND_SERIAL',
    find: (set) => {
      const first = new Map<string, Judged>();
      return judged(set).flatMap((one) => {
        const id = `${one.details.issuer.toString('hex')} ${one.details.serial}`;
        const before = first.get(id);
        if (!before) first.set(id, one);
        if (!before || before.print === one.print) return [];
        const reason = `it has the same issuer and serial number as ${before.file}: NSS refuses the second that it sees`;
        return [{ file: one.file, reason, fix: one.mend }];
      });
    },
  },
];

interface Judged {
  readonly file: string;
  readonly details: CertificateDetails;
  readonly mend: string;
  /** Copies have the same. */
  readonly print: string;
}

function judged({ cas, leaves }: JudgedSet): Judged[] {
  return [...cas, ...leaves].map(({ path, details, mend, certificate }) => ({
    file: path,
    details,
    mend,
    print: certificate.fingerprint256,
  }));
}

function those(set: JudgedSet, applies: (details: CertificateDetails) => boolean): Flaw[] {
  return judged(set)
    .filter(({ details }) => applies(details))
    .map(({ file, mend }) => ({ file, fix: mend }));
}
