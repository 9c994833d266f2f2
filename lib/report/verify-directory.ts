import { DirectoryError } from '../errors.js';
import { parseDirectory } from '../set/layout.js';
import { leftBehind } from '../store/leftovers.js';
import { isLockStale } from '../store/lock.js';
import { parseNow } from '../x509/validity.js';
import { readSet, type CertificateSet } from '../set/certificate-set.js';
import { caOwnRules } from './verify/cas.js';
import { fileRules } from './verify/files.js';
import { judgeCertificates, type JudgedSet } from './verify/judged-set.js';
import { leafOwnRules } from './verify/leaves.js';
import { refusalRules } from './verify/refusals.js';
import type { Severity, VerifyRule } from './verify/rule.js';
import { serialRules } from './verify/serials.js';
import { refuseUnknown, type OptionNames } from '../known-options.js';
import { fixOf, type Words } from '../words.js';

export interface VerifyDirectoryOptions {
  /** The certificate directory, of any recipe or made by hand, or the files of it that a host or a client has. Default: `docker-tls`. */
  readonly directory?: string | undefined;
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
}

const optionNames: OptionNames<VerifyDirectoryOptions> = {
  directory: true,
  now: true,
};

/** The problems of a certificate directory. */
export interface Verification {
  readonly directory: string;
  /** True if no finding is an error. */
  readonly ok: boolean;
  /** Sorted by file, the worst first. */
  readonly findings: readonly VerifyFinding[];
  /** The numbers of certificates, keys and rules that were checked; each copy counts. */
  readonly checked: { readonly certificates: number; readonly keys: number; readonly rules: number };
}

export interface VerifyFinding {
  /** The id of the rule: `docs/commands/verify.md` lists all of them. */
  readonly id: string;
  readonly severity: Severity;
  /** Relative to the directory; `.` is the directory itself. */
  readonly file: string;
  /** A sentence about what is wrong with the file. */
  readonly reason: string;
  /** What to do about it, in the library's words. */
  readonly fix: string;
  /** The parts of `fix`: text, options and calls. */
  readonly remedy: Words;
  /** The RFC, manual or measurement behind it. */
  readonly source: string;
}

/** Every rule of `verify`. */
export const verifyRules: readonly VerifyRule[] = [
  ...fileRules,
  ...caOwnRules,
  ...leafOwnRules,
  ...serialRules,
  ...refusalRules,
];

const severities: readonly Severity[] = ['error', 'warning', 'notice'];

/**
 * Checks a certificate directory for problems: files, modes and owners, keys, every certificate with its CA, what some client
 * refuses and what expires soon. It changes nothing, and starts no process.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used.
 * @throws `ERR_FILE`: there is no such directory, or neither a certificate nor a key in it.
 * @example
 * ```ts
 * import { verifyDirectory } from 'docker-tls-openssl';
 *
 * const { ok, findings } = await verifyDirectory({ directory: 'docker-tls' });
 * for (const { severity, file, reason, fix } of findings) console.log(severity, file, reason, fix);
 * if (!ok) process.exitCode = 1;
 * ```
 */
export async function verifyDirectory(options: VerifyDirectoryOptions = {}): Promise<Verification> {
  refuseUnknown(options, optionNames);
  const { directory = 'docker-tls' } = options;
  const now = parseNow(options.now ?? new Date());
  const path = parseDirectory(directory);
  const inventory = await readSet(path);
  if (!inventory.entries.get('.')?.isDirectory())
    throw new DirectoryError('ERR_FILE', directory, `${directory} is not a directory`);
  const { certificates, keys, others } = inventory;
  if (certificates.length + keys.length === 0 && !others.some(({ kind }) => kind === 'damaged'))
    throw nothingIn(directory);
  return verifySet(inventory, {
    directory,
    now,
    leftBehind: await leftBehind(path),
    staleLock: await isLockStale(path),
  });
}

/** Checks a set by every rule, also one that lies nowhere yet. */
export function verifySet(
  inventory: CertificateSet,
  where: Pick<JudgedSet, 'directory' | 'now' | 'leftBehind' | 'staleLock'>,
): Verification {
  const { directory, now } = where;
  const set: JudgedSet = {
    ...where,
    inventory,
    ...judgeCertificates(inventory, directory, now),
    user: process.geteuid?.(),
  };
  const { certificates, keys } = inventory;
  const findings = inOrder(verifyRules.flatMap((rule) => findingsOf(rule, set)));
  return {
    directory,
    ok: !findings.some(({ severity }) => severity === 'error'),
    findings,
    checked: { certificates: certificates.length, keys: keys.length, rules: verifyRules.length },
  };
}

/** The findings of one rule, without repetitions about the same file. */
function findingsOf({ id, severity, what, source, find }: VerifyRule, set: JudgedSet): VerifyFinding[] {
  const flaws = find(set).map(({ file, reason = what, fix }) => ({
    id,
    severity,
    file,
    reason,
    ...fixOf(fix),
    source,
  }));
  return [...new Map(flaws.map((flaw) => [`${flaw.file} ${flaw.reason}`, flaw])).values()];
}

/** Sorts findings: the directory itself first, then its files, then those of its subdirectories. */
function inOrder(findings: readonly VerifyFinding[]): VerifyFinding[] {
  const depth = (file: string): number => (file === '.' ? 0 : file.split('/').length);
  return [...findings].sort(
    (one, other) =>
      depth(one.file) - depth(other.file) ||
      (one.file === other.file ? 0 : one.file < other.file ? -1 : 1) ||
      severities.indexOf(one.severity) - severities.indexOf(other.severity),
  );
}

function nothingIn(directory: string): DirectoryError {
  const message = `there is no certificate and no key in ${directory}`;
  return new DirectoryError('ERR_FILE', directory, message, {
    hint: 'name the certificate directory',
  });
}
