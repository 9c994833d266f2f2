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
  'verify-names': { what: 'verify -verify_hostname and -verify_ip', OpenSSL: [1, 0, 2], LibreSSL: undefined },
  'pkcs12-iter': { what: 'pkcs12 -iter', OpenSSL: [3, 0, 0], LibreSSL: undefined },
  // Older ones know the word, and pass what 3.0 refuses.
  'x509-strict': {
    what: 'verify -x509_strict as Python 3.13 checks',
    OpenSSL: [3, 0, 0],
    LibreSSL: undefined,
  },
  'token-keys': { what: 'signing with a key in a token (PKCS #11)', OpenSSL: [3, 0, 0], LibreSSL: undefined },
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

/**
 * Reads `OpenSSL 3.0.19 27 Jan 2026 (…)` or `LibreSSL 3.3.6`, on the first line that has one: a wrapper may print others before
 * it. Undefined for anything else.
 */
export function parseVersion(output: string): OpensslVersion | undefined {
  const form = /^(OpenSSL|LibreSSL) (\d+)\.(\d+)(?:\.(\d+))?/;
  const lines = output.split('\n').map((line) => line.trim());
  const text = lines.find((line) => form.test(line)) ?? '';
  const [, flavour, major, minor, patch] = form.exec(text) ?? [];
  if (flavour !== 'OpenSSL' && flavour !== 'LibreSSL') return undefined;
  return { flavour, major: Number(major), minor: Number(minor), patch: Number(patch ?? 0), text };
}

export function can(version: OpensslVersion, capability: Capability): boolean {
  const from = table[capability][version.flavour];
  return from !== undefined && atLeast(version, from);
}

/** How an openssl reaches a key in a token: through its engine pkcs11, or through the provider pkcs11-provider. */
export type TokenAccess = 'engine' | 'provider';

/** The provider of Debian 13 and later works from 3.5 on, and 4.0 has no engines any more. */
export function tokenAccess(version: OpensslVersion): TokenAccess {
  return atLeast(version, [3, 5, 0]) ? 'provider' : 'engine';
}

/** Tells whether it signs with SHA-1 unless it is told otherwise: SHA-256 is the default from 1.0.2 on, and in LibreSSL. */
export function signsWithSha1(version: OpensslVersion | undefined): boolean {
  return version?.flavour === 'OpenSSL' && !atLeast(version, [1, 0, 2]);
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
