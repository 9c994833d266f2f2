import { X509Certificate } from 'node:crypto';
import type { FileToPut } from '../plan/step.js';

/** The certificates that a run has made, by their paths. Each is parsed when it is asked for: of thousands, the text takes little memory. */
export class MadeCertificates implements ReadonlyMap<string, X509Certificate> {
  readonly #texts = new Map<string, string>();

  /** In PEM. */
  add(path: string, text: string): void {
    this.#texts.set(path, text);
  }

  /** A certificate was moved, or copied. */
  put(file: FileToPut): void {
    if ('content' in file) return;
    const from = 'moved' in file ? file.moved : file.copyOf;
    const text = this.#texts.get(from);
    if ('moved' in file) this.#texts.delete(from);
    if (text !== undefined) this.#texts.set(file.path, text);
  }

  get size(): number {
    return this.#texts.size;
  }

  has(path: string): boolean {
    return this.#texts.has(path);
  }

  /** In PEM. */
  textOf(path: string): string | undefined {
    return this.#texts.get(path);
  }

  get(path: string): X509Certificate | undefined {
    const text = this.#texts.get(path);
    return text === undefined ? undefined : new X509Certificate(text);
  }

  keys(): MapIterator<string> {
    return this.#texts.keys();
  }

  *values(): MapIterator<X509Certificate> {
    for (const text of this.#texts.values()) yield new X509Certificate(text);
  }

  *entries(): MapIterator<[string, X509Certificate]> {
    for (const [path, text] of this.#texts) yield [path, new X509Certificate(text)];
  }

  [Symbol.iterator](): MapIterator<[string, X509Certificate]> {
    return this.entries();
  }

  forEach(
    work: (certificate: X509Certificate, path: string, all: ReadonlyMap<string, X509Certificate>) => void,
  ): void {
    for (const [path, certificate] of this) work(certificate, path, this);
  }
}
