import type { Flaw, FlawedSet } from './flawed-sets.js';
import type { Variant } from './flawed-variants.js';

const extensions = (
  given: Readonly<Record<string, string | undefined>>,
): Required<Pick<Flaw, 'extensions'>> => ({ extensions: given });

const constrained = (nameConstraints: string): Flaw => extensions({ nameConstraints });

/** As `ca --permit` writes them. */
const permitting = {
  'a name': 'critical,permitted;DNS:example.com,excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::',
  'its name': 'critical,permitted;DNS:localhost,excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::',
  'a network': 'critical,permitted;IP:127.0.0.0/255.0.0.0,permitted;DNS:invalid,excluded;IP:::/::',
} as const;

const below = { intermediate: 'in the leaves' } as const;

/** nameConstraints that permit the directory name CN=Other alone, in DER. */
const otherDirectory = 'critical,DER:3018a0163014a4123010310e300c06035504030c054f74686572';

const called = (subjectAltName: string): FlawedSet => ({ server: extensions({ subjectAltName }) });

/** As `openssl req -x509` makes one: with no use. */
const selfMade = {
  signedBy: 'itself',
  extensions: { basicConstraints: 'critical,CA:TRUE', keyUsage: undefined, extendedKeyUsage: undefined },
} as const;

const selfSigned = { signedBy: 'itself', extensions: { authorityKeyIdentifier: 'none' } } as const;

const old = { made: '2020-01-01 00:00:00', days: 30 } as const;

const unknown = extensions({ '1.2.3.4': 'critical,DER:0500' });

/** What is wrong with the path from a server to the CA that is trusted, or with what the CAs of it allow. */
export const pathVariants: readonly Variant[] = [
  ...constraints(),
  {
    title: 'an unknown critical extension in the CA',
    ca: unknown,
    reasons: ['ca-unknown-critical-extension'],
  },
  {
    title: 'an unknown critical extension in the intermediate',
    ...below,
    ca: unknown,
    reasons: ['ca-unknown-critical-extension'],
  },
  {
    title: 'a root that allows no intermediate',
    ...below,
    root: extensions({ basicConstraints: 'critical,CA:TRUE,pathlen:0' }),
    reasons: ['path-too-long'],
  },
  { title: 'a CA with an empty subject', ca: { subject: '/' }, reasons: ['ca-subject-empty'] },
  {
    title: 'a root with an empty subject above the intermediate',
    ...below,
    root: { subject: '/' },
    reasons: ['ca-subject-empty'],
  },
  {
    title: 'an empty subject, with critical names',
    server: { subject: '/', ...extensions({ subjectAltName: 'critical,DNS:localhost' }) },
    reasons: [],
  },
  {
    title: 'an intermediate without an authority key identifier',
    ...below,
    ca: extensions({ authorityKeyIdentifier: 'none' }),
    reasons: ['intermediate-without-authority-key-identifier'],
  },
  { title: 'an expired root above the intermediate', ...below, root: old, reasons: ['ca-expired'] },
  {
    title: 'a CA itself, without extendedKeyUsage',
    server: extensions({ basicConstraints: 'critical,CA:TRUE', extendedKeyUsage: undefined }),
    reasons: ['leaf-is-ca'],
  },
  {
    title: 'its own ca.pem, as openssl req makes it',
    pinned: true,
    server: selfMade,
    client: selfSigned,
    reasons: ['leaf-is-ca'],
  },
  {
    title: 'its own ca.pem, and CA:FALSE',
    pinned: true,
    server: selfSigned,
    client: selfSigned,
    reasons: ['self-signed-ca-pem'],
  },
  {
    title: 'its own ca.pem, and expired',
    pinned: true,
    server: { ...selfMade, ...old },
    client: selfSigned,
    reasons: ['expired', 'leaf-is-ca'],
  },
  {
    title: 'its own ca.pem, with an unknown critical extension',
    pinned: true,
    client: selfSigned,
    server: { ...selfMade, extensions: { ...selfMade.extensions, '1.2.3.4': 'critical,DER:0500' } },
    reasons: ['leaf-is-ca', 'unknown-critical-extension'],
  },
  { title: 'in ca.pem in place of its CA', pinned: true, reasons: ['leaf-as-ca-pem'] },
  { title: 'a ca.pem with a byte order mark', caForm: 'BOM', reasons: ['ca-form-bom'] },
  { title: 'a ca.pem in DER', caForm: 'DER', reasons: ['ca-form-der'] },
  { title: 'a ca.pem with the label TRUSTED', caForm: 'TRUSTED', reasons: ['ca-form-trusted'] },
  { title: 'a ca.pem with an empty line at its end', caTail: '\n', reasons: ['ca-goes-on'] },
  { title: 'a ca.pem with the label X509', caForm: 'X509', reasons: ['ca-form-x509'] },
];

function constraints(): Variant[] {
  const reasons = ['name-constraints'];
  return [
    { title: 'a CA that excludes its name', ca: constrained('critical,excluded;DNS:localhost'), reasons },
    {
      title: 'an intermediate that permits other names alone',
      ...below,
      ca: constrained('permitted;DNS:example.com'),
      reasons,
    },
    {
      title: 'a root that excludes its address, above the intermediate',
      ...below,
      root: constrained('critical,excluded;IP:127.0.0.0/255.0.0.0'),
      reasons,
    },
    {
      title: 'an intermediate that permits IPv6 alone',
      ...below,
      ca: constrained('critical,permitted;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0'),
      reasons,
    },
    {
      title: 'an intermediate that excludes what is below its name',
      ...below,
      ca: constrained('critical,excluded;DNS:.localhost'),
      reasons: [],
    },
    {
      title: 'an intermediate that permits its names in other letters',
      ...below,
      ca: constrained('critical,permitted;DNS:LocalHost,permitted;DNS:.Example.com'),
      ...called('DNS:LOCALHOST,DNS:a.example.COM,DNS:*.example.com'),
      reasons: [],
    },
    {
      title: 'a CA that permits its name and its address',
      ca: constrained('critical,permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0'),
      reasons,
    },
    {
      title: 'a CA that permits its only name, and no address',
      ca: constrained(permitting['its name']),
      ...called('DNS:localhost'),
      reasons: [],
    },
    {
      title: 'a CA that permits another name, and no address',
      ca: constrained(permitting['a name']),
      ...called('DNS:localhost'),
      reasons,
    },
    { title: 'a CA that permits no address', ca: constrained(permitting['its name']), reasons },
    {
      title: 'a CA that permits the network of its only address',
      host: '127.0.0.1',
      ca: constrained(permitting['a network']),
      server: { subject: '/CN=docker-server.invalid', ...extensions({ subjectAltName: 'IP:127.0.0.1' }) },
      reasons,
    },
    {
      title: 'a CA that permits another directory name',
      ca: constrained(otherDirectory),
      reasons: ['ca-name-constraints-type', ...reasons],
    },
    {
      title: 'a CA that excludes a registered identifier',
      ca: constrained('critical,excluded;RID:1.2.3'),
      reasons: ['ca-name-constraints-type'],
    },
    {
      title: 'a CA that excludes a part of a wildcard',
      ca: constrained('critical,excluded;DNS:a.example.com'),
      ...called('DNS:localhost,DNS:*.example.com'),
      reasons: ['name-constraints-wildcard'],
    },
  ];
}

/** The same of clients, each with a daemon that trusts the set's ca.pem. */
export const clientPathVariants: readonly Variant[] = [
  { title: 'an intermediate in the leaves', intermediate: 'in the leaves', reasons: [] },
  { title: 'an intermediate trusted alone', intermediate: 'trusted alone', reasons: [] },
  {
    title: 'a CA that permits other names alone',
    ca: constrained('critical,permitted;DNS:example.com'),
    client: extensions({ subjectAltName: 'DNS:localhost' }),
    reasons: ['name-constraints'],
  },
  {
    title: 'a CA that permits a name, and no address',
    ca: constrained(permitting['a name']),
    reasons: [],
  },
  {
    title: 'a CA that permits a network, and a client called like a host',
    ca: constrained(permitting['a network']),
    client: { subject: '/CN=alice.smith' },
    reasons: [],
  },
  {
    title: 'a root that allows no intermediate',
    ...below,
    root: extensions({ basicConstraints: 'critical,CA:TRUE,pathlen:0' }),
    reasons: ['path-too-long'],
  },
  {
    title: 'an unknown critical extension in the CA',
    ca: unknown,
    reasons: ['ca-unknown-critical-extension'],
  },
  { title: 'a CA with an empty subject', ca: { subject: '/' }, reasons: [] },
  {
    title: 'its own ca.pem',
    pinned: true,
    server: selfMade,
    client: selfMade,
    reasons: [],
  },
  { title: 'in ca.pem in place of its CA', pinned: true, reasons: ['leaf-as-ca-pem'] },
];
