import { SocketAddress } from 'node:net';

/**
 * Parses an IPv4 or IPv6 address; undefined for any other text. The system's parser does it: the regular expressions of
 * net.isIP take longer to compile than an openssl command takes to run.
 */
export function socketAddress(text: string): SocketAddress | undefined {
  const family = text.includes(':') ? 'ipv6' : /^[\d.]+$/.test(text) ? 'ipv4' : undefined;
  if (family === undefined) return undefined;
  try {
    return new SocketAddress({ address: text, family });
  } catch {
    return undefined;
  }
}

/** The octets of an IPv4 or IPv6 address in any spelling: 4 or 16; undefined for any other text. */
export function addressOctets(text: string): Buffer | undefined {
  const { address, family } = socketAddress(text) ?? {};
  if (address === undefined) return undefined;
  if (family === 'ipv4') return Buffer.from(address.split('.').map(Number));
  const [, mapped] = /:(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? [];
  const last = mapped === undefined ? [] : [...Buffer.from(mapped.split('.').map(Number))];
  const groups = (mapped === undefined ? address : address.slice(0, -mapped.length)).split('::');
  const bytes = (part: string | undefined): number[] =>
    (part ?? '')
      .split(':')
      .filter(Boolean)
      .flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]);
  const [head, tail] = [bytes(groups[0]), [...bytes(groups[1]), ...last]];
  return Buffer.from([...head, ...Array.from({ length: 16 - head.length - tail.length }, () => 0), ...tail]);
}

const LOOPBACK = Buffer.from('00000000000000000000000000000001', 'hex');

/** An address in its shortest form, as Go writes it too; undefined for another number of octets. */
export function addressOf(octets: Buffer): string | undefined {
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) return undefined;
  if (octets.equals(LOOPBACK)) return '::1'; // it is in most certificates of servers
  const groups = Array.from({ length: 8 }, (_, at) => octets.readUInt16BE(at * 2).toString(16));
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}
