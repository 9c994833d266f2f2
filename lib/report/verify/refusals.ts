import { isFor, namesOf } from '../../judge/certificate-view.js';
import { refusals, rules } from '../../judge/rules.js';
import { caRules } from '../../judge/rules/ca.js';
import type { Rule } from '../../judge/rules/rule.js';
import type { AltName } from '../../x509/alt-names.js';
import { keyOf } from '../../set/found.js';
import { hostNamed, unknownHost } from '../recreate.js';
import type { JudgedLeaf, JudgedSet } from './judged-set.js';
import type { Flaw, VerifyRule } from './rule.js';
import { words, type Words } from '../../words.js';

/**
 * The rules of `explain` as rules of `verify`, with the same ids: what makes a client, docker or dockerd refuse. A file in a form
 * that docker does not read is `damaged`.
 */
export const refusalRules: readonly VerifyRule[] = rules
  .filter((rule) => !rule.ofFile || !isError(rule))
  .map((rule) => ({
    id: rule.id,
    severity: isError(rule) ? 'error' : 'warning',
    what: rule.flawOf === 'ca' ? rule.what.replace('its CA', 'the CA') : rule.what,
    source: rule.source,
    find: rule.flawOf === 'ca' ? (set) => ofCas(rule, set) : (set) => ofLeaves(rule, set),
  }));

function ofCas(rule: Rule, { cas }: JudgedSet): Flaw[] {
  return cas
    .filter(({ refused }) => refused.includes(rule))
    .map(({ path, recreate, renew }) => ({
      file: path,
      fix: rule.fix ?? (rule.renewalFixes ? renew : recreate),
    }));
}

/** A rule that docker or dockerd applies counts only where they refuse. */
function ofLeaves(rule: Rule, { leaves, inventory, now }: JudgedSet): Flaw[] {
  const byDocker = isError(rule);
  const isRefused = (leaf: JudgedLeaf, host: AltName): boolean =>
    refusals({ ...leaf.view, host, now }, [rule]).some(
      ({ client }) => !byDocker || client === 'docker' || client === 'dockerd',
    );
  return leaves
    .filter((leaf) => leaf.ca ?? !caRules.includes(rule))
    .filter((leaf) => hostsOf(leaf).some((host) => isRefused(leaf, host)))
    .map((leaf) => ({
      file: leaf.path,
      fix: rule.renewalFixes
        ? leaf.renew()
        : (rule.fix ?? overwritten(leaf, leaves) ?? misplacedKey(leaf, inventory) ?? leaf.recreate),
    }));
}

/** If the other role's certificate was copied over this one, the key beside it is still the right one. */
function overwritten(leaf: JudgedLeaf, leaves: readonly JudgedLeaf[]): Words | undefined {
  const { role, details, certificate, recreate } = leaf;
  const other = role === 'server' ? 'client' : 'server';
  if (isFor(details, role) || !isFor(details, other)) return undefined;
  const original = leaves.find(
    (one) => one !== leaf && one.certificate.fingerprint256 === certificate.fingerprint256,
  );
  return (
    original &&
    words`it is a copy of the ${other}'s certificate ${original.path}: restore the ${role}'s own from a backup, or create a new one: ${recreate}`
  );
}

/** The right key may exist under another name. Keep the one in its place: it may be the only copy of a key. */
function misplacedKey(
  { path, certificate, view, key }: JudgedLeaf,
  inventory: JudgedSet['inventory'],
): string | undefined {
  if (!view.key?.matches?.startsWith('another')) return undefined;
  const right = keyOf({ path, certificate }, inventory);
  if (!right?.publicKey || !key) return undefined;
  return `its key is ${right.path}: move ${key.path} aside, and copy ${right.path} to ${key.path}`;
}

/**
 * The names to judge a server by: one from its certificate, and an address written there as a DNS name. The name that clients
 * use is unknown here; a wildcard stands for a host that it covers.
 */
function hostsOf({ view }: JudgedLeaf): AltName[] {
  const names = namesOf(view, 'DNS');
  const addresses = namesOf(view, 'IP');
  const hosts = names.flatMap((name) => hostNamed(name.replace(/^\*/, 'host').replace(/\.$/, '')) ?? []);
  const first = hosts[0] ?? addresses.flatMap((address) => hostNamed(address) ?? [])[0] ?? unknownHost;
  const misplaced = hosts.find(({ type, value }) => type === 'IP' && names.includes(value));
  return [first, ...(misplaced ? [misplaced] : [])];
}

function isError({ says }: Rule): boolean {
  return says.docker !== undefined || says.dockerd !== undefined;
}
