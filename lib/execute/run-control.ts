import { InputError } from '../errors.js';
import { givenMs, givenPath } from '../given.js';
import type { OptionNames } from '../known-options.js';
import type { Openssl } from '../openssl/find.js';
import type { Plan, Step } from '../plan/step.js';

/** What an observer hears: the steps, and the openssl that they need, before the first begins, then of each when it begins and when it is done. */
export type StepEvent =
  | { readonly type: 'plan'; readonly plan: Plan; readonly openssl: Openssl | undefined }
  | { readonly type: 'start'; readonly index: number; readonly step: Step }
  | {
      readonly type: 'done';
      readonly index: number;
      readonly step: Step;
      readonly ms: number;
      /** What openssl printed to stderr; of more than 8,192 characters the first and the last 4,096. */
      readonly stderr: string;
    };

/** Of what a command prints, events keep so many characters of each end: those of all steps are kept for who asks for them late. */
const KEPT_OF_EACH_END = 4096;

/** What an event keeps of what openssl printed: `openssl ca` prints some lines for each certificate. */
export function keptOutput(printed: string): string {
  if (printed.length <= 2 * KEPT_OF_EACH_END) return printed;
  const ends = [printed.slice(0, KEPT_OF_EACH_END), '\n[...]\n', printed.slice(-KEPT_OF_EACH_END)];
  return Buffer.from(ends.join('')).toString(); // a slice would keep the whole
}

/** How to run openssl, how long to wait, and when to stop. */
export interface RunControl {
  /** The openssl to use, by path or by a name on PATH. Default: OPENSSL_BIN, then PATH. */
  readonly openssl?: string | undefined;
  /** Stops the work: ends what runs, writes nothing, and throws `ERR_ABORTED`. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for other processes in the same directory, in milliseconds. Default: 60,000, one minute. */
  readonly lockTimeoutMs?: number | undefined;
  /** Timeout per openssl command, in milliseconds. Default: 600,000, ten minutes. */
  readonly timeoutMs?: number | undefined;
  /**
   * Goes on where the file system does not keep the modes of private keys, so that others may be able to read them. Default:
   * false, which refuses with `ERR_OPEN_MODES` before a key is written.
   */
  readonly allowOpenModes?: boolean | undefined;
  /** Gets an event for the plan and for each step. What it throws stops the work. Default: none. */
  readonly observer?: ((event: StepEvent) => void) | undefined;
}

export const controlNames: OptionNames<RunControl> = {
  openssl: true,
  signal: true,
  lockTimeoutMs: true,
  timeoutMs: true,
  allowOpenModes: true,
  observer: true,
};

/** A timer that is to wait longer does not wait at all. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Throws `ERR_INPUT` for what cannot control a run: before it begins. */
export function parseControl(options: RunControl): RunControl {
  const { openssl, signal, lockTimeoutMs, timeoutMs, allowOpenModes, observer } = options;
  const isSignal = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;
  if (signal !== undefined && !isSignal(signal))
    throw new InputError('signal', 'signal is not an AbortSignal');
  if (observer !== undefined && typeof (observer as unknown) !== 'function')
    throw new InputError('observer', 'observer is not a function');
  if (allowOpenModes !== undefined && typeof (allowOpenModes as unknown) !== 'boolean')
    throw new InputError('allowOpenModes', 'allowOpenModes is neither true nor false');
  return {
    openssl: openssl === undefined ? undefined : givenPath(openssl, 'openssl'),
    signal,
    lockTimeoutMs: lockTimeoutMs === undefined ? undefined : givenMs(lockTimeoutMs, 'lockTimeoutMs', 0),
    timeoutMs: timeoutMs === undefined ? undefined : givenMs(timeoutMs, 'timeoutMs', 1, LONGEST_TIMER_MS),
    allowOpenModes,
    observer,
  };
}
