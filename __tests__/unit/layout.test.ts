import { describe, expect, test } from '@jest/globals';
import { caFiles, leafFiles, parseName } from '../../lib/set/layout.js';
import { refusalError } from './refusal.js';

describe("the files have Docker's names", () => {
  test('of the CA', () => {
    expect(caFiles).toEqual({ certificate: 'ca.pem', key: 'ca-key.pem' });
  });

  test('of the server', () => {
    expect(leafFiles('server')).toEqual({
      directory: undefined,
      key: 'server-key.pem',
      certificate: 'server-cert.pem',
      ca: 'ca.pem',
      csr: 'server.csr',
      config: 'server.cnf',
    });
  });

  test('of the client', () => {
    expect(leafFiles('client')).toEqual({
      directory: undefined,
      key: 'key.pem',
      certificate: 'cert.pem',
      ca: 'ca.pem',
      csr: 'client.csr',
      config: 'client.cnf',
    });
  });

  test('of a further server, in a directory of its own', () => {
    expect(leafFiles('server', 'web1')).toEqual({
      directory: 'servers/web1',
      key: 'servers/web1/server-key.pem',
      certificate: 'servers/web1/server-cert.pem',
      ca: 'servers/web1/ca.pem',
      csr: 'servers/web1/server.csr',
      config: 'servers/web1/server.cnf',
    });
  });

  test('of a further client, in a directory of its own', () => {
    expect(leafFiles('client', 'alice')).toEqual({
      directory: 'clients/alice',
      key: 'clients/alice/key.pem',
      certificate: 'clients/alice/cert.pem',
      ca: 'clients/alice/ca.pem',
      csr: 'clients/alice/client.csr',
      config: 'clients/alice/client.cnf',
    });
  });
});

describe('a name that becomes a directory', () => {
  test.each(['a', '0', 'web1', 'web-1.example_com', 'a..b', 'a'.repeat(63)])('%s is accepted', (name) => {
    expect(parseName(name)).toBe(name);
  });

  test.each([
    '',
    '.',
    '..',
    'a.',
    '../a',
    'a/b',
    '/a',
    'a\\b',
    '.a',
    '-a',
    '_a',
    'A',
    'web1 ',
    ' web1',
    'a b',
    'a\n',
    'a\0',
    'ä',
    'a:b',
    '$HOME',
    'a'.repeat(64),
  ])('%j is refused', (name) => {
    const error = refusalError(() => parseName(name));
    expect(error).toMatchObject({
      option: 'name',
      message: `${JSON.stringify(name)} cannot be used as a name`,
    });
    expect(error.hint).toBe(
      'up to 63 lower-case letters, digits, dots, hyphens and underscores, beginning with a letter or a digit',
    );
  });
});
