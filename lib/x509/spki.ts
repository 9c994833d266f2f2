import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';

const known = new WeakMap<KeyObject, string>();

/** A public key as text (SubjectPublicKeyInfo, RFC 5280 §4.1.2.7), for comparing many of them. */
export function spki(key: KeyObject): string {
  const text = known.get(key) ?? key.export({ type: 'spki', format: 'der' }).toString('base64');
  known.set(key, text);
  return text;
}

/**
 * Whether two keys have the same public half. `KeyObject.equals` leaves an error behind where their kinds differ, for which
 * node:crypto then refuses the next key that it parses.
 */
export function isSameKey(one: KeyObject, other: KeyObject): boolean {
  return spki(one) === spki(other);
}

/** What stands before the point of a public key on P-256 that is whole (RFC 5480, SEC 1 §2.3.3), and how long a coordinate is. */
export const P256_HEAD = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');
export const P256_SIZE = 32;

/** Whether octets (SubjectPublicKeyInfo) are a key on P-256 in its usual form. */
export function isP256(octets: Buffer): boolean {
  return (
    octets.length === P256_HEAD.length + 2 * P256_SIZE &&
    octets.subarray(0, P256_HEAD.length).equals(P256_HEAD)
  );
}

/** Makes a key of its octets; one on P-256 by its coordinates, which takes node:crypto half as long. Throws what node:crypto throws. */
function keyOfOctets(octets: Buffer): KeyObject {
  if (!isP256(octets)) return createPublicKey({ key: octets, format: 'der', type: 'spki' });
  const at = (start: number): string => octets.subarray(start, start + P256_SIZE).toString('base64url');
  const [x, y] = [at(P256_HEAD.length), at(P256_HEAD.length + P256_SIZE)];
  return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
}

/** The same; undefined for a key that node:crypto does not know. */
export function keyIn(octets: Buffer): KeyObject | undefined {
  try {
    return keyOfOctets(octets);
  } catch {
    return undefined;
  }
}

/** A public key by its text; node:crypto's own form of it is made when it is asked for, which takes several times as long as the rest. */
export class PublicKey {
  readonly #make: () => KeyObject;
  readonly #kind: string | undefined;
  #object: KeyObject | undefined;
  #text: string | undefined;

  private constructor(make: () => KeyObject, text?: string, kind?: string) {
    this.#make = make;
    this.#text = text;
    this.#kind = kind;
  }

  static of(key: KeyObject): PublicKey {
    return new PublicKey(() => key);
  }

  /** `octets`: SubjectPublicKeyInfo. `kind`: as node:crypto calls it. */
  static in(octets: Buffer, kind: 'ec'): PublicKey {
    return new PublicKey(() => keyOfOctets(octets), octets.toString('base64'), kind);
  }

  /** As node:crypto calls it. */
  get kind(): string | undefined {
    return this.#kind ?? this.object.asymmetricKeyType;
  }

  /** As `spki` has it. */
  get text(): string {
    return (this.#text ??= spki(this.object));
  }

  get object(): KeyObject {
    return (this.#object ??= this.#make());
  }
}

/** That of a certificate; undefined for a key that node:crypto does not know. */
export function spkiOf(certificate: X509Certificate): string | undefined {
  try {
    return spki(certificate.publicKey);
  } catch {
    return undefined;
  }
}
