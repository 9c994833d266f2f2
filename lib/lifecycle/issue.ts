import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execute, type RunControl } from '../plan/execute.js';
import { artifactsOf, type Artifact } from '../plan/schedule.js';
import type { Plan } from '../plan/step.js';
import type { Openssl } from '../openssl/find.js';
import { planIssue, type IssuePlan } from './plan-issue.js';
import type { IssueRequest, Part } from './request.js';

/** Options of `all`, `ca`, `server` and `client`: what to make, and how to run it. */
export type IssueOptions = IssueRequest & RunControl;

/** What was made, and what was there already. */
export interface Issued extends Omit<IssuePlan, 'plan'>, Pick<Plan, 'recipe' | 'departures'> {
  /** What was written; empty where everything was there. */
  readonly made: readonly Artifact[];
  /** The openssl commands that ran; no secret is in them. */
  readonly commands: readonly string[];
  /** The openssl that ran them; undefined where nothing had to run. */
  readonly openssl: Openssl | undefined;
  /** The parsed certificates of the parts asked for, and of the CA. */
  readonly certificates: Readonly<Partial<Record<Part, X509Certificate>>>;
}

/**
 * Makes what a Docker daemon and its client need for mutual TLS: a CA, a server's and a client's certificate, each with
 * its key. What is there already stays as it is; run again, it changes nothing.
 * After success the directory holds all of it; after any error, what it held before.
 * Errors: `ERR_INPUT`, `ERR_PASSPHRASE_*`, `ERR_CA_*`, `ERR_INCOMPLETE`, `ERR_DIFFERS`, `ERR_EXISTS`, `ERR_FILE`,
 * `ERR_TEMPLATE`, `ERR_OPENSSL_*`, `ERR_READ_BACK`, `ERR_TIMEOUT`, `ERR_ABORTED`.
 */
export async function all(options: IssueOptions = {}): Promise<Issued> {
  return issue(['ca', 'server', 'client'], options);
}

/** Makes the CA alone. Errors as `all`. */
export async function ca(options: IssueOptions = {}): Promise<Issued> {
  return issue(['ca'], options);
}

/** Makes a server's key and certificate with the CA in the directory. Errors as `all`; `ERR_CA_MISSING` without a CA. */
export async function server(options: IssueOptions = {}): Promise<Issued> {
  return issue(['server'], options);
}

/** Makes a client's key and certificate with the CA in the directory. Errors as `all`; `ERR_CA_MISSING` without a CA. */
export async function client(options: IssueOptions = {}): Promise<Issued> {
  return issue(['client'], options);
}

/** Makes the parts that are named. Errors as `all`. */
export async function issue(parts: readonly Part[], options: IssueOptions = {}): Promise<Issued> {
  const { plan, ...planned } = await planIssue(parts, options);
  const execution =
    plan.steps.length > 0 ? await execute(plan, { ...options, directory: planned.directory }) : undefined;
  return {
    ...planned,
    recipe: plan.recipe,
    departures: plan.departures,
    made: execution ? artifactsOf(plan) : [],
    commands: execution?.commands ?? [],
    openssl: execution?.openssl,
    certificates: await readCertificates(planned, parts),
  };
}

/** The certificates of a set that is there. */
export async function readCertificates(
  { directory, files }: Pick<IssuePlan, 'directory' | 'files'>,
  parts: readonly Part[],
): Promise<Partial<Record<Part, X509Certificate>>> {
  const read = [...new Set<Part>(['ca', ...parts])];
  const entries = read.map(async (part) => {
    const text = await readFile(join(directory, files[part].certificate));
    return [part, new X509Certificate(text)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
