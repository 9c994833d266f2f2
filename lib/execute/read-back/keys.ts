import type { PublicKey } from '../../x509/spki.js';
import { inputsOf, outputsOf } from '../../plan/schedule.js';
import type { Plan } from '../../plan/step.js';
import { readAny } from './files.js';
import { unexpected } from './refusal.js';

/** The keys that a plan makes: all of them are others than each other, and than those that were there. */
export class PlanKeys {
  /** By the public key, what has it. */
  readonly #taken = new Map<string, string>();
  readonly #plan: Pick<Plan, 'steps' | 'replaces'>;
  readonly #home: (path: string) => string;
  #looked: Promise<void> | undefined;

  constructor(plan: Pick<Plan, 'steps' | 'replaces'>, home: (path: string) => string) {
    this.#plan = plan;
    this.#home = home;
  }

  /** Reads those that are there: of certificates and keys that the plan reads, and of what it replaces. */
  look(): Promise<void> {
    this.#looked ??= this.#look();
    return this.#looked;
  }

  async #look(): Promise<void> {
    const { steps, replaces } = this.#plan;
    const makesKeys = steps.some(
      (step) =>
        step.kind === 'openssl' &&
        step.command !== 'rsa' &&
        step.command !== 'pkey' &&
        outputsOf(step).some(({ product }) => product === 'private-key'),
    );
    if (!makesKeys) return;
    for (const path of new Set([...inputsOf(this.#plan), ...replaces])) {
      const { publicKey } = await readAny(this.#home(path), path);
      if (publicKey) this.#taken.set(publicKey.text, path);
    }
  }

  /** Throws `ERR_READ_BACK` for a key that something else has. */
  add({ text }: PublicKey, shown: string): void {
    const other = this.#taken.get(text);
    if (other !== undefined)
      throw unexpected(
        shown,
        other === shown
          ? 'it is the key that was there before, not a new one'
          : `it is the key of ${other}, not one of its own`,
      );
    this.#taken.set(text, shown);
  }
}
