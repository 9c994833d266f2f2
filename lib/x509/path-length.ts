import { InputError } from '../errors.js';

/** More CAs below one another than anyone has. */
const MOST = 10;

/** How many CAs may be below a CA (RFC 5280 §4.2.1.9, pathLenConstraint). Accepts a number or its digits. Throws `ERR_INPUT` naming `option`. */
export function parsePathLength(given: number | string, option: string): number {
  const length = typeof given === 'string' && /^\d{1,2}$/.test(given) ? Number(given) : given;
  if (typeof length !== 'number' || !Number.isInteger(length) || length < 0 || length > MOST)
    throw new InputError(option, `expected a number of CAs from 0 to ${MOST}, got '${String(given)}'`);
  return length;
}
