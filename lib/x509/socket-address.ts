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
