import { InputError } from '../../errors.js';
import { parseName } from '../../set/layout.js';
import { formatAltName, localNames, uniqueNames, type AltName } from '../../x509/alt-names.js';
import { TLS_PORT } from '../../x509/endpoint.js';
import type { FleetHost } from '../fleet.js';
import { tryParse, type Named } from './fields.js';
import type { FilePlace, Located } from './file-node.js';
import { isCovered, isWildcard, parseGroup, parseHostName, parseSshTarget, reserved } from './host-names.js';
import { hostValues, refuseWindow, type ReadDefaults, type ReadHost } from './members.js';
import type { Problems } from './problems.js';
import { expandRange, MOST_HOSTS, parseRanges, type RangePattern } from './ranges.js';

/** The hosts of a file, ranges expanded. */
export class FleetHosts {
  readonly #problems: Problems;
  readonly #defaults: ReadDefaults | undefined;
  readonly #hosts: FleetHost[] = [];
  /** Where each name of a host is, in lower case. */
  readonly #names = new Map<string, { name: string; place: FilePlace }>();
  /** Which host has a name or an address, and where. */
  readonly #altNames = new Map<string, { host: string; place: FilePlace }>();

  constructor(defaults: ReadDefaults | undefined, problems: Problems) {
    this.#defaults = defaults;
    this.#problems = problems;
  }

  get hosts(): readonly FleetHost[] {
    return this.#hosts;
  }

  /** Adds what one key of the file stands for. */
  add({ name, namePlace, value, place }: Named<ReadHost>): void {
    const problems = this.#problems;
    const pattern = tryParse(() => parseRanges(name), namePlace, problems);
    if (!pattern) return;
    if (this.#hosts.length + pattern.count > MOST_HOSTS) {
      problems.add(namePlace, `with it, the fleet has more than ${MOST_HOSTS} hosts`);
      return;
    }
    refuseWindow(value.renew?.window, problems);
    const values = hostValues(value, this.#defaults, place, problems);
    const groups = this.#groups(value.groups);
    const names = (value.names ?? []).map((each) => this.#zipped(each, pattern));
    const ssh = value.ssh && this.#zipped(value.ssh, pattern);
    const address = value.address && this.#zipped(value.address, pattern);
    for (let at = 0; at < pattern.count; at += 1) {
      const own = this.#name(expandRange(pattern, at), namePlace);
      const altNames = this.#namesOf(own ?? name, names, at, value.localhost ?? true);
      const target = ssh && this.#expand(ssh, at, parseSshTarget);
      const reached = address ? this.#address(address, at, altNames, own ?? name) : usualAddress(altNames);
      if (reached === undefined && !address && altNames.length > 0 && value.names?.length === names.length)
        problems.add(place, 'all of its names are wildcards: it needs an address');
      if (own === undefined || reached === undefined) continue;
      this.#hosts.push({
        name: own,
        ...values,
        names: altNames,
        localhost: value.localhost ?? true,
        address: reached,
        port: value.port ?? TLS_PORT,
        ssh: target,
        groups,
      });
    }
  }

  /** A group with the name of a host cannot be told from it. */
  refuseGroupsOfHosts(): void {
    for (const [group, place] of this.#groupPlaces)
      if (this.#names.has(group.toLowerCase()))
        this.#problems.add(place, `'${group}' is the name of a host, too`, 'give the group another name');
  }

  readonly #groupPlaces = new Map<string, FilePlace>();

  #groups(given: readonly Located<string>[] = []): readonly string[] {
    const groups = given.flatMap(({ value, place }) => {
      const group = tryParse(() => parseGroup(value), place, this.#problems);
      if (group !== undefined && !this.#groupPlaces.has(group)) this.#groupPlaces.set(group, place);
      return group ?? [];
    });
    return [...new Set(groups)];
  }

  #name(text: string, place: FilePlace): string | undefined {
    const before = this.#names.get(text.toLowerCase());
    if (before) {
      const how =
        before.name === text
          ? `'${text}' is given twice`
          : `'${text}' and '${before.name}' differ only in case`;
      this.#problems.add(place, `${how}: also at ${this.#problems.where(before.place)}`);
      return undefined;
    }
    this.#names.set(text.toLowerCase(), { name: text, place });
    return tryParse(() => hostName(text), place, this.#problems);
  }

  /** A text whose ranges count along with those of the host. */
  #zipped({ value, place }: Located<string>, host: RangePattern): ZippedText | undefined {
    const pattern = tryParse(() => parseRanges(value), place, this.#problems);
    if (!pattern) return undefined;
    if (pattern.count !== 1 && pattern.count !== host.count) {
      this.#problems.add(
        place,
        `its range makes ${pattern.count}, and the host's name stands for ${host.count}`,
        'make the ranges as long as those of the name',
      );
      return undefined;
    }
    return { pattern, place };
  }

  #expand<T>({ pattern, place }: ZippedText, at: number, parse: (text: string) => T): T | undefined {
    return tryParse(() => parse(expandRange(pattern, at)), place, this.#problems);
  }

  #namesOf(
    host: string,
    names: readonly (ZippedText | undefined)[],
    at: number,
    localhost: boolean,
  ): readonly AltName[] {
    const found = names.flatMap((each) => {
      const name = each && this.#expand(each, at, parseHostName);
      if (!each || !name) return [];
      const isLocal = localNames.some((local) => formatAltName(local) === formatAltName(name));
      if (isLocal) return localhost ? [] : [name];
      return this.#claim(name, host, each.place) ? [name] : [];
    });
    return uniqueNames(found);
  }

  /** A name leads to one host. A wildcard does not lead anywhere. */
  #claim(name: AltName, host: string, place: FilePlace): boolean {
    if (isWildcard(name)) return true;
    const text = formatAltName(name);
    const before = this.#altNames.get(text);
    if (!before) {
      this.#altNames.set(text, { host, place });
      return true;
    }
    const whose = before.host === host ? 'is given twice' : `belongs to ${before.host}, too`;
    this.#problems.add(place, `${name.value} ${whose}: ${this.#problems.where(before.place)}`);
    return false;
  }

  #address(given: ZippedText, at: number, names: readonly AltName[], host: string): string | undefined {
    const address = this.#expand(given, at, parseHostName);
    if (!address) return undefined;
    const { place } = given;
    if (isWildcard(address)) this.#problems.add(place, `'${address.value}' is not one host`);
    else if (!isCovered(address, [...names, ...localNames]))
      this.#problems.add(place, `the certificate is not good for ${address.value}`, 'add it to the names');
    else if (
      names.some((name) => formatAltName(name) === formatAltName(address)) ||
      this.#claim(address, host, place)
    )
      return address.value;
    return undefined;
  }
}

interface ZippedText {
  readonly pattern: RangePattern;
  readonly place: FilePlace;
}

function usualAddress(names: readonly AltName[]): string | undefined {
  return names.find((name) => !isWildcard(name))?.value;
}

function hostName(text: string): string {
  const name = parseName(text);
  if (reserved.includes(name))
    throw new InputError('name', `'${name}' is a group that every inventory has`, {
      hint: 'give the host another name',
    });
  return name;
}
