import { contextTag, objectIdentifier, parts, type DerValue } from './der.js';

/** How something is signed. */
export interface SignatureAlgorithm {
  /** As node:crypto calls the kind of key; the object identifier of one that is not known here. */
  readonly key: string;
  /** As openssl calls it; undefined for a signature that has none of its own (Ed25519), or an unknown one. */
  readonly digest: string | undefined;
}

/** RFC 3279, RFC 4055, RFC 5758, RFC 8410. */
const algorithms: Readonly<Record<string, readonly [key: string, digest?: string]>> = {
  '1.2.840.113549.1.1.4': ['rsa', 'md5'],
  '1.2.840.113549.1.1.5': ['rsa', 'sha1'],
  '1.2.840.113549.1.1.14': ['rsa', 'sha224'],
  '1.2.840.113549.1.1.11': ['rsa', 'sha256'],
  '1.2.840.113549.1.1.12': ['rsa', 'sha384'],
  '1.2.840.113549.1.1.13': ['rsa', 'sha512'],
  '1.2.840.10045.4.1': ['ec', 'sha1'],
  '1.2.840.10045.4.3.1': ['ec', 'sha224'],
  '1.2.840.10045.4.3.2': ['ec', 'sha256'],
  '1.2.840.10045.4.3.3': ['ec', 'sha384'],
  '1.2.840.10045.4.3.4': ['ec', 'sha512'],
  '2.16.840.1.101.3.4.3.2': ['dsa', 'sha256'],
  '1.3.101.112': ['ed25519'],
  '1.3.101.113': ['ed448'],
};

const digests: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

const RSA_PSS = '1.2.840.113549.1.1.10';

/** Reads an AlgorithmIdentifier (RFC 5280 §4.1.1.2). Throws `DerError`. */
export function signatureAlgorithm(algorithm: DerValue | undefined): SignatureAlgorithm {
  const [type, parameters] = parts(algorithm);
  const id = objectIdentifier(type);
  if (id !== RSA_PSS) {
    const [key = id, digest] = algorithms[id] ?? [];
    return { key, digest };
  }
  const tag = contextTag(0, true);
  const hash = parameters && parts(parameters).find((part) => part.tag === tag);
  if (!hash) return { key: 'rsa-pss', digest: 'sha1' }; // the default (RFC 4055 §3.1)
  const oid = objectIdentifier(parts(parts(hash, tag)[0])[0]);
  return { key: 'rsa-pss', digest: digests[oid] ?? oid };
}

/** For a message: `RSA with SHA256`. */
export function showAlgorithm({ key, digest }: SignatureAlgorithm): string {
  return digest === undefined ? key : `${key} with ${digest}`;
}
