import type { ClientId } from '../../lib/judge/clients.js';
import type { FlawedSet } from './flawed-sets.js';

/** A set with one flaw, and what is to be said about it. */
export interface Variant extends FlawedSet {
  readonly title: string;
  /** The reasons for which its server, or its client where that has the flaw, is refused. */
  readonly reasons: readonly string[];
  readonly host?: string;
  /** Who is asked where not everybody can be: a daemon does not start with such a key, or takes seconds to sign. */
  readonly asks?: readonly ClientId[];
}

const many = (count: number): string =>
  ['DNS:localhost', ...Array.from({ length: count }, (_, at) => `DNS:host-${at}.example.com`)].join(',');

const withoutAki = { extensions: { authorityKeyIdentifier: 'none' } } as const;

/** The flaws of servers and CAs. */
export const serverVariants: readonly Variant[] = [
  { title: 'no flaw, by name', reasons: [] },
  { title: 'no flaw, by address', host: '127.0.0.1', reasons: [] },
  { title: 'no flaw, RSA', ca: { key: 'rsa:2048' }, server: { key: 'rsa:2048' }, reasons: [] },
  { title: 'no flaw, with its intermediate', intermediate: 'in the leaves', reasons: [] },
  { title: 'an intermediate alone as CA', intermediate: 'trusted alone', reasons: ['ca-not-root'] },
  ...names(),
  ...authorities(),
  ...leaves(),
];

function names(): Variant[] {
  const san = (subjectAltName: string | undefined, subject = '/CN=localhost'): FlawedSet => ({
    server: { subject, extensions: { subjectAltName } },
  });
  const address = { host: '127.0.0.1' };
  return [
    { title: 'no names', ...san(undefined), reasons: ['no-names'] },
    { title: 'no names, by address', ...address, ...san(undefined), reasons: ['no-names'] },
    {
      title: 'no names, by the address of the common name',
      ...address,
      ...san(undefined, '/CN=127.0.0.1'),
      reasons: ['no-names'],
    },
    { title: 'no names, and another common name', ...san(undefined, '/CN=other'), reasons: ['no-names'] },
    { title: 'an empty subjectAltName', ...san('DER:3000'), reasons: ['no-names', 'names-empty'] },
    { title: 'an address, by name', ...san('IP:127.0.0.1', '/CN=x'), reasons: ['other-names'] },
    { title: 'an address, by its common name', ...san('IP:127.0.0.1'), reasons: ['other-names'] },
    { title: 'a name, by address', ...address, ...san('DNS:localhost'), reasons: ['other-names'] },
    {
      title: 'an address as a DNS name',
      ...address,
      ...san('DNS:127.0.0.1'),
      reasons: ['address-as-dns-name'],
    },
    {
      title: 'other names',
      ...san('DNS:a.example,DNS:b.example,IP:10.0.0.1', '/CN=a.example'),
      reasons: ['other-names'],
    },
    { title: 'another name than its common name', ...san('DNS:a.example'), reasons: ['other-names'] },
    {
      title: 'other addresses',
      ...address,
      ...san('DNS:a.example,IP:10.0.0.1,IP:10.0.0.2'),
      reasons: ['other-names'],
    },
    { title: 'a wildcard for others', ...san('DNS:*.localhost', '/CN=x'), reasons: ['other-names'] },
    { title: 'a wildcard', ...san('DNS:*.example.com', '/CN=x'), host: 'd1.example.com', reasons: [] },
    {
      title: 'a wildcard for two labels',
      ...san('DNS:*.example.com', '/CN=x'),
      host: 'a.b.example.com',
      reasons: ['other-names'],
    },
    {
      title: 'two wildcards',
      ...san('DNS:*.*.example.com', '/CN=x'),
      host: 'a.b.example.com',
      reasons: ['other-names', 'wildcard-behind'],
    },
    {
      title: 'a wildcard above one label',
      ...san('DNS:*.lan', '/CN=x'),
      host: 'docker.lan',
      reasons: ['other-names'],
    },
    ...['d*', '*1', 'd*1'].map((label) => ({
      title: `a wildcard in a label, ${label}`,
      ...san(`DNS:${label}.example.com`, '/CN=x'),
      host: 'd21.example.com',
      reasons: ['other-names'],
    })),
    {
      title: 'a name with an underscore',
      ...san('DNS:my_host', '/CN=x'),
      host: 'my_host',
      reasons: ['host-with-underscore'],
    },
    {
      title: 'a wildcard for an underscore',
      ...san('DNS:*.example.com', '/CN=x'),
      host: 'my_host.example.com',
      reasons: ['other-names', 'host-with-underscore'],
    },
    {
      title: 'a name with a dot',
      ...san('DNS:localhost.', '/CN=x'),
      host: 'localhost',
      reasons: ['other-names', 'name-with-dot'],
    },
    {
      title: 'a name that is not ASCII',
      ...san('DNS:localhost,DNS:münchen.example'),
      reasons: ['name-not-ascii'],
    },
    { title: 'an empty subject', server: { subject: '/' }, reasons: ['subject-empty'] },
    { title: 'names of 40 KiB', ...san(many(1500)), reasons: ['too-long-for-java'] },
    { title: 'names of 90 KiB', ...san(many(4000)), reasons: ['too-long-for-java', 'too-long'] },
  ];
}

function authorities(): Variant[] {
  const ca = (extensions: Record<string, string | undefined>): FlawedSet => ({ ca: { extensions } });
  return [
    { title: 'another CA', server: { signedBy: 'a stranger' }, reasons: ['unknown-ca'] },
    { title: 'no CA', server: { signedBy: 'itself', ...withoutAki }, reasons: ['self-signed'] },
    {
      title: 'no CA, and no basicConstraints',
      server: {
        signedBy: 'itself',
        extensions: { basicConstraints: undefined, authorityKeyIdentifier: 'none' },
      },
      reasons: ['self-signed'],
    },
    {
      title: 'no CA, but CA:TRUE',
      server: {
        signedBy: 'itself',
        extensions: { basicConstraints: 'critical,CA:TRUE', authorityKeyIdentifier: 'none' },
      },
      reasons: ['self-signed', 'leaf-is-ca'],
    },
    {
      title: 'no CA, as openssl req -x509 makes it',
      server: {
        signedBy: 'itself',
        extensions: {
          basicConstraints: 'critical,CA:TRUE',
          keyUsage: undefined,
          extendedKeyUsage: undefined,
        },
      },
      reasons: ['self-signed', 'leaf-is-ca'],
    },
    { title: 'a CA of the same name', server: { signedBy: 'a namesake' }, reasons: ['namesake-ca'] },
    {
      title: 'a CA of the same name without key identifiers',
      server: { signedBy: 'a namesake', ...withoutAki },
      reasons: ['signature-invalid', 'no-authority-key-identifier'],
    },
    { title: 'an expired CA', ca: { made: '2020-01-01 00:00:00', days: 30 }, reasons: ['ca-expired'] },
    {
      title: 'a CA of the future',
      ca: { made: '2046-01-01 00:00:00', days: 30 },
      reasons: ['ca-not-yet-valid'],
    },
    {
      title: 'a CA that is none',
      ...ca({ basicConstraints: 'critical,CA:FALSE' }),
      reasons: ['ca-not-a-ca'],
    },
    {
      title: 'a CA without basicConstraints',
      ...ca({ basicConstraints: undefined }),
      reasons: ['ca-without-constraints'],
    },
    {
      title: 'a CA without basicConstraints and keyUsage',
      ...ca({ basicConstraints: undefined, keyUsage: undefined }),
      reasons: ['ca-without-extensions'],
    },
    {
      title: 'a CA whose basicConstraints are not critical',
      ...ca({ basicConstraints: 'CA:TRUE' }),
      reasons: ['ca-constraints-not-critical'],
    },
    { title: 'a CA without keyUsage', ...ca({ keyUsage: undefined }), reasons: ['ca-without-key-usage'] },
    {
      title: 'a CA that may not sign',
      ...ca({ keyUsage: 'critical,digitalSignature' }),
      reasons: ['ca-key-usage'],
    },
    {
      title: 'a CA for clients alone',
      ...ca({ extendedKeyUsage: 'clientAuth' }),
      reasons: ['ca-extended-key-usage'],
    },
    {
      title: 'a CA without a key identifier',
      ...ca({ subjectKeyIdentifier: 'none' }),
      server: withoutAki,
      client: withoutAki,
      reasons: ['ca-without-key-identifier', 'no-authority-key-identifier'],
    },
    {
      title: 'a CA of version 1',
      ca: { extensions: null },
      server: withoutAki,
      client: withoutAki,
      reasons: ['ca-version-1', 'no-authority-key-identifier'],
    },
    { title: 'a CA with a short key', ca: { key: 'rsa:1024' }, reasons: ['ca-key-small'] },
    { title: 'a CA with a long key', ca: { key: 'rsa:9000' }, reasons: ['ca-key-large'] },
    { title: 'a CA with Ed25519', ca: { key: 'ed25519' }, reasons: ['ca-key-ed25519'] },
    { title: 'a CA with a negative serial', ca: { serial: '-5' }, reasons: ['ca-negative-serial'] },
    { title: 'a CA with secp256k1', ca: { key: 'ec:secp256k1' }, reasons: ['ca-curve'] },
    { title: 'a CA with Brainpool', ca: { key: 'ec:brainpoolP256r1' }, reasons: ['ca-curve'] },
  ];
}

function leaves(): Variant[] {
  const server = (extensions: Record<string, string | undefined>): FlawedSet => ({ server: { extensions } });
  return [
    { title: 'expired', server: { made: '2020-01-01 00:00:00', days: 30 }, reasons: ['expired'] },
    { title: 'of the future', server: { made: '2046-01-01 00:00:00', days: 30 }, reasons: ['not-yet-valid'] },
    { title: 'for clients', ...server({ extendedKeyUsage: 'clientAuth' }), reasons: ['extended-key-usage'] },
    {
      title: 'for anything',
      ...server({ extendedKeyUsage: 'anyExtendedKeyUsage' }),
      reasons: ['extended-key-usage-any'],
    },
    { title: 'without extendedKeyUsage', ...server({ extendedKeyUsage: undefined }), reasons: [] },
    {
      title: 'EC without digitalSignature',
      ...server({ keyUsage: 'critical,keyEncipherment' }),
      reasons: ['key-usage'],
    },
    {
      title: 'RSA without digitalSignature',
      server: { key: 'rsa:2048', extensions: { keyUsage: 'critical,keyEncipherment' } },
      reasons: ['key-usage'],
    },
    {
      title: 'EC for keyAgreement alone',
      ...server({ keyUsage: 'critical,keyAgreement' }),
      reasons: ['key-usage'],
    },
    {
      title: 'EC for nonRepudiation alone',
      ...server({ keyUsage: 'critical,nonRepudiation' }),
      reasons: ['key-usage', 'key-usage-not-tls'],
    },
    {
      title: 'RSA for keyAgreement alone',
      server: { key: 'rsa:2048', extensions: { keyUsage: 'critical,keyAgreement' } },
      reasons: ['key-usage', 'key-usage-rsa'],
    },
    {
      title: 'RSA for digitalSignature alone',
      server: { key: 'rsa:2048', extensions: { keyUsage: 'critical,digitalSignature' } },
      reasons: ['key-usage-rsa'],
    },
    { title: 'a CA itself', ...server({ basicConstraints: 'critical,CA:TRUE' }), reasons: ['leaf-is-ca'] },
    {
      title: 'with keyCertSign',
      ...server({ keyUsage: 'critical,digitalSignature,keyCertSign' }),
      reasons: ['leaf-signs'],
    },
    { title: 'of version 1', server: { extensions: null }, reasons: ['version-1', 'no-names'] },
    {
      title: 'without an authority key identifier',
      server: withoutAki,
      reasons: ['no-authority-key-identifier'],
    },
    { title: "with its CA's subject", ca: { subject: '/CN=localhost' }, reasons: [] },
    {
      title: "with its CA's subject, and without an authority key identifier",
      ca: { subject: '/CN=localhost' },
      server: withoutAki,
      reasons: ['same-subject-as-ca'],
    },
    { title: 'ECDSA with SHA-1', server: { digest: 'sha1' }, reasons: ['weak-digest'] },
    {
      title: 'RSA with SHA-1',
      ca: { key: 'rsa:2048' },
      server: { digest: 'sha1' },
      reasons: ['weak-digest'],
    },
    { title: 'a short key', server: { key: 'rsa:1024' }, reasons: ['key-small'] },
    { title: 'a long key', server: { key: 'rsa:9000' }, reasons: ['key-large'] },
    {
      title: 'a very long key',
      server: { key: 'rsa:17000' },
      asks: [
        'python',
        'python-3.13',
        'docker-sdk-urllib3-1',
        'docker-sdk',
        'docker-sdk-3.13',
        'node',
        'curl',
        'java',
        'nss',
        'boringssl',
      ],
      reasons: ['key-large', 'key-huge'],
    },
    { title: 'Ed25519', server: { key: 'ed25519' }, reasons: ['key-ed25519'] },
    { title: 'secp256k1', server: { key: 'ec:secp256k1' }, asks: [], reasons: ['key-curve'] },
    { title: 'a negative serial', server: { serial: '-5' }, reasons: ['negative-serial'] },
    { title: 'no flaw, P-384', ca: { key: 'ec:secp384r1' }, server: { key: 'ec:secp384r1' }, reasons: [] },
    { title: 'no flaw, P-521', ca: { key: 'ec:secp521r1' }, server: { key: 'ec:secp521r1' }, reasons: [] },
    { title: 'no flaw, SHA-384', server: { digest: 'sha384' }, reasons: [] },
    { title: 'no flaw, SHA-512', server: { digest: 'sha512' }, reasons: [] },
    { title: 'the serial 0', server: { serial: '0' }, reasons: [] },
    { title: 'a serial of 22 octets', server: { serial: `0x40${'12'.repeat(21)}` }, reasons: [] },
    {
      title: 'an unknown critical extension',
      ...server({ '1.2.3.4': 'critical,DER:0500' }),
      reasons: ['unknown-critical-extension'],
    },
  ];
}

/** The flaws of clients. */
export const clientVariants: readonly Variant[] = [
  { title: 'no flaw', reasons: [] },
  { title: 'expired', client: { made: '2020-01-01 00:00:00', days: 30 }, reasons: ['expired'] },
  { title: 'of the future', client: { made: '2046-01-01 00:00:00', days: 30 }, reasons: ['not-yet-valid'] },
  {
    title: 'for servers',
    client: { extensions: { extendedKeyUsage: 'serverAuth' } },
    reasons: ['extended-key-usage', 'pair-extended-key-usage'],
  },
  { title: 'without extendedKeyUsage', client: { extensions: { extendedKeyUsage: undefined } }, reasons: [] },
  { title: 'of version 1', client: { extensions: null }, reasons: ['pair-version-1'] },
  {
    title: 'a CA itself',
    client: { extensions: { basicConstraints: 'critical,CA:TRUE' } },
    reasons: ['pair-is-ca'],
  },
  ...['keyEncipherment', 'nonRepudiation'].map((usage) => ({
    title: `for ${usage} alone`,
    client: { extensions: { keyUsage: `critical,${usage}` } },
    reasons: ['pair-key-usage'],
  })),
  { title: 'with SHA-1', client: { digest: 'sha1' }, reasons: ['weak-digest', 'pair-weak-digest'] },
  { title: 'a short key', client: { key: 'rsa:1024' }, reasons: ['pair-key-small'] },
  { title: 'Ed25519', client: { key: 'ed25519' }, reasons: ['pair-key-ed25519'] },
  { title: 'another CA', client: { signedBy: 'a stranger' }, reasons: ['unknown-ca'] },
  { title: 'a CA of the same name', client: { signedBy: 'a namesake' }, reasons: ['namesake-ca'] },
  {
    title: 'an unknown critical extension',
    client: { extensions: { '1.2.3.4': 'critical,DER:0500' } },
    reasons: ['unknown-critical-extension', 'pair-unknown-critical-extension'],
  },
  { title: 'an empty subject', client: { subject: '/' }, reasons: [] },
  { title: 'without an authority key identifier', client: withoutAki, reasons: [] },
];
