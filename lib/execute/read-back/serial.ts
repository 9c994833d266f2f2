import { unexpected } from './refusal.js';

/** Compares openssl's file of serials with the number of the certificate that was signed: it holds the number of the last one. Throws `ERR_READ_BACK`. */
export function checkSerial(text: string, shown: string, made: readonly string[]): void {
  const digits = text.trim();
  if (!/^[0-9A-F]+$/i.test(digits)) throw unexpected(shown, 'it is not a serial number');
  for (const serialNumber of made) {
    if (BigInt(`0x${serialNumber}`) === BigInt(`0x${digits}`)) continue;
    throw unexpected(shown, `it holds ${digits}, and the certificate's serial is ${serialNumber}`);
  }
}
