import type { CertificateDetails } from '../../x509/certificate-details.js';
import type { JudgedSet } from './judged-set.js';
import type { Text } from '../../words.js';
import type { Flaw, VerifyRule } from './rule.js';

/** The maximum length of a serial number (RFC 5280 §4.1.2.2). */
const MOST_OCTETS = 20;

/** Serial numbers, of CAs and leaves alike. */
export const serialRules: readonly VerifyRule[] = [
  {
    id: 'serial-zero',
    severity: 'notice',
    what: 'its serial number is 0, but must be positive; no client refuses it yet',
    source: 'RFC 5280 §4.1.2.2; measured',
    find: (set) => those(set, ({ serial }) => serial === 0n),
  },
  {
    id: 'serial-long',
    severity: 'notice',
    what: `its serial number is longer than ${MOST_OCTETS} octets; no client refuses it yet`,
    source: 'RFC 5280 §4.1.2.2; measured',
    find: (set) => those(set, ({ serialOctets }) => serialOctets > MOST_OCTETS),
  },
  {
    id: 'serial-reused',
    severity: 'warning',
    what: 'another certificate of the same issuer has the same serial number: NSS refuses the second one it sees',
    source: 'RFC 5280 §4.1.2.2; NSS, SEC_ERROR_REUSED_ISSUER_AND_SERIAL',
    find: (set) => {
      const first = new Map<string, Judged>();
      return judged(set).flatMap((one) => {
        const id = `${one.details.issuer.toString('hex')} ${one.details.serial}`;
        const before = first.get(id);
        if (!before) first.set(id, one);
        if (!before || before.print === one.print) return [];
        const reason = `it has the same issuer and serial number as ${before.file}: NSS refuses the second one it sees`;
        return [{ file: one.file, reason, fix: one.fix }];
      });
    },
  },
];

interface Judged {
  readonly file: string;
  readonly details: CertificateDetails;
  /** A CA is renewed for the same key, where it can be. */
  readonly fix: Text;
  /** The fingerprint, equal for copies. */
  readonly print: string;
}

function judged({ cas, leaves }: JudgedSet): Judged[] {
  const all = [
    ...cas.map((ca) => ({ ...ca, fix: ca.renew })),
    ...leaves.map((leaf) => ({ ...leaf, fix: leaf.recreate })),
  ];
  return all.map(({ path, details, fix, certificate }) => ({
    file: path,
    details,
    fix,
    print: certificate.fingerprint256,
  }));
}

function those(set: JudgedSet, applies: (details: CertificateDetails) => boolean): Flaw[] {
  return judged(set)
    .filter(({ details }) => applies(details))
    .map(({ file, fix }) => ({ file, fix }));
}
