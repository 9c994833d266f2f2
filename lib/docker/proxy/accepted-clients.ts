import { X509Certificate } from 'node:crypto';
import { DirectoryError } from '../../errors.js';
import { readSet } from '../../set/certificate-set.js';
import { leavesOf } from '../../set/found.js';
import { commonNameOf, notAfter } from '../../x509/certificate.js';
import { pathTo } from '../../x509/path.js';
import type { CrlFile } from './crl-file.js';

/** A client that a proxy accepts. */
export interface AcceptedClient {
  /** As node:crypto writes it. */
  readonly serial: string;
  readonly commonName: string | undefined;
  readonly notAfter: Date;
  /** Its certificate in DER. */
  readonly der: Buffer;
}

/**
 * Lists the clients in a certificate directory that one of the CAs signed, that have not expired and that no CA on their path has
 * revoked. Without a CRL nothing is revoked. Errors: `ERR_INCOMPLETE` if there are none; `ERR_FILE`, also for a CRL that does not
 * say whether a client is revoked.
 */
export async function acceptedClients(
  directory: string,
  cas: readonly X509Certificate[],
  crl: CrlFile | undefined,
): Promise<AcceptedClient[]> {
  const { certificates } = await readSet(directory);
  const clients = new Map<string, AcceptedClient>();
  for (const { certificate, path: file, role } of leavesOf({ certificates })) {
    if (role !== 'client' || notAfter(certificate).getTime() < Date.now()) continue;
    const sent = certificates.filter(({ path, index }) => path === file && index > 0);
    const path = pathTo(
      certificate,
      sent.map((one) => one.certificate),
      cas,
    );
    if (!path || path.unread) continue;
    const chain = [certificate, ...path.between, path.anchor];
    const isRevoked = chain
      .slice(0, -1)
      .some((one, at) => crl?.revokes(one, chain[at + 1] ?? path.anchor) === true);
    if (isRevoked) continue;
    clients.set(certificate.fingerprint256, {
      serial: certificate.serialNumber,
      commonName: commonNameOf(certificate),
      notAfter: notAfter(certificate),
      der: certificate.raw,
    });
  }
  // An empty list would let every client of the CA in.
  if (clients.size === 0)
    throw new DirectoryError('ERR_INCOMPLETE', directory, `${directory} has no client to accept`, {
      hint: 'every client there is revoked or expired, or another CA signed it: create a client first',
    });
  return [...clients.values()];
}
