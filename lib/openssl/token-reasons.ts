import type { TokenReason } from '../errors.js';
import { words, option, type Text } from '../words.js';
import type { OpensslVersion } from './capabilities.js';

/** Why a key in a token could not be used, told from what openssl printed and from what pkcs11-provider wrote down. */
export interface TokenFailure {
  readonly reason: TokenReason;
  readonly says: string;
  readonly hint: Text;
}

interface TokenRow extends Omit<TokenFailure, 'hint'> {
  /** The words of the engine (libp11), or of OpenSSL. */
  readonly stderr: RegExp;
  /** Those of pkcs11-provider's trace. */
  readonly trace: RegExp | undefined;
  readonly hint: (failed: Failed) => Text;
}

interface Failed {
  readonly version: OpensslVersion;
  /** The URI of the key. */
  readonly uri: string;
  /** What the provider wrote down; empty with the engine. */
  readonly trace: string;
}

/** A wrong PIN is never tried again: most tokens lock after a few. */
const rows: readonly TokenRow[] = [
  {
    reason: 'pin-locked',
    stderr: /PIN locked/i,
    // CKR_PIN_LOCKED. The provider does not even try, where the token says so.
    trace: /Error 164 returned by C_Login|PIN marked as locked/,
    says: 'the token is locked, because of too many wrong PINs',
    hint: () => "unlock it with its administrator's PIN (SO PIN, PUK), with the tool of its maker",
  },
  {
    reason: 'wrong-pin',
    stderr: /PIN incorrect|PIN invalid|Invalid PIN length|PIN expired/i,
    // CKR_PIN_INCORRECT, _INVALID, _LEN_RANGE and _EXPIRED
    trace: /Error 16[0-3] returned by C_Login/,
    says: 'the token did not accept the PIN',
    hint: (failed) => `the PIN was tried once; ${attemptsLeft(failed)}`,
  },
  {
    reason: 'provider-missing',
    stderr: /Invalid engine "pkcs11"|no such engine|No store loader found[^\n]*Scheme \(pkcs11/,
    trace: undefined,
    says: 'this openssl cannot use keys in tokens yet',
    hint: ({ version }) => whatToInstall(version),
  },
  {
    reason: 'module-missing',
    stderr: /Unable to load (?:PKCS#11 )?module|Module initialization failed/i,
    trace: /dlopen\([^\n]*failed/,
    says: 'the PKCS #11 module of the token cannot be loaded',
    hint: () =>
      'name it in the URI (?module-path=/PATH) or in PKCS11_MODULE_PATH, or register it with p11-kit',
  },
  {
    reason: 'token-missing',
    stderr: /No matching initialized token|No tokens? found|Found uninitialized token/i,
    trace: undefined,
    says: 'there is no such token',
    hint: () => tokenHint,
  },
  {
    reason: 'key-not-found',
    stderr: /object not found|private key was not found/i,
    trace: undefined,
    says: 'there is no such private key in the token',
    hint: () => keyHint,
  },
];

const tokenHint = 'connect it, and compare the URI with `pkcs11-tool --list-token-slots`';
const keyHint = 'compare the URI with `pkcs11-tool --login --list-objects --type privkey`';

/** Undefined where nothing tells. */
export function tokenFailure(stderr: string, failed: Failed): TokenFailure | undefined {
  const { trace } = failed;
  const row = rows.find((one) => one.stderr.test(stderr) || one.trace?.test(trace));
  if (row) return { reason: row.reason, says: row.says, hint: row.hint(failed) };
  // The provider says the same whatever is not there; it logs into the token before it looks for the key.
  if (trace === '' || !/Could not (?:find|read|open)[^\n]*key/.test(stderr)) return undefined;
  return trace.includes('Calling C_Login')
    ? { reason: 'key-not-found', says: 'there is no such private key in the token', hint: keyHint }
    : { reason: 'token-missing', says: 'there is no such token', hint: tokenHint };
}

/** What the token itself said before this try, where the provider has asked it. */
function attemptsLeft({ uri, trace }: Failed): string {
  const named = /[:;]token=([^;]*)/.exec(uri)?.[1] ?? '';
  // Byte for byte, as the trace is read: a label need not be UTF-8.
  const label = named.replace(/%([0-9a-f]{2})/gi, (_, byte: string) =>
    String.fromCharCode(Number.parseInt(byte, 16)),
  );
  const [, ...tokens] = trace.split('Token Info:');
  const token = tokens.find((text) => text.includes(`[${label}]`)) ?? '';
  if (token.includes('CKF_USER_PIN_FINAL_TRY'))
    return 'the token said that one more wrong PIN would lock it: it may be locked now';
  if (token.includes('CKF_USER_PIN_COUNT_LOW'))
    return 'it was not the first wrong one: a few more may lock the token';
  return 'find the right one before you try again, because a few wrong ones lock most tokens';
}

function whatToInstall({ flavour, major, minor }: OpensslVersion): Text {
  const other = words`, or name another openssl with ${option('openssl')}`;
  if (flavour === 'OpenSSL' && major >= 4)
    return words`OpenSSL ${major}.${minor} has no engines: install pkcs11-provider${other}`;
  return major > 3 || minor >= 5
    ? words`install pkcs11-provider (apt install pkcs11-provider)${other}`
    : words`install the engine pkcs11 (apt install libengine-pkcs11-openssl)${other}`;
}
