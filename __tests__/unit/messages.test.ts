import { describe, expect, test } from '@jest/globals';
import { explainMessage } from '../../lib/internal.js';
import { messages, nearestMessages } from '../../lib/judge/messages.js';
import { rules } from '../../lib/judge/rules.js';
import { libraryText } from '../../lib/words.js';

const said = messages.flatMap(({ id, said: texts }) => texts.map((text) => [text, id] as const));

test.each(said)('%s: %s', (text, id) => {
  expect(explainMessage(text)?.id).toBe(id);
});

test.each([
  [
    'in a log with typographic quotes',
    'tls: client didn\u2019t provide a certificate',
    'no-client-certificate',
  ],
  [
    'in JSON',
    '{"log":"time=\\"2026-01-02\\" msg=\\"http: TLS handshake error from 10.0.0.9:1: remote error: tls: bad certificate\\"\\n"}',
    'log-client-refused-server',
  ],
  [
    'in a stack trace',
    'Caused by: java.net.UnknownHostException: h\n\tat java.base/X.y(X.java:1)',
    'no-such-host',
  ],
  ['without its detail, as older Go prints it', 'x509: certificate has expired or is not yet valid', 'time'],
  [
    "in logfmt in Docker's JSON",
    String.raw`{"log":"time=\"2026-01-02\" level=fatal msg=\"invalid TLS configuration: Error reading X509 key pair (cert: \\\"c.pem\\\", key: \\\"k.pem\\\"): tls: private key does not match public key. Make sure the key is not encrypted.\"\n","stream":"stderr"}`,
    'start-key-of-another',
  ],
  [
    'in the journal, with the lines of systemd around it',
    'dockerd[912]: failed to load listeners: listen tcp 10.0.0.5:2376: bind: cannot assign requested address\nsystemd[1]: docker.service: Main process exited, code=exited, status=1/FAILURE\nsystemd[1]: docker.service: Start request repeated too quickly.',
    'start-address-of-nobody',
  ],
  [
    'in a chain of causes',
    'org.testcontainers: Could not find a valid Docker environment.\nCaused by: java.net.ConnectException: Connection refused',
    'no-answer',
  ],
  [
    'with a path of Windows',
    String.raw`could not read CA certificate "C:\\Users\\me\\.docker\\ca.pem": open C:\Users\me\.docker\ca.pem: The system cannot find the file specified.`,
    'ca-file-missing',
  ],
  [
    'with the quotes of a web page',
    'unable to configure the Docker daemon with file /etc/docker/daemon.json: the following directives don\u2019t match any configuration option: tls-verify',
    'start-json-unknown-key',
  ],
])('is known %s', (_, text, id) => {
  expect(explainMessage(text)?.id).toBe(id);
});

/** Of real threads; each has the row that its reporter needed. */
test.each([
  [
    'the daemon says that the client refused it',
    'log-client-refused-server',
    'http: TLS handshake error from 192.0.2.7:1: remote error: tls: bad certificate',
  ],
  [
    'a client says that the daemon refused it',
    'bad-certificate',
    'error during connect: Get "https://h:2376/v1.24/version": remote error: tls: bad certificate',
  ],
  [
    'the daemon met a plain client',
    'log-client-plain-http',
    'http: TLS handshake error from 192.0.2.7:1: tls: first record does not look like a TLS handshake',
  ],
  [
    'a client met a plain daemon',
    'https-to-http',
    'error during connect: Get "https://h:2375/v1.24/version": tls: first record does not look like a TLS handshake',
  ],
  [
    'the daemon does not start because of its own pair',
    'start-key-of-another',
    'Error reading X509 key pair (cert: "c.pem", key: "k.pem"): tls: private key does not match public key. Make sure the key is not encrypted.',
  ],
  [
    'a client has a pair that does not match',
    'key-mismatch',
    'Failed to initialize: failed to retrieve context tls info: tls: private key does not match public key',
  ],
  [
    "the daemon's log says that a client gave up on an expired server",
    'log-server-expired',
    'http: TLS handshake error from 192.0.2.7:1: remote error: tls: expired certificate',
  ],
  [
    'a client says that the daemon finds its certificate expired',
    'client-expired',
    'error during connect: Get "https://h:2376/v1.24/version": remote error: tls: expired certificate',
  ],
  [
    "the daemon's log says that a client does not know the server's CA",
    'log-client-has-another-ca',
    'http: TLS handshake error from 192.0.2.7:1: remote error: tls: unknown certificate authority',
  ],
  [
    "a client says that the daemon does not know the client's CA",
    'client-of-another-ca',
    'error during connect: Get "https://h:2376/v1.24/version": remote error: tls: unknown certificate authority',
  ],
  [
    'a host of the daemon has the wrong form',
    'start-host-format',
    'failed to load listeners: error parsing -H https://h:2376: Invalid bind address format: https://h:2376',
  ],
  [
    'DOCKER_HOST has the wrong form',
    'docker-host-format',
    'unable to resolve docker endpoint: Invalid bind address format: https://h:2376',
  ],
  [
    "the daemon says what it thinks of a registry's certificate",
    'registry-certificate',
    'Error response from daemon: Get "https://registry:5000/v2/": x509: certificate signed by unknown authority',
  ],
  [
    "a client says what it thinks of the daemon's certificate",
    'unknown-authority',
    'error during connect: Get "https://h:2376/v1.24/version": x509: certificate signed by unknown authority',
  ],
])('means the opposite elsewhere: %s', (_, id, text) => {
  expect(explainMessage(text)?.id).toBe(id);
});

test('an unknown message has its nearest rows', () => {
  const text = 'surprise: could not append certificates from the PEM file to the pool';
  expect(explainMessage(text)).toBeUndefined();
  expect(nearestMessages(text).map(({ id }) => id)).toContain('start-ca-not-pem');
  expect(nearestMessages('hello world')).toEqual([]);
});

test.each(['', 'hello', 'x509', 'certificate'])('%j is not known', (text) => {
  expect(explainMessage(text)).toBeUndefined();
});

describe('the table', () => {
  test('has at least 200 rows', () => {
    expect(messages.length).toBeGreaterThanOrEqual(200);
  });

  test('names in each id what is said, in one form', () => {
    for (const { id } of messages) expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  test('never turns verification off without a word on what that costs', () => {
    const off =
      /InsecureSkipVerify|skip-tls-verify|--no-check-certificate|--ssl-no-revoke|returns true|insecure-registries/;
    const cost = /\b(trusts?|anyone|would also accept|lets)\b/;
    for (const { id, fix } of messages) {
      const text = libraryText(fix);
      expect({ id, said: !off.test(text) || cost.test(text) }).toEqual({ id, said: true });
    }
  });

  test('has each row once, with all its parts', () => {
    const ids = messages.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { who, cause, source, said: texts } of messages)
      for (const part of [who, cause, source, ...texts]) expect(part).not.toBe('');
  });

  const words = rules.flatMap(({ id, says }) =>
    Object.entries(says).flatMap(([client, text]) =>
      typeof text === 'string' ? [{ id, client, text }] : [],
    ),
  );
  // What has no reason in it: NSS's family of errors, curl's exit code, an alert without a reason, an exception of a key that was not found.
  const bare =
    /^(SEC_ERROR_(ADDING_CERT)?|curl: \(35\) |.*Failed to parse server certificates|The curve is unsupported|No PIN given\.|java\.lang\.NullPointerException|Received fatal alert: |DECODE_ERROR|.*BAD_SIGNATURE\] bad signature)$/;

  test.each(words.filter(({ text }) => !bare.test(text)))(
    'knows what $client says for the rule $id',
    ({ text }) => {
      expect(explainMessage(text)).toBeDefined();
    },
  );
});
