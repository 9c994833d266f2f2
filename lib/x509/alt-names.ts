import { domainToASCII } from 'node:url';
import { InputError } from '../errors.js';
import { givenText, givenTexts } from '../given.js';
import { HIDDEN } from './hidden.js';
import { socketAddress } from './socket-address.js';
import { option as named, words } from '../words.js';

/** One entry of a subjectAltName, in the one spelling in which it is compared and written. */
export interface AltName {
  /** As OpenSSL spells the type (x509v3_config(5)). */
  readonly type: 'DNS' | 'IP';
  /** A lower-case A-label host name, or an address in its shortest form (RFC 5952). */
  readonly value: string;
}

/** Names that always belong to a server certificate: the daemon's own machine can use it too. */
export const localNames: readonly AltName[] = [
  { type: 'DNS', value: 'localhost' },
  { type: 'IP', value: '127.0.0.1' },
  { type: 'IP', value: '::1' },
];

/** 5000 names break Java and rustls (the handshake message grows too long), 1000 are fine everywhere. */
const MOST_NAMES = 1000;

/**
 * Reads what a person has at hand: `host`, `10.0.0.5`, `::1`, `[::1]:2376`, `tcp://host:2376`, lists with commas, an
 * international name. Classified, lower-cased, without repetitions, in the order given.
 * Throws `ERR_INPUT` naming the part that cannot be used and why. Source: RFC 5280 §4.2.1.6, RFC 1123 §2.1.
 */
export function parseAltNames(inputs: readonly string[], option = 'hosts'): AltName[] {
  return parseHosts(inputs, option).names;
}

/** As `parseAltNames`, for values that must be addresses. */
export function parseAddresses(inputs: readonly string[], option = 'ips'): AltName[] {
  return parseAddressHosts(inputs, option).names;
}

/** Hosts as they are called: the names, and the different ports that stand behind some of them. */
export interface Hosts {
  readonly names: AltName[];
  readonly ports: readonly number[];
}

/** As `parseAltNames`, and keeps the ports. */
export function parseHosts(inputs: readonly string[], option = 'hosts'): Hosts {
  const hosts = givenTexts(inputs, option)
    .flatMap((input) => input.split(','))
    .map((part) => parseHost(part, option));
  return {
    names: uniqueNames(
      hosts.map(({ name }) => name),
      option,
    ),
    ports: [...new Set(hosts.flatMap(({ port }) => port ?? []))],
  };
}

/** As `parseAddresses`, and keeps the ports. */
export function parseAddressHosts(inputs: readonly string[], option = 'ips'): Hosts {
  const hosts = parseHosts(inputs, option);
  const host = hosts.names.find((name) => name.type !== 'IP');
  if (host) {
    throw new InputError(option, `'${host.value}' is not an IP address`, {
      hint: words`give a host name with ${named('hosts')}`,
    });
  }
  return hosts;
}

/** Without repetitions, in the order of the first of each. Throws `ERR_INPUT` for too many. */
export function uniqueNames(names: readonly AltName[], option = 'hosts'): AltName[] {
  const unique = [...new Map(names.map((name) => [formatAltName(name), name])).values()];
  if (unique.length > MOST_NAMES) {
    throw new InputError(
      option,
      `${unique.length} names are too many for one certificate: clients take up to ${MOST_NAMES}`,
    );
  }
  return unique;
}

/** `DNS:host` or `IP:address`: OpenSSL's own notation, and the form in which names are compared. */
export function formatAltName(name: AltName): string {
  return `${name.type}:${name.value}`;
}

/** One host or address. Throws `ERR_INPUT`. */
export function parseAltName(given: string, option = 'hosts'): AltName {
  return parseHost(given, option).name;
}

/** One host or address, and the port behind it. Throws `ERR_INPUT`. */
function parseHost(given: string, option: string): { name: AltName; port: number | undefined } {
  const input = givenText(given, option);
  const shown = JSON.stringify(input);
  const refuse = (why: string, hint?: string): never => {
    throw new InputError(option, `${shown} cannot be used as a host: ${why}`, { hint });
  };
  if (input === '') refuse('it is empty', 'remove the extra comma or give a name');
  if (/\s/u.test(input)) refuse('it holds a blank', 'separate several hosts with commas');
  if (HIDDEN.test(input)) refuse('it holds a control character or an invisible one');
  if (/^(DNS|IP):/i.test(input))
    refuse("it is in OpenSSL's notation", `leave '${input.slice(0, input.indexOf(':') + 1)}' out`);

  const { host, port } = splitEndpoint(input, refuse);
  if (host.includes('%'))
    refuse('an address with a zone is valid on one machine only', 'give it without the part from % on');
  const address = parseAddress(host);
  if (address !== undefined && /^::[\d.]+$/.test(address) && address !== '::1')
    refuse(
      'addresses of that form are out of use',
      'with a port, an IPv6 address stands in brackets: [::1]:2376',
    );
  if (address !== undefined) return { name: { type: 'IP', value: address }, port };
  if (host.includes('/')) refuse('a path or a network is not a host');
  if (host.includes(':')) refuse('it is not an IPv6 address');
  return { name: { type: 'DNS', value: parseDnsName(host, refuse) }, port };
}

type Refuse = (why: string, hint?: string) => never;

/** Takes a scheme and brackets off, and a port apart: `tcp://[::1]:2376` is `::1` and 2376. */
function splitEndpoint(input: string, refuse: Refuse): { host: string; port: number | undefined } {
  const url = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(input);
  if (url && !/^(tcp|https?)$/i.test(url[1] ?? '')) {
    refuse(`${url[1]}:// has no TLS server behind it`, 'tcp://host:2376, or just the host');
  }
  const endpoint = url ? (url[2] ?? '').replace(/\/$/, '') : input;
  if (endpoint.includes('@')) refuse('a user name is not part of a host');
  const [, bracketed, bare, port] = /^(?:\[(.*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(endpoint) ?? [];
  if (bracketed !== undefined && !bracketed.includes(':')) refuse('in [] only an IPv6 address can stand');
  const host = bracketed ?? bare;
  if (host === undefined) return { host: endpoint, port: undefined }; // several colons: an IPv6 address, or nothing valid
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) {
    refuse(`'${port}' is no port`);
  }
  if (host === '') refuse('it names no host');
  return { host, port: port === undefined ? undefined : Number(port) };
}

/** One spelling for each address; undefined for any other text. An IPv4 address written as IPv6 is the IPv4 address. */
function parseAddress(text: string): string | undefined {
  const address = socketAddress(text)?.address;
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address ?? '')?.[1] ?? address;
}

function parseDnsName(host: string, refuse: Refuse): string {
  if (host.startsWith('.') || host.includes('..')) refuse('a label between two dots is empty');
  if (host.endsWith('.'))
    refuse('it ends with a dot, which newer Docker clients refuse', `give it as '${host.slice(0, -1)}'`);
  const ascii = /^[\x21-\x7e]+$/.test(host) ? host.toLowerCase() : domainToASCII(host);
  if (!ascii) refuse('it is no valid international domain name (IDNA)');
  const labels = ascii.split('.');
  const wildcard = labels[0] === '*';
  const plain = wildcard ? labels.slice(1) : labels;

  if (plain.some((label) => label.includes('*')))
    refuse("'*' can only be the whole first label", 'as in *.example.com');
  if (wildcard && plain.length < 2)
    refuse('a wildcard needs at least two labels after it', 'as in *.example.com');
  for (const label of plain) {
    if (label === '') refuse('a label between two dots is empty');
    if (label.length > 63) refuse(`a label of ${label.length} characters is too long: 63 are allowed`);
    const odd = /[^a-z0-9_-]/.exec(label);
    if (odd) refuse(`${JSON.stringify(odd[0])} is not allowed in a host name`);
    if (/^-|-$/.test(label)) refuse('a label cannot begin or end with a hyphen');
    if (label.startsWith('xn--') && !domainToASCII(label))
      refuse(`'${label}' is no valid international label`);
  }
  // A resolver takes 10.0.1, 0x7f.1 or 300.1.1.1 as an attempt at an address (WHATWG URL, "ends in a number").
  if (/^(\d+|0x[0-9a-f]*)$/.test(plain.at(-1) ?? '')) refuse('it is neither an IP address nor a host name');
  if (ascii.length > 253) refuse(`${ascii.length} characters are too long: 253 are allowed`);
  return ascii;
}
