import { beforeAll, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import {
  addPassphrase,
  all,
  client,
  findOpenssl,
  genpkey,
  genrsa,
  pkey,
  removePassphrase,
  renew,
  renewCa,
  req,
  reqX509,
  rsa,
  x509Req,
} from '../../lib/index.js';
import { keyTypeNames, recipeNames } from '../../lib/internal.js';
import { executeStep } from '../../lib/execute/execute-step.js';
import { x509ToReqStep } from '../../lib/steps/x509-to-req.js';
import type { Rdn } from '../../lib/x509/subject.js';
import { failure } from '../support/failure.js';
import { lyingOpenssl, prepareLiar, secret } from '../support/lying-openssl.js';
import { opensslOutput } from '../support/openssl.js';
import { request } from '../support/request.js';
import { leftToWhole, rows, times, whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { only } from '../support/only.js';

/**
 * An openssl that works as it should, but for one thing in one file. The short form tries it once: three of four times at a
 * single step, which starts openssl once or twice, else by turns at each of the files at which it can be told. The whole
 * form tries it at all of them.
 */

const tally = usePromise('what openssl makes otherwise than it was asked is refused');
const temporary = useTemporaryDirectory();
const shared = useSharedDirectory();
const { path: real } = await findOpenssl();
const PER_TEST_MS = times(120_000, 1_800_000);

/** What a product is, and so what can be wrong with it. */
type Kind =
  | 'every key'
  | 'key beside a CA'
  | 'made key'
  | 'replaced key'
  | 'encrypted key'
  | 'plain key'
  | 'rewritten key'
  | 'rsa key'
  | 'csr'
  | 'csr by req'
  | 'certificate'
  | 'ca'
  | 'leaf'
  | 'server';

interface Product {
  readonly file: string;
  readonly is: readonly Kind[];
}

interface Deed {
  readonly name: string;
  readonly run: (place: string, openssl: string) => Promise<unknown>;
  readonly products: readonly Product[];
  /** Whether it begins without a set. */
  readonly fresh?: true;
}

const leaf = ['certificate', 'leaf'] as const;
const caCertificate = ['certificate', 'ca'] as const;
const set = (place: string): string => join(place, 'docker-tls');

const deeds: readonly Deed[] = [
  {
    name: 'all',
    fresh: true,
    run: (place, openssl) => all(request(place, { passphrase: secret, openssl })),
    products: [
      { file: '*key.pem', is: ['every key'] },
      { file: 'ca-key.pem', is: ['made key', 'encrypted key'] },
      { file: 'ca.pem', is: caCertificate },
      { file: 'server-key.pem', is: ['made key', 'plain key'] },
      { file: 'server.csr', is: ['csr', 'csr by req'] },
      { file: 'server-cert.pem', is: [...leaf, 'server'] },
      { file: 'key.pem', is: ['made key', 'plain key'] },
      { file: 'client.csr', is: ['csr', 'csr by req'] },
      { file: 'cert.pem', is: leaf },
    ],
  },
  {
    name: 'client',
    run: (place, openssl) =>
      client(only('client', request(place, { name: 'alice', passphrase: secret, openssl, hosts: [] }))),
    products: [
      { file: 'key.pem', is: ['made key', 'plain key', 'key beside a CA'] },
      { file: 'cert.pem', is: leaf },
    ],
  },
  {
    name: 'renew',
    run: (place, openssl) => renew({ directory: set(place), all: true, passphrase: secret, openssl }),
    products: [
      { file: 'server-cert.pem.csr', is: ['csr'] },
      { file: 'server-cert.pem', is: [...leaf, 'server'] },
    ],
  },
  {
    name: 'renew --new-key',
    run: (place, openssl) =>
      renew({ directory: set(place), all: true, newKey: true, passphrase: secret, openssl }),
    products: [
      { file: 'server-key.pem', is: ['made key', 'replaced key', 'plain key', 'key beside a CA'] },
      { file: 'server-cert.pem.csr', is: ['csr'] },
      { file: 'cert.pem', is: leaf },
    ],
  },
  {
    name: 'renew ca',
    run: (place, openssl) => renewCa({ directory: set(place), passphrase: secret, openssl }),
    products: [
      { file: 'ca.pem.csr', is: ['csr'] },
      { file: 'ca.pem', is: caCertificate },
    ],
  },
  {
    name: 'renew ca --new-key',
    run: (place, openssl) => renewCa({ directory: set(place), newKey: true, passphrase: secret, openssl }),
    products: [
      { file: 'ca-key.pem', is: ['made key', 'replaced key', 'encrypted key'] },
      { file: 'ca.pem.new', is: caCertificate },
    ],
  },
  {
    name: 'step genpkey',
    run: (cwd, openssl) => genpkey({ cwd, openssl, algorithm: 'ec:p256', out: 'new.pem', passout: secret }),
    products: [{ file: 'new.pem', is: ['made key', 'encrypted key'] }],
  },
  {
    name: 'step genpkey --overwrite',
    run: (cwd, openssl) =>
      genpkey({ cwd, openssl, algorithm: 'ec:p256', out: 'docker-tls/key.pem', overwrite: true }),
    products: [{ file: 'key.pem', is: ['made key', 'replaced key', 'plain key'] }],
  },
  {
    name: 'step genrsa',
    run: (cwd, openssl) => genrsa({ cwd, openssl, bits: 2048, out: 'new.pem' }),
    products: [{ file: 'new.pem', is: ['rsa key', 'plain key'] }],
  },
  {
    name: 'step req',
    run: (cwd, openssl) => req({ cwd, openssl, key: 'docker-tls/key.pem', subj: '/CN=a', out: 'new.csr' }),
    products: [{ file: 'new.csr', is: ['csr', 'csr by req'] }],
  },
  {
    name: 'step req-x509',
    run: (cwd, openssl) =>
      reqX509({
        ...{ cwd, openssl, key: 'docker-tls/ca-key.pem', passin: secret, subj: '/CN=a', days: 365 },
        ...{ config: 'ca.cnf', extensions: 'v3_ca', out: 'new.pem' },
      }),
    products: [{ file: 'new.pem', is: caCertificate }],
  },
  {
    name: 'step x509-req',
    run: (cwd, openssl) =>
      x509Req({
        ...{ cwd, openssl, in: 'server.csr', ca: 'docker-tls/ca.pem', caKey: 'docker-tls/ca-key.pem' },
        ...{ passin: secret, days: 365, extfile: 'server.cnf', extensions: 'v3_server', out: 'new.pem' },
      }),
    products: [{ file: 'new.pem', is: [...leaf, 'server'] }],
  },
  {
    name: 'step x509-to-req',
    run: (cwd, openssl) =>
      executeStep(
        x509ToReqStep({ in: 'docker-tls/cert.pem', signKey: 'docker-tls/key.pem', out: 'new.csr' }),
        { cwd, openssl },
      ),
    products: [{ file: 'new.csr', is: ['csr'] }],
  },
  {
    name: 'step pkey',
    run: (cwd, openssl) => pkey({ cwd, openssl, in: 'docker-tls/key.pem', passout: secret, out: 'new.pem' }),
    products: [{ file: 'new.pem', is: ['rewritten key', 'encrypted key'] }],
  },
  {
    name: 'step rsa',
    run: (cwd, openssl) => rsa({ cwd, openssl, in: 'rsa.pem', out: 'new.pem' }),
    products: [{ file: 'new.pem', is: ['rewritten key', 'plain key'] }],
  },
  {
    name: 'passphrase add',
    run: (place, openssl) =>
      addPassphrase({ directory: set(place), key: join(set(place), 'key.pem'), passphrase: secret, openssl }),
    products: [{ file: 'key.pem', is: ['rewritten key', 'encrypted key'] }],
  },
  {
    name: 'passphrase remove',
    run: (place, openssl) => removePassphrase({ directory: set(place), passphrase: secret, openssl }),
    products: [{ file: 'ca-key.pem', is: ['rewritten key', 'plain key'] }],
  },
];

interface Lie {
  /** In words that go on `an openssl that`. */
  readonly that: string;
  readonly at: Kind;
  readonly does: string;
  readonly says: RegExp;
}

const after = (does: string): string => `"$real" "$@" || exit; ${does}`;
const keyUsage = 'keyUsage|2\\.5\\.29\\.15';
const purposes = 'extendedKeyUsage|2\\.5\\.29\\.37';
const constraints = 'basicConstraints|2\\.5\\.29\\.19';
const identifier = 'subjectKeyIdentifier|2\\.5\\.29\\.14';
const authority = 'authorityKeyIdentifier|2\\.5\\.29\\.35';
const names = 'subjectAltName|2\\.5\\.29\\.17';
const extension = (pattern: string, line: string): string => `replaced '${pattern}' '${line}' "$@"`;
const weaker = (how: string): string => `how='${how}'; encrypted_otherwise "$@"`;
const second = after('cp "$out" "$out.2"; cat "$out.2" >> "$out"; rm "$out.2"');

const lies: readonly Lie[] = [
  // Keys
  {
    that: 'gives CA, server and client one key',
    at: 'every key',
    does: 'case " $arguments " in *" fd:3 "*) cp "$outside/key-encrypted.pem" "$out";; *) cp "$outside/key.pem" "$out";; esac',
    says: /it is the key of \S+, not one of its own/,
  },
  {
    that: "gives a leaf the CA's key",
    at: 'key beside a CA',
    does: 'cp "$outside/ca.pem" "$out"',
    says: /it is the key of \S*ca\.pem, not one of its own/,
  },
  {
    that: 'gives the key that is there for a new one',
    at: 'replaced key',
    does: 'cp "$place/docker-tls/$(basename "$out")" "$out"',
    says: /it is the key (?:that was there before|of \S+)/,
  },
  {
    that: 'makes keys of another curve',
    at: 'made key',
    does: 'cp "$outside/p384.pem" "$out"',
    says: /of the kind ec:p384|not encrypted/,
  },
  {
    that: 'makes RSA keys with the exponent 3',
    at: 'rsa key',
    does: 'cp "$outside/exponent-3.pem" "$out"',
    says: /public exponent is 3/,
  },
  {
    that: 'makes RSA keys of 1024 bits',
    at: 'rsa key',
    does: '"$real" genrsa -out "$out" 1024',
    says: /rsa:1024, not rsa:2048/,
  },
  {
    that: 'makes keys whose halves do not match',
    at: 'made key',
    does: 'case " $arguments " in *" fd:3 "*) cp "$outside/halves-encrypted.pem" "$out";; *) cp "$outside/halves.pem" "$out";; esac',
    says: /its private half does not belong to its public half/,
  },
  {
    that: 'makes RSA keys whose halves do not match',
    at: 'rsa key',
    does: 'cp "$outside/halves-rsa.pem" "$out"',
    says: /its private half does not belong to its public half/,
  },
  {
    that: 'gives keys to another user',
    at: 'every key',
    does: after('chown 65534 "$out"'),
    says: /it belongs to user 65534/,
  },
  { that: 'puts two keys into a file', at: 'made key', does: second, says: /it holds 2 objects/ },
  {
    that: 'puts two keys into a file that it rewrites',
    at: 'rewritten key',
    does: second,
    says: /it holds 2 objects/,
  },
  {
    that: 'puts a certificate behind a key',
    at: 'made key',
    does: after('cat "$outside/certificate.pem" >> "$out"'),
    says: /it holds 2 objects/,
  },
  {
    that: 'puts a text before a key',
    at: 'made key',
    does: after('echo text > "$out.2"; cat "$out" >> "$out.2"; mv "$out.2" "$out"'),
    says: /more than one object/,
  },
  {
    that: 'gives another key for the one that it rewrites',
    at: 'rewritten key',
    does: 'case " $arguments " in *" -passout "*) cp "$outside/key-encrypted.pem" "$out";; *) cp "$outside/key.pem" "$out";; esac',
    says: /another key than before/,
  },
  {
    that: 'encrypts what was to be plain',
    at: 'plain key',
    does: after('"$real" pkcs8 -topk8 -in "$out" -passout pass:abcd -out "$out.2" && mv "$out.2" "$out"'),
    says: /it is encrypted/,
  },
  // How they are encrypted
  {
    that: 'leaves a key unencrypted',
    at: 'encrypted key',
    does: weaker('-nocrypt'),
    says: /it is not encrypted/,
  },
  {
    that: 'encrypts with triple DES',
    at: 'encrypted key',
    does: weaker('-v2 des3'),
    says: /des-ede3-cbc, not aes-256-cbc/,
  },
  {
    that: 'encrypts with AES-128',
    at: 'encrypted key',
    does: weaker('-v2 aes128'),
    says: /aes-128-cbc, not aes-256-cbc/,
  },
  {
    that: 'takes one round',
    at: 'encrypted key',
    does: weaker('-v2 aes-256-cbc -iter 1'),
    says: /1 rounds, not 2048/,
  },
  {
    that: 'takes twenty million rounds',
    at: 'encrypted key',
    does: weaker('-v2 aes-256-cbc -iter 20000000'),
    says: /20000000 rounds, which would take long/,
  },
  {
    that: 'takes SHA-1 for the passphrase',
    at: 'encrypted key',
    does: weaker('-v2 aes-256-cbc -v2prf hmacWithSHA1'),
    says: /hmac-sha1, not hmac-sha256/,
  },
  {
    that: 'takes the scheme of PKCS#12',
    at: 'encrypted key',
    does: weaker('-v1 PBE-SHA1-3DES'),
    says: /des-ede3-cbc, not aes-256-cbc/,
  },
  {
    that: 'takes the older form',
    at: 'encrypted key',
    does: after(
      `"$real" pkey -traditional -aes256 -in "$out" -passin 'pass:${secret}' -passout 'pass:${secret}' -out "$out.2" && mv "$out.2" "$out"`,
    ),
    says: /in the older form/,
  },
  {
    that: 'takes another passphrase',
    at: 'encrypted key',
    does: after(
      `"$real" pkey -aes256 -in "$out" -passin 'pass:${secret}' -passout pass:other -out "$out.2" && mv "$out.2" "$out"`,
    ),
    says: /that its passphrase opens/,
  },
  // CSRs
  {
    that: 'asks for another subject',
    at: 'csr',
    does: '"$real" req -new -key "$own" $(case $own in *ca-key*) echo -passin fd:3;; esac) -subj /CN=evil -out "$out"',
    says: /its subject is \/CN=evil, not \//,
  },
  {
    that: 'asks for another key',
    at: 'csr by req',
    does: 'other -key "$outside/key.pem" "$@"',
    says: /does not belong to the key/,
  },
  {
    that: 'signs a request with SHA-1',
    at: 'csr',
    does: '"$real" "$@" -sha1',
    says: /signed by ec with sha1, not by ec with sha256/,
  },
  {
    that: 'asks for an extension more',
    at: 'csr by req',
    does: '"$real" "$@" -addext basicConstraints=CA:TRUE',
    says: /it has basicConstraints/,
  },
  {
    that: 'signs a request wrongly',
    at: 'csr',
    does: after(
      `"$real" req -in "$out" -outform DER -out "$out.der"; last=$(tail -c 1 "$out.der" | od -An -tu1)
       { head -c -1 "$out.der"; printf "\\\\$(printf %o $(((last + 1) % 256)))"; } > "$out.2"
       { echo '-----BEGIN CERTIFICATE REQUEST-----'; base64 -w 64 "$out.2"; echo '-----END CERTIFICATE REQUEST-----'; } > "$out"
       rm "$out.der" "$out.2"`,
    ),
    says: /its signature is not that of its own key/,
  },
  { that: 'puts two requests into a file', at: 'csr', does: second, says: /it holds 2 objects/ },
  // Certificates
  {
    that: 'certifies a key as a compressed point',
    at: 'certificate',
    does: 'cp "$outside/compressed.pem" "$out"',
    says: /its key is a compressed point/,
  },
  {
    that: 'writes true as 1',
    at: 'certificate',
    does: 'cp "$outside/true-is-1.pem" "$out"',
    says: /it is not in DER: a truth value/,
  },
  {
    that: 'gives certificates to another user',
    at: 'certificate',
    does: after('chown 65534 "$out"'),
    says: /it belongs to user 65534/,
  },
  {
    that: 'certifies another subject',
    at: 'certificate',
    does: '"$real" "$@" -subj /CN=evil',
    says: /its (?:subject|issuer) is \/CN=evil, not \//,
  },
  {
    that: 'certifies for one day',
    at: 'certificate',
    does: '"$real" "$@" -days 1',
    says: /it ends on .* and not after \d+ days/,
  },
  {
    that: 'certifies for 3000 days',
    at: 'certificate',
    does: '"$real" "$@" -days 3000',
    says: /it ends on .* and not after \d+ days/,
  },
  {
    that: 'dates a certificate back',
    at: 'certificate',
    does: 'at_time -2d "$@"',
    says: /it begins on .*, and not now/,
  },
  {
    that: 'dates a certificate back by two minutes',
    at: 'certificate',
    does: 'at_time -2m "$@"',
    says: /it begins on .*, and not now/,
  },
  {
    that: 'dates a certificate ahead',
    at: 'certificate',
    does: 'at_time +1d "$@"',
    says: /it begins on .*, and not now/,
  },
  {
    that: 'signs with SHA-1',
    at: 'certificate',
    does: '"$real" "$@" -sha1',
    says: /signed by ec with sha1, not by ec with sha256/,
  },
  {
    that: 'signs with SHA-512',
    at: 'certificate',
    does: '"$real" "$@" -sha512',
    says: /signed by ec with sha512, not by ec with sha256/,
  },
  {
    that: 'leaves keyUsage out',
    at: 'certificate',
    does: extension(keyUsage, '# none'),
    says: /it has no keyUsage/,
  },
  {
    that: 'widens keyUsage',
    at: 'leaf',
    does: extension(keyUsage, 'keyUsage = critical,digitalSignature,keyCertSign'),
    says: /its keyUsage is digitalSignature,keyCertSign, not digitalSignature/,
  },
  {
    that: 'widens the keyUsage of a CA',
    at: 'ca',
    does: extension(keyUsage, 'keyUsage = critical,keyCertSign,cRLSign,digitalSignature'),
    says: /its keyUsage is digitalSignature,keyCertSign,cRLSign, not/,
  },
  {
    that: 'makes keyUsage uncritical',
    at: 'certificate',
    does: `case $out in *ca.pem* | *new.pem) usage=keyCertSign,cRLSign;; *) usage=digitalSignature;; esac; case $csr in server.csr | */server.csr) usage=digitalSignature;; esac; replaced '${keyUsage}' "keyUsage = $usage" "$@"`,
    says: /its keyUsage is not critical/,
  },
  {
    that: 'leaves the pathlen of a CA out',
    at: 'ca',
    does: extension(constraints, 'basicConstraints = critical,CA:TRUE'),
    says: /basicConstraints is CA:TRUE, not CA:TRUE,pathlen:0/,
  },
  {
    that: 'makes a CA of a leaf',
    at: 'leaf',
    does: extension(constraints, 'basicConstraints = critical,CA:TRUE'),
    says: /basicConstraints is CA:TRUE, not CA:FALSE/,
  },
  {
    that: 'leaves basicConstraints out',
    at: 'certificate',
    does: extension(constraints, '# none'),
    says: /it has no basicConstraints/,
  },
  {
    that: 'leaves extendedKeyUsage out',
    at: 'leaf',
    does: extension(purposes, '# none'),
    says: /it has no extendedKeyUsage/,
  },
  {
    that: 'widens extendedKeyUsage',
    at: 'leaf',
    does: extension(purposes, 'extendedKeyUsage = serverAuth,clientAuth'),
    says: /its extendedKeyUsage is serverAuth,clientAuth, not/,
  },
  {
    that: 'adds an extension',
    at: 'certificate',
    does: extension('none', 'nsComment = evil'),
    says: /it has nsComment, which was not asked for/,
  },
  {
    that: 'adds a name',
    at: 'leaf',
    does: extension(
      names,
      'subjectAltName = DNS:docker.example,DNS:localhost,IP:127.0.0.1,IP:::1,DNS:evil.example',
    ),
    says: /not asked for: .*DNS:evil\.example/,
  },
  {
    that: 'leaves a name out',
    at: 'server',
    does: extension(names, 'subjectAltName = DNS:localhost'),
    says: /it lacks the name DNS:docker\.example/,
  },
  {
    that: 'gives it the identifier of another key',
    at: 'certificate',
    does: extension(identifier, 'subjectKeyIdentifier = 0102030405'),
    says: /its subjectKeyIdentifier is/,
  },
  {
    that: 'names the key of another CA',
    at: 'leaf',
    does: extension(authority, '2.5.29.35 = DER:300780050102030405'),
    says: /its authorityKeyIdentifier is/,
  },
  { that: 'puts two certificates into a file', at: 'certificate', does: second, says: /it holds 2 objects/ },
  {
    that: 'puts a key behind a certificate',
    at: 'certificate',
    does: after('cat "$outside/key.pem" >> "$out"'),
    says: /it holds 2 objects/,
  },
  {
    that: 'certifies another key',
    at: 'leaf',
    does: '"$real" req -new -key "$outside/key.pem" -subj /CN=a -out "$out.csr" && other -in "$out.csr" "$@"; rm "$out.csr"',
    says: /does not belong to the key/,
  },
  {
    that: 'gives a certificate a serial of its own',
    at: 'certificate',
    does: 'case " $arguments " in *" -set_serial "*) other -set_serial 0x42 "$@";; *) "$real" "$@" -set_serial -5;; esac',
    says: /its serial is (?:42, not|-5, which)/,
  },
];

const ready = join('ready', 'place');

beforeAll(async () => {
  const place = join(shared(), ready);
  const outside = join(shared(), 'outside');
  await mkdir(place, { recursive: true });
  await mkdir(outside);
  await all(request(place, { passphrase: secret }));
  await prepareLiar(outside, join(set(place), 'ca-key.pem'));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(join(place, 'rsa.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await cp(join(set(place), 'cert.pem'), join(outside, 'certificate.pem'));
  await opensslOutput(
    ['req', '-new', '-key', 'docker-tls/server-key.pem', '-subj', '/CN=docker.example', '-out', 'server.csr'],
    place,
  );
  const sections = {
    'server.cnf': [
      '[ v3_server ]',
      'basicConstraints = critical,CA:FALSE',
      'keyUsage = critical,digitalSignature',
      'extendedKeyUsage = serverAuth',
      'subjectKeyIdentifier = hash',
      'authorityKeyIdentifier = keyid',
      'subjectAltName = DNS:docker.example',
    ],
    'ca.cnf': [
      '[ req ]',
      'distinguished_name = dn',
      '[ dn ]',
      '[ v3_ca ]',
      'basicConstraints = critical,CA:TRUE,pathlen:0',
      'keyUsage = critical,keyCertSign,cRLSign',
      'subjectKeyIdentifier = hash',
    ],
  };
  for (const [name, lines] of Object.entries(sections))
    await writeFile(join(place, name), `${lines.join('\n')}\n`);
});

let tries = 0;

const odd = Array.from('abAB09 $"\'#\\,;=+/@[]{}é漢🐳');

/** With what means something to a shell, to a configuration, or takes more than an octet. */
const words = fc
  .string({ unit: fc.constantFrom(...odd), minLength: 1, maxLength: 30 })
  .map((text) => `x${text}x`);

async function refuses({ run, fresh }: Deed, file: string, { does, says }: Lie): Promise<void> {
  const folder = join(temporary(), `try-${++tries}`);
  const place = join(folder, 'place');
  await mkdir(folder);
  if (fresh) await mkdir(place);
  else await cp(join(shared(), ready), place, { recursive: true });
  const outside = join(shared(), 'outside');
  const openssl = await lyingOpenssl(folder, real, { file, place, outside }, does);
  const { code, message, hint } = await failure(place, () => run(place, openssl));
  expect({ code, message, hint }).toEqual({
    code: 'ERR_READ_BACK',
    message: expect.stringMatching(says),
    hint: expect.stringMatching(/Nothing was changed$/),
  });
  expect(message).toMatch(/^openssl made a wrong \S+: /);
  expect(message).not.toContain(secret);
}

test(
  'what is made otherwise than it was asked for is refused, and nothing is changed',
  async () => {
    let turn = 0;
    for (const lie of rows(lies, 2)) {
      const where = deeds.flatMap((deed) =>
        deed.products.filter(({ is }) => is.includes(lie.at)).map(({ file }) => ({ deed, file })),
      );
      expect(where.length).toBeGreaterThan(0);
      const steps = where.filter(({ deed }) => deed.name.startsWith('step '));
      const few = ++turn % 4 === 0 || steps.length === 0 ? where : steps;
      for (const { deed, file } of whole ? where : [few[(7 * turn) % few.length]!])
        await tally.attempt(`an openssl that ${lie.that}, ${deed.name}, ${file}`, () =>
          refuses(deed, file, lie),
        );
    }
    expect(tally.tried()).toBeGreaterThanOrEqual(times(lies.length / 2, 250));
    tally.none();
  },
  PER_TEST_MS,
);

// In the short form the other tests with the real one show it, deed by deed and recipe by recipe.
leftToWhole(
  'an openssl that does as it is asked is never refused',
  async () => {
    for (const deed of deeds) {
      for (const { file } of deed.products) {
        await tally.attempt(`${deed.name}, ${file}, by the real one`, async () => {
          const folder = join(temporary(), `honest-${++tries}`);
          const place = join(folder, 'place');
          await mkdir(folder);
          if (deed.fresh) await mkdir(place);
          else await cp(join(shared(), ready), place, { recursive: true });
          const where = { file, place, outside: join(shared(), 'outside') };
          await deed.run(place, await lyingOpenssl(folder, real, where, 'exec "$real" "$@"'));
        });
      }
    }
    const keys = keyTypeNames;
    const part = fc.record({ O: words, OU: words, L: words });
    const wanted = fc.record({
      key: fc.constantFrom(...keys),
      newKey: fc.constantFrom(...keys),
      subject: part.map((parts) => Object.entries(parts).map(([type, value]) => ({ type, value }) as Rdn)),
      hosts: fc.uniqueArray(fc.constantFrom('a.example', '*.b.example', '10.0.0.9', '2001:db8::1'), {
        minLength: 1,
      }),
      days: fc.integer({ min: 1, max: 3000 }),
      passphrase: fc.constantFrom(null, secret),
    });
    await fc.assert(
      fc.asyncProperty(wanted, async ({ newKey, ...given }) => {
        await tally.attempt(JSON.stringify({ newKey, ...given }), async () => {
          const { directory, passphrase } = request(join(temporary(), `any-${++tries}`), given);
          await mkdir(dirname(directory));
          await all({ ...given, directory });
          const common = { directory, passphrase: passphrase ?? null };
          await client(only('client', { ...common, key: newKey, name: 'other' }));
          await renew({ ...common, all: true });
          await renewCa(common);
          await renew({ ...common, names: ['client'], newKey: true, key: newKey });
          await renewCa({ ...common, newKey: true, key: newKey });
          await (passphrase ? removePassphrase : addPassphrase)({ directory, passphrase: secret });
        });
      }),
      { numRuns: 60 },
    );
    for (const recipe of recipeNames) {
      await tally.attempt(`the recipe ${recipe}`, async () => {
        const place = join(temporary(), `recipe-${++tries}`);
        await mkdir(place);
        const hosts = recipe === 'openssl-cnf' ? {} : { hosts: ['docker.example'], passphrase: secret };
        const directory = join(place, 'docker-tls');
        await all({
          ...hosts,
          recipe,
          directory,
          ...(recipe === 'openssl-cnf' ? { ips: ['10.0.0.9'] } : {}),
        });
      });
    }
    tally.none();
  },
  PER_TEST_MS,
);
