import { X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import type { RunControl } from '../execute/run-control.js';
import { artifactsOf } from '../plan/schedule.js';
import type { Plan } from '../plan/step.js';
import { isThere } from '../store/is-there.js';
import { parseDirectory } from '../set/layout.js';
import { readRegular } from '../store/read-regular.js';
import { askOnce } from './ask-passphrase.js';
import { change, type Done } from '../execute/change.js';
import { planIssue, previewIssue } from './plan-issue.js';
import type { IssuePlan } from './issue-plan.js';
import type { IssueRequest } from './options.js';
import type { Part } from '../x509/role.js';
import { recordIfWritable } from './recorded-by-parent.js';
import { refuseUnheeded } from './read-options.js';
import { defaultDirectory } from './request.js';

/** Options of `all`, `ca`, `server` and `client`: what to make, and how to run it. */
export type IssueOptions<Made extends Part = Part> = IssueRequest<Made> & RunControl;

/** A part of a set; `clientCa` where servers and clients have separate CAs. */
export type IssuedPart = Part | 'clientCa';

/** What was made, and what was there already. */
export interface Issued
  extends Omit<IssuePlan, 'plan'>, Pick<Plan, 'recipe' | 'departures'>, Omit<Done, 'certificates'> {
  /** The parsed certificates of the parts asked for, and of the CA, or of both CAs. */
  readonly certificates: Readonly<Partial<Record<IssuedPart, X509Certificate>>>;
}

/**
 * Makes the CA, a server's and a client's certificate, each with its key, for a Docker daemon with mutual TLS. Existing files
 * stay as they are, so a second run changes nothing. After success the directory holds all of it; after any error, what it
 * held before. `force: ['ca']` replaces the whole set and keeps the old one in `archive/`: `rollback` brings it back.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used; nothing has run.
 * @throws `ERR_PASSPHRASE_NEEDED`, `ERR_PASSPHRASE_WRONG`: the CA's key needs a passphrase, or another one.
 * @throws `ERR_CA_MISSING`, `ERR_CA_UNUSABLE`: the existing CA lacks its certificate or key, or cannot sign.
 * @throws `ERR_LEAF_UNUSABLE`, `ERR_INCOMPLETE`: an existing certificate cannot work, or lacks its key.
 * @throws `ERR_DIFFERS`: an existing certificate differs from these options.
 * @throws `ERR_TEMPLATE`: a template cannot be read or rendered.
 * @throws `ERR_CLOCK`: the machine's clock is certainly wrong.
 * @throws `ERR_UNSAFE`, `ERR_OPEN_MODES`: others could change the directory, or read its keys.
 * @throws `ERR_LOCKED`, `ERR_LOCK_LOST`: another process works in the directory.
 * @throws `ERR_EXISTS`, `ERR_FILE`: a file is in the way, or the file system refused.
 * @throws `ERR_OPENSSL_NOT_FOUND`, `ERR_OPENSSL_TOO_OLD`, `ERR_OPENSSL_FAILED`, `ERR_READ_BACK`: openssl is missing, too old, failed, or made
 * something else.
 * @throws `ERR_TIMEOUT`, `ERR_ABORTED`: `timeoutMs` has passed, or `signal` aborted.
 * @example
 * ```ts
 * import { all } from 'docker-tls-openssl';
 *
 * const { made, certificates } = await all({
 *   directory: 'docker-tls',
 *   hosts: ['docker.example.com', '10.0.0.5'],
 *   passphrase: 'correct horse battery staple',
 * });
 * console.log(made.map(({ path }) => path), certificates.server?.validTo);
 * ```
 */
export async function all(options: IssueOptions = {}): Promise<Issued> {
  return issue(['ca', 'server', 'client'], options);
}

/**
 * Makes the CA alone: its key and its certificate.
 *
 * @throws The errors of {@link all}.
 * @example
 * ```ts
 * import { ca } from 'docker-tls-openssl';
 *
 * const { certificates } = await ca({
 *   directory: 'my-ca',
 *   caDays: 1825,
 *   passphrase: 'correct horse battery staple',
 * });
 * console.log(certificates.ca?.fingerprint256);
 * ```
 */
export async function ca(options: IssueOptions<'ca'> = {}): Promise<Issued> {
  return issue(['ca'], options);
}

/**
 * Makes a server's key and certificate with the CA in the directory.
 *
 * @throws The errors of {@link all}; `ERR_CA_MISSING`: the directory holds no CA.
 * @example
 * ```ts
 * import { server } from 'docker-tls-openssl';
 *
 * const { names, made } = await server({
 *   directory: 'docker-tls',
 *   name: 'web',
 *   hosts: ['web.example.com'],
 *   passphrase: 'correct horse battery staple',
 * });
 * console.log(names, made.map(({ path }) => path));
 * ```
 */
export async function server(options: IssueOptions<'server'> = {}): Promise<Issued> {
  return issue(['server'], options);
}

/**
 * Makes a client's key and certificate with the CA in the directory.
 *
 * @throws The errors of {@link all}; `ERR_CA_MISSING`: the directory holds no CA.
 * @example
 * ```ts
 * import { client } from 'docker-tls-openssl';
 *
 * const { files } = await client({
 *   directory: 'docker-tls',
 *   name: 'alice',
 *   passphrase: 'correct horse battery staple',
 * });
 * console.log(files.client.certificate, files.client.key);
 * ```
 */
export async function client(options: IssueOptions<'client'> = {}): Promise<Issued> {
  return issue(['client'], options);
}

/** Makes the parts that are named. Errors as `all`. */
export async function issue<Made extends Part>(
  parts: readonly Made[],
  options?: IssueOptions<NoInfer<Made>>,
): Promise<Issued>;
export async function issue(parts: readonly Part[], options: IssueOptions = {}): Promise<Issued> {
  refuseUnheeded(parts, options);
  const { directory: asked = defaultDirectory } = options;
  const directory = parseDirectory(asked);
  const { passphrase, parentPassphrase } = options;
  const asking = {
    ...options,
    ...(passphrase !== undefined && { passphrase: askOnce(passphrase) }),
    ...(parentPassphrase !== undefined && { parentPassphrase: askOnce(parentPassphrase) }),
  };
  const fresh = !(await isThere(directory));
  try {
    return await issueOnce(parts, asking, directory);
  } catch (error) {
    // Two runs that make the same directory: the one that comes second, at whatever moment, looks at what the first has made.
    if (!fresh || !(error instanceof DirectoryError) || !(await isDirectory(directory))) throw error;
    return issueOnce(parts, asking, directory);
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

async function issueOnce(parts: readonly Part[], options: IssueOptions, directory: string): Promise<Issued> {
  const { unchanged, certificates, ...done } = await change(directory, options, {
    preview: async () => withUnchanged(await previewIssue(parts, options), parts),
    plan: async () => withUnchanged(await planIssue(parts, options), parts),
    beside: async ({ parent, files }, certificates) =>
      recordIfWritable(parent, certificates.get(files.ca.certificate), options),
  });
  const found = certificateFiles(done, parts).flatMap(([part, path]) => {
    const certificate = certificates.get(path) ?? unchanged[part];
    return certificate ? [[part, certificate] as const] : [];
  });
  return { ...done, certificates: Object.fromEntries(found) };
}

/** With the certificates that stay, read beforehand: once all is in its place nothing can fail any more. */
async function withUnchanged(planned: IssuePlan, parts: readonly Part[]) {
  const { plan } = planned;
  const made = new Set(artifactsOf(plan).map(({ path }) => path));
  const unchanged = await readCertificates(planned, parts, made);
  return { ...planned, recipe: plan.recipe, departures: plan.departures, unchanged };
}

/** The certificates of these parts, and of the CA, or of both of them. */
function certificateFiles(
  { files, clientCa }: Pick<IssuePlan, 'files' | 'clientCa'>,
  parts: readonly Part[],
): (readonly [part: IssuedPart, path: string])[] {
  const own = [...new Set<Part>(['ca', ...parts])].map((part) => [part, files[part].certificate] as const);
  return clientCa ? [...own, ['clientCa', clientCa.certificate]] : own;
}

/** The certificates of a set that is there, but for those that `made` names. */
export async function readCertificates(
  planned: Pick<IssuePlan, 'directory' | 'files' | 'clientCa'>,
  parts: readonly Part[],
  made: ReadonlySet<string> = new Set(),
): Promise<Partial<Record<IssuedPart, X509Certificate>>> {
  const read = certificateFiles(planned, parts).filter(([, path]) => !made.has(path));
  const entries = read.map(async ([part, path]) => {
    const { bytes } = await readRegular(join(planned.directory, path));
    return [part, new X509Certificate(bytes)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
