import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faketimeLibrary } from './faketime.js';
import { fakeOpenssl } from './fake-openssl.js';

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
