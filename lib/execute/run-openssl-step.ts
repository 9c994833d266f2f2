import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpensslError } from '../errors.js';
import { tokenAccess } from '../openssl/capabilities.js';
import type { Openssl } from '../openssl/find.js';
import { opensslFailure, reasonOf } from '../openssl/reasons.js';
import { runOpenssl, type RunOptions, type RunResult } from '../openssl/run.js';
import { tokenFailure } from '../openssl/token-reasons.js';
import { verificationOf } from '../openssl/verification.js';
import { argv, commandLine, passphrasesOf, type Spelling } from '../plan/command-line.js';
import { tokenOf } from '../plan/schedule.js';
import type { OpensslStep } from '../plan/step.js';
import { isFull } from '../store/is-full.js';
import { readRegular } from '../store/read-regular.js';
import { blame, reasonOfLockedKey } from './inputs.js';

/** One step of a plan, where it runs. */
export interface StepRun extends Pick<RunOptions, 'signal' | 'timeoutMs' | 'lanes'> {
  readonly openssl: Openssl;
  /** Its place in the plan. */
  readonly index: number;
  readonly spelling: Spelling;
  readonly locate: (path: string) => string;
  /** Where it runs, and how the child process gets there. */
  readonly cwd: string;
  readonly childCwd: () => Promise<string>;
}

/** What a step left, and how an error about it is made. */
export interface StepEnd {
  /** Of a verification, as every version says it. */
  readonly result: RunResult;
  /** The command as shown to the user. */
  readonly shown: string;
  readonly failure: () => Promise<OpensslError>;
}

/** Runs the command of a step. Errors: those of `runOpenssl`; that the command failed is a result. */
export async function runOpensslStep(step: OpensslStep, run: StepRun): Promise<StepEnd> {
  const { openssl, spelling, locate, cwd } = run;
  const access = tokenAccess(openssl.version);
  const shown = commandLine(step);
  const token = tokenOf(step);
  const trace = `.pkcs11-${run.index}.trace`;
  const lanes = isForLanes(step) ? run.lanes : undefined;
  const end = await runOpenssl({
    openssl: openssl.path,
    argv: argv(step, spelling),
    shown,
    ...(lanes ? { lanes } : { cwd: await run.childCwd() }),
    passphrases: passphrasesOf(step),
    token: token && { access, module: token.module, trace },
    signal: run.signal,
    timeoutMs: run.timeoutMs,
  });
  const result = step.command === 'verify' ? verificationOf(end) : end;
  const traced = token && access === 'provider' ? await takeTrace(join(cwd, trace)) : '';
  const failure = async (): Promise<OpensslError> => {
    const why =
      token && tokenFailure(result.stderr, { version: openssl.version, uri: token.uri, trace: traced });
    if (why) return opensslFailure(step.title, shown, result, why.reason, why);
    const told = reasonOf(result.stderr) ?? ((await isFull(cwd)) ? 'disk-full' : undefined);
    const reason = await reasonOfLockedKey(step, told, locate);
    return opensslFailure(step.title, shown, result, reason, await blame(step, reason, locate));
  };
  return { result, shown, failure };
}

/** Whether it is given nothing, and nothing that it prints to stdout is needed: what it makes goes to files. */
function isForLanes(step: OpensslStep): boolean {
  const prints = step.command === 'verify' || step.command === 'pkcs12';
  return !prints && !tokenOf(step) && passphrasesOf(step).length === 0;
}

/** Reads what the provider wrote down, and removes it: the directory may become the certificate directory. */
async function takeTrace(path: string): Promise<string> {
  try {
    return (await readRegular(path)).bytes.toString('latin1');
  } catch {
    return ''; // it was not loaded, or wrote nothing
  } finally {
    await unlink(path).catch(() => undefined);
  }
}
