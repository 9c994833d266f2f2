/**
 * What each openssl can do: one table. The steps use what all of them can do wherever that exists; what is left is
 * asked for here, so that the user hears `needs OpenSSL 1.1.1` and not `unknown option`.
 */

/** Which program it is and which version. */
export interface OpensslVersion {
  readonly flavour: 'OpenSSL' | 'LibreSSL';
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** The first line of `openssl version`. */
  readonly text: string;
}

export type Capability = keyof typeof table;

/** From which version on: tried with 1.1.1 to 4.0, and from their manuals and sources for LibreSSL and 1.0. */
const table = {
  'ec-keys': { what: 'EC keys with a named curve', OpenSSL: [1, 0, 2], LibreSSL: [3, 3, 0] },
  ed25519: { what: 'Ed25519 keys', OpenSSL: [1, 1, 1], LibreSSL: [3, 7, 0] },
  'rsa-traditional': { what: 'rsa -traditional', OpenSSL: [3, 0, 0], LibreSSL: undefined },
  'genrsa-traditional': { what: 'genrsa -traditional', OpenSSL: [3, 0, 0], LibreSSL: undefined },
  addext: { what: 'req -addext', OpenSSL: [1, 1, 1], LibreSSL: [3, 1, 0] },
  'verify-names': { what: 'verify -verify_hostname and -verify_ip', OpenSSL: [1, 1, 0], LibreSSL: undefined },
  'x509toreq-new-key': {
    what: 'a CSR for a new key with the name of a certificate',
    OpenSSL: [3, 0, 0],
    LibreSSL: undefined,
  },
  'not-before-after': {
    what: 'x509 -req -not_before and -not_after',
    OpenSSL: [3, 4, 0],
    LibreSSL: undefined,
  },
} as const satisfies Record<
  string,
  {
    what: string;
    OpenSSL: readonly [number, number, number];
    LibreSSL: readonly [number, number, number] | undefined;
  }
>;

/** The oldest that the steps are made for. */
const oldest = { OpenSSL: [1, 0, 1], LibreSSL: [3, 3, 0] } as const;

/** Reads `OpenSSL 3.0.19 27 Jan 2026 (…)` or `LibreSSL 3.3.6`; undefined for anything else. */
export function parseVersion(output: string): OpensslVersion | undefined {
  const text = output.split('\n', 1)[0]?.trim() ?? '';
  const [, flavour, major, minor, patch] = /^(OpenSSL|LibreSSL) (\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  if (flavour !== 'OpenSSL' && flavour !== 'LibreSSL') return undefined;
  return { flavour, major: Number(major), minor: Number(minor), patch: Number(patch ?? 0), text };
}

export function can(version: OpensslVersion, capability: Capability): boolean {
  const from = table[capability][version.flavour];
  return from !== undefined && atLeast(version, from);
}

/** For the message: what it is, and who can do it. */
export function whoCan(capability: Capability): string {
  const row = table[capability];
  const libre = row.LibreSSL ? ` or LibreSSL ${row.LibreSSL.join('.')}` : '';
  return `${row.what}: OpenSSL ${row.OpenSSL.join('.')}${libre} or newer`;
}

/** Whether it is as new as the steps need. */
export function isSupported(version: OpensslVersion): boolean {
  return atLeast(version, oldest[version.flavour]);
}

function atLeast(version: OpensslVersion, [major, minor, patch]: readonly [number, number, number]): boolean {
  return (version.major - major || version.minor - minor || version.patch - patch) >= 0;
}
