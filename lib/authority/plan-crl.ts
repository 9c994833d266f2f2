import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { refuseInTheWay } from '../execute/in-the-way.js';
import { existingCa, refuseClock } from '../issue/authority.js';
import type { Note, Plan, Step } from '../plan/step.js';
import { note } from '../plan/note.js';
import type { CaRole } from '../set/authorities.js';
import { indexFiles, readIndexFile, type IndexedCertificate } from '../set/issued/read.js';
import { indexTexts } from '../set/issued/texts.js';
import { readText } from '../set/pairs.js';
import { refuseUnsafeDirectory } from '../store/safety.js';
import { DAY_MS } from '../x509/validity.js';
import { call, option, words } from '../words.js';
import { crlFilesOf } from '../set/crl-files.js';
import { crlOf, crlsBeside, readCrls } from './crl-file.js';
import type { CrlValues } from './crl-options.js';
import { crlSteps } from './crl-steps.js';
import { isOfCa, readIssues } from './entries.js';
import { listedRole, onlySideOf, readListedCa, sideOf } from './listed-ca.js';

/** The plan for a list of revoked certificates. */
export interface CrlPlan {
  /** Absolute. */
  readonly directory: string;
  readonly plan: Plan;
  /** The list, relative to the directory. */
  readonly crl: string;
  /** Whose certificates it is about, where servers and clients have separate CAs; else undefined. */
  readonly role: CaRole;
  /** Its number. */
  readonly number: bigint;
  /** The serial numbers that it revokes. */
  readonly revoked: readonly string[];
  /** When the next list is due. */
  readonly nextUpdate: Date;
  readonly notes: readonly Note[];
}

/** What `revoke` marks before the list is made. */
export type Mark = (
  entries: readonly IndexedCertificate[],
  ca: X509Certificate,
) => readonly IndexedCertificate[];

/**
 * Plans a new list of what the index says is revoked, after `mark`. Errors: those of `crl`, as far as they can be known beforehand.
 */
export async function planCrl(values: CrlValues, recipe: string, mark?: Mark): Promise<CrlPlan> {
  const { directory, days, now } = values;
  await refuseUnsafeDirectory(directory);
  const usual = await listedRole(values);
  const usually = await readListedCa(values, usual);
  if (!usually.certificate) throw noCa(directory);
  const { entries, isRecorded } = await readIssues(directory);
  const marked = mark?.(entries, usually.certificate) ?? entries;
  const ofRole = usual && mark ? onlySideOf(marked.filter((entry, at) => entry !== entries[at])) : usual;
  const ca = ofRole === usual ? usually : await readListedCa(values, ofRole);
  if (!ca.certificate) throw noCa(directory);
  const files = crlFilesOf(ofRole);
  const crls = await readCrls(directory, ofRole);
  const before = crlOf(ca.certificate, crls);
  const number = (await lastNumber(join(directory, files.number), before?.number)) + 1n;
  const isOwn = isOfCa(ca.certificate);
  const isListed = ({ line }: IndexedCertificate): boolean =>
    line.revocation !== undefined && !(before && line.notAfter < before.thisUpdate);
  const ofSide = marked.filter((entry) => ofRole === undefined || sideOf(entry) === ofRole);
  const revoked = ofSide.filter((entry) => isOwn(entry) && isListed(entry)).map(({ line }) => line);
  const notes = notesOf(ofSide, isOwn, now, ofRole);
  refuseClock(now);
  const signer = await existingCa(ca, ca.certificate, values);
  const index =
    isRecorded && marked === entries ? { steps: [], replaces: [] } : await indexSteps(directory, marked);
  const plan: Plan = {
    recipe,
    steps: [
      ...index.steps,
      ...crlSteps({
        ...{ signer, revoked, number, days },
        beside: crlsBeside(ca.certificate, ca.certificates, crls),
      }),
    ],
    replaces: [...index.replaces, files.crl, files.number],
    notes,
    departures: [],
  };
  await refuseInTheWay(plan, directory);
  const nextUpdate = new Date(now.getTime() + days * DAY_MS);
  return {
    directory,
    plan,
    crl: files.crl,
    role: ofRole,
    number,
    revoked: revoked.map(({ serial }) => serial),
    nextUpdate,
    notes,
  };
}

/** The index as it is to be, with all of its files. */
async function indexSteps(
  directory: string,
  entries: readonly IndexedCertificate[],
): Promise<{ readonly steps: readonly Step[]; readonly replaces: readonly string[] }> {
  const texts = indexTexts(
    entries.map(({ line }) => line),
    entries.flatMap(({ record }) => record ?? []),
  );
  const before = await Promise.all(texts.map(({ path }) => readIndexFile(directory, path)));
  const changed = texts.filter(({ content }, at) => content !== before[at]);
  const paths = changed.map(({ path }) => path);
  return {
    steps: [
      { kind: 'make-directory', path: indexFiles.folder },
      ...changed.map((file): Step => ({ kind: 'write-file', ...file })),
      { kind: 'set-mode', mode: 0o600, paths },
    ],
    replaces: paths,
  };
}

/** The number of the last list: its own, or the one that is kept beside the index. Errors: `ERR_FILE`, `ERR_UNSAFE`. */
async function lastNumber(path: string, own: bigint | undefined): Promise<bigint> {
  const text = (await readText(path))?.trim();
  const kept = text !== undefined && /^[0-9A-Fa-f]+$/.test(text) ? BigInt(`0x${text}`) : 0n;
  return own !== undefined && own > kept ? own : kept;
}

function notesOf(
  entries: readonly IndexedCertificate[],
  isOwn: (entry: IndexedCertificate) => boolean,
  now: Date,
  role: CaRole,
): Note[] {
  const others = entries.filter(
    (entry) => entry.line.revocation && entry.line.notAfter > now && !isOwn(entry),
  );
  if (others.length === 0) return [];
  return [
    note(
      'REVOKED_OF_OTHER_CA',
      words`${others.length} revoked certificates are of another CA, whose list cannot be signed again: once that has expired, only the end of the roll-over refuses them. Finish it with \`${call('renewCa', { role, finish: true })}\``,
    ),
  ];
}

/** The error for a directory without a CA. */
export function noCa(directory: string): DirectoryError {
  return new DirectoryError('ERR_CA_MISSING', directory, `there is no CA in ${directory}`, {
    hint: words`name the directory of the CA with ${option('directory')}, or create one with \`${call('ca', {}, directory)}\``,
  });
}
