import { InputError } from '../errors.js';
import { givenTexts } from '../given.js';
import { parseAltName } from './alt-names.js';
import {
  showConstrained,
  showConstraints,
  type ConstrainedName,
  type NameConstraints,
} from './name-constraints.js';
import { addressOctets, addressOf } from './socket-address.js';

/** Go compares up to 250,000 names with constraints for one certificate, and a server has up to 1000 names. */
const MOST_PERMITTED = 100;

/**
 * A name that no host can have (RFC 6761 §6.4). A CA that permits networks permits it too, so that a server with addresses
 * alone can have a common name: OpenSSL and GnuTLS take that for a DNS name where a certificate has none.
 */
export const NO_HOST = 'invalid';

/** The common name of a server that has no DNS name, under a CA that permits `NO_HOST`. */
export const UNNAMED_SERVER = `docker-server.${NO_HOST}`;

/**
 * Reads what a CA is to be permitted: `example.com`, which covers every name below it too, `10.0.0.0/8`, `fd00::/8`, or one
 * address. Everything else is excluded: all addresses of a family of which none is permitted, and all DNS names but those
 * below `invalid` where only networks are. Throws `ERR_INPUT`. Source: RFC 5280 §4.2.1.10.
 */
export function parsePermit(inputs: readonly string[], option = 'permit'): NameConstraints {
  const parts = givenTexts(inputs, option).flatMap((input) => input.split(','));
  const given = new Map(parts.map((part) => permitted(part, option)).map((one) => [keyOf(one), one]));
  const names = [...given.values()];
  if (names.length === 0) throw new InputError(option, 'no name or network was given');
  if (names.length > MOST_PERMITTED)
    throw new InputError(
      option,
      `${names.length} names and networks are too many for one CA: up to ${MOST_PERMITTED} are allowed`,
    );
  const addresses = names.filter(({ type }) => type === 'IP');
  const noHost: ConstrainedName = { type: 'DNS', octets: Buffer.from(NO_HOST) };
  const isNew = addresses.length > 0 && !given.has(keyOf(noHost));
  const families = [8, 32].filter((length) => addresses.every(({ octets }) => octets.length !== length));
  return {
    critical: true,
    permitted: isNew ? [...names, noHost] : names,
    excluded: families.map((length) => ({ type: 'IP', octets: Buffer.alloc(length) })),
  };
}

function keyOf({ type, octets }: ConstrainedName): string {
  return `${type}:${octets.toString('hex')}`;
}

type RefusePermit = (why: string, hint?: string) => never;

function permitted(input: string, option: string): ConstrainedName {
  const refuse: RefusePermit = (why, hint) => {
    throw new InputError(option, `${JSON.stringify(input)} cannot be permitted: ${why}`, { hint });
  };
  if (input.includes('://')) refuse('it is a URL', 'give only its host');
  const [, address = '', length] = /^([^/]*)(?:\/(.*))?$/s.exec(input) ?? [];
  const octets = addressOctets(address);
  if (octets) return network(octets, length, refuse);
  if (length !== undefined) refuse(`'${address}' is not an IP address`, 'as in 10.0.0.0/8 or fd00::/8');
  if (/^[^:]*:\d*$/.test(input) || input.startsWith('['))
    refuse('a CA is permitted names and addresses, not ports', 'leave the port and the brackets out');
  if (input.startsWith('*.'))
    refuse('a domain covers the names below it anyway', `give it as '${input.slice(2)}'`);
  if (input.startsWith('.'))
    refuse(
      'a domain covers the names below it anyway, and clients read the dot in different ways',
      `give it as '${input.replace(/^\.+/, '')}'`,
    );
  return { type: 'DNS', octets: Buffer.from(parseAltName(input, option).value) };
}

/** An address followed by its mask, as RFC 5280 has it. */
function network(octets: Buffer, given: string | undefined, refuse: RefusePermit): ConstrainedName {
  const bits = octets.length * 8;
  if (octets.length === 16 && octets.subarray(0, 12).equals(MAPPED))
    refuse('it is an IPv4 address written as IPv6', 'give it as IPv4');
  if (given !== undefined && !(/^\d{1,3}$/.test(given) && Number(given) <= bits))
    refuse(`'${given}' is not the length of a prefix`, `give a number from 0 to ${bits}`);
  const length = given === undefined ? bits : Number(given);
  const mask = Buffer.from(
    Array.from(octets, (_, at) => 0xff & (0xff00 >> Math.min(8, Math.max(0, length - at * 8)))),
  );
  const base = Buffer.from(octets.map((octet, at) => octet & (mask[at] ?? 0)));
  if (!base.equals(octets))
    refuse(
      `it has bits set beyond its prefix of ${length}`,
      `the network is ${addressOf(base) ?? ''}/${length}; one address is given without a prefix`,
    );
  return { type: 'IP', octets: Buffer.concat([base, mask]) };
}

/** ::ffff:0:0/96 (RFC 4291 §2.5.5.2). */
const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');

/** The names and networks that `parsePermit` turns into these constraints; undefined if no list of them does. */
export function permitOf(constraints: NameConstraints): string[] | undefined {
  const isAdded = ({ type, octets }: ConstrainedName): boolean =>
    type === 'DNS' && octets.toString('latin1') === NO_HOST;
  const hasNetworks = constraints.permitted.some(({ type }) => type === 'IP');
  const names = constraints.permitted
    .filter((one) => !hasNetworks || !isAdded(one))
    .map((one) => showConstrained(one).replace(/^[A-Z]+:/, ''));
  try {
    const same = showConstraints(parsePermit(names)).sort().join();
    return same === showConstraints(constraints).sort().join() ? names : undefined;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
