import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { planLines } from '../../lib/plan/command-line.js';
import { artifactsOf, inputsOf } from '../../lib/plan/schedule.js';
import type { CheckStep, Note } from '../../lib/plan/step.js';
import { recommended, type RecommendedOptions } from '../../lib/recipes/recommended.js';
import { Passphrase } from '../../lib/x509/passphrase.js';
import { secret, shortTemplates, templates, wantedCa, wantedClient, wantedServer } from './plans.js';

const keyRef = { kind: 'file', path: 'ca-key.pem' } as const;

const lines = (options: Omit<RecommendedOptions, 'templates'>): string =>
  `\n${planLines(recommended({ ...options, templates: shortTemplates })).join('\n')}\n`;

describe('the whole plan', () => {
  test('RSA, the key of the CA encrypted', () => {
    expect(lines({ ca: wantedCa(), leaves: [wantedServer(), wantedClient()] })).toBe(`
openssl genrsa -aes256 -passout fd:3 -out ca-key.pem 4096
cat > ca.cnf <<'EOF'
0.O=Example 1.CN=Docker TLS CA 1 
EOF
openssl req -new -x509 -days 3650 -config ca.cnf -sha256 -extensions v3_ca -set_serial 0x41414141414141414141414141414141 -key ca-key.pem -passin fd:3 -out ca.pem
openssl genrsa -out server-key.pem 4096
cat > server.cnf <<'EOF'
0.O=Example 1.CN=web.example rsa=true
DNS.1=web.example
IP.2=10.0.0.5
IP.3=::1
EOF
openssl req -config server.cnf -sha256 -new -key server-key.pem -out server.csr
openssl x509 -req -days 365 -sha256 -in server.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -set_serial 0x42424242424242424242424242424242 -out server-cert.pem -extfile server.cnf -extensions v3_server
openssl genrsa -out key.pem 4096
cat > client.cnf <<'EOF'
0.O=Example 1.CN=client rsa=true
EOF
openssl req -config client.cnf -sha256 -new -key key.pem -out client.csr
openssl x509 -req -days 365 -sha256 -in client.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -set_serial 0x43434343434343434343434343434343 -out cert.pem -extfile client.cnf -extensions v3_client
# check ca.pem: a CA of ca.pem, key ca-key.pem
openssl verify -x509_strict -purpose sslserver -CAfile ca.pem server-cert.pem
# check server-cert.pem: a server of ca.pem, key server-key.pem, names DNS:web.example IP:10.0.0.5 IP:::1
openssl verify -x509_strict -purpose sslclient -CAfile ca.pem cert.pem
# check cert.pem: a client of ca.pem, key key.pem
rm ca.cnf server.csr server.cnf client.csr client.cnf
chmod 0400 ca-key.pem server-key.pem key.pem
chmod 0444 ca.pem server-cert.pem cert.pem
`);
  });

  test('EC, no key encrypted', () => {
    const leaves = [wantedServer('ec:p256'), wantedClient('ec:p256')];
    expect(lines({ ca: wantedCa('ec:p256', ''), leaves })).toBe(`
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -pkeyopt ec_param_enc:named_curve -out ca-key.pem
cat > ca.cnf <<'EOF'
0.O=Example 1.CN=Docker TLS CA 1 
EOF
openssl req -new -x509 -days 3650 -config ca.cnf -sha256 -extensions v3_ca -set_serial 0x41414141414141414141414141414141 -key ca-key.pem -out ca.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -pkeyopt ec_param_enc:named_curve -out server-key.pem
cat > server.cnf <<'EOF'
0.O=Example 1.CN=web.example rsa=false
DNS.1=web.example
IP.2=10.0.0.5
IP.3=::1
EOF
openssl req -config server.cnf -sha256 -new -key server-key.pem -out server.csr
openssl x509 -req -days 365 -sha256 -in server.csr -CA ca.pem -CAkey ca-key.pem -set_serial 0x42424242424242424242424242424242 -out server-cert.pem -extfile server.cnf -extensions v3_server
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -pkeyopt ec_param_enc:named_curve -out key.pem
cat > client.cnf <<'EOF'
0.O=Example 1.CN=client rsa=false
EOF
openssl req -config client.cnf -sha256 -new -key key.pem -out client.csr
openssl x509 -req -days 365 -sha256 -in client.csr -CA ca.pem -CAkey ca-key.pem -set_serial 0x43434343434343434343434343434343 -out cert.pem -extfile client.cnf -extensions v3_client
# check ca.pem: a CA of ca.pem, key ca-key.pem
openssl verify -x509_strict -purpose sslserver -CAfile ca.pem server-cert.pem
# check server-cert.pem: a server of ca.pem, key server-key.pem, names DNS:web.example IP:10.0.0.5 IP:::1
openssl verify -x509_strict -purpose sslclient -CAfile ca.pem cert.pem
# check cert.pem: a client of ca.pem, key key.pem
rm ca.cnf server.csr server.cnf client.csr client.cnf
chmod 0400 ca-key.pem server-key.pem key.pem
chmod 0444 ca.pem server-cert.pem cert.pem
`);
  });

  test('a CA that is there, with a named server and a named client', () => {
    const leaves = [wantedServer('rsa:2048', 'web1'), wantedClient('rsa:2048', 'alice')];
    expect(lines({ ca: { algorithm: 'rsa', keyRef, passphrase: Passphrase.of(secret) }, leaves })).toBe(`
mkdir -p -m 0700 servers/web1
openssl genrsa -out servers/web1/server-key.pem 2048
cat > servers/web1/server.cnf <<'EOF'
0.O=Example 1.CN=web.example rsa=true
DNS.1=web.example
IP.2=10.0.0.5
IP.3=::1
EOF
openssl req -config servers/web1/server.cnf -sha256 -new -key servers/web1/server-key.pem -out servers/web1/server.csr
openssl x509 -req -days 365 -sha256 -in servers/web1/server.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -set_serial 0x42424242424242424242424242424242 -out servers/web1/server-cert.pem -extfile servers/web1/server.cnf -extensions v3_server
mkdir -p -m 0700 clients/alice
openssl genrsa -out clients/alice/key.pem 2048
cat > clients/alice/client.cnf <<'EOF'
0.O=Example 1.CN=client rsa=true
EOF
openssl req -config clients/alice/client.cnf -sha256 -new -key clients/alice/key.pem -out clients/alice/client.csr
openssl x509 -req -days 365 -sha256 -in clients/alice/client.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -set_serial 0x43434343434343434343434343434343 -out clients/alice/cert.pem -extfile clients/alice/client.cnf -extensions v3_client
cp ca.pem servers/web1/ca.pem
cp ca.pem clients/alice/ca.pem
openssl verify -purpose sslserver -CAfile ca.pem servers/web1/server-cert.pem
# check servers/web1/server-cert.pem: a server of ca.pem, key servers/web1/server-key.pem, names DNS:web.example IP:10.0.0.5 IP:::1
openssl verify -purpose sslclient -CAfile ca.pem clients/alice/cert.pem
# check clients/alice/cert.pem: a client of ca.pem, key clients/alice/key.pem
rm servers/web1/server.csr servers/web1/server.cnf clients/alice/client.csr clients/alice/client.cnf
chmod 0400 servers/web1/server-key.pem clients/alice/key.pem
chmod 0444 servers/web1/ca.pem servers/web1/server-cert.pem clients/alice/ca.pem clients/alice/cert.pem
`);
  });

  test('a client by an Ed25519 CA, which signs without a digest', () => {
    expect(
      lines({
        ca: { algorithm: 'ed25519', keyRef, passphrase: undefined },
        leaves: [wantedClient('ec:p384')],
      }),
    ).toBe(`
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp384r1 -pkeyopt ec_param_enc:named_curve -out key.pem
cat > client.cnf <<'EOF'
0.O=Example 1.CN=client rsa=false
EOF
openssl req -config client.cnf -sha384 -new -key key.pem -out client.csr
openssl x509 -req -days 365 -in client.csr -CA ca.pem -CAkey ca-key.pem -set_serial 0x43434343434343434343434343434343 -out cert.pem -extfile client.cnf -extensions v3_client
openssl verify -purpose sslclient -CAfile ca.pem cert.pem
# check cert.pem: a client of ca.pem, key key.pem
rm client.csr client.cnf
chmod 0400 key.pem
chmod 0444 cert.pem
`);
  });

  test('a CA alone, of Ed25519', () => {
    expect(lines({ ca: wantedCa('ed25519'), leaves: [] })).toBe(`
openssl genpkey -algorithm ED25519 -aes256 -pass fd:3 -out ca-key.pem
cat > ca.cnf <<'EOF'
0.O=Example 1.CN=Docker TLS CA 1 
EOF
openssl req -new -x509 -days 3650 -config ca.cnf -extensions v3_ca -set_serial 0x41414141414141414141414141414141 -key ca-key.pem -passin fd:3 -out ca.pem
# check ca.pem: a CA of ca.pem, key ca-key.pem
rm ca.cnf
chmod 0400 ca-key.pem
chmod 0444 ca.pem
`);
  });
});

const everything = (): RecommendedOptions => ({
  ca: wantedCa(),
  leaves: [wantedServer(), wantedClient(), wantedServer('ec:p256', 'web1'), wantedClient('ed25519', 'alice')],
  templates,
});

describe('what is left of it', () => {
  test('keys of mode 0400, certificates of mode 0444, and nothing else', () => {
    const left = artifactsOf(recommended(everything())).map(
      ({ path, product, mode }) => `0${mode.toString(8)} ${product} ${path}`,
    );
    expect(left.sort()).toEqual([
      '0400 private-key ca-key.pem',
      '0400 private-key clients/alice/key.pem',
      '0400 private-key key.pem',
      '0400 private-key server-key.pem',
      '0400 private-key servers/web1/server-key.pem',
      '0444 certificate ca.pem',
      '0444 certificate cert.pem',
      '0444 certificate clients/alice/ca.pem',
      '0444 certificate clients/alice/cert.pem',
      '0444 certificate server-cert.pem',
      '0444 certificate servers/web1/ca.pem',
      '0444 certificate servers/web1/server-cert.pem',
    ]);
  });

  test('needs nothing beforehand with a new CA, and the CA with its key otherwise', () => {
    expect(inputsOf(recommended(everything()))).toEqual([]);
    const existing = { ...everything(), ca: { algorithm: 'rsa', keyRef, passphrase: undefined } };
    expect(inputsOf(recommended(existing)).sort()).toEqual(['ca-key.pem', 'ca.pem']);
  });
});

describe('the checks ask for all that was wanted', () => {
  const checks = (options: RecommendedOptions): CheckStep[] =>
    recommended(options).steps.filter((step) => step.kind === 'check');

  const leaf = { kind: 'check', issuer: 'ca.pem', strict: true };
  const server = { ...leaf, serial: '42'.repeat(16), role: 'server' };
  const client = { ...leaf, serial: '43'.repeat(16), role: 'client', altNames: [] };
  const { altNames } = wantedServer();

  test('role, key, issuer, serial and names', () => {
    expect(checks({ ...everything(), ca: wantedCa('rsa:4096', '') })).toEqual([
      {
        kind: 'check',
        certificate: 'ca.pem',
        key: 'ca-key.pem',
        issuer: 'ca.pem',
        serial: '41'.repeat(16),
        role: 'ca',
        altNames: [],
        strict: true,
      },
      { ...server, certificate: 'server-cert.pem', key: 'server-key.pem', altNames },
      { ...client, certificate: 'cert.pem', key: 'key.pem' },
      {
        ...server,
        certificate: 'servers/web1/server-cert.pem',
        key: 'servers/web1/server-key.pem',
        altNames,
      },
      { ...client, certificate: 'clients/alice/cert.pem', key: 'clients/alice/key.pem' },
    ]);
  });

  test('the passphrase, where the key of the CA is encrypted, and there alone', () => {
    expect(checks(everything()).map(({ passphrase }) => passphrase?.reveal()?.toString())).toEqual([
      secret,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('more names are allowed with templates of the user, and only there', () => {
    expect(checks({ ...everything(), ownTemplates: true }).map(({ moreNames }) => moreNames)).toEqual([
      true,
      true,
      true,
      true,
      true,
    ]);
    expect(checks(everything()).some(({ moreNames }) => moreNames)).toBe(false);
  });
});

describe('a recipe is a pure function', () => {
  test('the same options give the same plan', () => {
    expect(recommended(everything())).toEqual(recommended(everything()));
  });

  test('the options stay as they are', () => {
    const options = everything();
    const before = JSON.stringify(options);
    recommended(options);
    expect(JSON.stringify(options)).toBe(before);
  });

  test('what may be replaced and what is to be said is passed on', () => {
    const notes: Note[] = [{ code: 'LEAF_SHORTENED', text: 'shorter' }];
    const plan = recommended({ ...everything(), replaces: ['ca.pem'], notes });
    expect(plan).toMatchObject({ recipe: 'recommended', replaces: ['ca.pem'], notes });
    expect(recommended(everything())).toMatchObject({ replaces: [], notes: [] });
  });

  test('no passphrase is in the plan', () => {
    const plan = recommended(everything());
    const shown = [
      JSON.stringify(plan),
      inspect(plan, { depth: Infinity, showHidden: true }),
      ...planLines(plan),
    ];
    expect(shown.join('\n')).toContain('<passphrase>');
    expect(shown.join('\n')).not.toContain('horse');
  });
});

describe('the configuration files of our own templates', () => {
  const content = (options: RecommendedOptions, path: string): string =>
    recommended(options)
      .steps.flatMap((step) => (step.kind === 'write-file' && step.path === path ? [step.content] : []))
      .join()
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .join('\n');
  const request = (subject: string): string => `
[ req ]
distinguished_name = subject
prompt = no
utf8 = yes
string_mask = utf8only

[ subject ]
${subject}
`;

  test('the CA', () => {
    expect(content(everything(), 'ca.cnf')).toBe(
      `${request('0.O = Example\n1.CN = Docker TLS CA 1')}
[ v3_ca ]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
`,
    );
  });

  test('a server with an RSA key', () => {
    expect(content(everything(), 'server.cnf')).toBe(
      `${request('0.O = Example\n1.CN = web.example')}
[ v3_server ]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid,issuer
subjectAltName = @names

[ names ]
DNS.1 = web.example
IP.2 = 10.0.0.5
IP.3 = ::1
`,
    );
  });

  test('a client with an RSA key', () => {
    expect(content(everything(), 'client.cnf')).toBe(
      `${request('0.O = Example\n1.CN = client')}
[ v3_client ]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid,issuer
`,
    );
  });

  test.each([
    ['servers/web1/server.cnf', 'EC'],
    ['clients/alice/client.cnf', 'Ed25519'],
  ])('%s with an %s key enciphers no keys', (path) => {
    expect(content(everything(), path)).toContain('\nkeyUsage = critical,digitalSignature\n');
  });
});
