import { X509Certificate } from 'node:crypto';
import type { FileToPut } from '../plan/step.js';

/**
 * The certificates that a run has made, by their paths. Each is parsed when it is asked for: of thousands, the octets take a
 * tenth of the memory.
 */
export class MadeCertificates implements ReadonlyMap<string, X509Certificate> {
  readonly #octets = new Map<string, Buffer>();

  add(path: string, certificate: X509Certificate): void {
    this.#octets.set(path, certificate.raw);
  }

  /** A certificate was moved, or copied. */
  put(file: FileToPut): void {
    if ('content' in file) return;
    const from = 'moved' in file ? file.moved : file.copyOf;
    const octets = this.#octets.get(from);
    if ('moved' in file) this.#octets.delete(from);
    if (octets) this.#octets.set(file.path, octets);
  }

  get size(): number {
    return this.#octets.size;
  }

  has(path: string): boolean {
    return this.#octets.has(path);
  }

  get(path: string): X509Certificate | undefined {
    const octets = this.#octets.get(path);
    return octets && new X509Certificate(octets);
  }

  keys(): MapIterator<string> {
    return this.#octets.keys();
  }

  *values(): MapIterator<X509Certificate> {
    for (const octets of this.#octets.values()) yield new X509Certificate(octets);
  }

  *entries(): MapIterator<[string, X509Certificate]> {
    for (const [path, octets] of this.#octets) yield [path, new X509Certificate(octets)];
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
