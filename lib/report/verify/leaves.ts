import { dirname } from 'node:path';
import { isFor, isForAnything } from '../../judge/certificate-view.js';
import { csrBeside } from '../../set/found.js';
import { parseAltName } from '../../x509/alt-names.js';
import { day, DAY_MS, SOON_DAYS } from '../../x509/validity.js';
import type { CertificateDetails } from '../../x509/certificate-details.js';
import { endsSoon } from '../../x509/life.js';
import type { JudgedLeaf, JudgedSet } from './judged-set.js';
import { withOptions, words, wordsOf, type CallPart, type Text, type Words } from '../../words.js';
import type { Flaw, VerifyRule } from './rule.js';

/** The longest lifetime that Apple's clients accept, in days. */
const APPLE_DAYS = 825;

/** Flaws of server and client certificates that docker and dockerd accept. */
export const leafOwnRules: readonly VerifyRule[] = [
  {
    id: 'ends-soon',
    severity: 'warning',
    what: `it expires within ${SOON_DAYS} days or a third of its lifetime`,
    source: 'RFC 5280 §4.1.2.5',
    find: forLeaves(({ details }, { now }) => endsSoon(details, now), {
      reason: ({ details }) => `it expires on ${day(details.notAfter)}`,
      fix: (leaf) => leaf.renew(),
    }),
  },
  {
    id: 'outlives-ca',
    severity: 'notice',
    what: 'its expiry date is after that of its CA, with which it becomes invalid',
    source: 'RFC 5280 §6.1.3 (a) (2)',
    find: forLeaves(
      ({ details, ca }) =>
        ca !== undefined && details.notAfter.getTime() - ca.details.notAfter.getTime() > DAY_MS,
      {
        reason: ({ details, ca }) =>
          `it expires on ${day(details.notAfter)}, but becomes invalid with its CA on ${day(ca?.details.notAfter ?? details.notAfter)}`,
        fix: (leaf) => leaf.renew(),
      },
    ),
  },
  {
    id: 'before-ca',
    severity: 'notice',
    what: 'it is valid from a date before its CA is',
    source: 'RFC 5280 §6.1.3 (a) (2)',
    find: forLeaves(
      ({ details, ca }) =>
        ca !== undefined && ca.details.notBefore.getTime() - details.notBefore.getTime() > DAY_MS,
      { fix: (leaf) => leaf.renew() },
    ),
  },
  {
    id: 'long-lived',
    severity: 'notice',
    what: `its lifetime is more than ${APPLE_DAYS} days: Apple's clients refuse such a server`,
    source: 'support.apple.com/HT210176',
    find: forLeaves(
      ({ role, details: { notBefore, notAfter } }) =>
        role === 'server' && notAfter.getTime() - notBefore.getTime() > APPLE_DAYS * DAY_MS,
      { fix: (leaf) => forDays(leaf.renew(), APPLE_DAYS) },
    ),
  },
  {
    id: 'key-missing',
    severity: 'notice',
    what: 'its private key is missing, so it cannot be used from this directory',
    source: 'dockerd(8), --tlskey',
    find: forLeaves(
      ({ path, key }, { inventory }) =>
        key === undefined && !inventory.others.some((file) => isDamagedKey(file.path, path)),
      {
        fix: (leaf, { inventory }) =>
          csrBeside(leaf, inventory) === undefined
            ? words`nothing if this is intended; otherwise ${leaf.recreate}`
            : 'nothing: its key is where the CSR beside it was made',
      },
    ),
  },
  {
    id: 'key-shared',
    severity: 'warning',
    what: 'it shares its private key with another certificate: anyone who has one can pass for the other',
    source: 'RFC 5280 §4.1.2.7',
    find: (set) =>
      set.leaves.flatMap((leaf) => {
        const other = sharesKey(leaf, set);
        if (other === undefined) return [];
        const reason = `it shares its private key with ${other}: anyone who has one can pass for the other`;
        return [{ file: leaf.path, reason, fix: leaf.recreate }];
      }),
  },
  {
    id: 'without-extended-key-usage',
    severity: 'warning',
    what: 'it has no extendedKeyUsage, which allows every use: dockerd accepts it as a client, and a client is root',
    source: 'RFC 5280 §4.2.1.12; measured with dockerd 20.10 and 28.5',
    find: forLeaves(({ details }) => details.extendedKeyUsage === undefined),
  },
  {
    id: 'for-both',
    severity: 'warning',
    what: "it is for servers and for clients: anyone who has a server's key is a client, and a client is root",
    source: 'RFC 5280 §4.2.1.12; measured with dockerd 20.10 and 28.5',
    find: forLeaves(
      ({ details }) =>
        details.extendedKeyUsage !== undefined &&
        (isForAnything(details) || (isFor(details, 'server') && isFor(details, 'client'))),
    ),
  },
  {
    id: 'signature-unknown',
    severity: 'notice',
    what: "its signature was not checked: this Node cannot read its CA's key",
    source: 'node:crypto, X509Certificate.verify',
    find: forLeaves(({ isUnchecked }) => isUnchecked, {
      fix: () => 'check it with the openssl that created it: openssl verify -CAfile ca.pem CERTIFICATE',
    }),
  },
  {
    id: 'can-sign',
    severity: 'warning',
    what: 'it is a CA itself (CA:TRUE): anyone who has its key can create clients, and a client is root',
    source: 'RFC 5280 §4.2.1.9; measured with dockerd 20.10 and 28.5',
    find: forLeaves(({ details, ca, view }) => view.signedByCa && canSign(details, ca?.details)),
  },
  {
    id: 'client-key-small',
    severity: 'warning',
    what: 'its RSA key is shorter than 2048 bits; dockerd accepts it',
    source: 'NIST SP 800-131A, section 3; measured',
    find: forLeaves(({ role, details: { publicKey } }) => {
      return role === 'client' && publicKey.type === 'rsa' && (publicKey.bits ?? 2048) < 2048;
    }),
  },
  {
    id: 'client-unnamed',
    severity: 'notice',
    what: "it has no common name, which Docker's authorization plugins see as the user",
    source: 'docs.docker.com/engine/extend/plugins_authorization',
    find: forLeaves(({ role, view }) => role === 'client' && !view.commonName),
  },
  {
    id: 'signed-by-another-ca',
    severity: 'warning',
    what: 'the CA in ca.pem did not sign it: that is right where servers and clients have CAs of their own, and wrong otherwise',
    source: 'RFC 5280 §6.1.1 (d), trust anchors',
    find: ({ leaves }) =>
      leaves
        .filter(({ view }) => view.trustUnknown !== undefined)
        .map(({ path, role }) => ({
          file: path,
          fix: `see whether the other side trusts the CA that signed it: ${role === 'server' ? 'the ca.pem of the clients' : "dockerd's tlscacert"}`,
        })),
  },
  {
    id: 'subject-is-issuer',
    severity: 'notice',
    what: 'it has the same subject as its CA: only the key identifiers distinguish them',
    source: 'RFC 5280 §3.2, self-issued; goharbor/website#508; measured',
    find: forLeaves(
      ({ view, details }) =>
        view.signedByCa &&
        !view.isTrusted &&
        details.subject.equals(details.issuer) &&
        details.authorityKeyIdentifier?.keyIdentifier !== undefined,
    ),
  },
  {
    id: 'wildcard-only',
    severity: 'notice',
    what: 'it has only wildcard names: anyone who has its key can pass for every host they cover',
    source: 'RFC 9525 §7.1',
    find: forLeaves(
      ({ role, details }) => {
        const names = details.subjectAltName?.names ?? [];
        return role === 'server' && names.length > 0 && names.every(({ value }) => value.startsWith('*.'));
      },
      {
        fix: ({ recreate }) => words`recreate it with the names of its hosts: ${withHosts(recreate, asHost)}`,
      },
    ),
  },
  {
    id: 'name-of-no-host',
    severity: 'notice',
    what: 'it has a DNS name that no host can have',
    source: 'RFC 1123 §2.1; RFC 5280 §4.2.1.6',
    find: forLeaves(({ details }) => impossibleName(details) !== undefined, {
      reason: ({ details }) =>
        `it has the DNS name ${JSON.stringify(impossibleName(details))}, which no host can have`,
    }),
  },
  {
    id: 'name-of-every-address',
    severity: 'notice',
    what: 'it has the address 0.0.0.0 or ::, which no host has',
    source: 'RFC 1122 §3.2.1.3 (a)',
    find: forLeaves(
      ({ details }) => (details.subjectAltName?.names ?? []).some(({ value }) => isUnspecified(value)),
      { fix: ({ recreate }) => withHosts(recreate, (host) => (isUnspecified(host) ? [] : [host])) },
    ),
  },
];

/** Tells whether a path over this leaf would be valid: RFC 5280 §6.1.4 (k) to (n). */
function canSign(leaf: CertificateDetails, ca: CertificateDetails | undefined): boolean {
  if (leaf.basicConstraints?.ca !== true) return false;
  if (leaf.keyUsage?.usages.includes('keyCertSign') === false) return false;
  return ca === undefined || ca.basicConstraints?.pathLength !== 0;
}

/** The names that a wildcard stands for are unknown. */
function asHost(name: string): string[] {
  return [name.startsWith('*.') ? 'HOST' : name];
}

function isUnspecified(address: string): boolean {
  return ['0.0.0.0', '::'].includes(address);
}

/** The same call with other hosts, as far as it names any. */
function withHosts(call: CallPart, change: (host: string) => readonly string[]): CallPart {
  const { hosts } = call.options;
  if (!Array.isArray(hosts)) return call;
  const changed = (hosts as readonly string[]).flatMap(change);
  return withOptions(call, { hosts: changed.length === 0 ? undefined : changed });
}

/** The same fix, whose last call gives the certificate a lifetime. */
function forDays(fix: Text, days: number): Words {
  const parts = wordsOf(fix);
  return parts.map((part, at) =>
    at === parts.length - 1 && typeof part === 'object' && 'call' in part
      ? withOptions(part, { days })
      : part,
  );
}

/** A rule that checks one leaf after the other; the fix is usually to recreate it. */
function forLeaves(
  applies: (leaf: JudgedLeaf, set: JudgedSet) => boolean,
  texts: {
    readonly reason?: (leaf: JudgedLeaf) => string;
    readonly fix?: (leaf: JudgedLeaf, set: JudgedSet) => Text;
  } = {},
): (set: JudgedSet) => Flaw[] {
  return (set) =>
    set.leaves
      .filter((leaf) => applies(leaf, set))
      .map((leaf) => ({
        file: leaf.path,
        reason: texts.reason?.(leaf),
        fix: texts.fix?.(leaf, set) ?? leaf.recreate,
      }));
}

/** Tells whether a damaged file may be the key that seems to be missing. */
function isDamagedKey(other: string, path: string): boolean {
  return dirname(other) === dirname(path) && /key/i.test(other);
}

/** The first other leaf with the same key; a renewed certificate is not another one. */
function sharesKey({ publicKey, details }: JudgedLeaf, { leaves }: JudgedSet): string | undefined {
  return leaves.find(
    (other) =>
      publicKey !== undefined &&
      other.publicKey === publicKey &&
      !other.details.subject.equals(details.subject),
  )?.path;
}

/** The first impossible name; names whose spelling clients refuse have rules of their own. */
function impossibleName({ subjectAltName }: CertificateDetails): string | undefined {
  const names = subjectAltName?.names.filter(({ type }) => type === 'DNS') ?? [];
  const others = names.filter(({ value }) => /^[\x00-\x7f]*$/.test(value) && !value.endsWith('.'));
  return others.find(({ value }) => !isHost(value))?.value;
}

/** Tells whether a host can have this name, exactly as it is written. */
function isHost(text: string): boolean {
  try {
    const { type, value } = parseAltName(text);
    return type === 'IP' || value === text.toLowerCase();
  } catch {
    return false;
  }
}
