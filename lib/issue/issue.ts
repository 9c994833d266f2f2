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
import { planIssue } from './plan-issue.js';
import type { IssuePlan } from './issue-plan.js';
import type { IssueRequest } from './options.js';
import type { Part } from '../x509/role.js';
import { refuseUnheeded } from './read-options.js';
import { defaultDirectory } from './request.js';

/** Options of `all`, `ca`, `server` and `client`: what to make, and how to run it. */
export type IssueOptions<Made extends Part = Part> = IssueRequest<Made> & RunControl;

/** What was made, and what was there already. */
export interface Issued
  extends Omit<IssuePlan, 'plan'>, Pick<Plan, 'recipe' | 'departures'>, Omit<Done, 'certificates'> {
  /** The parsed certificates of the parts asked for, and of the CA. */
  readonly certificates: Readonly<Partial<Record<Part, X509Certificate>>>;
}

/**
 * Makes what a Docker daemon and its client need for mutual TLS: a CA, a server's and a client's certificate, each with
 * its key. What is there already stays as it is; run again, it changes nothing.
 * After success the directory holds all of it; after any error, what it held before. `force: ['ca']` replaces all of it,
 * and keeps what it replaces in `archive/`: `rollback` brings it back.
 * Errors: `ERR_INPUT`, `ERR_PASSPHRASE_*`, `ERR_CA_*`, `ERR_INCOMPLETE`, `ERR_DIFFERS`, `ERR_EXISTS`, `ERR_FILE`,
 * `ERR_TEMPLATE`, `ERR_OPENSSL_*`, `ERR_READ_BACK`, `ERR_TIMEOUT`, `ERR_ABORTED`.
 */
export async function all(options: IssueOptions = {}): Promise<Issued> {
  return issue(['ca', 'server', 'client'], options);
}

/** Makes the CA alone. Errors as `all`. */
export async function ca(options: IssueOptions<'ca'> = {}): Promise<Issued> {
  return issue(['ca'], options);
}

/** Makes a server's key and certificate with the CA in the directory. Errors as `all`; `ERR_CA_MISSING` without a CA. */
export async function server(options: IssueOptions<'server'> = {}): Promise<Issued> {
  return issue(['server'], options);
}

/** Makes a client's key and certificate with the CA in the directory. Errors as `all`; `ERR_CA_MISSING` without a CA. */
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
  const asking = { ...options, passphrase: askOnce(options.passphrase) };
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
  const { unchanged, certificates, ...done } = await change(directory, options, async (show) => {
    const planned = await planIssue(parts, options, { show });
    const { plan } = planned;
    // Read beforehand: once all is in its place nothing can fail any more.
    const made = new Set(artifactsOf(plan).map(({ path }) => path));
    const unchanged = await readCertificates(planned, parts, made);
    return { ...planned, recipe: plan.recipe, departures: plan.departures, unchanged };
  });
  const found = partsWithCa(parts).flatMap((part) => {
    const certificate = certificates.get(done.files[part].certificate) ?? unchanged[part];
    return certificate ? [[part, certificate] as const] : [];
  });
  return { ...done, certificates: Object.fromEntries(found) };
}

function partsWithCa(parts: readonly Part[]): Part[] {
  return [...new Set<Part>(['ca', ...parts])];
}

/** The certificates of a set that is there, but for those that `made` names. */
export async function readCertificates(
  { directory, files }: Pick<IssuePlan, 'directory' | 'files'>,
  parts: readonly Part[],
  made: ReadonlySet<string> = new Set(),
): Promise<Partial<Record<Part, X509Certificate>>> {
  const read = partsWithCa(parts).filter((part) => !made.has(files[part].certificate));
  const entries = read.map(async (part) => {
    const { bytes } = await readRegular(join(directory, files[part].certificate));
    return [part, new X509Certificate(bytes)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
