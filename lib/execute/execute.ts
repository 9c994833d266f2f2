import type { X509Certificate } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { aborted, DirectoryError } from '../errors.js';
import { findOpenssl, type Openssl } from '../openssl/find.js';
import { tokenAccess } from '../openssl/capabilities.js';
import { opensslFailure } from '../openssl/reasons.js';
import { isVerified } from '../openssl/verification.js';
import { cameIntoBeing, commit } from '../store/commit.js';
import { isFull } from '../store/is-full.js';
import { parseDirectory } from '../set/layout.js';
import { repair } from '../store/leftovers.js';
import { withLock, type Lock } from '../store/lock.js';
import { openModesNotes } from '../store/open-modes.js';
import type { Workspace } from '../store/workspace.js';
import { openWorkspace } from '../store/open-workspace.js';
import { commandLine } from '../plan/command-line.js';
import { refuseEmptyExtensions } from './inputs.js';
import { refuseInTheWay } from './in-the-way.js';
import { MadeCertificates } from './made-certificates.js';
import { madeTexts } from './made-texts.js';
import { ReadBack } from './read-back.js';
import { readMade } from './read-back/files.js';
import { Lanes } from '../process/lanes.js';
import { keptOutput, parseControl, type RunControl } from './run-control.js';
import { makePrivate, runOwn } from './run-own.js';
import { running, type Run } from './run.js';
import { runOpensslStep } from './run-openssl-step.js';
import { refuseTooOld } from './too-old.js';
import {
  artifactsOf,
  dependencies,
  outputsOf,
  writesKey,
  writesOf,
  type Artifact,
} from '../plan/schedule.js';
import type { Arg, Note, OpensslStep, Plan, Step } from '../plan/step.js';
import { withTokenAccess } from '../plan/token-access.js';

export interface ExecuteOptions extends RunControl {
  /** The certificate directory. */
  readonly directory: string;
}

/** What a plan left behind. */
export interface Execution {
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** What was written there. */
  readonly files: readonly Artifact[];
  /** The openssl commands that ran, as in the plan: no secret is in them. */
  readonly commands: readonly string[];
  /** The openssl that ran them; undefined for a plan without any of its commands. */
  readonly openssl: Openssl | undefined;
  /** The certificates that were made, parsed, by their path in the directory. */
  readonly certificates: ReadonlyMap<string, X509Certificate>;
  /**
   * The texts of the certificates, CSRs and revocation lists that were made, in PEM, by their path in the directory; with the
   * intermediate CAs that a file holds. No keys.
   */
  readonly pem: ReadonlyMap<string, string>;
  readonly notes: readonly Note[];
}

/**
 * Runs a plan: each step as soon as the files that it reads exist, in a private workspace. Then all files that it made appear in
 * the directory, or none. It first waits for other runs in the directory, and cleans up after killed ones.
 *
 * @throws `ERR_INPUT`: an option's value cannot be used.
 * @throws `ERR_UNSAFE`, `ERR_OPEN_MODES`: others could change the directory, or read its keys.
 * @throws `ERR_LOCKED`, `ERR_LOCK_LOST`: another process works in the directory.
 * @throws `ERR_EXISTS`, `ERR_FILE`: a file is in the way, or the file system refused.
 * @throws `ERR_OPENSSL_NOT_FOUND`, `ERR_OPENSSL_TOO_OLD`, `ERR_OPENSSL_FAILED`, `ERR_READ_BACK`: openssl is missing, too old, failed, or made
 * something else.
 * @throws `ERR_TIMEOUT`, `ERR_ABORTED`: `timeoutMs` has passed, or `signal` aborted.
 * @example
 * ```ts
 * import { execute, genpkeyStep, reqStep, type Plan } from 'docker-tls-openssl';
 *
 * const steps = [
 *   genpkeyStep({ algorithm: 'ec:p256', out: 'alice-key.pem' }),
 *   reqStep({ key: 'alice-key.pem', subj: '/CN=alice', out: 'alice.csr' }),
 * ];
 * const plan: Plan = { recipe: 'request', steps, replaces: [], notes: [], departures: [] };
 * const { files } = await execute(plan, { directory: 'requests' });
 * console.log(files.map(({ path }) => path));
 * ```
 */
export function execute(plan: Plan, options: ExecuteOptions): Run<Execution> {
  return running(options, (observed) => executeLocked(plan, observed));
}

async function executeLocked(plan: Plan, options: ExecuteOptions): Promise<Execution> {
  const directory = parseDirectory(options.directory);
  const control = parseControl(options);
  return withLock(directory, control, async (lock) => {
    await repair(directory);
    return executeUnlocked(plan, { ...control, directory }, lock);
  });
}

/**
 * Runs a plan while the caller holds the lock, where one is needed: each step as soon as the files that it reads are there, in a private workspace; then all that it made
 * appears in the certificate directory, or nothing does. Whatever fails, the directory holds what it held before.
 * Errors: `ERR_UNSAFE`, `ERR_EXISTS` and `ERR_FILE` before anything runs; `ERR_OPENSSL_*`, `ERR_READ_BACK`, `ERR_TIMEOUT`,
 * `ERR_ABORTED` while it runs. `beside`: what else is written just before, elsewhere; it gives what takes that back.
 */
export async function executeUnlocked(
  given: Plan,
  options: ExecuteOptions,
  lock?: Lock,
  beside?: (certificates: ReadonlyMap<string, X509Certificate>) => Promise<() => Promise<void>>,
): Promise<Execution> {
  const directory = resolve(options.directory);
  const signal = lock?.signal ?? options.signal;
  const artifacts = artifactsOf(given);
  await refuseInTheWay(given, directory);
  const openssl = given.steps.some(({ kind }) => kind === 'openssl')
    ? await findOpenssl({ ...options, signal })
    : undefined;
  if (openssl) await refuseTooOld(given, openssl, directory);
  const plan = openssl ? withTokenAccess(given, tokenAccess(openssl.version)) : given;

  options.observer?.({ type: 'plan', plan, openssl });

  // A plan that writes nothing, such as a verification, needs no workspace.
  const workspace = plan.steps.some((step) => writesOf(step).length > 0)
    ? await openWorkspace(directory, {
        locked: lock?.locked ?? false,
        secret: plan.steps.some(writesKey),
        allowOpenModes: options.allowOpenModes,
      })
    : undefined;
  const certificates = new MadeCertificates();
  let pem: Execution['pem'] = new Map();
  const lanes = workspace && wantsLanes(plan) ? new Lanes(() => workspace.folder.forChild()) : undefined;
  try {
    if (workspace && !workspace.fresh && lock?.locked === false) throw cameIntoBeing(directory);
    await runSteps(plan, { ...options, signal, directory, openssl, workspace, certificates, lanes });
    if (signal?.aborted) throw aborted(signal, 'stopped before anything was written');
    pem = madeTexts(plan.steps, artifacts, certificates, (path) =>
      readMade(join(workspace?.path ?? directory, path), join(directory, path), 'utf8'),
    );
    const takeBack = await beside?.(certificates);
    try {
      if (workspace) await commit(workspace, artifacts, plan.replaces, lock?.held);
    } catch (error) {
      await takeBack?.();
      throw error;
    }
  } finally {
    lanes?.close();
    await workspace?.remove();
  }
  const commands = plan.steps.filter((step) => step.kind === 'openssl').map(commandLine);
  return {
    directory,
    files: artifacts,
    commands,
    openssl,
    certificates,
    pem,
    notes: workspace && plan.steps.some(writesKey) ? openModesNotes(workspace) : [],
  };
}

interface StepContext extends Context {
  readonly readBack: ReadBack;
}

interface Context extends Omit<ExecuteOptions, 'openssl'> {
  readonly openssl: Openssl | undefined;
  readonly workspace: Workspace | undefined;
  /** Is filled with what is made. */
  readonly certificates: MadeCertificates;
  readonly lanes: Lanes | undefined;
}

/** Keys are made side by side even where cores are few: each takes its own random time, and none holds the others up. */
const MOST_AT_ONCE = Math.max(4, 2 * availableParallelism());

/** Fewer are started by ourselves: the shells of the lanes take as long. */
const LEAST_IN_LANES = 20;

/** Windows has no shell of this kind. */
function wantsLanes({ steps }: Plan): boolean {
  return (
    process.platform !== 'win32' && steps.filter(({ kind }) => kind === 'openssl').length >= LEAST_IN_LANES
  );
}

async function runSteps(plan: Plan, context: Context): Promise<void> {
  const { steps } = plan;
  const before = dependencies(steps);
  const written = new Set(steps.flatMap(writesOf));
  const locate = (path: string): string =>
    !isAbsolute(path) && context.workspace && written.has(path)
      ? join(context.workspace.path, path)
      : resolve(context.directory, path);

  const version = context.openssl?.version;
  const readBack = new ReadBack(plan, locate, (path) => resolve(context.directory, path), version);
  const failed = new AbortController();
  const signal = context.signal ? AbortSignal.any([context.signal, failed.signal]) : failed.signal;
  const waiting: number[][] = steps.map(() => []);
  before.forEach((each, index) => each.forEach((earlier) => waiting[earlier]?.push(index)));
  const missing = new Map(before.map((each, index) => [index, each.length]));
  const ready = [...steps.entries()].filter(([index]) => missing.get(index) === 0);
  const running = new Map<number, Promise<void>>();
  const isOwn = (index: number): boolean => steps[index]?.kind !== 'openssl';
  let failure: { error: unknown } | undefined;

  const done = (index: number): void => {
    for (const later of waiting[index] ?? []) {
      const left = (missing.get(later) ?? 0) - 1;
      missing.set(later, left);
      const step = steps[later];
      if (left === 0 && step) ready.push([later, step]);
    }
    ready.sort(([one], [other]) => one - other);
  };
  const start = (index: number, step: Step): Promise<void> =>
    runStep(step, index, { ...context, signal, readBack }, locate).then(
      () => done(index),
      (error: unknown) => {
        failure ??= { error };
        failed.abort();
      },
    );

  while (ready.length > 0 || running.size > 0) {
    while (!failure && running.size < MOST_AT_ONCE) {
      // Our own steps take turns: what the first of them wrote, openssl works on while the next one writes.
      const isBusy = [...running.keys()].some(isOwn);
      const at = ready.findIndex(([index]) => !isBusy || !isOwn(index));
      const [next] = at < 0 ? [] : ready.splice(at, 1);
      if (!next) break;
      const [index, step] = next;
      running.set(
        index,
        start(index, step).finally(() => running.delete(index)),
      );
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  if (failure) throw failure.error;
  await readBack.confirm();
}

async function runStep(
  step: Step,
  index: number,
  context: StepContext,
  locate: (path: string) => string,
): Promise<void> {
  context.observer?.({ type: 'start', index, step });
  const began = performance.now();
  const stderr =
    step.kind === 'openssl'
      ? await runCommand(step, index, context, locate)
      : await runOwn(step, context, locate).then(() => '');
  if (step.kind === 'put-files') for (const file of step.files) context.certificates.put(file);
  context.observer?.({
    type: 'done',
    index,
    step,
    ms: performance.now() - began,
    stderr: keptOutput(stderr),
  });
}

async function runCommand(
  step: OpensslStep,
  index: number,
  context: StepContext,
  locate: (path: string) => string,
): Promise<string> {
  const { openssl } = context;
  if (!openssl) throw new TypeError('an openssl step in a plan without any');
  const cwd = context.workspace?.path ?? context.directory;
  // In the workspace as the plan has it: then openssl keeps its serials in ca.srl beside ca.pem, also where, as before 1.1.0
  // and in LibreSSL, that name ends at the first dot of the path.
  const spell = (path: string): string => {
    const located = locate(path);
    return context.workspace && located === join(cwd, path) ? path : located;
  };
  await refuseEmptyExtensions(step, locate);
  const asked = await context.readBack.asks(step);
  const { result, shown, failure } = await runOpensslStep(step, {
    openssl,
    index,
    spelling: { reads: spell, writes: spell },
    locate,
    cwd,
    childCwd: () => context.workspace?.folder.forChild() ?? Promise.resolve(cwd),
    signal: context.signal,
    timeoutMs: context.timeoutMs,
    lanes: context.lanes,
  });
  const isFailure = step.command === 'verify' && !isVerified(result, verifiedBy(step));
  if (result.exitCode !== 0 || isFailure) throw await failure();
  for (const path of [...outputsOf(step).map(({ writes }) => writes), ...(step.updates ?? [])])
    makePrivate(locate(path), path);
  try {
    for (const [path, made] of await context.readBack.compare(asked, result.stdout))
      context.certificates.add(path, made);
  } catch (error) {
    // openssl can report success on a full disk, and leave an empty or a cut file.
    const isDisk = error instanceof DirectoryError && error.code === 'ERR_READ_BACK' && (await isFull(cwd));
    throw isDisk ? opensslFailure(step.title, shown, result, 'disk-full') : error;
  }
  return result.stderr;
}

/** How many certificates a verification is about: the files that no flag names. */
function verifiedBy({ args }: OpensslStep): number {
  const isFlag = (arg: Arg | undefined): boolean => typeof arg === 'string' && arg.startsWith('-');
  return args.filter((arg, at) => typeof arg === 'object' && 'reads' in arg && !isFlag(args[at - 1])).length;
}
