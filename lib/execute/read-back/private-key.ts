import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { OpensslVersion } from '../../openssl/capabilities.js';
import { keyEncryption, saltOctets, type KeyEncryption } from '../../x509/key-encryption.js';
import { keyTypeNameOf } from '../../x509/key-type.js';
import { oneObject } from '../../x509/one-object.js';
import { readP256Key } from '../../x509/p256-key.js';
import { PublicKey } from '../../x509/spki.js';
import type { Passphrase } from '../../x509/passphrase.js';
import type { OpensslStep } from '../../plan/step.js';
import {
  derivesWithSha1,
  encryptsTraditionally,
  keyoutCiphers,
  LEAST_ITERATIONS,
  LEAST_SALT,
  MOST_ITERATIONS,
} from './defaults.js';
import { belongsTogether } from './key-pair.js';
import { unexpected } from './refusal.js';
import { hasFlag, passphraseAfter, restOf, wordAfter } from './words.js';

/** What a private key has to be. */
export interface AskedKey {
  /** In the words of `keyTypeNameOf`; undefined where another key is rewritten, whatever its kind. */
  readonly kind: string | undefined;
  /** Undefined: it is not encrypted. */
  readonly encryption: AskedEncryption | undefined;
  /** Set: in PKCS#1. */
  readonly traditional: boolean;
}

export interface AskedEncryption {
  /** What opens it. */
  readonly passphrase: Passphrase;
  /** Any of these. */
  readonly ciphers: readonly string[];
  /** Whether it may be in the older form, and whether PBKDF2 may take HMAC-SHA1. */
  readonly traditional: boolean;
  readonly sha1: boolean;
}

const ciphers: Readonly<Record<string, string>> = {
  '-aes256': 'aes-256-cbc',
  '-aes192': 'aes-192-cbc',
  '-aes128': 'aes-128-cbc',
  '-des3': 'des-ede3-cbc',
};

/** Reads from a command what the key that it writes has to be. `defaultBits`: what the configuration says for `req -keyout`. */
export function askedKey(
  step: OpensslStep,
  version: OpensslVersion | undefined,
  defaultBits: string | undefined,
): AskedKey {
  const traditional = hasFlag(step, '-traditional');
  const passphrase = passphraseAfter(step, '-passout') ?? passphraseAfter(step, '-pass');
  const named = Object.entries(ciphers).flatMap(([flag, cipher]) => (hasFlag(step, flag) ? [cipher] : []));
  return {
    kind: kindOf(step, defaultBits),
    encryption: passphrase && {
      passphrase,
      ciphers: named.length > 0 ? named : keyoutCiphers(version),
      traditional: traditional || encryptsTraditionally(step.command, version),
      sha1: derivesWithSha1(version),
    },
    traditional,
  };
}

/** By what a step that is not openssl's own wants: AES-256 in PKCS#8, or no encryption. */
export function plainKey(passphrase: Passphrase | undefined, version: OpensslVersion | undefined): AskedKey {
  const asked = { ciphers: ['aes-256-cbc'], traditional: false, sha1: derivesWithSha1(version) };
  return { kind: undefined, encryption: passphrase && { passphrase, ...asked }, traditional: false };
}

function kindOf(step: OpensslStep, defaultBits: string | undefined): string | undefined {
  switch (step.command) {
    case 'genrsa': {
      const last = step.args.at(-1);
      return typeof last === 'string' && /^\d+$/.test(last) ? `rsa:${last}` : undefined;
    }
    case 'genpkey': {
      if (hasFlag(step, 'ED25519')) return 'ed25519';
      return curveOf(step) ?? `rsa:${restOf(step, 'rsa_keygen_bits:')}`;
    }
    case 'req': {
      const algorithm = wordAfter(step, '-newkey');
      if (algorithm !== undefined) return algorithm === 'ed25519' ? 'ed25519' : curveOf(step);
      return defaultBits === undefined ? undefined : `rsa:${defaultBits}`;
    }
    default:
      return undefined;
  }
}

function curveOf(step: OpensslStep): string | undefined {
  const curve = restOf(step, 'ec_paramgen_curve:');
  if (curve === undefined) return undefined;
  return curve === 'prime256v1' ? 'ec:p256' : 'ec:p384';
}

/** Compares a key with what was asked for, and gives its public half. Throws `ERR_READ_BACK` with the first difference. */
export function checkPrivateKey(text: string, shown: string, asked: AskedKey): PublicKey {
  const refuse = (what: string, cause?: unknown): never => {
    throw unexpected(shown, what, undefined, cause);
  };
  const found = oneObject(text);
  if ('wrong' in found) return refuse(`it is not a private key: ${found.wrong}`);
  if (!/^(?:(?:RSA |EC |ENCRYPTED )?PRIVATE KEY)$/.test(found.label))
    refuse(`it is not a private key: it holds ${found.label}`);
  if (asked.traditional && found.label !== 'RSA PRIVATE KEY')
    refuse(`it holds ${found.label}, and RSA PRIVATE KEY (PKCS#1) was asked for`);
  const encryption = encryptionOf(text, shown);
  if (asked.encryption) checkEncryption(encryption, saltOctets(text), asked.encryption, refuse);
  else if (encryption) refuse(`it is encrypted (${encryption.cipher}), and no passphrase was given for it`);

  const secret = asked.encryption?.passphrase.reveal();
  const differs = 'its private half does not belong to its public half';
  const p256 = found.label === 'PRIVATE KEY' && found.der ? readP256Key(found.der) : undefined;
  if (p256 && (asked.kind ?? 'ec:p256') === 'ec:p256')
    return p256.belongsTogether ? p256.publicKey : refuse(differs);
  let key: KeyObject;
  try {
    key = createPrivateKey(secret === undefined ? text : { key: text, passphrase: secret });
  } catch (error) {
    return refuse(
      secret === undefined ? 'it is not a private key' : 'it is not a private key that its passphrase opens',
      error,
    );
  }
  const kind = keyTypeNameOf(key);
  if (asked.kind !== undefined && kind !== asked.kind)
    refuse(`it is a key of the kind ${kind}, not ${asked.kind}`);
  const exponent = key.asymmetricKeyDetails?.publicExponent;
  // Every openssl takes 65537 (openssl-genrsa(1)).
  if (asked.kind?.startsWith('rsa:') && exponent !== 65_537n)
    refuse(`its public exponent is ${exponent}, not 65537`);
  const publicKey = createPublicKey(key);
  if (!belongsTogether(key, publicKey)) refuse(differs);
  return PublicKey.of(publicKey);
}

function encryptionOf(text: string, shown: string): KeyEncryption | undefined {
  try {
    return keyEncryption(text);
  } catch (error) {
    throw unexpected(shown, 'how it is encrypted cannot be read', undefined, error);
  }
}

function checkEncryption(
  found: KeyEncryption | undefined,
  salt: number | undefined,
  asked: AskedEncryption,
  refuse: (what: string) => never,
): void {
  if (!found) return refuse('it is not encrypted, and a passphrase was given for it');
  const { form, cipher, kdf } = found;
  if (!asked.ciphers.includes(cipher))
    refuse(`it is encrypted with ${cipher}, not ${asked.ciphers.join(' or ')}`);
  if (form === 'traditional') {
    if (!asked.traditional) refuse('it is encrypted in the older form, and not in PKCS#8');
    return;
  }
  if (kdf.name !== 'pbkdf2') refuse(`its passphrase goes through ${kdf.name}, not pbkdf2`);
  if ((kdf.iterations ?? 0) < LEAST_ITERATIONS)
    refuse(`its passphrase goes through ${kdf.iterations} rounds, not ${LEAST_ITERATIONS} or more`);
  if ((kdf.iterations ?? 0) > MOST_ITERATIONS)
    refuse(`its passphrase goes through ${kdf.iterations} rounds, which would take long each time`);
  const strong = /^hmac-sha(?:256|384|512)$/.test(kdf.prf ?? '');
  if (!strong && !(asked.sha1 && kdf.prf === 'hmac-sha1'))
    refuse(`its passphrase goes through ${kdf.prf}, not hmac-sha256`);
  if (salt !== undefined && salt < LEAST_SALT)
    refuse(`its passphrase is mixed with ${salt} octets of salt, not ${LEAST_SALT} or more`);
}
