import { describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  addPassphrase,
  all,
  can,
  changePassphrase,
  client,
  execute,
  findOpenssl,
  genrsa,
  previewIssue,
  removePassphrase,
  renew,
  req,
  verify,
  writeP12,
  type IssueOptions,
} from '../../lib/index.js';
import { artifactsOf, type OpensslStep } from '../../lib/internal.js';
import { keyEncryption } from '../../lib/x509/key-encryption.js';
import { parseVersion, whoCan, type Capability } from '../../lib/openssl/capabilities.js';
import { failure } from '../support/failure.js';
import { useMadeRsaKeys } from '../support/rsa-keys.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';
import { rows } from '../support/form.js';

// Builds of openssl that people have and that cannot be had here. Each is the real openssl behind a script that takes
// what that build takes, as its own source has it: LibreSSL 3.3 (OpenBSD's usr.bin/openssl of April 2021) and OpenSSL
// 1.0.1 (apps/*.c). Both keep serials in a file whose name is the CA's up to its first dot, and write RSA keys as PKCS#1.

const temporary = useTemporaryDirectory();
await useMadeRsaKeys();
const real = await findOpenssl();

/** What a command takes: options that stand alone, and those with a value. */
interface Takes {
  readonly alone: string;
  readonly valued: string;
  /** What it says to another option; `$word` is that. */
  readonly refusal: string;
}

interface Build {
  readonly version: string;
  readonly commands: Readonly<Record<OpensslStep['command'], Takes>>;
  /** Patterns of the shell. */
  readonly algorithms: string;
  readonly pkeyopts: string;
}

const ciphers =
  '-aes128 -aes192 -aes256 -camellia128 -camellia192 -camellia256 -des -des3 -idea -aes-256-cbc -aes-128-cbc';
const digests = '-md5 -sha1 -sha224 -sha256 -sha384 -sha512';
const verifyAlone =
  '-check_ss_sig -crl_check -crl_check_all -explicit_policy -extended_crl -ignore_critical -inhibit_any -inhibit_map -issuer_checks -policy_check -policy_print -use_deltas -verbose -x509_strict';
const verifyValued = '-CAfile -CApath -CRLfile -attime -policy -purpose -trusted -untrusted -verify_depth';
const reqAlone =
  '-asn1-kludge -batch -modulus -multivalue-rdn -new -newhdr -no-asn1-kludge -nodes -noout -pubkey -subject -text -utf8 -verbose -verify -x509';
const reqValued =
  '-config -days -extensions -in -inform -key -keyform -keyout -nameopt -newkey -out -outform -passin -passout -pkeyopt -reqexts -reqopt -set_serial -sigopt -subj';
const x509Alone =
  '-C -CAcreateserial -alias -clrext -clrreject -clrtrust -dates -email -enddate -fingerprint -hash -issuer -issuer_hash -issuer_hash_old -modulus -next_serial -noout -ocsp_uri -ocspid -pubkey -purpose -req -serial -startdate -subject -subject_hash -subject_hash_old -text -trustout -x509toreq';
const x509Valued =
  '-CA -CAform -CAkey -CAkeyform -CAserial -addreject -addtrust -certopt -checkend -days -extensions -extfile -in -inform -keyform -nameopt -out -outform -passin -set_serial -setalias -signkey -sigopt';
const rsaAlone =
  '-RSAPublicKey_in -RSAPublicKey_out -check -modulus -noout -pubin -pubout -pvk-none -pvk-strong -pvk-weak -sgckey -text';
const rsaValued = '-in -inform -out -outform -passin -passout';

const pkeyAlone = '-noout -pubin -pubout -text -text_pub';
const pkeyValued = '-in -inform -out -outform -passin -passout';

const pkcs12Alone = `-LMK -cacerts -chain -clcerts -descert -export -info -keyex -keysig -maciter -nocerts -nodes -noiter -nokeys -nomac -nomaciter -nomacver -noout -twopass ${ciphers}`;
const pkcs12Valued =
  '-CAfile -CApath -CSP -caname -certfile -certpbe -in -inkey -keypbe -macalg -name -out -passin -passout -password';

const caAlone =
  '-batch -create_serial -gencrl -msie_hack -multivalue-rdn -noemailDN -notext -preserveDN -selfsign -updatedb -utf8 -verbose';
const caValued =
  '-cert -config -crl_CA_compromise -crl_compromise -crl_hold -crl_reason -crldays -crlexts -crlhours -crlsec -days -enddate -extensions -extfile -in -key -keyfile -keyform -md -name -out -outdir -passin -policy -revoke -sigopt -spkac -ss_cert -startdate -status -subj';

const plain = 'unknown option $word';
const quoted = "unknown option '$word'";

const builds: readonly Build[] = [
  {
    version: 'LibreSSL 3.3.6',
    commands: {
      genrsa: { alone: `-3 -f4 -F4 ${ciphers}`, valued: '-out -passout', refusal: quoted },
      genpkey: {
        alone: `-genparam -text ${ciphers}`,
        valued: '-algorithm -out -outform -paramfile -pass -pkeyopt',
        refusal: quoted,
      },
      req: { alone: `${reqAlone} ${digests}`, valued: `${reqValued} -addext`, refusal: quoted },
      x509: { alone: `${x509Alone} ${digests}`, valued: x509Valued, refusal: plain },
      rsa: { alone: `${rsaAlone} ${ciphers}`, valued: rsaValued, refusal: quoted },
      pkey: { alone: `-check -pubcheck ${pkeyAlone} ${ciphers}`, valued: pkeyValued, refusal: quoted },
      pkcs12: { alone: pkcs12Alone, valued: pkcs12Valued, refusal: quoted },
      verify: { alone: `${verifyAlone} -legacy_verify`, valued: verifyValued, refusal: quoted },
      ca: { alone: caAlone, valued: caValued, refusal: quoted },
    },
    algorithms: 'RSA | DSA | DH | EC',
    pkeyopts: 'rsa_keygen_bits:* | rsa_keygen_pubexp:* | ec_paramgen_curve:* | ec_param_enc:*',
  },
  {
    version: 'OpenSSL 1.0.1u  22 Sep 2016',
    commands: {
      genrsa: {
        alone: `-3 -f4 -F4 -seed ${ciphers}`,
        valued: '-engine -out -passout -rand',
        refusal: 'usage: genrsa [args] [numbits]',
      },
      genpkey: {
        alone: `-genparam -text ${ciphers}`,
        valued: '-algorithm -engine -out -outform -paramfile -pass -pkeyopt',
        refusal: 'Usage: genpkey [options]',
      },
      req: {
        alone: `${reqAlone} ${digests}`,
        valued: `${reqValued} -engine -keygen_engine -rand`,
        refusal: plain,
      },
      x509: { alone: `${x509Alone} -crlext ${digests}`, valued: `${x509Valued} -engine`, refusal: plain },
      rsa: { alone: `${rsaAlone} ${ciphers}`, valued: `${rsaValued} -engine`, refusal: plain },
      pkey: {
        alone: `${pkeyAlone} ${ciphers}`,
        valued: `${pkeyValued} -engine`,
        refusal: 'Usage pkey [options]',
      },
      pkcs12: {
        alone: pkcs12Alone,
        valued: `${pkcs12Valued} -engine -rand`,
        refusal: 'Usage: pkcs12 [options]',
      },
      verify: {
        alone: `${verifyAlone} -no_alt_chains -help`,
        valued: `${verifyValued} -engine`,
        refusal: 'usage: verify [-verbose] [-CApath path] [-CAfile file] [-purpose purpose] [-crl_check]',
      },
      ca: { alone: caAlone, valued: `${caValued} -engine`, refusal: plain },
    },
    algorithms: 'RSA | DSA | DH | EC',
    // Neither the names of NIST nor ec_param_enc: pkey_ec_ctrl_str has both from 1.0.2 on.
    pkeyopts: 'rsa_keygen_bits:* | rsa_keygen_pubexp:* | ec_paramgen_curve:[a-z]*',
  },
];

interface Wrapper {
  readonly path: string;
  /** What it was called with so far, a line a call. */
  readonly calls: () => Promise<string[]>;
}

/** Writes a script that passes for that build. */
async function wrapper({ version, commands, algorithms, pkeyopts }: Build): Promise<Wrapper> {
  const path = join(temporary(), 'openssl');
  const log = join(temporary(), 'log');
  const traditional = real.version.flavour === 'OpenSSL' && real.version.major >= 3;
  const cases = Object.entries(commands).map(
    ([command, { alone, valued, refusal }]) =>
      `${command}) alone=' ${alone} ' valued=' ${valued} '; refusal() { echo "${refusal}"; } ;;`,
  );
  const content = `#!/bin/sh
printf '%s\\n' "$*" >> '${log}'
if [ "$1" = version ]; then echo '${version}'; exit; fi
command=$1
shift
case $command in
${cases.join('\n')}
*) echo "openssl:Error: '$command' is an invalid command." >&2; exit 1;;
esac
option= ca= serial= in= signkey= torequest=
for word do
  case $option in
    -algorithm) case $word in ${algorithms}) ;; *) echo "Algorithm $word not found" >&2; exit 1;; esac;;
    -pkeyopt) case $word in ${pkeyopts}) ;; *) echo 'parameter setting error' >&2; exit 1;; esac;;
    -CA) ca=$word;;
    -in) in=$word;;
    -signkey) signkey=$word;;
    -set_serial | -CAserial) serial=$word;;
  esac
  if [ -n "$option" ]; then option=; continue; fi
  case $word in -*)
    if [ "$word" = -x509toreq ]; then torequest=yes; fi
    case $valued in *" $word "*) option=$word; continue;; esac
    case $alone in *" $word "*) ;; *) refusal >&2; exit 1;; esac
  esac
done
case $command in
  genrsa | rsa) ${traditional ? 'set -- -traditional "$@"' : ':'};;
  x509)
    # It would request the certificate's own key, whatever key signs (X509_to_X509_REQ before 3.0).
    if [ -n "$torequest" ] && [ "$('${real.path}' x509 -in "$in" -noout -pubkey)" != "$('${real.path}' pkey -in "$signkey" -pubout)" ]; then
      echo 'the request is for another key' >&2; exit 1
    fi
    if [ -n "$ca" ] && [ -z "$serial" ]; then set -- "$@" -CAserial "\${ca%%.*}.srl"; fi;;
esac
exec '${real.path}' "$command" "$@"
`;
  await writeFile(path, content, { mode: 0o755 });
  const calls = async (): Promise<string[]> => (await readFile(log, 'utf8')).trim().split('\n');
  return { path, calls };
}

async function byHand(
  { path }: Wrapper,
  args: readonly string[],
): Promise<{ code: number; stderr: string; stdout: string }> {
  return new Promise((resolve) => {
    const config = join(import.meta.dirname, '../../templates/openssl.cnf');
    const env = { ...process.env, OPENSSL_CONF: config };
    execFile(path, args, { cwd: temporary(), env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

const passphrase = 'correct horse';
const hosts = ['docker.example'];
const ips = ['10.0.0.5'];
const small: [string, IssueOptions][] = [
  ['recommended', { hosts, ips, key: 'rsa:2048', passphrase }],
  ['recommended, without a passphrase', { hosts, key: 'rsa:2048', passphrase: null }],
  ['training', { recipe: 'training', hosts, passphrase }],
  ['training, with names', { recipe: 'training', addSan: true, hosts, passphrase }],
  ['openssl-cnf', { recipe: 'openssl-cnf', ips }],
  ['docs-2014', { recipe: 'docs-2014', hosts, passphrase }],
];
/** Their keys have 4096 bits: with one build only. */
const large: [string, IssueOptions][] = [
  ['docs', { recipe: 'docs', hosts, ips, passphrase }],
  ['katacoda', { recipe: 'katacoda', hosts, ips, passphrase }],
];

/** What a word of the command line shows; what is done with the same words cannot be seen in a stand-in. */
type Told = Exclude<Capability, 'x509-strict' | 'token-keys'>;

/** A step that needs it, as openssl is told. */
const needing: Record<Told, Pick<OpensslStep, 'command' | 'args'>> = {
  'ec-keys': {
    command: 'genpkey',
    args: [
      '-algorithm',
      'EC',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-pkeyopt',
      'ec_param_enc:named_curve',
      '-out',
      'x.pem',
    ],
  },
  ed25519: { command: 'genpkey', args: ['-algorithm', 'ED25519', '-out', 'x.pem'] },
  'rsa-traditional': { command: 'rsa', args: ['-in', 'key.pem', '-traditional', '-out', 'x.pem'] },
  'genrsa-traditional': { command: 'genrsa', args: ['-traditional', '-out', 'x.pem', '2048'] },
  addext: {
    command: 'req',
    args: ['-new', '-key', 'key.pem', '-subj', '/CN=x', '-addext', 'basicConstraints=CA:FALSE', '-out', 'x'],
  },
  'pkcs12-iter': {
    command: 'pkcs12',
    args: ['-export', '-in', 'x.pem', '-inkey', 'key.pem', '-iter', '100000', '-out', 'x.p12'],
  },
  'verify-names': {
    command: 'verify',
    args: ['-CAfile', 'ca.pem', '-verify_hostname', 'docker.example', 'x.pem'],
  },
  'not-before-after': {
    command: 'x509',
    args: ['-req', '-in', 'x.csr', '-not_before', 'today', '-not_after', 'today', '-out', 'x.pem'],
  },
};
const capabilities = Object.keys(needing) as Told[];

const numbered = builds.map((build) => [build.version, build] as const);

describe.each(rows(numbered, 1))('%s', (_, build) => {
  const version = parseVersion(build.version)!;

  const isOld = version.flavour === 'OpenSSL';
  const recipes = isOld ? small.filter(([, { recipe }]) => recipe === undefined) : [...small, ...large];

  if (isOld)
    test.each(small.filter(([, { recipe }]) => recipe !== undefined))(
      'would sign %s with SHA-1, which is said before anything runs',
      async (_, options) => {
        const { path: openssl, calls } = await wrapper(build);
        const root = join(temporary(), 'place');
        await mkdir(root);
        expect(
          await failure(root, () => all({ ...options, directory: join(root, 'tls'), openssl })),
        ).toMatchObject({
          code: 'ERR_OPENSSL_TOO_OLD',
          message: expect.stringContaining('would sign with SHA-1') as unknown,
          hint: expect.stringContaining('1.0.2') as unknown,
        });
        expect(await calls()).toEqual(['version']);
      },
    );

  if (isOld)
    test('signs a step with the digest that is given, and no other', async () => {
      const { path: openssl, calls } = await wrapper(build);
      const cwd = join(temporary(), 'place');
      await mkdir(cwd);
      await genrsa({ cwd, out: 'key.pem', bits: 2048 });
      const sign = { cwd, key: 'key.pem', subj: '/CN=x', out: 'x.csr', openssl };
      const error = await failure(cwd, () => req(sign));
      expect(error).toMatchObject({
        code: 'ERR_OPENSSL_TOO_OLD',
        hint: expect.stringContaining("`digest: 'sha256'`") as unknown,
      });
      expect(await calls()).toEqual(['version']);
      await req({ ...sign, digest: 'sha256' });
    });

  test('cannot read an Ed25519 key that is there, which is said before anything runs', async () => {
    const { path: openssl, calls } = await wrapper(build);
    const root = join(temporary(), 'place');
    const directory = join(root, 'tls');
    await all({ directory, hosts, key: 'ed25519', passphrase });
    for (const sign of [
      () => client({ directory, openssl, name: 'bob', key: 'rsa:2048', passphrase }),
      () => renew({ directory, openssl, all: true, passphrase }),
    ])
      expect(await failure(root, sign)).toMatchObject({
        code: 'ERR_OPENSSL_TOO_OLD',
        message: expect.stringContaining('cannot read the Ed25519 key of ') as unknown,
        hint: expect.stringContaining(whoCan('ed25519')) as unknown,
      });
    expect(await calls()).toEqual(['version']);
  });

  test('checks less strictly than 3.0, which is said before anything runs', async () => {
    const { path: openssl, calls } = await wrapper(build);
    const cwd = join(temporary(), 'place');
    await mkdir(cwd);
    await writeFile(join(cwd, 'ca.pem'), 'none\n');
    const check = { cwd, in: 'ca.pem', caFile: 'ca.pem', x509Strict: true, openssl };
    expect(await failure(cwd, () => verify(check))).toMatchObject({
      code: 'ERR_OPENSSL_TOO_OLD',
      hint: expect.stringContaining(whoCan('x509-strict')) as unknown,
    });
    expect(await calls()).toEqual(['version']);
  });

  describe.each(rows(recipes, 4))('makes %s', (_, options) => {
    test('with the usual files, and its serials beside the CA', async () => {
      const { path: openssl, calls } = await wrapper(build);
      const directory = join(temporary(), 'my.certificates', 'v1.0', 'docker-tls');
      const request = { ...options, directory, openssl };
      const issued = await all(request);
      expect(issued.openssl).toEqual({ path: openssl, version });

      const { plan } = await previewIssue(['ca', 'server', 'client'], request, { fresh: true });
      const files = artifactsOf(plan).map(({ path, mode }) => [path, `0${mode.toString(8)}`] as const);
      const there = Object.entries(await modes(directory)).filter(([path]) => !path.endsWith('/'));
      expect(Object.fromEntries(there)).toEqual(Object.fromEntries(files));

      const signed = (await calls()).filter((call) => call.startsWith('x509 '));
      expect(signed).toHaveLength(2);
      for (const call of signed) {
        if (options.recipe === undefined) expect(call).toContain(' -set_serial 0x');
        else expect(call).toMatch(/ -CA (server\/|client\/)?ca\.pem /);
      }
      const serials = files.filter(([path]) => path.endsWith('.srl'));
      expect(serials.length > 0).toBe(options.recipe !== undefined);
    }, 120_000);
  });

  test(`makes EC keys, or says beforehand that it cannot`, async () => {
    const { path: openssl, calls } = await wrapper(build);
    const root = join(temporary(), 'place');
    await mkdir(root);
    const request = { directory: join(root, 'tls'), openssl, hosts, key: 'ec:p256', passphrase };
    if (version.flavour === 'LibreSSL') {
      expect((await all(request)).made).toHaveLength(6);
      return;
    }
    const error = await failure(root, () => all(request));
    expect(error).toMatchObject({ code: 'ERR_OPENSSL_TOO_OLD', hint: expect.any(String) as unknown });
    expect(await calls()).toEqual(['version']);
  });

  test('renews a certificate with a new key', async () => {
    const { path: openssl } = await wrapper(build);
    const directory = join(temporary(), 'tls');
    await all({ directory, openssl, hosts, key: 'rsa:2048', passphrase: null });
    const before = await readFile(join(directory, 'key.pem'), 'utf8');
    const { renewed } = await renew({ directory, openssl, names: ['client'], newKey: true });
    expect(renewed).toMatchObject([{ path: 'cert.pem', newKey: 'key.pem' }]);
    expect(await readFile(join(directory, 'key.pem'), 'utf8')).not.toBe(before);
  });

  test('encrypts an RSA key in PKCS#8, and leaves it unencrypted again', async () => {
    const { path: openssl } = await wrapper(build);
    const key = join(temporary(), 'key.pem');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await writeFile(key, privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
    await addPassphrase({ key, passphrase, openssl });
    expect(keyEncryption(await readFile(key, 'utf8'))).toMatchObject({
      form: 'pkcs8',
      cipher: 'aes-256-cbc',
    });
    await changePassphrase({ key, passphrase, newPassphrase: 'another horse', openssl });
    await removePassphrase({ key, passphrase: 'another horse', openssl });
    expect(createPrivateKey(await readFile(key)).equals(privateKey)).toBe(true);
  });

  test('packs a PKCS #12 file, with the words that it knows', async () => {
    const { path: openssl, calls } = await wrapper(build);
    const directory = join(temporary(), 'tls');
    await all({ directory, openssl, hosts, key: 'rsa:2048', passphrase: null });
    await writeP12(join(temporary(), 'client.p12'), { directory, passphrase, openssl });
    expect((await calls()).filter((call) => call.startsWith('pkcs12'))).toEqual([
      expect.not.stringContaining('-iter'),
      expect.stringMatching(/^pkcs12 -in /),
    ]);
  });

  test('is told of Ed25519 before anything runs', async () => {
    const { path: openssl, calls } = await wrapper(build);
    const root = join(temporary(), 'place');
    await mkdir(root);
    const request = { directory: join(root, 'tls'), openssl, hosts, key: 'ed25519', passphrase };
    expect(await failure(root, () => all(request))).toMatchObject({
      code: 'ERR_OPENSSL_TOO_OLD',
      message: expect.stringContaining(version.text) as unknown,
      hint: expect.stringContaining(whoCan('ed25519')) as unknown,
    });
    expect(await calls()).toEqual(['version']);
  });

  const lacking = capabilities.filter((capability) => !can(version, capability));
  test.each(lacking)('lacks %s, which is said before anything runs', async (capability) => {
    const { path: openssl, calls } = await wrapper(build);
    const root = join(temporary(), 'place');
    await mkdir(root);
    const step = { kind: 'openssl', title: 'a step', needs: capability, ...needing[capability] } as const;
    const plan = { recipe: 'step', steps: [step], replaces: [], notes: [], departures: [] };
    expect(await failure(root, () => execute(plan, { directory: join(root, 'tls'), openssl }))).toMatchObject(
      {
        code: 'ERR_OPENSSL_TOO_OLD',
        message: expect.stringContaining('a step') as unknown,
        hint: expect.stringContaining(whoCan(capability)) as unknown,
      },
    );
    expect(await calls()).toEqual(['version']);
  });

  test.each(capabilities)('itself refuses what needs %s if the table says so', async (capability) => {
    const openssl = await wrapper(build);
    await byHand(openssl, ['genrsa', '-out', 'key.pem', '1024']);
    const { command, args } = needing[capability];
    const { code, stderr } = await byHand(openssl, [command, ...(args as string[])]);
    expect(code === 0).toBe(can(version, capability));
    expect(stderr).toMatch(
      /^(unknown option|Algorithm ED25519 not found|parameter setting error|usage: |Usage: |$)/,
    );
  });
});

describe('the stand-in', () => {
  test.each(
    rows(
      [
        ['OpenSSL 1.0.1u', 'req', '-addext', 'x=y', /^unknown option -addext$/m],
        ['OpenSSL 1.0.1u', 'req', '-copy_extensions', 'copy', /^unknown option -copy_extensions$/m],
        ['OpenSSL 1.0.1u', 'rsa', '-traditional', '', /^unknown option -traditional$/m],
        ['OpenSSL 1.0.1u', 'genrsa', '-traditional', '', /^usage: genrsa/m],
        ['OpenSSL 1.0.1u', 'verify', '-verify_ip', '::1', /^usage: verify/m],
        ['OpenSSL 1.0.1u', 'genpkey', '-quiet', '', /^Usage: genpkey/m],
        ['OpenSSL 1.0.1u', 'genpkey', '-pkeyopt', 'ec_paramgen_curve:P-256', /^parameter setting error$/m],
        ['OpenSSL 1.0.1u', 'pkey', '-traditional', '', /^Usage pkey/m],
        ['OpenSSL 1.0.1u', 'pkcs8', '-topk8', '', /'pkcs8' is an invalid command/],
        ['LibreSSL 3.3.6', 'rsa', '-traditional', '', /^unknown option '-traditional'$/m],
        ['LibreSSL 3.3.6', 'x509', '-copy_extensions', 'copy', /^unknown option -copy_extensions$/m],
        ['LibreSSL 3.3.6', 'x509', '-not_after', 'today', /^unknown option -not_after$/m],
        ['LibreSSL 3.3.6', 'req', '-noenc', '', /^unknown option '-noenc'$/m],
        ['LibreSSL 3.3.6', 'verify', '-verify_hostname', 'x', /^unknown option '-verify_hostname'$/m],
      ],
      2,
    ),
  )('for %s refuses %s %s %s', async (version, command, option, value, words) => {
    const openssl = await wrapper(builds.find((build) => build.version.startsWith(version))!);
    const { code, stderr, stdout } = await byHand(openssl, [command, option, ...(value ? [value] : [])]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(words);
  });

  test.each(builds)(
    'for $version keeps serials where the name of the CA has its first dot',
    async (build) => {
      const openssl = await wrapper(build);
      const folder = join(temporary(), 'my.certificates');
      await mkdir(folder);
      const run = async (...args: string[]): Promise<void> => {
        const { code, stderr } = await byHand(openssl, args);
        if (code !== 0) throw new Error(stderr);
      };
      const config = ['-config', join(import.meta.dirname, '../../templates/openssl.cnf')];
      await run('genrsa', '-out', 'key.pem', '2048');
      await run(
        'req',
        '-new',
        '-x509',
        ...config,
        '-subj',
        '/CN=ca',
        '-key',
        'key.pem',
        '-out',
        `${folder}/ca.pem`,
      );
      await run('req', '-new', ...config, '-subj', '/CN=x', '-key', 'key.pem', '-out', 'x.csr');
      const sign = [
        'x509',
        '-req',
        '-in',
        'x.csr',
        '-CA',
        `${folder}/ca.pem`,
        '-CAkey',
        'key.pem',
        '-out',
        'x.pem',
      ];
      await expect(run(...sign)).rejects.toThrow();
      await run(...sign, '-CAcreateserial');
      await access(join(temporary(), 'my.srl'));
      await expect(access(join(folder, 'ca.srl'))).rejects.toThrow();
      expect(await readFile(join(temporary(), 'key.pem'), 'utf8')).toMatch(
        /^-----BEGIN RSA PRIVATE KEY-----/,
      );
    },
  );
});
