import { InputError } from '../errors.js';
import { notAfter } from '../x509/certificate.js';
import { certificateDetails } from '../x509/certificate-details.js';
import { isIssuedBy } from '../x509/issued.js';
import type { About } from './ca-change.js';

/** Refuses to allow fewer CAs below a CA than there are. Throws `ERR_INPUT`. */
export function refuseTooShort({ values: { pathLength, now }, inventory, signer }: About): void {
  if (pathLength === undefined) return;
  const { certificate: ca } = signer.found;
  const needing = inventory.certificates.filter(
    ({ certificate }) =>
      certificate.ca &&
      certificate.fingerprint256 !== ca.fingerprint256 &&
      notAfter(certificate) > now &&
      isIssuedBy(certificate, ca) &&
      pathLength < 1 + (certificateDetails(certificate).basicConstraints?.pathLength ?? 0),
  );
  if (needing.length === 0) return;
  throw new InputError(
    'pathLength',
    `clients would refuse what these CAs have signed: ${needing.map(({ path }) => path).join(', ')}`,
    { hint: 'nothing was changed; give a larger one' },
  );
}
