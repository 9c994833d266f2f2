import { DirectoryError } from '../../errors.js';

/** The remedy where openssl did what openssl does not do. */
export const notOpenssl = 'is this really openssl? Nothing was changed';

/** Where a date differs: openssl and we read the same clock. */
export const clockOrNotOpenssl =
  'was the clock of this machine set meanwhile? If not, is this really openssl? Nothing was changed';

/** Where SHA-1 was openssl's default. */
export const newerOpenssl =
  'OpenSSL before 1.0.2 signs with SHA-1 unless it is told otherwise: name a newer one. Nothing was changed';

/** A product that is not what was asked for. */
export function unexpected(shown: string, what: string, hint = notOpenssl, cause?: unknown): DirectoryError {
  return new DirectoryError('ERR_READ_BACK', shown, `openssl made a wrong ${shown}: ${what}`, {
    hint,
    cause,
  });
}
