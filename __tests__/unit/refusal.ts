import { InputError } from '../../lib/errors.js';

/** The refusal of an input as one line, `CODE option: message`. Anything but an InputError fails the test. */
export function refusal(action: () => unknown): string {
  const { code, option, message } = refusalError(action);
  return `${code} ${option}: ${message}`;
}

/** The InputError that an action throws. */
export function refusalError(action: () => unknown): InputError {
  let value: unknown;
  try {
    value = action();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error(`this was accepted: ${JSON.stringify(value)}`);
}

/** The value, or undefined where the input is refused. Anything but an InputError is thrown on. */
export function unlessRefused<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
