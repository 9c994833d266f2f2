import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { evenHex } from '../set/issued/entry.js';
import { readRevoked } from '../set/issued/read.js';
import { notAfter } from '../x509/certificate.js';
import { isIssuedBy } from '../x509/issued.js';
import { call, words } from '../words.js';
import type { About, Change } from './ca-change.js';
import { leavesOfCa } from './signer.js';

/**
 * Stops trusting the old CA, once nothing needs it: what was revoked is what the roll-over is to lock out. Errors:
 * `ERR_LEAF_UNUSABLE`; those of `readRevoked`.
 */
export async function finishing({ values: { directory }, inventory, signer }: About): Promise<Change> {
  const { path, certificate } = signer.found;
  const [, ...going] = signer.trusted;
  const { serials } = await readRevoked(directory);
  const old = inventory.certificates.filter(
    (one) =>
      one.role !== 'ca' &&
      going.some((ca) => isIssuedBy(one.certificate, ca)) &&
      !serials.has(evenHex(one.certificate.serialNumber)),
  );
  if (old.length > 0) {
    const paths = old.map((leaf) => leaf.path).join(', ');
    throw new DirectoryError('ERR_LEAF_UNUSABLE', join(directory, path), `still from the old CA: ${paths}`, {
      hint: words`nothing was changed; renew them first with \`${call('renew', leavesOfCa(signer.ofRole), directory)}\``,
    });
  }
  return {
    steps: [{ kind: 'write-file', path, content: certificate.toString() }],
    replacesKey: false,
    notes: [],
    endsOn: notAfter(certificate),
  };
}
