import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseErrorQueue } from '../../lib/openssl/error-queue.js';
import { failures } from './openssl-failures.js';

const entry = (line: string): string[] =>
  parseErrorQueue(line).flatMap((found) => [found.library, found.function, found.text, found.data]);

describe('a line of the error queue is read', () => {
  test.each([
    [
      'OpenSSL 1.0.1',
      '140047127731736:error:06065064:digital envelope routines:EVP_DecryptFinal_ex:bad decrypt:evp_enc.c:536:',
      ['digital envelope routines', 'EVP_DecryptFinal_ex', 'bad decrypt', ''],
    ],
    [
      'OpenSSL 1.0.2',
      '140663131141784:error:0906D06C:PEM routines:PEM_read_bio:no start line:pem_lib.c:701:Expecting: TRUSTED CERTIFICATE',
      ['PEM routines', 'PEM_read_bio', 'no start line', 'Expecting: TRUSTED CERTIFICATE'],
    ],
    [
      'OpenSSL 1.1.1',
      "140152183674176:error:02001002:system library:fopen:No such file or directory:../crypto/bio/bss_file.c:69:fopen('nope.pem','r')",
      ['system library', 'fopen', 'No such file or directory', "fopen('nope.pem','r')"],
    ],
    [
      'OpenSSL 1.1.1, data with colons',
      '140709371548992:error:2206E068:X509 V3 routines:X509V3_get_value_bool:invalid boolean string:../crypto/x509v3/v3_utl.c:288:section:<NULL>,name:CA,value:maybe',
      [
        'X509 V3 routines',
        'X509V3_get_value_bool',
        'invalid boolean string',
        'section:<NULL>,name:CA,value:maybe',
      ],
    ],
    [
      'OpenSSL 3.0',
      '40F7885EC07F0000:error:06800097:asn1 encoding routines:ASN1_mbstring_ncopy:string too long:../crypto/asn1/a_mbstr.c:106:maxsize=64',
      ['asn1 encoding routines', 'ASN1_mbstring_ncopy', 'string too long', 'maxsize=64'],
    ],
    [
      'OpenSSL 3.0, data with colons',
      '40E7F4E9E17F0000:error:0308010C:digital envelope routines:inner_evp_generic_fetch:unsupported:../crypto/evp/evp_fetch.c:386:Global default library context, Algorithm (nope : 0), Properties (<null>)',
      [
        'digital envelope routines',
        'inner_evp_generic_fetch',
        'unsupported',
        'Global default library context, Algorithm (nope : 0), Properties (<null>)',
      ],
    ],
    [
      'OpenSSL 3.6',
      '40F7E9C3187F0000:error:04800068:PEM routines:PEM_do_header:bad password read:../crypto/pem/pem_lib.c:471:',
      ['PEM routines', 'PEM_do_header', 'bad password read', ''],
    ],
    [
      'a build without function names',
      '40F7E9C3187F0000:error:04800068:PEM routines::bad password read:../crypto/pem/pem_lib.c:471:',
      ['PEM routines', '', 'bad password read', ''],
    ],
    [
      'LibreSSL 3.3',
      '8321322816:error:09FFF06C:PEM routines:CRYPTO_internal:no start line:/AppleInternal/Library/libressl-3.3/crypto/pem/pem_lib.c:694:Expecting: TRUSTED CERTIFICATE',
      ['PEM routines', 'CRYPTO_internal', 'no start line', 'Expecting: TRUSTED CERTIFICATE'],
    ],
    [
      'LibreSSL 3.4',
      '139701602872192:error:06FFF064:digital envelope routines:CRYPTO_internal:bad decrypt:evp/evp_enc.c:549:',
      ['digital envelope routines', 'CRYPTO_internal', 'bad decrypt', ''],
    ],
    [
      'a short form without process and place',
      'error:0909006C:PEM routines:get_name:no start line',
      ['PEM routines', 'get_name', 'no start line', ''],
    ],
    [
      'a reason with a colon',
      '40D7:error:12:lib:fn:one: two:file.c:12:data',
      ['lib', 'fn', 'one: two', 'data'],
    ],
    [
      'OpenSSL 1.0.1, data with a colon at its end',
      '14695:error:0906D06C:PEM routines:PEM_read_bio:no start line:pem_lib.c:650:Expecting: ANY PRIVATE KEY:',
      ['PEM routines', 'PEM_read_bio', 'no start line', 'Expecting: ANY PRIVATE KEY'],
    ],
    [
      'a line with a carriage return',
      '40D7:error:12:PEM routines:get_name:no start line:pem_lib.c:1:\r',
      ['PEM routines', 'get_name', 'no start line', ''],
    ],
  ])('of %s', (_openssl, line, fields) => {
    expect(entry(line)).toEqual(fields);
  });
});

describe('all else is passed over', () => {
  test.each([
    '',
    'unable to load Private Key',
    'Could not read private key from error.pem',
    "error: unable to load certificate request input from file 'junk'",
    'error 18 at 0 depth lookup: self-signed certificate',
    'error ca.pem: verification failed',
    'Error checking extension section v3',
    'genrsa: Can\'t open "ro/key.pem" for writing, Permission denied',
    'not:error:0909006C:PEM routines:get_name:no start line',
    '1234:error:XYZ:PEM routines:get_name:no start line',
  ])('%j', (line) => {
    expect(parseErrorQueue(line)).toEqual([]);
  });
});

test('the entries keep their order', () => {
  const { lines } = failures.find(({ what }) => what === 'req, a PKCS#8 key, another passphrase')!;
  expect(parseErrorQueue(lines.join('\n')).map(({ text }) => text)).toEqual([
    'bad decrypt',
    'pkcs12 cipherfinal error',
    'pkcs12 pbe crypt error',
    'ASN1 lib',
  ]);
});

test.each(failures)('each line of the queue in: $what, $openssl', ({ lines }) => {
  const queued = lines.filter((line) => line.includes(':error:'));
  const queue = parseErrorQueue(lines.join('\n'));
  expect(queue).toHaveLength(queued.length);
  queue.forEach(({ library, function: fn, text, data }, n) => {
    expect(queued[n]).toContain(`:${library}:${fn}:${text}:`);
    expect(queued[n]!.endsWith(`:${data}`)).toBe(true);
    expect(text).not.toMatch(/\.c|:/);
  });
});

test('no text makes it throw', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...Array.from('0A:.c\n '), 'error', ':error:0A:') }),
      (text) => {
        expect(parseErrorQueue(text).length).toBeLessThanOrEqual(text.split('\n').length);
      },
    ),
    { numRuns: 500 },
  );
});
