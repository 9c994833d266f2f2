import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { IssueRequest } from '../../lib/issue/options.js';
import type { Part } from '../../lib/x509/role.js';
import { previewKeyring } from '../../lib/issue/keyring.js';
import { parseRequest, type Values } from '../../lib/issue/request.js';
import { formatAltName } from '../../lib/x509/alt-names.js';
import { rdn } from '../../lib/x509/subject.js';
import { refuseUnheeded } from '../../lib/issue/read-options.js';
import { refusal, refusalError } from './refusal.js';

const all: readonly Part[] = ['ca', 'server', 'client'];
const parsed = (parts: readonly Part[], request: IssueRequest): Omit<Values, 'keyring' | 'parentKeyring'> => {
  const { keyring, parentKeyring, ...values } = parseRequest(parts, request, previewKeyring);
  expect([keyring, parentKeyring]).not.toContain(undefined);
  return values;
};
const names = (request: IssueRequest): string[] | undefined => parsed(all, request).names?.map(formatAltName);

describe('what is not given has a default', () => {
  test('for each option', () => {
    const before = Date.now();
    const { now, serial, ...values } = parsed(all, {});
    expect(values).toEqual({
      directory: resolve('docker-tls'),
      names: undefined,
      localhost: undefined,
      key: undefined,
      days: 365,
      caDays: 3650,
      prefix: [],
      separateCas: false,
      clientName: undefined,
      name: undefined,
      force: [],
      hostname: hostname(),
    });
    expect(now.getTime()).toBeGreaterThanOrEqual(before);
    expect(now.getTime()).toBeLessThanOrEqual(Date.now());
    expect(serial()).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(serial()).not.toBe(serial());
  });

  test('undefined is as if it was not given', () => {
    const given = parsed(all, {
      directory: undefined,
      hosts: undefined,
      ips: undefined,
      localhost: undefined,
      key: undefined,
      days: undefined,
      caDays: undefined,
      clientName: undefined,
      subject: undefined,
      name: undefined,
      force: undefined,
      random: undefined,
      hostname: undefined,
    });
    expect({ ...given, now: 0, serial: 0 }).toEqual({ ...parsed(all, {}), now: 0, serial: 0 });
  });
});

describe('what is given becomes values', () => {
  test.each<[IssueRequest, object]>([
    [{ directory: '/etc/docker/../tls' }, { directory: '/etc/tls' }],
    [{ directory: 'certs' }, { directory: resolve('certs') }],
    [{ localhost: false }, { localhost: false }],
    [{ localhost: true }, { localhost: true }],
    [{ key: 'ec:p256' }, { key: { algorithm: 'ec', curve: 'prime256v1' } }],
    [{ key: { algorithm: 'ed25519' } }, { key: { algorithm: 'ed25519' } }],
    [
      { days: 1, caDays: 2 },
      { days: 1, caDays: 2 },
    ],
    [{ subject: '/C=DE/O=Example' }, { prefix: [rdn('C', 'DE'), rdn('O', 'Example')] }],
    [{ subject: [rdn('O', 'Example')] }, { prefix: [rdn('O', 'Example')] }],
    [
      { country: 'DE', organization: 'Example', unit: 'Ops' },
      { prefix: [rdn('C', 'DE'), rdn('O', 'Example'), rdn('OU', 'Ops')] },
    ],
    [
      { subject: '/ST=Bavaria/serialNumber=7', unit: 'Ops', country: 'DE' },
      { prefix: [rdn('C', 'DE'), rdn('ST', 'Bavaria'), rdn('OU', 'Ops'), rdn('serialNumber', '7')] },
    ],
    [{ subject: '' }, { prefix: [] }],
    [{ subject: [] }, { prefix: [] }],
    [{ clientName: 'alice' }, { clientName: 'alice' }],
    [{ name: 'web1' }, { name: 'web1' }],
    [{ force: ['server', 'ca'] }, { force: ['server', 'ca'] }],
    [{ hostname: 'h' }, { hostname: 'h' }],
    [{ now: new Date(0) }, { now: new Date(0) }],
  ])('%j', (request, values) => {
    expect(parsed(all, request)).toMatchObject(values);
  });

  test.each<[IssueRequest, string[]]>([
    [{ hosts: ['a', 'tcp://b:2376'] }, ['DNS:a', 'DNS:b']],
    [{ ips: ['10.0.0.5', '::1'] }, ['IP:10.0.0.5', 'IP:::1']],
    [{ hosts: ['a,10.0.0.5'], ips: ['10.0.0.5,10.0.0.6'] }, ['DNS:a', 'IP:10.0.0.5', 'IP:10.0.0.6']],
    [{ hosts: [] }, []],
  ])('the names of %j', (request, expected) => {
    expect(names(request)).toEqual(expected);
  });

  test('each serial is of 16 bytes of the randomness given', () => {
    const sizes: number[] = [];
    const { serial } = parsed(all, {
      random: (size) => {
        sizes.push(size);
        return new Uint8Array(size).fill(sizes.length + 0x40);
      },
    });
    expect([serial(), serial()]).toEqual(['41'.repeat(16), '42'.repeat(16)]);
    expect(sizes).toEqual([16, 16]);
  });
});

describe('what cannot be used is refused', () => {
  const days = (option: string, value: number, least: number): string =>
    `ERR_INPUT ${option}: '${value}' is no number of days from ${least} to 36500`;

  test.each<[IssueRequest, string]>([
    [{ hosts: ['a b'] }, 'ERR_INPUT hosts: "a b" cannot be used as a host: it holds a blank'],
    [{ hosts: [''] }, 'ERR_INPUT hosts: "" cannot be used as a host: it is empty'],
    [{ ips: ['a'] }, "ERR_INPUT ips: 'a' is not an IP address"],
    [{ ips: ['a b'] }, 'ERR_INPUT ips: "a b" cannot be used as a host: it holds a blank'],
    [
      { hosts: ['ok'], ips: ['::g'] },
      'ERR_INPUT ips: "::g" cannot be used as a host: it is not an IPv6 address',
    ],
    [{ key: 'rsa:1024' }, "ERR_INPUT key: 'rsa:1024' is no kind of key"],
    [{ days: 0 }, days('days', 0, 1)],
    [{ days: 1.5 }, days('days', 1.5, 1)],
    [{ days: 36_501 }, days('days', 36_501, 1)],
    [{ caDays: 1 }, days('caDays', 1, 2)],
    [{ caDays: NaN }, days('caDays', NaN, 2)],
    [{ subject: 'O=a' }, `ERR_INPUT subject: "O=a" is no subject: it does not begin with '/'`],
    [{ subject: '/O=' }, 'ERR_INPUT subject: "" cannot be used as organizationName (O): it is empty'],
    [
      { subject: '/O=a/CN=b' },
      'ERR_INPUT subject: the subject has a common name (CN), but each certificate gets its own',
    ],
    [
      { subject: [rdn('CN', 'b')] },
      'ERR_INPUT subject: the subject has a common name (CN), but each certificate gets its own',
    ],
    [{ clientName: '' }, 'ERR_INPUT clientName: "" cannot be used as commonName (CN): it is empty'],
    [
      { clientName: 'a\nb' },
      'ERR_INPUT clientName: "a\\nb" cannot be used as commonName (CN): it holds a control character or an invisible one',
    ],
    [
      { clientName: 'a'.repeat(65) },
      `ERR_INPUT clientName: "${'a'.repeat(65)}" cannot be used as commonName (CN): 65 characters are too long: 64 are allowed`,
    ],
    [
      { country: 'de' },
      'ERR_INPUT country: "de" cannot be used as countryName (C): a country is its two capital letters (ISO 3166)',
    ],
    [
      { country: 'DEU' },
      'ERR_INPUT country: "DEU" cannot be used as countryName (C): a country is its two capital letters (ISO 3166)',
    ],
    [{ organization: '' }, 'ERR_INPUT organization: "" cannot be used as organizationName (O): it is empty'],
    [
      { organization: 'o'.repeat(65) },
      `ERR_INPUT organization: "${'o'.repeat(65)}" cannot be used as organizationName (O): 65 characters are too long: 64 are allowed`,
    ],
    [
      { unit: 'u'.repeat(65) },
      `ERR_INPUT unit: "${'u'.repeat(65)}" cannot be used as organizationalUnitName (OU): 65 characters are too long: 64 are allowed`,
    ],
    [{ subject: '/O=a', organization: 'a' }, 'ERR_INPUT organization: the subject already has O'],
    [{ name: '../evil' }, 'ERR_INPUT name: "../evil" cannot be used as a name'],
    [{ name: '' }, 'ERR_INPUT name: "" cannot be used as a name'],
  ])('%j', (request, message) => {
    expect(refusal(() => parsed(all, request))).toBe(message);
  });

  test.each<[Part[], Part, string]>([
    [['server'], 'ca', 'CA'],
    [['server'], 'client', 'client'],
    [['client'], 'server', 'server'],
    [['ca'], 'server', 'server'],
  ])('what makes %j cannot be forced to make the %s', (parts, part, word) => {
    expect(refusal(() => parsed(parts, { force: [...parts, part] }))).toBe(
      `ERR_INPUT force: the ${word} is not created here, so it cannot be recreated`,
    );
  });

  const unknown = (given: object): [said: string, hint: string | undefined] => {
    const { option, message, hint } = refusalError(() => refuseUnheeded(all, given));
    return [`${option}: ${message}`, hint];
  };

  test.each([
    ['nam', 'name'],
    ['host', 'hosts'],
    ['ca-days', 'caDays'],
    ['unti', 'unit'],
    ['contry', 'country'],
    ['organisation', 'organization'],
  ])('an unknown option %s, with the nearest known one', (name, near) => {
    expect(unknown({ [name]: 'z' })).toEqual([
      `${name}: there is no option '${name}'`,
      `did you mean '${near}'?`,
    ]);
  });

  test('an unknown option that is near to none', () => {
    expect(unknown({ password: 'z' })).toEqual(["password: there is no option 'password'", undefined]);
    expect(unknown({ no: 'z' })).toEqual(["no: there is no option 'no'", "did you mean 'now'?"]);
    expect(unknown({ toString: 'z' })).toEqual(["toString: there is no option 'toString'", undefined]);
  });

  test('an unknown option that is undefined was not given', () => {
    expect(() => {
      refuseUnheeded(all, { nam: undefined } as IssueRequest);
    }).not.toThrow();
  });

  test.each<[Part[], IssueRequest, string, string]>([
    [['client'], { hosts: ['a'] }, 'hosts: hosts is not for the client', 'it is for the server'],
    [['client'], { caDays: 10 }, 'caDays: caDays is not for the client', 'it is for the CA'],
    [['ca'], { name: 'a' }, 'name: name is not for the CA', 'it is for the server or the client'],
    [['ca'], { days: 1 }, 'days: days is not for the CA', 'it is for the server or the client'],
    [
      ['ca', 'server'],
      { clientName: 'a' },
      'clientName: clientName is not for the CA and the server',
      'it is for the client',
    ],
    [['client'], { localhost: false }, 'localhost: localhost is not for the client', 'it is for the server'],
  ])('what makes %j does not heed %j', (parts, request, said, hint) => {
    const error = refusalError(() => refuseUnheeded(parts, request));
    expect([`${error.option}: ${error.message}`, error.hint]).toEqual([said, hint]);
  });

  test('the usual value of an option asks for nothing', () => {
    expect(() => {
      refuseUnheeded(['client'], { localhost: true, addSan: false });
    }).not.toThrow();
  });

  test('the options of a run are known where one is planned', () => {
    expect(() => {
      refuseUnheeded(['client'], { timeoutMs: 1000, allowOpenModes: true } as IssueRequest);
    }).not.toThrow();
  });

  test('a common name in the subject comes with a hint', () => {
    expect(refusalError(() => parsed(all, { subject: '/CN=a' })).hint).toBe(
      "leave CN out; the server's is its first host, the client's is `clientName`",
    );
  });
});
