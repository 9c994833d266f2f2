import { describe, expect, test } from '@jest/globals';
import { differences, type ExplicitRequest } from '../../lib/issue/differences.js';
import { parseAltNames } from '../../lib/x509/alt-names.js';
import { bareCertificate, clientCertificate, serverCertificate } from './certificates.js';

const nothing: ExplicitRequest = { names: undefined, key: undefined, clientName: undefined };
const names = (list: string): ExplicitRequest => ({ ...nothing, names: parseAltNames([list]) });

describe('a server certificate differs', () => {
  test.each<[string, ExplicitRequest, string[]]>([
    ['in nothing, where nothing was said', nothing, []],
    ['in nothing, where it has the names', names('web.example,localhost,127.0.0.1,::1'), []],
    [
      'in nothing, whatever their order and spelling',
      names('[::1]:2376,127.0.0.1,LOCALHOST,web.example'),
      [],
    ],
    [
      'in a name that it lacks',
      names('web.example,localhost,127.0.0.1,::1,new.example'),
      ['does not name DNS:new.example'],
    ],
    [
      'in a name that it has besides',
      names('web.example,localhost,127.0.0.1'),
      ['names IP:::1, which was not requested'],
    ],
    [
      'in both',
      names('a,b,localhost'),
      [
        'does not name DNS:a, DNS:b, and names DNS:web.example, IP:127.0.0.1, IP:::1, which were not requested',
      ],
    ],
    ['in nothing, where it has the key', { ...nothing, key: 'ec:p256' }, []],
    ['in the kind of its key', { ...nothing, key: 'rsa:4096' }, ['has a key of type ec:p256, not rsa:4096']],
    ['in nothing, whoever the client is', { ...nothing, clientName: 'bob' }, []],
  ])('%s', (_what, asked, texts) => {
    expect(differences('server', serverCertificate, asked)).toEqual(texts);
  });
});

describe('a client certificate differs', () => {
  test.each<[string, ExplicitRequest, string[]]>([
    ['in nothing, where nothing was said', nothing, []],
    ['in nothing, where it has the name', { ...nothing, clientName: 'alice' }, []],
    ['in its common name', { ...nothing, clientName: 'bob' }, ["is for 'alice', not for 'bob'"]],
    [
      'in the case of its common name',
      { ...nothing, clientName: 'Alice' },
      ["is for 'alice', not for 'Alice'"],
    ],
    ['in nothing, whatever the names of the server', names('a'), []],
    ['in the kind of its key', { ...nothing, key: 'ec:p256' }, ['has a key of type ec:p384, not ec:p256']],
    [
      'in both',
      { ...nothing, clientName: 'bob', key: 'ed25519' },
      ["is for 'alice', not for 'bob'", 'has a key of type ec:p384, not ed25519'],
    ],
  ])('%s', (_what, asked, texts) => {
    expect(differences('client', clientCertificate, asked)).toEqual(texts);
  });
});

test('a certificate without names lacks all of them', () => {
  expect(differences('server', bareCertificate, names('a'))).toEqual(['does not name DNS:a']);
});
