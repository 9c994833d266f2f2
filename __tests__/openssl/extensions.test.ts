import { beforeAll, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { certificateDetails, genpkey, genrsa, req, reqX509, x509Req } from '../../lib/index.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { rows } from '../support/form.js';

/**
 * Whatever a configuration says, in whatever way it can be said: what the real openssl makes of it is what we take it to ask
 * for, or the step would refuse it. Run on every version of the matrix.
 */

const shared = useSharedDirectory();
const cas = ['ca', 'bare'] as const;

/** Sections of a configuration, by what they show. */
const sections: Readonly<Record<string, string>> = {
  nothing: '',
  'the profile of a leaf':
    'basicConstraints = critical,CA:FALSE\nkeyUsage = critical, digitalSignature , keyEncipherment\nextendedKeyUsage = serverAuth, clientAuth\nsubjectAltName = DNS:a.example, IP:10.0.0.1,IP:2001:DB8::1, email:a@example.com,URI:https://example.com/a:b',
  'a CA': 'basicConstraints = critical,CA:TRUE,pathlen:3\nkeyUsage = keyCertSign,cRLSign',
  'a CA, the length first': 'basicConstraints = pathlen:200, CA:yes',
  'all bits of keyUsage':
    'keyUsage = digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment,keyAgreement,keyCertSign,cRLSign,encipherOnly,decipherOnly',
  'keyUsage in long words': 'keyUsage = Digital Signature, CRL Sign',
  'purposes by number': 'extendedKeyUsage = critical,1.3.6.1.5.5.7.3.1,1.2.3.4.99999,OCSPSigning,codeSigning',
  'names in a section': 'subjectAltName = @names',
  'mapped and local addresses':
    'subjectAltName = IP:::1,IP:::ffff:10.0.0.1,IP:::,IP:fe80::1,IP:1:2:3:4:5:6:7:8',
  'a subjectKeyIdentifier': 'subjectKeyIdentifier = hash',
  'a subjectKeyIdentifier that is given': 'subjectKeyIdentifier = 00:11:22:33',
  'both identifiers': 'subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid,issuer',
  'the issuer by its key, always': 'subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid',
  'the issuer by all': 'subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid,issuer:always',
  'octets of any kind': '1.2.3.4 = critical,DER:04:02:AB:CD\n1.2.3.5 = DER:0500',
  'a comment, and what is quoted':
    'nsComment = "a # b; \\"c\\"" # no comment\nnsCertType = server, objsign\nextendedKeyUsage = ${purpose} # by another line',
  'a line that goes on': 'subjectAltName = DNS:a.example,\\\n  DNS:b.example',
  'a line that is said twice': 'extendedKeyUsage = clientAuth\nextendedKeyUsage = serverAuth',
  'name constraints':
    'nameConstraints = critical,permitted;DNS:.example,permitted;IP:10.0.0.0/255.0.0.0,excluded;IP:FD00::/ff00::,permitted;email:a@example.com,excluded;URI:example.com',
  'name constraints in a section, an empty one too': 'nameConstraints = @constraints',
  'what is not compared octet by octet':
    'nameConstraints = permitted;RID:1.2.3\ncrlDistributionPoints = URI:http://example.com/crl\nauthorityInfoAccess = OCSP;URI:http://example.com/\ncertificatePolicies = 1.2.3.4\n1.2.3.6 = ASN1:UTF8String:text',
};

const [before, after] = [
  ['[req]', 'distinguished_name = dn', '[dn]', '[s]'].join('\n'),
  [
    ...['[names]', 'DNS.1 = one.example', 'IP.1 = 10.0.0.2', 'DNS.2 = two.example'],
    ...[
      '[constraints]',
      'permitted;IP.1 = ::/::',
      'excluded;DNS.1 =',
      'permitted;IP.2 = 10.0.0.5/255.255.255.255',
    ],
  ].join('\n'),
];

beforeAll(async () => {
  const cwd = shared();
  const texts = Object.values(sections).map(
    (text) => `purpose = emailProtection\n${before}\n${text}\n${after}\n`,
  );
  for (const [at, text] of texts.entries()) await writeFile(join(cwd, `${at}.cnf`), text);
  await writeFile(join(cwd, 'bare.cnf'), `${before}\nbasicConstraints = critical,CA:TRUE\n`);
  await genpkey({ cwd, algorithm: 'ec:p256', out: 'key.pem' });
  await genrsa({ cwd, bits: 2048, out: 'ca-key.pem' });
  const ca = { cwd, key: 'ca-key.pem', subj: '/O=A/CN=CA' };
  await reqX509({ ...ca, out: 'ca.pem' });
  await reqX509({ ...ca, config: 'bare.cnf', extensions: 's', out: 'bare.pem' });
  await req({ cwd, key: 'key.pem', subj: '/CN=leaf', out: 'leaf.csr' });
});

test.each(
  rows(
    Object.keys(sections).map((name, at) => ({ name, at })),
    2,
  ),
)('$name', async ({ at }) => {
  const options = { cwd: shared(), setSerial: '2A', overwrite: true } as const;
  const section = { extfile: `${at}.cnf`, extensions: 's' } as const;
  for (const ca of cas) {
    // One that has no identifier cannot be named by it.
    if (ca === 'bare' && (Object.values(sections)[at] ?? '').endsWith('keyid')) continue;
    const { certificate } = await x509Req({
      ...{ ...options, ...section, in: 'leaf.csr' },
      ...{ ca: `${ca}.pem`, caKey: 'ca-key.pem', out: `${at}-${ca}.pem` },
    });
    expect(certificate.verify(certificate.publicKey)).toBe(false);
  }
  const { certificate } = await reqX509({
    ...{ ...options, key: 'key.pem', subj: '/CN=self', digest: 'sha384', days: 3 },
    ...{ config: `${at}.cnf`, extensions: 's', out: `${at}-self.pem` },
  });
  expect(certificateDetails(certificate).digest).toBe('sha384');
  await x509Req({ ...options, ...section, in: 'leaf.csr', signKey: 'key.pem', out: `${at}-by-itself.pem` });
});
