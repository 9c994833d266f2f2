import { InputError } from '../../errors.js';
import { parseName } from '../../set/layout.js';
import { formatAltName, localNames, uniqueNames, type AltName } from '../../x509/alt-names.js';
import { TLS_PORT } from '../../x509/endpoint.js';
import type { FleetHost } from '../fleet.js';
import { ClaimedNames } from './claimed-names.js';
import { tryParse, type Named } from './fields.js';
import type { FilePlace, Located } from './file-node.js';
import { isCovered, isWildcard, parseGroup, parseHostName, parseSshTarget, reserved } from './host-names.js';
import { hostValues, refuseWindow, type ReadDefaults, type ReadHost } from './members.js';
import type { Problems } from './problems.js';
import { expandRange, MOST_HOSTS, parseRanges, type RangePattern } from './ranges.js';

/** So many names all hosts together have at most. */
const MOST_HOST_NAMES = 1_000_000;

/** The hosts of a file, ranges expanded. */
export class FleetHosts {
  readonly #problems: Problems;
  readonly #defaults: ReadDefaults | undefined;
  readonly #hosts: FleetHost[] = [];
  readonly #claimed: ClaimedNames;
  readonly #groups = new Map<string, FilePlace>();
  #nameCount = 0;
  #hostCount = 0;

  constructor(defaults: ReadDefaults | undefined, problems: Problems) {
    this.#defaults = defaults;
    this.#problems = problems;
    this.#claimed = new ClaimedNames(problems);
  }

  get hosts(): readonly FleetHost[] {
    return this.#hosts;
  }

  /** Adds what one key of the file stands for. */
  add({ name, namePlace, value, place }: Named<ReadHost>): void {
    const problems = this.#problems;
    const pattern = tryParse(() => parseRanges(name), namePlace, problems);
    if (!pattern || !this.#fits(pattern, value.names?.length ?? 0, namePlace)) return;
    refuseWindow(value.renew?.window, problems);
    const localhost = value.localhost ?? true;
    const shared = {
      ...hostValues(value, this.#defaults, place, problems),
      localhost,
      port: value.port ?? TLS_PORT,
      groups: this.#groupsOf(value.groups),
    };
    const names = (value.names ?? []).flatMap((each) => this.#zipped(each, pattern) ?? []);
    const ssh = value.ssh && this.#zipped(value.ssh, pattern);
    const given = value.address && this.#zipped(value.address, pattern);
    for (let at = 0; at < pattern.count; at += 1) {
      const before = problems.count;
      const own = this.#nameOf(expandRange(pattern, at), namePlace);
      const altNames = this.#namesOf(own, names, at);
      const certified = localhost ? [...altNames, ...localNames] : altNames;
      const address = given
        ? this.#addressOf(own, given, at, altNames, certified)
        : altNames.find((each) => !isWildcard(each))?.value;
      const target = ssh && this.#expand(ssh, at, parseSshTarget);
      if (address === undefined && !given && altNames.length > 0 && problems.count === before)
        problems.add(place, 'all of its names are wildcards: it needs an address');
      // What is wrong with one of a range is wrong with all.
      if (problems.count > before) return;
      if (address === undefined) continue; // reported before
      this.#hosts.push({
        name: own,
        names: withoutLocal(altNames, localhost),
        address,
        ssh: target,
        ...shared,
      });
    }
  }

  /** A group and a host with one name cannot be told apart. */
  refuseGroupsOfHosts(): void {
    for (const [group, place] of this.#groups)
      if (this.#claimed.has(group))
        this.#problems.add(place, `'${group}' is the name of a host, too`, 'give the group another name');
  }

  #fits({ count }: RangePattern, names: number, place: FilePlace): boolean {
    this.#hostCount += count;
    this.#nameCount += count * names;
    if (this.#hostCount > MOST_HOSTS)
      this.#problems.add(place, `with it, the fleet has more than ${MOST_HOSTS} hosts`);
    else if (this.#nameCount > MOST_HOST_NAMES)
      this.#problems.add(place, `with it, the hosts have more than ${MOST_HOST_NAMES} names`);
    else return true;
    return false;
  }

  #groupsOf(given: readonly Located<string>[] = []): readonly string[] {
    const groups = given.flatMap(({ value, place }) => {
      const group = tryParse(() => parseGroup(value), place, this.#problems);
      if (group !== undefined && !this.#groups.has(group)) this.#groups.set(group, place);
      return group ?? [];
    });
    return [...new Set(groups)];
  }

  #nameOf(text: string, place: FilePlace): string {
    if (this.#claimed.claimMember(text, place)) tryParse(() => refuseHostName(text), place, this.#problems);
    return text;
  }

  /** A text whose ranges count along with those of the host. */
  #zipped({ value, place }: Located<string>, host: RangePattern): ZippedText | undefined {
    const pattern = tryParse(() => parseRanges(value), place, this.#problems);
    if (!pattern || pattern.count === 1 || pattern.count === host.count) return pattern && { pattern, place };
    this.#problems.add(
      place,
      `its range stands for ${pattern.count}, and the name of the host for ${host.count}`,
      'ranges count along with those in the name of the host: make them equally long',
    );
    return undefined;
  }

  #expand<T>({ pattern, place }: ZippedText, at: number, parse: (text: string) => T): T | undefined {
    return tryParse(() => parse(expandRange(pattern, at)), place, this.#problems);
  }

  #namesOf(host: string, names: readonly ZippedText[], at: number): readonly AltName[] {
    const found = names.flatMap((each) => {
      const name = this.#expand(each, at, parseHostName);
      if (name && !isLocal(name)) this.#claimed.claimAltName(name, host, each.place);
      return name ?? [];
    });
    const [first] = names;
    return (first && tryParse(() => uniqueNames(found), first.place, this.#problems)) ?? [];
  }

  #addressOf(
    host: string,
    given: ZippedText,
    at: number,
    names: readonly AltName[],
    certified: readonly AltName[],
  ): string | undefined {
    const address = this.#expand(given, at, parseHostName);
    if (!address) return undefined;
    const isIts = names.some((name) => formatAltName(name) === formatAltName(address));
    if (isWildcard(address)) this.#problems.add(given.place, `'${address.value}' is not one host`);
    else if (!isCovered(address, certified))
      this.#problems.add(
        given.place,
        `the certificate would not be good for ${address.value}`,
        'add it to the names',
      );
    else if (!isIts && !isLocal(address)) this.#claimed.claimAltName(address, host, given.place);
    return address.value;
  }
}

interface ZippedText {
  readonly pattern: RangePattern;
  readonly place: FilePlace;
}

function isLocal(name: AltName): boolean {
  return localNames.some((local) => formatAltName(local) === formatAltName(name));
}

/** Those of the host itself come with `localhost`; where it has no others, they stay. */
function withoutLocal(names: readonly AltName[], localhost: boolean): readonly AltName[] {
  const others = localhost ? names.filter((name) => !isLocal(name)) : names;
  return others.length > 0 ? others : names;
}

function refuseHostName(text: string): void {
  const name = parseName(text);
  if (reserved.includes(name))
    throw new InputError('name', `'${name}' is a group that every inventory has`, {
      hint: 'give the host another name',
    });
}
