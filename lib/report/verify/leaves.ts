import { dirname } from 'node:path';
import { isFor, isForAnything } from '../../judge/certificate-view.js';
import { parseAltName } from '../../x509/alt-names.js';
import { day, DAY_MS, SOON_DAYS } from '../../x509/validity.js';
import type { CertificateDetails } from '../../x509/certificate-details.js';
import { endsSoon } from '../../x509/life.js';
import type { JudgedLeaf, JudgedSet } from './judged-set.js';
import type { Flaw, VerifyRule } from './rule.js';

/** The longest lifetime that Apple's clients take, in days. */
const APPLE_DAYS = 825;

/** What servers' and clients' certificates have that nobody refuses. */
export const leafOwnRules: readonly VerifyRule[] = [
  {
    id: 'ends-soon',
    severity: 'warning',
    what: `it ends within ${SOON_DAYS} days or a third of its life`,
    source: 'RFC 5280 §4.1.2.5',
    find: forLeaves(({ details }, { now }) => endsSoon(details, now), {
      reason: ({ details }) => `it ends on ${day(details.notAfter)}`,
      fix: (leaf) => leaf.renew(),
    }),
  },
  {
    id: 'outlives-ca',
    severity: 'notice',
    what: 'it is valid for longer than its CA, with which it ends all the same',
    source: 'RFC 5280 §6.1.3 (a) (2)',
    find: forLeaves(
      ({ details, ca }) =>
        ca !== undefined && details.notAfter.getTime() - ca.details.notAfter.getTime() > DAY_MS,
      {
        reason: ({ details, ca }) =>
          `it is valid until ${day(details.notAfter)}, and its CA, with which it ends, until ${day(ca?.details.notAfter ?? details.notAfter)}`,
        fix: (leaf) => leaf.renew(),
      },
    ),
  },
  {
    id: 'before-ca',
    severity: 'notice',
    what: 'it is valid from an earlier day than its CA',
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
    what: `it lives for more than ${APPLE_DAYS} days: Apple's clients refuse such a server`,
    source: 'support.apple.com/HT210176',
    find: forLeaves(
      ({ role, details: { notBefore, notAfter } }) =>
        role === 'server' && notAfter.getTime() - notBefore.getTime() > APPLE_DAYS * DAY_MS,
      { fix: (leaf) => `${leaf.renew()} --days ${APPLE_DAYS}` },
    ),
  },
  {
    id: 'key-missing',
    severity: 'notice',
    what: 'its private key is not here: nobody can use it from this directory',
    source: 'dockerd(8), --tlskey',
    find: forLeaves(
      ({ path, key }, { inventory }) =>
        key === undefined && !inventory.others.some((file) => isDamagedKey(file.path, path)),
      { fix: ({ mend }) => `nothing, where it is kept on purpose; else ${mend}` },
    ),
  },
  {
    id: 'key-shared',
    severity: 'warning',
    what: "its private key is another certificate's too: who has the one is the other as well",
    source: 'RFC 5280 §4.1.2.7',
    find: (set) =>
      set.leaves.flatMap((leaf) => {
        const other = sharesKey(leaf, set);
        if (other === undefined) return [];
        const reason = `its private key is that of ${other} too: who has the one is the other as well`;
        return [{ file: leaf.path, reason, fix: leaf.mend }];
      }),
  },
  {
    id: 'without-extended-key-usage',
    severity: 'warning',
    what: 'it has no extendedKeyUsage, which allows everything: dockerd takes it for a client, and a client is root',
    source: 'RFC 5280 §4.2.1.12; measured with dockerd 20.10 and 28.5',
    find: forLeaves(({ details }) => details.extendedKeyUsage === undefined),
  },
  {
    id: 'for-both',
    severity: 'warning',
    what: "it is for servers and for clients: who has a server's key is a client, and a client is root",
    source: 'RFC 5280 §4.2.1.12; measured with dockerd 20.10 and 28.5',
    find: forLeaves(
      ({ details }) =>
        details.extendedKeyUsage !== undefined &&
        (isForAnything(details) || (isFor(details, 'server') && isFor(details, 'client'))),
    ),
  },
  {
    id: 'client-key-small',
    severity: 'warning',
    what: 'its RSA key is shorter than 2048 bits; dockerd takes it all the same',
    source: 'NIST SP 800-131A, section 3; measured',
    find: forLeaves(({ role, details: { publicKey } }) => {
      return role === 'client' && publicKey.type === 'rsa' && (publicKey.bits ?? 2048) < 2048;
    }),
  },
  {
    id: 'client-unnamed',
    severity: 'notice',
    what: "it has no common name, which is the user's name for Docker's authorization plugins",
    source: 'docs.docker.com/engine/extend/plugins_authorization',
    find: forLeaves(({ role, view }) => role === 'client' && !view.commonName),
  },
  {
    id: 'subject-is-issuer',
    severity: 'notice',
    what: 'it has the same subject as its CA: only the key identifiers tell the two apart',
    source: 'RFC 5280 §3.2, self-issued; goharbor/website#508; measured',
    find: forLeaves(
      ({ view, details }) =>
        view.signedByCa &&
        details.subject.equals(details.issuer) &&
        details.authorityKeyIdentifier?.keyIdentifier !== undefined,
    ),
  },
  {
    id: 'wildcard-only',
    severity: 'notice',
    what: 'it names wildcards alone: whoever has its key can pass for every host of theirs',
    source: 'RFC 9525 §7.1',
    find: forLeaves(
      ({ role, details }) => {
        const names = details.subjectAltName?.names ?? [];
        return role === 'server' && names.length > 0 && names.every(({ value }) => value.startsWith('*.'));
      },
      { fix: ({ mend }) => `name its hosts when it is made anew: ${mend.replace(/'\*\.[^' ]*'/g, 'HOST')}` },
    ),
  },
  {
    id: 'name-of-no-host',
    severity: 'notice',
    what: 'a DNS name in it is one that no host can have, so that nobody will call it so',
    source: 'RFC 1123 §2.1; RFC 5280 §4.2.1.6',
    find: forLeaves(({ details }) => impossibleName(details) !== undefined, {
      reason: ({ details }) =>
        `no host can have the DNS name ${JSON.stringify(impossibleName(details))} that stands in it, so that nobody will call it so`,
    }),
  },
  {
    id: 'name-of-every-address',
    severity: 'notice',
    what: 'it names 0.0.0.0 or ::, which is the address of no host',
    source: 'RFC 1122 §3.2.1.3 (a)',
    find: forLeaves(
      ({ details }) =>
        (details.subjectAltName?.names ?? []).some(({ value }) => ['0.0.0.0', '::'].includes(value)),
      { fix: ({ mend }) => mend.replace(/ --host (?:0\.0\.0\.0|::)(?= |$)/g, '') },
    ),
  },
];

/** A rule that looks at one leaf after the other; what mends most is to make it anew. */
function forLeaves(
  applies: (leaf: JudgedLeaf, set: JudgedSet) => boolean,
  words: { readonly reason?: (leaf: JudgedLeaf) => string; readonly fix?: (leaf: JudgedLeaf) => string } = {},
): (set: JudgedSet) => Flaw[] {
  return (set) =>
    set.leaves
      .filter((leaf) => applies(leaf, set))
      .map((leaf) => ({
        file: leaf.path,
        reason: words.reason?.(leaf),
        fix: words.fix?.(leaf) ?? leaf.mend,
      }));
}

/** Whether a damaged file can be the key that seems to be missing. */
function isDamagedKey(other: string, path: string): boolean {
  return dirname(other) === dirname(path) && /key/i.test(other);
}

/** The first other leaf of the same key; one that was renewed with its key is the same. */
function sharesKey({ publicKey, details }: JudgedLeaf, { leaves }: JudgedSet): string | undefined {
  return leaves.find(
    (other) =>
      publicKey !== undefined &&
      other.publicKey === publicKey &&
      !other.details.subject.equals(details.subject),
  )?.path;
}

/** The first; what clients refuse for its spelling has a rule of its own. */
function impossibleName({ subjectAltName }: CertificateDetails): string | undefined {
  const names = subjectAltName?.names.filter(({ type }) => type === 'DNS') ?? [];
  const others = names.filter(({ value }) => /^[\x00-\x7f]*$/.test(value) && !value.endsWith('.'));
  return others.find(({ value }) => !isHost(value))?.value;
}

/** As it stands: what a person may type more loosely counts only in its plain form. */
function isHost(text: string): boolean {
  try {
    const { type, value } = parseAltName(text);
    return type === 'IP' || value === text.toLowerCase();
  } catch {
    return false;
  }
}
