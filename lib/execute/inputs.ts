import { createPrivateKey, X509Certificate } from 'node:crypto';
import { access, constants, stat } from 'node:fs/promises';
import { DirectoryError, type OpensslReason } from '../errors.js';
import { fileError } from '../file-error.js';
import { MOST_BYTES, readRegular } from '../store/read-regular.js';
import { isCsr, mistaken, type PemKind } from '../x509/contents.js';
import { isWholeAndEncrypted } from '../set/held.js';
import { unknownKeyAlgorithm } from '../x509/key-algorithm.js';
import type { OpensslStep } from '../plan/step.js';

/**
 * Before anything runs: a file that openssl is to read is there, may be read, and comes to an end. A pipe may be one: a
 * shell makes it of `<(…)`. Errors: `ERR_FILE`.
 */
export async function checkInput(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
    const stats = await stat(path);
    const refuse = (why: string): never => {
      throw new DirectoryError('ERR_FILE', path, `cannot read ${path}: ${why}`, {
        hint: 'name the right file',
      });
    };
    if (stats.isDirectory()) refuse('it is a directory');
    if (stats.isSocket() || stats.isBlockDevice()) refuse('it is not a file');
    if (stats.isCharacterDevice() && path !== '/dev/null') refuse('it is a device');
    if (stats.size > MOST_BYTES) refuse(`it is ${stats.size} bytes long, and no key or certificate`);
  } catch (error) {
    throw error instanceof DirectoryError ? error : fileError(path, 'read', error);
  }
}

/** Without extensions openssl would make a certificate all the same, and say nothing. Errors: `ERR_FILE`. */
export async function refuseEmptyExtensions(step: OpensslStep, locate: Locate): Promise<void> {
  for (const { flag, reads, shown } of inputs(step)) {
    if (flag !== '-extfile') continue;
    if (!(await isEmptyFile(locate(reads), shown))) continue;
    throw new DirectoryError('ERR_FILE', shown, `cannot take the extensions from ${shown}: it is empty`, {
      hint: 'nothing was changed; a certificate without extensions is refused by most clients',
    });
  }
}

async function isEmptyFile(path: string, shown: string): Promise<boolean> {
  try {
    // Not a pipe, which gives what it holds only once.
    if (!(await stat(path)).isFile()) return false;
    const { bytes } = await readRegular(path, { shown });
    return !/[^\s\0]/.test(bytes.toString('latin1'));
  } catch (error) {
    throw error instanceof DirectoryError ? error : fileError(shown, 'read', error);
  }
}

/** What is told instead of a reason's own words. */
export interface Blame {
  readonly says: string;
  readonly hint?: string;
}

/** Which of its files a command failed for, and what is wrong with it; undefined where that is not found out. */
export async function blame(
  step: OpensslStep,
  reason: OpensslReason | undefined,
  locate: Locate,
): Promise<Blame | undefined> {
  const files = inputs(step);
  const named = (wanted: InputFile['wanted'], of = files): string | undefined =>
    of.find((file) => file.wanted === wanted)?.shown;
  const key = named('a private key');
  const certificate = named('a certificate');
  const config = named('a configuration');
  switch (reason) {
    case 'wrong-passphrase':
      return key === undefined ? undefined : { says: `the passphrase does not open ${key}` };
    case 'outdated-encryption':
      return key === undefined
        ? undefined
        : { says: `${key} is encrypted with a cipher that this openssl opens no more` };
    case 'no-passphrase':
      return key === undefined ? undefined : { says: `${key} is encrypted, and no passphrase was given` };
    case 'key-mismatch':
      return key === undefined || certificate === undefined
        ? undefined
        : { says: `${certificate} and ${key} do not belong together` };
    case 'bad-config':
      return config === undefined ? undefined : { says: `its configuration file ${config} has an error` };
    case 'not-verified':
    case 'not-a-key':
    case 'not-a-certificate':
    case 'not-a-csr':
    case undefined:
      for (const file of files) {
        const found = await wrongWith(step, file, locate(file.reads));
        if (found) return found;
      }
      if (reason !== 'not-verified') return undefined;
      return { says: `the certificate does not verify with ${certificate ?? 'its CA'}` };
    default:
      return undefined;
  }
}

/** The words of builds about an encrypted key without a passphrase, and of some about one that they opened with a wrong one. */
const ofLockedKey: readonly (OpensslReason | undefined)[] = ['wrong-passphrase', 'not-a-key', undefined];

/**
 * Why a command failed, where its words name another reason than the key does. Without a passphrase, some builds say that it is
 * wrong, or that an encrypted key is none. With a wrong one, the deciphered bytes end like a key's in one of about 256 cases
 * (PKCS#7 padding, RFC 5652 §6.3), and every build says that it is no key.
 */
export async function reasonOfLockedKey(
  step: OpensslStep,
  told: OpensslReason | undefined,
  locate: Locate,
): Promise<OpensslReason | undefined> {
  if (!ofLockedKey.includes(told) || !(await readsLockedKey(step, locate))) return told;
  if (!step.args.includes('-passin')) return 'no-passphrase';
  return told === 'not-a-key' ? 'wrong-passphrase' : told;
}

async function readsLockedKey(step: OpensslStep, locate: Locate): Promise<boolean> {
  for (const { wanted, reads } of inputs(step)) {
    if (wanted !== 'a private key') continue;
    const text = await readRegular(locate(reads)).then(
      ({ bytes }) => bytes.toString('latin1'),
      () => '',
    );
    if (isWholeAndEncrypted(text)) return true;
  }
  return false;
}

type Locate = (path: string) => string;

interface InputFile {
  readonly flag: string;
  readonly reads: string;
  readonly shown: string;
  readonly wanted: PemKind | 'a configuration';
}

/** The files that the arguments name, and what each of them should hold. */
function inputs({ command, args }: OpensslStep): InputFile[] {
  return args.flatMap((arg, at) => {
    if (typeof arg === 'string' || !('reads' in arg)) return [];
    const before = args[at - 1];
    const flag = typeof before === 'string' ? before : '';
    if (command === 'pkcs12' && !args.includes('-export')) return []; // what it opens the plan itself has made
    return [{ flag, reads: arg.reads, shown: arg.as ?? arg.reads, wanted: wantedBy(command, flag) }];
  });
}

function wantedBy(command: OpensslStep['command'], flag: string): InputFile['wanted'] {
  if (flag === '-config' || flag === '-extfile') return 'a configuration';
  const isCsr = command === 'x509' ? flag === '-in' : command === 'ca' && !flag.startsWith('-');
  if (isCsr || flag === '-infiles') return 'a certificate signing request';
  return flag === '-key' ||
    flag === '-signkey' ||
    flag === '-CAkey' ||
    flag === '-keyfile' ||
    flag === '-inkey' ||
    command === 'rsa' ||
    command === 'pkey'
    ? 'a private key'
    : 'a certificate';
}

async function wrongWith(
  { command }: OpensslStep,
  { wanted, shown }: InputFile,
  path: string,
): Promise<Blame | undefined> {
  if (wanted === 'a configuration') return undefined;
  // What cannot be read a second time, as a pipe, cannot be judged.
  const bytes = await readRegular(path).then(
    (read) => read.bytes,
    () => undefined,
  );
  const text = bytes?.toString('latin1');
  if (bytes === undefined || text === undefined) return undefined;
  try {
    if (wanted === 'a certificate') new X509Certificate(text);
    else if (wanted === 'a private key') {
      if (isWholeAndEncrypted(text)) return undefined;
      const unread = unknownKeyAlgorithm(text);
      if (unread !== undefined)
        return {
          says: `${shown} holds a key of ${unread}`,
          hint: 'use an openssl that knows this kind of key',
        };
      const kind = createPrivateKey(text).asymmetricKeyType;
      if (command !== 'rsa' || kind === 'rsa') return undefined;
      return { says: `${shown} is not an RSA key: its kind is ${kind}`, hint: 'check which file is which' };
    } else if (!isCsr(text)) throw new TypeError();
    return undefined;
  } catch {
    const { why, hint } = mistaken(bytes, wanted);
    return { says: `${shown} is not ${wanted}: ${why}`, hint };
  }
}
