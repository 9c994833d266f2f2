import { describe, expect, test } from '@jest/globals';
import { derFault } from '../../lib/x509/der.js';

describe('what is not in DER is found', () => {
  test.each([
    ['300301 01ff', undefined],
    ['30030101 00', undefined],
    ['3003010101', /truth value/],
    ['30810301 01ff', /length/],
    ['3082000301 01ff', /length/],
    ['30053081020500', /length/],
    ['020101', undefined],
    ['02020080', undefined],
    ['0202ff7f', undefined],
    ['02020001', /integer/],
    ['0202ffff', /integer/],
    ['a003020101', undefined],
    ['a00402020001', /integer/],
    // Content that is no value of its own is not looked into.
    ['040401020001', undefined],
    [`048180${'00'.repeat(128)}`, undefined],
    [`04820100${'00'.repeat(256)}`, undefined],
    [`0482007f${'00'.repeat(127)}`, /length/],
  ])('%s', (hex, fault) => {
    const found = derFault(Buffer.from(hex.replace(' ', ''), 'hex'));
    if (fault) expect(found).toMatch(fault);
    else expect(found).toBeUndefined();
  });
});
