import { basename, dirname } from 'node:path';

/** Names that files have in every set, and that tell no host and no client. */
const common = /^(?:server|client|cert|certificate|crt|tls|key|fullchain)$/;
/** Directories of the same kind. */
const commonFolders =
  /^(?:\.|server|servers|client|clients|certs?|issued|private|keys|machines|pki|ca|ssl|tls|out|docker-tls|\.docker)$/;
/** Where openssl and easy-rsa keep copies under their serial numbers. */
const bySerial = /(?:^|\/)(?:certs_by_serial|newcerts)$/;
/** Where easy-rsa keeps what is in use no more. */
const replaced = /(?:^|\/)(?:revoked|renewed|expired)(?:\/|$)/;

/** The name that the tools have given to a certificate, from its path; undefined for one that has none. */
export function givenName(path: string): string | undefined {
  const folder = dirname(path);
  const stem = stemOf(path);
  if (!common.test(stem) && !bySerial.test(folder)) return asName(stem);
  const last = basename(folder);
  return commonFolders.test(last) || bySerial.test(folder) ? undefined : asName(last);
}

/** A file's name without what says of which kind it is: `web` of `web-cert.pem`, `web-key.pem` and `web.key.pem`. */
export function stemOf(path: string): string {
  let stem = basename(path)
    .replace(/\.(?:pem|crt|cer|cert|key)$/i, '')
    .toLowerCase();
  for (let before = ''; before !== stem && !common.test(stem);) {
    before = stem;
    // mkcert adds how many further names a certificate has.
    stem = stem.replace(/(?:[-_.](?:cert|certificate|crt|key|server|client|fullchain|pub)|\+\d+)$/, '');
  }
  return stem;
}

/** Makes a NAME for a directory of a text: see `parseName`. Undefined where nothing is left. */
export function asName(text: string): string | undefined {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 63)
    .replace(/[.-]+$/, '');
  return name === '' ? undefined : name;
}

/** How far a place is from where a person would look: of several copies the nearest one counts. */
export function farness(path: string): number {
  const folder = dirname(path);
  return (replaced.test(folder) ? 200 : 0) + (bySerial.test(folder) ? 100 : 0) + path.split('/').length;
}
