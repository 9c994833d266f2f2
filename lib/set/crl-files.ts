import type { CaRole } from './authorities.js';

/** The files of a CA's list of revoked certificates, relative to the certificate directory. */
export interface CrlFiles {
  readonly crl: string;
  /** The number of the last one, in openssl's form, so that a lost list does not begin at 1 again. */
  readonly number: string;
}

/** What proxies check of clients is always `crl.pem`: where servers have a CA of their own, its list lies beside that. */
export function crlFilesOf(ofRole: CaRole): CrlFiles {
  return ofRole === 'server'
    ? { crl: 'server-crl.pem', number: 'authority/server-crlnumber' }
    : { crl: 'crl.pem', number: 'authority/crlnumber' };
}
