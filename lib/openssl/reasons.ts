import { OpensslError, type OpensslReason } from '../errors.js';
import { parseErrorQueue } from './error-queue.js';
import type { RunResult } from './run.js';
import { option, words, type Text } from '../words.js';

interface Row {
  readonly reason: OpensslReason;
  /** Any of these in stderr: the words of OpenSSL 1.0.1 to 4.0 and of LibreSSL. */
  readonly words: RegExp;
  readonly says: string;
  readonly hint?: Text;
}

/**
 * Why an openssl command failed, told from its words; the first row that matches. It only explains: whether a command
 * succeeded is told by its exit code and by the file it made. Each row is provoked by a test with the real binary.
 */
const rows: readonly Row[] = [
  // First: what follows from it, such as a configuration that cannot be written, has words of its own.
  {
    reason: 'disk-full',
    words: /No space left on device|Disk quota exceeded|Quota exceeded|EDQUOT|ENOSPC/i,
    says: 'the disk is full',
    hint: 'free some space, or choose another directory; nothing was changed',
  },
  // Second: what follows from it has the words of an unknown cipher, or of a wrong passphrase.
  {
    reason: 'outdated-encryption',
    words: /:unsupported:[^\n]*Algorithm \((?:RC\d|DES|IDEA|SEED|CAST|BF|PBKDF1)[-\w]* :/,
    says: 'the private key is encrypted with a cipher that this openssl opens no more',
    hint: "openssl's legacy provider, or an openssl before 3.0, opens it",
  },
  {
    reason: 'unknown-option',
    words:
      /unknown (option|message digest|cipher)|Unknown (option|digest|cipher)|Unrecognized flag|Error initializing \S+ context|unknown or unsupported|Extra option|Extra arguments|Invalid command|Error setting \S+ parameter|parameter setting error|Algorithm \S+ not found/i,
    says: 'this openssl does not know an option of it',
    hint: words`use a newer openssl (${option('openssl')}); \`openssl version\` shows its version`,
  },
  {
    reason: 'string-too-long',
    words: /string too long/i,
    says: 'a value in the subject is too long',
    hint: 'a common name or an organization has at most 64 characters, a country 2',
  },
  {
    reason: 'bad-country',
    // Of the attributes with a least length only a country has to have two characters (crypto/asn1/a_strnid.c).
    words: /string too short[^\n]*minsize=2/i,
    says: 'a country in the subject is too short',
    hint: 'a country is its two capital letters (ISO 3166)',
  },
  {
    reason: 'string-too-short',
    words: /string too short/i,
    says: 'a value in the subject is empty',
    hint: 'give each attribute a value, or leave it out',
  },
  {
    reason: 'illegal-characters',
    words: /illegal characters/i,
    says: 'a value in the subject holds a character that is not allowed there',
    hint: 'countries, serial numbers and e-mail addresses are ASCII only',
  },
  {
    reason: 'key-mismatch',
    words: /key values mismatch|do(?:es)? not match|CA certificate and CA private key do not match/i,
    says: 'the certificate and the private key do not belong together',
    hint: 'give the key that the certificate was made for',
  },
  {
    reason: 'no-passphrase',
    words:
      /bad password read|No password|empty password|can't read password|Error getting passwords?|problems getting password|processing error|unable to get password|read_password|password read error|no password|problem getting/i,
    says: 'the private key is encrypted and no passphrase was given',
    hint: 'give its passphrase',
  },
  {
    reason: 'wrong-passphrase',
    words:
      /bad decrypt|bad password|mac verify (error|failure)|pkcs12 cipherfinal error|maybe wrong password/i,
    says: 'the passphrase does not open the private key that is read',
    hint: 'check the passphrase and which key it belongs to',
  },
  {
    reason: 'no-such-file',
    words: /No such file or directory|no such file/i,
    says: 'a file it reads is not there',
    hint: 'check the names of the files',
  },
  {
    reason: 'permission-denied',
    words: /Permission denied/i,
    says: 'it may not read or write a file',
    hint: 'check the owner and the mode of the files',
  },
  {
    reason: 'not-verified',
    words: /verification failed|error \d+ at \d+ depth lookup/i,
    says: 'the certificate does not verify',
    hint: 'check that the CA file contains the CA that signed it, up to its root',
  },
  {
    reason: 'bad-config',
    words:
      /error loading the config file|configuration file routines|Error (adding|checking|loading|in) (request |x509 |)extensions?|No objects specified in config|error on line \d+ of|(?:error|problems) making certificate request|unable to find '?distinguished_name/i,
    says: 'its configuration file has an error',
    hint: 'check the template that it was made from',
  },
  {
    reason: 'not-a-csr',
    words:
      /Expecting: CERTIFICATE REQUEST|unable to load (X509|certificate) request|Unable to load X509 request/i,
    says: 'a file is not a certificate signing request',
    hint: 'check which file is which',
  },
  {
    reason: 'not-a-certificate',
    words:
      /Expecting: (TRUSTED )?CERTIFICATE|unable to load (CA )?certificate(?! request)|Could not (read|find|open)[^\n]*certificate|Error loading file|load_certs/i,
    says: 'a file is not a certificate',
    hint: 'check which file is which',
  },
  {
    reason: 'not-a-key',
    words:
      /Could not (read|find|open)[^\n]*key|unable to load[^\n]*(private )?key|Expecting: ANY PRIVATE KEY|no start line|unsupported|wrong tag/i,
    says: 'a file is not a private key',
    hint: 'check which file is which',
  },
];

const silent = words`openssl gave no reason; check that it works, or name another one with ${option('openssl')}`;

/** Which row explains this stderr; undefined where none does. */
export function reasonOf(stderr: string): OpensslReason | undefined {
  return rows.find((row) => row.words.test(stderr))?.reason;
}

/**
 * A failed run as an error: what could not be done, why, which command. `reason`: as `reasonOf` tells it, or as it is known
 * otherwise. `blamed`: the file that it failed for, where that is known.
 */
export function opensslFailure(
  title: string,
  shown: string,
  result: RunResult,
  reason: OpensslReason | undefined,
  blamed?: { readonly says: string; readonly hint?: Text },
): OpensslError {
  const row = rows.find((candidate) => candidate.reason === reason);
  const ended = result.signal
    ? `openssl was ended by ${result.signal}`
    : `openssl exited with ${result.exitCode}`;
  // Of a verification, what it found wrong: `error 20 at 0 depth lookup: unable to get local issuer certificate`.
  const found = /^error \d+ at \d+ depth lookup: *(.*)$/m.exec(result.stderr)?.[1];
  const why = [
    blamed?.says ?? row?.says ?? ended,
    ...(found === undefined || blamed?.hint !== undefined ? [] : [found]),
  ].join(': ');
  const isAboutDates = /not yet valid|has expired/.test(found ?? '');
  const hint = isAboutDates ? "check this machine's clock" : row?.hint;
  return new OpensslError('ERR_OPENSSL_FAILED', `${title} failed: ${why}`, {
    reason,
    command: shown,
    exitCode: result.exitCode,
    signal: result.signal,
    queue: parseErrorQueue(result.stderr),
    stderr: result.stderr,
    hint: blamed?.hint ?? hint ?? (result.stderr.trim() === '' ? silent : undefined),
  });
}
