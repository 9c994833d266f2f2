import { X509Certificate } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../errors.js';
import { fileError } from '../file-error.js';
import { readRegular } from '../store/read-regular.js';
import { refuseSwappable } from '../store/safety.js';
import { parseDirectory } from '../set/layout.js';
import { executeUnlocked, type Execution } from './execute.js';
import { running, type Run } from './run.js';
import { parseControl, type RunControl } from './run-control.js';
import { copied, keepsMode, readSerialFile, writeSerial, type SerialFile } from './serial-file.js';
import { outputsOf, readsOf } from '../plan/schedule.js';
import type { Arg, Note, OpensslStep, Plan, Step } from '../plan/step.js';
import { lockLost } from '../store/lock-errors.js';
import { withLock, type Lock } from '../store/lock.js';
import { repair } from '../store/leftovers.js';
import { option, words } from '../words.js';

/** Options that every awaitable step takes beside its own. */
export interface StepOptions extends RunControl {
  /** Where relative file names begin. Default: the current directory. */
  readonly cwd?: string | undefined;
  /** Replaces the output file if it exists. Default: false, except where it is the input file too. */
  readonly overwrite?: boolean | undefined;
}

export interface StepResult {
  /** The file that was written, absolute; '' for a step that writes none. */
  readonly path: string;
  /** The text of the certificate or CSR that was written, in PEM; undefined for keys, and for a step that writes none. */
  readonly pem: string | undefined;
  /** The commands that ran; no secret is in them. */
  readonly commands: readonly string[];
  /** `OPEN_MODES`. */
  readonly notes: readonly Note[];
}

/** A step that is run by itself: the promise of its result, and its events. */
export function stepRun<Options extends StepOptions>(
  options: Options,
  stepOf: (options: Options) => OpensslStep,
): Run<StepResult> {
  return running(options, async (observed) => executeStep(stepOf(observed), observed));
}

/** As `stepRun`, for a step that makes a certificate. */
export function certificateStepRun<Options extends StepOptions>(
  options: Options,
  stepOf: (options: Options) => OpensslStep | Promise<OpensslStep>,
): Run<CertificateResult> {
  return running(options, async (observed) => executeCertificateStep(await stepOf(observed), observed));
}

export interface CertificateResult extends StepResult {
  /** What was made, read back. */
  readonly certificate: X509Certificate;
}

/**
 * Runs one step for itself, with any file names: the output's directory is the certificate directory, so the same
 * workspace and commit serve it. A CA's file of serials that it updates is locked meanwhile, wherever it is.
 */
export async function executeStep(step: OpensslStep, options: StepOptions): Promise<StepResult> {
  const control = parseControl(options);
  const run = { step, options, control, cwd: resolve(options.cwd ?? '.') };
  const [serials] = step.updates ?? [];
  if (serials === undefined) return executeOne(run);
  const named = resolve(run.cwd, serials);
  const folder = parseDirectory(await realpath(dirname(named)).catch(() => dirname(named)), 'caSerial');
  return withLock(folder, control, async (lock) => {
    await repair(folder);
    const file = await readSerialFile(join(folder, basename(named)), step.args.includes('-CAcreateserial'));
    return executeOne({ ...run, control: { ...control, signal: lock.signal }, serials: { file, lock } });
  });
}

interface LoneRun {
  readonly step: OpensslStep;
  readonly options: StepOptions;
  readonly control: RunControl;
  readonly cwd: string;
  readonly serials?: { readonly file: SerialFile; readonly lock: Lock };
}

async function executeOne({ step, options, control, cwd, serials }: LoneRun): Promise<StepResult> {
  const output = outputsOf(step).find(({ product }) => product)?.writes;
  const directory = output === undefined ? cwd : parseDirectory(dirname(resolve(cwd, output)), 'out');
  const name = output === undefined ? '' : basename(output);
  const inPlace = output !== undefined && (await isInput(step, resolve(cwd, output), cwd));
  if (inPlace && step.command !== 'rsa' && step.command !== 'pkey') {
    throw new InputError(
      'out',
      `${output} is read by the same command: writing it would destroy its contents`,
      {
        hint: words`choose another file for ${option('out')}`,
      },
    );
  }
  if (output !== undefined) await refuseSwappable(directory);
  const plan = (steps: readonly Step[], ...replaced: readonly string[]): Plan => ({
    recipe: 'step',
    steps,
    replaces: [...(options.overwrite || inPlace ? [name] : []), ...replaced],
    notes: [],
    departures: [],
  });
  const result = ({ commands, notes, pem }: Execution): StepResult => ({
    path: output === undefined ? '' : join(directory, name),
    pem: pem.get(name),
    commands,
    notes,
  });
  const execution = { ...control, directory };
  if (!serials) return result(await executeUnlocked(plan([rebased(step, cwd, name)]), execution));

  const { file, lock } = serials;
  const isBeside = dirname(file.path) === (await realpath(directory).catch(() => directory));
  const copy = isBeside ? basename(file.path) : `${name}.srl`;
  const steps = [...copied(file, copy), rebased(step, cwd, name, copy)];
  if (isBeside) {
    const replaced = file.before ? [copy] : [];
    return result(
      await executeUnlocked(plan([...steps, ...keepsMode(file, copy)], ...replaced), execution, lock),
    );
  }
  const last = plan([...steps, { kind: 'remove', paths: [copy] }]);
  return result(
    await executeUnlocked(last, execution, undefined, async (certificates) => {
      const serial = certificates.get(name)?.serialNumber;
      if (serial === undefined) throw new TypeError('a file of serials, and no certificate');
      if (!(await lock.held())) throw lockLost(dirname(file.path));
      return writeSerial(file, serial);
    }),
  );
}

/**
 * The step with its input where it lies from `cwd`, and its output as `name` of the directory; shown as it was. `serials`: the
 * name there of the file of serials that it updates.
 */
export function rebased(step: OpensslStep, cwd: string, name: string, serials?: string): OpensslStep {
  const word = (arg: Arg): Arg => {
    if (typeof arg === 'string' || 'passphrase' in arg || 'token' in arg) return arg;
    if ('reads' in arg) return { reads: resolve(cwd, arg.reads), as: arg.reads };
    return { ...arg, writes: arg.product ? name : (serials ?? name), as: arg.writes };
  };
  return { ...step, args: step.args.map(word), ...(serials !== undefined && { updates: [serials] }) };
}

/** As `executeStep`, for a step that makes a certificate. */
export async function executeCertificateStep(
  step: OpensslStep,
  options: StepOptions,
): Promise<CertificateResult> {
  const result = await executeStep(step, options);
  try {
    return { ...result, certificate: new X509Certificate((await readRegular(result.path)).bytes) };
  } catch (error) {
    throw fileError(result.path, 'read back', error);
  }
}

/** Whether the output is one of the inputs, by whatever spelling or link. */
async function isInput(step: OpensslStep, output: string, cwd: string): Promise<boolean> {
  const real = async (path: string): Promise<string> => realpath(path).catch(() => path);
  const inputs = [...readsOf(step), ...(step.updates ?? [])].map((path) => resolve(cwd, path));
  const target = await real(output);
  return (await Promise.all(inputs.map(real))).includes(target);
}
