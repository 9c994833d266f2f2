import { createPublicKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { refuseInTheWay } from '../execute/in-the-way.js';
import { givenFlag, givenOneOf } from '../given.js';
import { previewKeyring } from '../issue/keyring.js';
import { keyFor, parseRequest, type Values } from '../issue/request.js';
import { identityOf, leafIdentity, type PreviousNames } from '../issue/wanted-leaf.js';
import { nameNotes } from '../issue/name-notes.js';
import type { Note, Plan, Step } from '../plan/step.js';
import { keyStep, namesView } from '../recipes/recommended.js';
import { loadTemplates, render } from '../recipes/templates.js';
import { leafFiles } from '../set/layout.js';
import { absentPair, isEncrypted, openKey, readPair, readText, type Pair } from '../set/pairs.js';
import { fittingDigest, reqStep } from '../steps/req.js';
import { refuseUnsafeDirectory } from '../store/safety.js';
import { formatAltName, type AltName } from '../x509/alt-names.js';
import { keyKindOf, keyTypeName, keyTypeNameOf } from '../x509/key-type.js';
import { call, option, words } from '../words.js';
import type { LeafRole } from '../x509/role.js';
import { readSigningRequest, RequestFault, type SigningRequest } from '../x509/signing-request.js';
import { spki } from '../x509/spki.js';
import { formatSubject, type Subject } from '../x509/subject.js';
import type { CsrOptions } from './request-options.js';

/** The plan for a key and its CSR. */
export interface CsrPlan {
  /** The certificate directory, absolute. */
  readonly directory: string;
  readonly role: LeafRole;
  /** NAME of `servers/NAME` or `clients/NAME`; undefined for the default pair. */
  readonly name: string | undefined;
  /** Without steps if both exist. */
  readonly plan: Plan;
  /** Relative to the directory. The certificate goes beside them. */
  readonly files: { readonly key: string; readonly csr: string; readonly certificate: string };
  /** The files that exist, and stay. */
  readonly kept: readonly string[];
  readonly subject: Subject;
  /** The names that the CSR asks for. */
  readonly names: readonly AltName[];
  readonly notes: readonly Note[];
}

export interface PlanCsrOptions {
  /** Plans as for an empty directory. Default: false. */
  readonly fresh?: boolean;
}

/** Plans what is missing. Errors: those of `csr`, as far as they can be known beforehand. */
export async function planCsr(
  given: LeafRole,
  { overwrite, ...options }: CsrOptions,
  { fresh = false }: PlanCsrOptions = {},
): Promise<CsrPlan> {
  const role = givenOneOf<LeafRole>(['server', 'client'], given, 'role');
  const replace = overwrite !== undefined && givenFlag(overwrite, 'overwrite');
  const values = parseRequest([role], options, previewKeyring);
  const { directory, name } = values;
  if (!fresh) await refuseUnsafeDirectory(directory);
  const { directory: folder, key, certificate, csr, config } = leafFiles(role, name);
  const pair = fresh
    ? absentPair(directory, { key, certificate })
    : await readPair(directory, { key, certificate }, unusable);
  refuseWithoutKey(pair);
  const existingKey = pair.state === 'absent' ? undefined : await openExisting(pair.keyPath, values);
  const before = fresh ? undefined : await readExisting(join(directory, csr));
  const notes: Note[] = [];
  const previous = pair.certificate ? identityOf(pair) : namesOf(before);
  const { subject, altNames } = leafIdentity(role, previous, values, notes);
  notes.push(...nameNotes(altNames));
  const done = {
    directory,
    role,
    name,
    files: { key, csr, certificate },
    subject,
    names: altNames,
    notes,
  };
  const bare = { recipe: 'csr', replaces: [] as string[], notes, departures: [] };
  if (before !== undefined && existingKey && isSame(before, existingKey, subject, altNames))
    return { ...done, kept: [key, csr], plan: { ...bare, steps: [] } };
  if (before !== undefined && !replace) throw inTheWay(join(directory, csr));

  const template = 'csr.cnf';
  const { templates } = await loadTemplates('recommended', [template], values.templates);
  const kind = existingKey ? keyKindOf(existingKey) : keyFor(pair, values);
  const whose = `of the ${role}${name === undefined ? '' : ` ${name}`}`;
  const usage = role === 'server' ? 'serverAuth' : 'clientAuth';
  const view = { ...namesView(subject, altNames), usage, hasNames: altNames.length > 0 };
  const steps: Step[] = [
    ...(folder === undefined ? [] : [{ kind: 'make-directory', path: folder } as const]),
    ...(existingKey ? [] : [keyStep(keyFor(pair, values), key, `private key ${whose}`)]),
    { kind: 'write-file', path: config, content: render(template, templates[template], view) },
    reqStep({
      key,
      config,
      digest: fittingDigest(kind),
      out: csr,
      title: `certificate signing request ${whose}`,
    }),
    { kind: 'remove', paths: [config] },
    ...(existingKey ? [] : [{ kind: 'set-mode', mode: 0o400, paths: [key] } as const]),
    { kind: 'set-mode', mode: 0o444, paths: [csr] },
  ];
  const plan = { ...bare, steps, replaces: before === undefined ? [] : [csr] };
  if (!fresh) await refuseInTheWay(plan, directory);
  return { ...done, kept: existingKey ? [key] : [], plan };
}

const unusable = {
  code: 'ERR_LEAF_UNUSABLE',
  remedy: words`give the new one a directory of its own with ${option('name')}`,
} as const;

/** A new key would not be that of the certificate, which may be in use. Throws `ERR_INCOMPLETE`. */
function refuseWithoutKey({ state, certificatePath }: Pair): void {
  if (state !== 'certificate-only') return;
  throw new DirectoryError(
    'ERR_INCOMPLETE',
    certificatePath,
    `${certificatePath} exists, but its private key does not`,
    {
      hint: words`restore the private key, or give the new one a directory of its own with ${option('name')}`,
    },
  );
}

/** The key that is there. Errors: `ERR_LEAF_UNUSABLE`, `ERR_EXISTS`. */
async function openExisting(path: string, { key }: Values): Promise<KeyObject> {
  if (await isEncrypted(path))
    throw new DirectoryError(
      'ERR_LEAF_UNUSABLE',
      path,
      `${path} is encrypted, and docker opens no encrypted key`,
      { hint: words`remove its passphrase with \`${call('removePassphrase', { key: path })}\`` },
    );
  const found = createPublicKey(await openKey(path, undefined, unusable));
  const type = keyTypeNameOf(found);
  if (key === undefined || keyTypeName(key) === type) return found;
  throw new DirectoryError(
    'ERR_EXISTS',
    path,
    `${path} exists, and its type is ${type}, not ${keyTypeName(key)}`,
    {
      hint: words`leave out ${option('key')} to use it, or give the new one a directory of its own with ${option('name')}`,
    },
  );
}

/** The CSR that is there; `invalid` for one that cannot be used. Errors: `ERR_UNSAFE`, `ERR_FILE`. */
async function readExisting(path: string): Promise<SigningRequest | 'invalid' | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    return readSigningRequest(text);
  } catch (error) {
    if (!(error instanceof RequestFault)) throw error;
    return 'invalid';
  }
}

function namesOf(before: SigningRequest | 'invalid' | undefined): PreviousNames {
  if (before === undefined || before === 'invalid') return { altNames: [], commonName: undefined };
  return { altNames: before.names, commonName: before.commonName };
}

function isSame(
  before: SigningRequest | 'invalid',
  key: KeyObject,
  subject: Subject,
  altNames: readonly AltName[],
): boolean {
  if (before === 'invalid' || before.spki !== spki(key)) return false;
  const sorted = (names: readonly AltName[]): string => names.map(formatAltName).sort().join();
  return (
    formatSubject(before.subject) === formatSubject(subject) && sorted(before.names) === sorted(altNames)
  );
}

function inTheWay(path: string): DirectoryError {
  return new DirectoryError('ERR_EXISTS', path, `${path} exists, and asks for something else`, {
    hint: words`nothing was changed; replace it with ${option('overwrite', true)}, which keeps the private key`,
  });
}
