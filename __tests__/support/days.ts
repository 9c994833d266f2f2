import type { X509Certificate } from 'node:crypto';

const SECOND = 1000;
const DAY = 86_400 * SECOND;

/**
 * The days between a certificate's two dates. `openssl req -x509` reads the clock once for each date (OpenSSL 1.1.1 was
 * seen to), so a second more than whole days counts as whole days.
 */
export function days({ validFrom, validTo }: X509Certificate): number {
  const ms = Date.parse(validTo) - Date.parse(validFrom);
  return (ms % DAY === SECOND ? ms - SECOND : ms) / DAY;
}
