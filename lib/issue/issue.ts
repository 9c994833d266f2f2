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
import { running, type Run } from '../execute/run.js';
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
  extends Omit<IssuePlan, 'plan'>, Pick<Plan, 'recipe' | 'departures'>, Omit<Done, 'certificates' | 'pem'> {
  /** The parsed certificates of the parts asked for, and of the CA, or of both CAs. */
  readonly certificates: Readonly<Partial<Record<IssuedPart, X509Certificate>>>;
  /** The texts of their files, with the intermediate CAs that one holds, in PEM. */
  readonly pem: Readonly<Partial<Record<IssuedPart, string>>>;
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
export function ca(options: IssueOptions<'ca'> = {}): Run<Issued> {
  return running(options, (observed) => issue(['ca'], observed));
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
export function server(options: IssueOptions<'server'> = {}): Run<Issued> {
  return running(options, (observed) => issue(['server'], observed));
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
export function client(options: IssueOptions<'client'> = {}): Run<Issued> {
  return running(options, (observed) => issue(['client'], observed));
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
  // Of those that stay; read before all is in its place: from then on nothing can fail any more.
  const texts: Partial<Record<IssuedPart, string>> = {};
  const done = await change(directory, options, {
    preview: async () => withTexts(await previewIssue(parts, options), parts, texts),
    plan: async () => withTexts(await planIssue(parts, options), parts, texts),
    beside: (planned, certificates) =>
      recordIfWritable(planned.parent, certificates.get(planned.files.ca.certificate), options),
  });
  for (const [part, path] of certificateFiles(done, parts)) {
    const made = done.pem.get(path);
    if (made !== undefined) texts[part] = made;
  }
  const parsed = Object.entries(texts).map(([part, text]) => [part, new X509Certificate(text)] as const);
  return { ...done, certificates: Object.fromEntries(parsed), pem: texts };
}

/** Fills `texts` with those of the certificates that stay. */
async function withTexts(
  planned: IssuePlan,
  parts: readonly Part[],
  texts: Partial<Record<IssuedPart, string>>,
) {
  const { plan, directory } = planned;
  const made = new Set(artifactsOf(plan).map(({ path }) => path));
  for (const [part, path] of certificateFiles(planned, parts)) {
    if (made.has(path)) Reflect.deleteProperty(texts, part);
    else texts[part] = (await readRegular(join(directory, path))).bytes.toString('utf8');
  }
  return { ...planned, recipe: plan.recipe, departures: plan.departures };
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
