import { inspect, types } from 'node:util';
import { InputError } from '../errors.js';

/**
 * A passphrase for a private key. Opaque: printing it, JSON and `util.inspect` show `<passphrase>`; only the runner and
 * the read-back look inside. One line of 4 to 1023 bytes: openssl stops at the first line end or NUL, silently cuts
 * what is longer (openssl-passphrase-options(1)), and refuses fewer than 4 at a prompt.
 */
export class Passphrase {
  readonly #value: Buffer | undefined;

  private constructor(value: Buffer | undefined) {
    this.#value = value;
  }

  /**
   * Throws `ERR_INPUT` for what openssl could not take as it stands. The bytes are used as they are; a text is UTF-8.
   * `called`: how a message names it.
   */
  static of(given: string | Uint8Array, called = 'this passphrase'): Passphrase {
    const refuse = (why: string): never => {
      throw new InputError('passphrase', `${called} cannot be used: ${why}`, {
        hint: 'a passphrase is one line of 4 to 1023 bytes',
      });
    };
    if (typeof given !== 'string' && !types.isUint8Array(given)) refuse('it is neither text nor bytes');
    if (typeof given === 'string' && /\p{Cs}/u.test(given))
      refuse('it holds half a character (a lone surrogate), which has no bytes');
    // A copy in memory of its own: Node's small buffers share theirs, and show it.
    const bytes = Buffer.from(new Uint8Array(Buffer.from(given)).buffer);
    if (bytes.includes('\n') || bytes.includes('\r'))
      refuse('it holds a line end, where openssl would stop reading');
    if (bytes.includes(0)) refuse('it holds a NUL byte, where openssl would stop reading');
    if (bytes.length < 4) refuse(bytes.length === 0 ? 'it is empty' : 'it is shorter than 4 bytes');
    if (bytes.length > 1023) refuse(`it is ${bytes.length} bytes long, and openssl would cut it at 1023`);
    return new Passphrase(bytes);
  }

  /** Stands for a passphrase that is not known yet: for a plan that is shown and not run. */
  static unknown(): Passphrase {
    return new Passphrase(undefined);
  }

  /** Its bytes, or undefined if it is not known. For the runner and the read-back only. */
  reveal(): Buffer | undefined {
    return this.#value;
  }

  toString(): string {
    return '<passphrase>';
  }

  toJSON(): string {
    return '<passphrase>';
  }

  [inspect.custom](): string {
    return '<passphrase>';
  }
}

/** Accepts what a caller of the library has at hand. Throws `ERR_INPUT`. */
export function toPassphrase(value: Passphrase | string): Passphrase {
  return value instanceof Passphrase ? value : Passphrase.of(value);
}
