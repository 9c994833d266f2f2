import { describe, expect, test } from '@jest/globals';
import { clientEnvironmentLine, dockerdLine } from '../../lib/recipes/advice.js';
import { TLS_PORT } from '../../lib/x509/endpoint.js';
import { parseAltName } from '../../lib/x509/alt-names.js';

test("Docker's port for TLS is 2376", () => {
  expect(TLS_PORT).toBe(2376);
});

describe('the line of the daemon', () => {
  const line = (folder: string, quoted = false): string => {
    const word = (text: string): string => (quoted ? `'${text}'` : text);
    return [
      'dockerd --tlsverify',
      word(`--tlscacert=${folder}/ca.pem`),
      word(`--tlscert=${folder}/server-cert.pem`),
      word(`--tlskey=${folder}/server-key.pem`),
      '-H unix:///var/run/docker.sock -H tcp://0.0.0.0:2376',
    ].join(' ');
  };

  test.each([
    ['/etc/docker/tls', undefined, line('/etc/docker/tls')],
    ['/etc/docker/tls/', undefined, line('/etc/docker/tls')],
    ['/etc/docker/tls', 'web1', line('/etc/docker/tls/servers/web1')],
    ['/my certs', undefined, line('/my certs', true)],
    ['/$HOME', undefined, line('/$HOME', true)],
    ["/it's", undefined, line("/it'\\''s", true)],
  ])('for %s, server %s', (directory, name, expected) => {
    expect(dockerdLine(directory, name)).toBe(expected);
  });
});

describe('the environment of the client', () => {
  test.each([
    ['h', '/tls', undefined, 'tcp://h:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=/tls'],
    ['10.0.0.5', '/tls', undefined, 'tcp://10.0.0.5:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=/tls'],
    ['::1', '/tls', undefined, "'tcp://[::1]:2376' DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=/tls"],
    ['h', '/tls', 'alice', 'tcp://h:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=/tls/clients/alice'],
    ['h', '/my certs', undefined, "tcp://h:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH='/my certs'"],
    ['h', "/it's", undefined, "tcp://h:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH='/it'\\''s'"],
    ['h', '/a"b', 'alice', `tcp://h:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH='/a"b/clients/alice'`],
  ])('for %s in %s, client %s', (host, directory, name, expected) => {
    expect(clientEnvironmentLine(parseAltName(host), directory, name)).toBe(`export DOCKER_HOST=${expected}`);
  });
});
