import { formatAltName, type AltName } from '../../x509/alt-names.js';
import type { FilePlace } from './file-node.js';
import { isWildcard } from './host-names.js';
import type { Problems } from './problems.js';

/** Which names are taken, and where: each host and each client has its own, and each name or address leads to one host. */
export class ClaimedNames {
  readonly #problems: Problems;
  /** By the name in lower case. */
  readonly #members = new Map<string, { readonly name: string; readonly place: FilePlace }>();
  readonly #altNames = new Map<string, { readonly host: string; readonly place: FilePlace }>();

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  has(name: string): boolean {
    return this.#members.has(name.toLowerCase());
  }

  /** Takes the name of a host or a client. False where it was taken, which is reported. */
  claimMember(name: string, place: FilePlace): boolean {
    const before = this.#members.get(name.toLowerCase());
    if (!before) {
      this.#members.set(name.toLowerCase(), { name, place });
      return true;
    }
    const how =
      before.name === name
        ? `'${name}' is given twice`
        : `'${name}' and '${before.name}' differ only in case`;
    this.#problems.add(place, `${how}: see ${this.#problems.where(before.place)}`);
    return false;
  }

  /** Takes a name or an address for a host. A wildcard leads to no host, and can be that of many. */
  claimAltName(name: AltName, host: string, place: FilePlace): void {
    if (isWildcard(name)) return;
    const text = formatAltName(name);
    const before = this.#altNames.get(text);
    if (!before) this.#altNames.set(text, { host, place });
    else {
      const how = before.host === host ? 'is given twice' : `is a name of the host '${before.host}', too`;
      this.#problems.add(place, `${name.value} ${how}: see ${this.#problems.where(before.place)}`);
    }
  }
}
