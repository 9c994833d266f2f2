import { createPrivateKey, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faketimeLibrary } from './faketime.js';
import { fakeOpenssl } from './fake-openssl.js';
import { opensslOutput } from './openssl.js';

export const secret = 'correct horse';

/** What an openssl that lies has beside the certificate directory: keys of its own. */
export async function prepareLiar(outside: string, caKey: string): Promise<void> {
  const form = { type: 'pkcs8', format: 'pem' } as const;
  const encrypted = { ...form, cipher: 'aes-256-cbc', passphrase: secret };
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const ca = createPrivateKey({ key: await readFile(caKey), passphrase: secret });
  const rsa = { modulusLength: 2048, publicExponent: 3 };
  const texts = {
    'key.pem': key.export(form),
    'key-encrypted.pem': key.export(encrypted),
    'p384.pem': generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export(form),
    'ca.pem': ca.export(form),
    'exponent-3.pem': generateKeyPairSync('rsa', rsa).privateKey.export(form),
  };
  for (const [name, text] of Object.entries(texts)) await writeFile(join(outside, name), text);
  const halves = withAnotherHalf(key);
  await writeFile(join(outside, 'halves.pem'), halves.export(form));
  await writeFile(join(outside, 'halves-encrypted.pem'), halves.export(encrypted));
  const rsaHalves = withAnotherHalf(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
  await writeFile(join(outside, 'halves-rsa.pem'), rsaHalves.export(form));
  for (const args of [
    ['ec', '-in', 'key.pem', '-conv_form', 'compressed', '-out', 'compressed-key.pem'],
    ['req', '-x509', '-new', '-key', 'compressed-key.pem', '-subj', '/CN=a', '-out', 'compressed.pem'],
    ['req', '-x509', '-new', '-key', 'key.pem', '-subj', '/CN=a', '-out', 'true-is-1.pem'],
  ])
    await opensslOutput(args, outside);
  const { raw } = new X509Certificate(await readFile(join(outside, 'true-is-1.pem')));
  raw[raw.indexOf('0101ff', 'hex') + 2] = 1;
  const lines = raw.toString('base64').replace(/.{64}/g, '$&\n');
  await writeFile(
    join(outside, 'true-is-1.pem'),
    `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  );
}

/** The same public half, and a private one that differs in a bit. */
function withAnotherHalf(key: KeyObject): KeyObject {
  const der = key.export({ type: 'pkcs8', format: 'der' });
  const half = Buffer.from(key.export({ format: 'jwk' }).d!, 'base64url');
  der[der.indexOf(half) + half.length - 1]! ^= 2;
  return createPrivateKey({ key: der, type: 'pkcs8', format: 'der' });
}

/** At which of a command's products it lies. */
export interface Where {
  /** The last part of the file that openssl writes. */
  readonly file: string;
  /** The directory before. */
  readonly place: string;
  readonly outside: string;
}

/** Writes an openssl that is the real one but for one file, for which it does what the words of the shell say. Gives its path. */
export async function lyingOpenssl(
  folder: string,
  real: string,
  { file, place, outside }: Where,
  does: string,
): Promise<string> {
  const body = [
    `real='${real}' outside='${outside}' place='${place}'`,
    'if [ "$1" = verify ]; then for last do :; done; echo "$last: OK"; exit; fi',
    `case $out in ${file} | */${file}) ;; *) exec "$real" "$@";; esac`,
    'csr= config= own= before=',
    'for word do case $before in -in) csr=$word;; -key | -signkey) own=$word;; -config | -extfile) config=$word;; esac; before=$word; done',
    'arguments=$*',
    helpers,
    does,
  ].join('\n');
  return fakeOpenssl(folder, body, `exec '${real}' version`);
}

const helpers = `
# The real one with another value of an option: other -key FILE "$@"
other() {
  option=$1 value=$2 before=; shift 2; left=$#
  while [ $left -gt 0 ]; do
    word=$1
    if [ "$before" = "$option" ]; then word=$value; fi
    before=$1; shift; set -- "$@" "$word"; left=$((left - 1))
  done
  "$real" "$@"
}
# The real one with a configuration that sed has changed: edited SCRIPT "$@"
edited() {
  script=$1; shift
  sed -E "$script" "$config" > "$out.edited"
  case " $arguments " in *" -extfile "*) option=-extfile;; *) option=-config;; esac
  other "$option" "$out.edited" "$@"; code=$?; rm "$out.edited"; return $code
}
# An extension taken out, by its name and by its identifier, and another line put in its place
replaced() {
  pattern=$1 line=$2; shift 2
  edited "/^($pattern) *=/d; /^\\[ *v3_/a $line" "$@"
}
# At another time, such as -3d
at_time() { clock=$1; shift; FAKETIME="$clock" LD_PRELOAD='${faketimeLibrary}' "$real" "$@"; }
# The passphrase's key, encrypted otherwise
encrypted_otherwise() {
  "$real" "$@" || exit
  "$real" pkcs8 -topk8 -in "$out" -passin 'pass:${secret}' -passout 'pass:${secret}' -out "$out.other" $how && mv "$out.other" "$out"
}`;
