/** The two kinds of certificate that a CA signs. */
export type LeafRole = 'server' | 'client';

/** The three parts of a set. */
export type Part = 'ca' | LeafRole;

/** The extendedKeyUsage that makes a certificate one for that role (RFC 5280 §4.2.1.12). */
export const roleUsage = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;
