import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { argv, commandLine, passphrasesOf } from '../../lib/plan/command-line.js';
import { outputsOf, readsOf, writesOf } from '../../lib/plan/schedule.js';
import type { OpensslStep, Product } from '../../lib/plan/step.js';
import { genpkeyStep } from '../../lib/steps/genpkey.js';
import { genrsaStep } from '../../lib/steps/genrsa.js';
import { pkcs12ExportStep, pkcs12OpenStep } from '../../lib/steps/pkcs12.js';
import { pkeyStep } from '../../lib/steps/pkey.js';
import { reqX509Step } from '../../lib/steps/req-x509.js';
import { reqStep } from '../../lib/steps/req.js';
import { rsaStep } from '../../lib/steps/rsa.js';
import { verifyStep } from '../../lib/steps/verify.js';
import { x509ReqStep } from '../../lib/steps/x509-req.js';
import { Passphrase } from '../../lib/x509/passphrase.js';
import { rdn } from '../../lib/x509/subject.js';
import { refusal } from './refusal.js';

const passphrase = 'correct horse';
const other = 'another horse';
const packing = { inkey: 'k', in: 'c', certfile: 'ca', name: 'alice', passout: passphrase, out: 'p12' };
const signing = { in: 's.csr', ca: 'ca.pem', caKey: 'ca-key.pem', out: 's.pem' };

describe('the command line of each step', () => {
  const lines: [OpensslStep, string][] = [
    // pkcs12
    [
      pkcs12ExportStep(packing),
      'openssl pkcs12 -export -inkey k -in c -certfile ca -name alice -keypbe AES-256-CBC -certpbe AES-256-CBC -macalg sha256 -passout fd:3 -out p12',
    ],
    [pkcs12OpenStep({ in: 'p12', passphrase }), 'openssl pkcs12 -in p12 -passin fd:3 -aes256 -passout fd:4'],
    // genrsa
    [genrsaStep({ out: 'k' }), 'openssl genrsa -out k 4096'],
    [genrsaStep({ out: 'k', bits: 2048 }), 'openssl genrsa -out k 2048'],
    [genrsaStep({ out: 'k', bits: 1024 }), 'openssl genrsa -out k 1024'],
    [genrsaStep({ out: 'k', bits: 16_384 }), 'openssl genrsa -out k 16384'],
    [genrsaStep({ out: 'k', passout: passphrase }), 'openssl genrsa -aes256 -passout fd:3 -out k 4096'],
    [
      genrsaStep({ out: 'k', passout: Passphrase.unknown() }),
      'openssl genrsa -aes256 -passout fd:3 -out k 4096',
    ],
    [
      genrsaStep({ out: 'k', passout: passphrase, cipher: 'des3' }),
      'openssl genrsa -des3 -passout fd:3 -out k 4096',
    ],
    [
      genrsaStep({ out: 'k', passout: passphrase, cipher: 'aes128', bits: 3072 }),
      'openssl genrsa -aes128 -passout fd:3 -out k 3072',
    ],
    [genrsaStep({ out: 'k', traditional: true }), 'openssl genrsa -traditional -out k 4096'],
    [genrsaStep({ out: 'my keys/k' }), "openssl genrsa -out 'my keys/k' 4096"],
    // genpkey
    [
      genpkeyStep({ out: 'k', algorithm: 'rsa:3072' }),
      'openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out k',
    ],
    [
      genpkeyStep({ out: 'k', algorithm: 'ec:p256' }),
      'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -pkeyopt ec_param_enc:named_curve -out k',
    ],
    [
      genpkeyStep({ out: 'k', algorithm: { algorithm: 'ec', curve: 'secp384r1' } }),
      'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp384r1 -pkeyopt ec_param_enc:named_curve -out k',
    ],
    [genpkeyStep({ out: 'k', algorithm: 'ed25519' }), 'openssl genpkey -algorithm ED25519 -out k'],
    [
      genpkeyStep({ out: 'k', algorithm: 'ed25519', passout: passphrase }),
      'openssl genpkey -algorithm ED25519 -aes256 -pass fd:3 -out k',
    ],
    [
      genpkeyStep({ out: 'k', algorithm: 'ed25519', passout: passphrase, cipher: 'aes192' }),
      'openssl genpkey -algorithm ED25519 -aes192 -pass fd:3 -out k',
    ],
    // req
    [reqStep({ key: 'k', out: 'csr' }), 'openssl req -new -key k -out csr'],
    [
      reqStep({ key: 'k', subj: '/CN=a', digest: 'sha256', out: 'csr' }),
      'openssl req -subj /CN=a -sha256 -new -key k -out csr',
    ],
    [reqStep({ key: 'k', config: 's.cnf', out: 'csr' }), 'openssl req -config s.cnf -new -key k -out csr'],
    [reqStep({ key: 'k', passin: passphrase, out: 'csr' }), 'openssl req -new -key k -passin fd:3 -out csr'],
    [
      reqStep({ key: 'k', subj: [rdn('O', 'a/b + c'), rdn('CN', "it's")], out: 'csr' }),
      `openssl req -subj '/O=a\\/b \\+ c/CN=it'\\''s' -new -key k -out csr`,
    ],
    [
      reqStep({ key: 'k', subj: '/O=Käse', out: 'csr' }),
      "openssl req -subj '/O=Käse' -utf8 -new -key k -out csr",
    ],
    [
      reqStep({ key: 'k', subj: '/O=a', config: 's.cnf', digest: 'sha512', passin: passphrase, out: 'csr' }),
      'openssl req -subj /O=a -config s.cnf -sha512 -new -key k -passin fd:3 -out csr',
    ],
    // req -x509
    [reqX509Step({ key: 'k', out: 'ca.pem' }), 'openssl req -new -x509 -key k -out ca.pem'],
    [
      reqX509Step({ key: 'k', days: 365, subj: '/CN=ca', out: 'ca.pem' }),
      'openssl req -new -x509 -days 365 -subj /CN=ca -key k -out ca.pem',
    ],
    [
      reqX509Step({ key: 'k', setSerial: '1', out: 'ca.pem' }),
      'openssl req -new -x509 -set_serial 0x01 -key k -out ca.pem',
    ],
    [
      reqX509Step({
        key: 'k',
        passin: passphrase,
        days: 3650,
        config: 'ca.cnf',
        extensions: 'v3_ca',
        setSerial: '0xab:cd',
        digest: 'sha384',
        out: 'ca.pem',
      }),
      'openssl req -new -x509 -days 3650 -config ca.cnf -sha384 -extensions v3_ca -set_serial 0xABCD -key k -passin fd:3 -out ca.pem',
    ],
    // x509 -req
    [x509ReqStep(signing), 'openssl x509 -req -in s.csr -CA ca.pem -CAkey ca-key.pem -out s.pem'],
    [
      x509ReqStep({ ...signing, days: 365, digest: 'sha256' }),
      'openssl x509 -req -days 365 -sha256 -in s.csr -CA ca.pem -CAkey ca-key.pem -out s.pem',
    ],
    [
      x509ReqStep({ ...signing, passin: passphrase, setSerial: '7F', extfile: 'e.cnf', extensions: 'v3' }),
      'openssl x509 -req -in s.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -set_serial 0x7F -out s.pem -extfile e.cnf -extensions v3',
    ],
    [
      x509ReqStep({ ...signing, caCreateSerial: true }),
      'openssl x509 -req -in s.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -out s.pem',
    ],
    [
      x509ReqStep({ ...signing, caSerial: 'n', caCreateSerial: true }),
      'openssl x509 -req -in s.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -CAserial n -out s.pem',
    ],
    // rsa
    [rsaStep({ in: 'k', out: 'p' }), 'openssl rsa -in k -out p'],
    [rsaStep({ in: 'k', passin: passphrase, out: 'k' }), 'openssl rsa -in k -passin fd:3 -out k'],
    [rsaStep({ in: 'k', passout: other, out: 'p' }), 'openssl rsa -in k -aes256 -passout fd:3 -out p'],
    [
      rsaStep({ in: 'k', passin: passphrase, passout: other, cipher: 'des3', out: 'p' }),
      'openssl rsa -in k -passin fd:3 -des3 -passout fd:4 -out p',
    ],
    [rsaStep({ in: 'k', traditional: true, out: 'p' }), 'openssl rsa -in k -traditional -out p'],
    // pkey
    [pkeyStep({ in: 'k', out: 'p' }), 'openssl pkey -in k -out p'],
    [pkeyStep({ in: 'k', passin: passphrase, out: 'k' }), 'openssl pkey -in k -passin fd:3 -out k'],
    [pkeyStep({ in: 'k', passout: other, out: 'p' }), 'openssl pkey -in k -aes256 -passout fd:3 -out p'],
    [
      pkeyStep({ in: 'k', passin: passphrase, passout: other, cipher: 'aes192', out: 'p' }),
      'openssl pkey -in k -passin fd:3 -aes192 -passout fd:4 -out p',
    ],
    // verify
    [verifyStep({ in: 's.pem', caFile: 'ca.pem' }), 'openssl verify -CAfile ca.pem s.pem'],
    [
      verifyStep({ in: 's.pem', caFile: 'ca.pem', purpose: 'sslserver', x509Strict: true }),
      'openssl verify -x509_strict -purpose sslserver -CAfile ca.pem s.pem',
    ],
    [
      verifyStep({ in: 's.pem', caFile: 'ca.pem', verifyHostname: 'h', verifyIp: '::1' }),
      'openssl verify -verify_hostname h -verify_ip ::1 -CAfile ca.pem s.pem',
    ],
  ];

  test.each(lines.map(([step, line]) => ({ step, line })))('$line', ({ step, line }) => {
    expect(commandLine(step)).toBe(line);
  });
});

describe('what a step reads and writes', () => {
  test.each<[string, OpensslStep, string[], string[]]>([
    ['genrsa', genrsaStep({ out: 'k' }), [], ['k']],
    ['genpkey', genpkeyStep({ out: 'k', algorithm: 'ed25519' }), [], ['k']],
    ['req', reqStep({ key: 'k', out: 'csr' }), ['k'], ['csr']],
    ['req with a configuration', reqStep({ key: 'k', config: 'cnf', out: 'csr' }), ['cnf', 'k'], ['csr']],
    ['req -x509', reqX509Step({ key: 'k', config: 'cnf', out: 'ca' }), ['cnf', 'k'], ['ca']],
    ['x509 -req', x509ReqStep(signing), ['s.csr', 'ca.pem', 'ca-key.pem'], ['s.pem']],
    [
      'x509 -req with an extfile',
      x509ReqStep({ ...signing, extfile: 'e.cnf' }),
      ['s.csr', 'ca.pem', 'ca-key.pem', 'e.cnf'],
      ['s.pem'],
    ],
    ['rsa', rsaStep({ in: 'k', out: 'p' }), ['k'], ['p']],
    ['rsa in place', rsaStep({ in: 'k', out: 'k' }), ['k'], ['k']],
    ['pkey', pkeyStep({ in: 'k', out: 'p' }), ['k'], ['p']],
    ['pkcs12 -export', pkcs12ExportStep(packing), ['k', 'c', 'ca'], ['p12']],
    ['pkcs12', pkcs12OpenStep({ in: 'p12', passphrase }), ['p12'], []],
    ['verify', verifyStep({ in: 's.pem', caFile: 'ca.pem' }), ['ca.pem', 's.pem'], []],
  ])('%s', (_name, step, reads, writes) => {
    expect(readsOf(step)).toEqual(reads);
    expect(writesOf(step)).toEqual(writes);
  });
});

describe('what a step makes, and what it needs', () => {
  test.each<[string, OpensslStep, Product | undefined, OpensslStep['needs'], string]>([
    ['genrsa', genrsaStep({ out: 'k' }), 'private-key', undefined, 'RSA private key k'],
    [
      'genrsa -traditional',
      genrsaStep({ out: 'k', traditional: true }),
      'private-key',
      'genrsa-traditional',
      'RSA private key k',
    ],
    ['genpkey', genpkeyStep({ out: 'k', algorithm: 'ec:p256' }), 'private-key', 'ec-keys', 'private key k'],
    [
      'genpkey -algorithm ED25519',
      genpkeyStep({ out: 'k', algorithm: 'ed25519' }),
      'private-key',
      'ed25519',
      'private key k',
    ],
    ['req', reqStep({ key: 'k', out: 'c' }), 'csr', undefined, 'certificate signing request c'],
    ['req -x509', reqX509Step({ key: 'k', out: 'c' }), 'certificate', undefined, 'self-signed certificate c'],
    ['x509 -req', x509ReqStep(signing), 'certificate', undefined, 'certificate s.pem'],
    ['rsa', rsaStep({ in: 'k', out: 'p' }), 'private-key', undefined, 'RSA private key p'],
    [
      'rsa -traditional',
      rsaStep({ in: 'k', out: 'p', traditional: true }),
      'private-key',
      'rsa-traditional',
      'RSA private key p',
    ],
    ['pkey', pkeyStep({ in: 'k', out: 'p' }), 'private-key', undefined, 'private key p'],
    ['pkcs12 -export', pkcs12ExportStep(packing), 'pkcs12', undefined, 'PKCS #12 file p12'],
    [
      'pkcs12 -export -iter',
      pkcs12ExportStep({ ...packing, iter: 9 }),
      'pkcs12',
      'pkcs12-iter',
      'PKCS #12 file p12',
    ],
    ['verify', verifyStep({ in: 'c', caFile: 'ca' }), undefined, undefined, 'verification of c'],
    [
      'verify -verify_hostname',
      verifyStep({ in: 'c', caFile: 'ca', verifyHostname: 'h' }),
      undefined,
      'verify-names',
      'verification of c',
    ],
    [
      'verify -verify_ip',
      verifyStep({ in: 'c', caFile: 'ca', verifyIp: '::1' }),
      undefined,
      'verify-names',
      'verification of c',
    ],
  ])('%s', (_name, step, product, needs, title) => {
    expect(step).toMatchObject({ kind: 'openssl', title });
    expect(outputsOf(step).map((output) => output.product)).toEqual(product ? [product] : []);
    expect(step.needs).toBe(needs);
  });

  test.each([
    genrsaStep({ out: 'k', title: 'mine' }),
    genpkeyStep({ out: 'k', algorithm: 'ed25519', title: 'mine' }),
    reqStep({ key: 'k', out: 'c', title: 'mine' }),
    reqX509Step({ key: 'k', out: 'c', title: 'mine' }),
    x509ReqStep({ ...signing, title: 'mine' }),
    rsaStep({ in: 'k', out: 'p', title: 'mine' }),
    pkeyStep({ in: 'k', out: 'p', title: 'mine' }),
    verifyStep({ in: 'c', caFile: 'ca', title: 'mine' }),
  ])('the title can be given: $command', ({ title }) => {
    expect(title).toBe('mine');
  });
});

describe('what a step cannot be made of is refused', () => {
  const bits = (value: number): string =>
    `ERR_INPUT bits: '${value}' is no size of an RSA key: 1024 to 16384 bits`;
  const days = (value: number): string => `ERR_INPUT days: '${value}' is no number of days from 1 to 36500`;
  const short = 'ERR_INPUT passphrase: this passphrase cannot be used: it is shorter than 4 bytes';
  const serial = "ERR_INPUT serial: 'x' is no serial number: it is not hexadecimal";
  const twoSerials = 'ERR_INPUT setSerial: the serial number is given, and a file of serials too';
  const needed = (cipher: string): string =>
    `ERR_INPUT passout: to encrypt a key with ${cipher}, a passphrase is needed`;

  test.each<[string, () => OpensslStep]>([
    [bits(1023), () => genrsaStep({ out: 'k', bits: 1023 })],
    [bits(16_385), () => genrsaStep({ out: 'k', bits: 16_385 })],
    [bits(2048.5), () => genrsaStep({ out: 'k', bits: 2048.5 })],
    [bits(NaN), () => genrsaStep({ out: 'k', bits: NaN })],
    [needed('aes256'), () => genrsaStep({ out: 'k', cipher: 'aes256' })],
    [needed('des3'), () => genpkeyStep({ out: 'k', algorithm: 'ed25519', cipher: 'des3' })],
    [needed('aes128'), () => rsaStep({ in: 'k', out: 'p', passin: passphrase, cipher: 'aes128' })],
    [short, () => genrsaStep({ out: 'k', passout: 'abc' })],
    [short, () => genpkeyStep({ out: 'k', algorithm: 'ed25519', passout: 'abc' })],
    [short, () => reqStep({ key: 'k', out: 'c', passin: 'abc' })],
    [short, () => reqX509Step({ key: 'k', out: 'c', passin: 'abc' })],
    [short, () => x509ReqStep({ ...signing, passin: 'abc' })],
    [short, () => rsaStep({ in: 'k', out: 'p', passin: 'abc' })],
    [short, () => rsaStep({ in: 'k', out: 'p', passout: 'abc' })],
    [needed('des3'), () => pkeyStep({ in: 'k', out: 'p', passin: passphrase, cipher: 'des3' })],
    [short, () => pkeyStep({ in: 'k', out: 'p', passin: 'abc' })],
    ["ERR_INPUT key: 'rsa:512' is no kind of key", () => genpkeyStep({ out: 'k', algorithm: 'rsa:512' })],
    [days(0), () => reqX509Step({ key: 'k', out: 'c', days: 0 })],
    [days(36_501), () => x509ReqStep({ ...signing, days: 36_501 })],
    [days(1.5), () => x509ReqStep({ ...signing, days: 1.5 })],
    [serial, () => reqX509Step({ key: 'k', out: 'c', setSerial: 'x' })],
    [serial, () => x509ReqStep({ ...signing, setSerial: 'x' })],
    [twoSerials, () => x509ReqStep({ ...signing, setSerial: '1', caSerial: 'n' })],
    [twoSerials, () => x509ReqStep({ ...signing, setSerial: '1', caCreateSerial: true })],
    ['ERR_INPUT caSerial: the path is empty', () => x509ReqStep({ ...signing, caSerial: '' })],
    [
      'ERR_INPUT caSerial: only a CA has a file of serials',
      // As a caller in JavaScript could.
      () => x509ReqStep({ in: 'c', signKey: 'k', out: 'p', ...{ caSerial: 'n' as unknown as undefined } }),
    ],
    [
      `ERR_INPUT subj: "CN=a" is no subject: it does not begin with '/'`,
      () => reqStep({ key: 'k', out: 'c', subj: 'CN=a' }),
    ],
    [
      'ERR_INPUT subj: "" cannot be used as commonName (CN): it is empty',
      () => reqX509Step({ key: 'k', out: 'c', subj: '/CN=' }),
    ],
  ])('%s', (message, make) => {
    expect(refusal(make)).toBe(message);
  });
});

describe('no passphrase is in a step', () => {
  test.each<[string, OpensslStep, string[]]>([
    ['genrsa', genrsaStep({ out: 'k', passout: passphrase }), [passphrase]],
    ['genpkey', genpkeyStep({ out: 'k', algorithm: 'ec:p256', passout: passphrase }), [passphrase]],
    ['req', reqStep({ key: 'k', out: 'c', passin: passphrase }), [passphrase]],
    ['req -x509', reqX509Step({ key: 'k', out: 'c', passin: passphrase }), [passphrase]],
    ['x509 -req', x509ReqStep({ ...signing, passin: passphrase }), [passphrase]],
    ['rsa', rsaStep({ in: 'k', out: 'p', passin: passphrase, passout: other }), [passphrase, other]],
    ['pkey', pkeyStep({ in: 'k', out: 'p', passin: passphrase, passout: other }), [passphrase, other]],
    ['pkcs12 -export', pkcs12ExportStep(packing), [passphrase]],
    ['pkcs12', pkcs12OpenStep({ in: 'p12', passphrase }), [passphrase, passphrase]],
    ['genrsa without one', genrsaStep({ out: 'k' }), []],
  ])('%s', (_name, step, secrets) => {
    const shown = [
      ...argv(step),
      commandLine(step),
      JSON.stringify(step),
      inspect(step, { depth: Infinity }),
    ];
    expect(shown.join('\n')).not.toContain('horse');
    expect(passphrasesOf(step).map((each) => String(each.reveal()))).toEqual(secrets);
  });
});

test('files can be spelled otherwise, those that are read and those that are written', () => {
  const spelling = { reads: (path: string) => `/in/${path}`, writes: (path: string) => `/out/${path}` };
  expect(argv(rsaStep({ in: 'k', passin: passphrase, out: 'p' }), spelling)).toEqual([
    'rsa',
    '-in',
    '/in/k',
    '-passin',
    'fd:3',
    '-out',
    '/out/p',
  ]);
});

test('an error about -subj names it', () => {
  for (const step of [reqStep, reqX509Step])
    expect(() => step({ key: 'k', subj: 'CN=x', out: 'o' })).toThrow(
      expect.objectContaining({ code: 'ERR_INPUT', option: 'subj' }),
    );
});
