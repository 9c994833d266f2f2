import { expect, test } from '@jest/globals';
import { isNameOf, wildcards } from '../../lib/judge/wildcards.js';

// What each client does is measured by __tests__/docker/explain.whole.test.ts.
test.each<[string, string, (keyof typeof wildcards)[]]>([
  ['*.example.com', 'a.example.com', Object.keys(wildcards) as (keyof typeof wildcards)[]],
  ['*.example.com', 'example.com', []],
  ['*.example.com', 'a.b.example.com', []],
  ['b.*.example.com', 'b.a.example.com', ['java']],
  ['*.lan', 'a.lan', ['go', 'java', 'urllib3']],
  ['*', 'a', []],
  ['a*.example.com', 'a.example.com', []],
  ['a*.example.com', 'ab.example.com', ['node', 'java', 'nss', 'openssl', 'urllib3']],
  ['a*c.example.com', 'abc.example.com', ['node', 'java', 'urllib3']],
  ['*b*.example.com', 'abc.example.com', []],
  ['*.example.com', 'a_b.example.com', ['go', 'node', 'curl', 'java', 'gnutls', 'nss', 'rustls', 'urllib3']],
])('%s is a name of %s to these clients', (name, host, who) => {
  const found = Object.entries(wildcards).filter(([, rules]) => isNameOf(host, name, rules));
  expect(found.map(([client]) => client).sort()).toEqual([...who].sort());
});
