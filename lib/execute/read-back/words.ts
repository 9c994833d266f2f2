import type { Passphrase } from '../../x509/passphrase.js';
import type { Arg, OpensslStep } from '../../plan/step.js';

/** Whether a command has that flag. */
export function hasFlag({ args }: OpensslStep, flag: string): boolean {
  return args.includes(flag);
}

/** The word after a flag. */
export function wordAfter(step: OpensslStep, flag: string): string | undefined {
  const arg = argAfter(step, flag);
  return typeof arg === 'string' ? arg : undefined;
}

/** The file that a flag names for reading. */
export function inputAfter(step: OpensslStep, flag: string): Input | undefined {
  const arg = argAfter(step, flag);
  return typeof arg === 'object' && 'reads' in arg
    ? { path: arg.reads, shown: arg.as ?? arg.reads }
    : undefined;
}

export interface Input {
  readonly path: string;
  /** As a message calls it. */
  readonly shown: string;
}

export function passphraseAfter(step: OpensslStep, flag: string): Passphrase | undefined {
  const arg = argAfter(step, flag);
  return typeof arg === 'object' && 'passphrase' in arg ? arg.passphrase : undefined;
}

/** What follows a word that begins so: `2048` after `rsa_keygen_bits:`. */
export function restOf({ args }: OpensslStep, prefix: string): string | undefined {
  const word = args.find((arg) => typeof arg === 'string' && arg.startsWith(prefix));
  return typeof word === 'string' ? word.slice(prefix.length) : undefined;
}

/** The digest that a flag asks for: `sha256`. */
export function digestFlag({ args }: OpensslStep): string | undefined {
  const word = args.find((arg) => typeof arg === 'string' && /^-(?:md5|sha\d+)$/.test(arg));
  return typeof word === 'string' ? word.slice(1) : undefined;
}

function argAfter({ args }: OpensslStep, flag: string): Arg | undefined {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args[at + 1];
}
