import {
  DirectoryError,
  DockerTlsError,
  InterruptedError,
  OpensslError,
  type ErrorCode,
} from '../../errors.js';
import { systemCode } from '../../file-error.js';
import { words, type Text } from '../../words.js';

/** What concerns every member: after it nothing more is tried. */
const codes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_PASSPHRASE_NEEDED',
  'ERR_PASSPHRASE_WRONG',
  'ERR_CA_MISSING',
  'ERR_CA_UNUSABLE',
  'ERR_CLOCK',
  'ERR_LOCKED',
  'ERR_LOCK_LOST',
  'ERR_OPEN_MODES',
  'ERR_TEMPLATE',
  'ERR_OPENSSL_NOT_FOUND',
  'ERR_OPENSSL_TOO_OLD',
  'ERR_ABORTED',
]);

/** The disk is full, or fails. */
const disk: readonly string[] = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE'];

/** The reasons of openssl that are those of a member: of its key, its CSR or its certificate. */
const ofMember: readonly (string | undefined)[] = [
  undefined,
  'not-a-key',
  'not-a-certificate',
  'not-a-csr',
  'key-mismatch',
  'string-too-long',
  'string-too-short',
  'illegal-characters',
  'not-verified',
  'bad-config',
  'outdated-encryption',
  'no-passphrase',
  'wrong-passphrase',
];

/**
 * Whether an error concerns every member of a fleet, and not one of them. `inToken`: the CA's key is in a token, which locks after a
 * few wrong PINs, so that nothing is tried again there.
 */
export function stopsAll(error: unknown, directory: string, inToken: boolean): boolean {
  if (!(error instanceof DockerTlsError)) return true;
  if (codes.has(error.code) || error instanceof InterruptedError) return true;
  if (disk.includes(systemCode(error.cause) ?? '')) return true;
  if (error instanceof OpensslError) return inToken || !ofMember.includes(error.reason);
  return error instanceof DirectoryError && error.code === 'ERR_UNSAFE' && error.path === directory;
}

/** An error of one member as a text: what, and what to do about it. */
export function whyFailed(error: unknown): Text {
  if (!(error instanceof DockerTlsError)) return String(error);
  return error.remedy === undefined ? error.message : words`${error.message}; ${error.remedy}`;
}
