import { X509Certificate } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileError, InputError } from '../errors.js';
import { readRegular } from '../store/read-regular.js';
import { refuseSwappable } from '../store/safety.js';
import { parseDirectory } from '../set/layout.js';
import { executeUnlocked } from './execute.js';
import { parseControl, type RunControl } from './run-control.js';
import { writesOf } from '../plan/schedule.js';
import type { Arg, Note, OpensslStep } from '../plan/step.js';

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
  /** The commands that ran; no secret is in them. */
  readonly commands: readonly string[];
  /** `OPEN_MODES`. */
  readonly notes: readonly Note[];
}

export interface CertificateResult extends StepResult {
  /** What was made, read back. */
  readonly certificate: X509Certificate;
}

/**
 * Runs one step for itself, with any file names: the output's directory is the certificate directory, so the same
 * workspace and commit serve it.
 */
export async function executeStep(step: OpensslStep, options: StepOptions): Promise<StepResult> {
  const control = parseControl(options);
  const cwd = resolve(options.cwd ?? '.');
  const [output] = writesOf(step);
  const directory = output === undefined ? cwd : parseDirectory(dirname(resolve(cwd, output)), 'out');
  const name = output === undefined ? '' : basename(output);
  const inPlace = output !== undefined && (await isInput(step, resolve(cwd, output), cwd));
  if (inPlace && step.command !== 'rsa' && step.command !== 'pkey') {
    throw new InputError(
      'out',
      `${output} is read by the same command: writing it would destroy what it holds`,
      {
        hint: 'choose another file for --out',
      },
    );
  }
  const plan = {
    recipe: 'step',
    steps: [rebased(step, cwd, name)],
    replaces: options.overwrite || inPlace ? [name] : [],
    notes: [],
    departures: [],
  };
  if (output !== undefined) await refuseSwappable(directory);
  const { commands, notes } = await executeUnlocked(plan, { ...control, directory });
  return { path: output === undefined ? '' : join(directory, name), commands, notes };
}

/** The step with its input where it lies from `cwd`, and its output as `name` of the directory; shown as it was. */
export function rebased(step: OpensslStep, cwd: string, name: string): OpensslStep {
  const word = (arg: Arg): Arg => {
    if (typeof arg === 'string' || 'passphrase' in arg) return arg;
    return 'reads' in arg
      ? { reads: resolve(cwd, arg.reads), as: arg.reads }
      : { ...arg, writes: name, as: arg.writes };
  };
  return { ...step, args: step.args.map(word) };
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
  const inputs = step.args.flatMap((arg) =>
    typeof arg === 'object' && 'reads' in arg ? [resolve(cwd, arg.reads)] : [],
  );
  const target = await real(output);
  return (await Promise.all(inputs.map(real))).includes(target);
}
