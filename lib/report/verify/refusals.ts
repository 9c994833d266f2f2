import { isFor, namesOf } from '../../judge/certificate-view.js';
import { refusals, rules } from '../../judge/rules.js';
import { caRules } from '../../judge/rules/ca.js';
import type { Rule } from '../../judge/rules/rule.js';
import type { AltName } from '../../x509/alt-names.js';
import { keyOf } from '../../set/found.js';
import { hostNamed, isOnlyOver, unknownHost } from '../mending-command.js';
import type { JudgedLeaf, JudgedSet } from './judged-set.js';
import type { Flaw, VerifyRule } from './rule.js';

/** What `explain` tells, as findings of the same ids: what makes some client, docker or dockerd refuse. */
export const refusalRules: readonly VerifyRule[] = rules.map((rule) => ({
  id: rule.id,
  severity: isError(rule) ? 'error' : 'warning',
  what: rule.mends === 'ca' ? rule.what.replace('its CA', 'the CA') : rule.what,
  source: rule.source,
  find: rule.mends === 'ca' ? (set) => ofCas(rule, set) : (set) => ofLeaves(rule, set),
}));

function ofCas({ id }: Rule, { cas }: JudgedSet): Flaw[] {
  return cas
    .filter(({ refused }) => refused.includes(id))
    .map(({ path, mend, renew }) => ({ file: path, fix: isOnlyOver({ id }) ? renew : mend }));
}

/** A rule by which docker or dockerd refuses counts where these do. */
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
      fix: isOnlyOver(rule)
        ? leaf.renew()
        : (overwritten(leaf, leaves) ?? misplacedKey(leaf, inventory) ?? leaf.mend),
    }));
}

/** The certificate of the other role can have been copied over this one: then the key beside it is the right one. */
function overwritten(leaf: JudgedLeaf, leaves: readonly JudgedLeaf[]): string | undefined {
  const { role, details, certificate, mend } = leaf;
  const other = role === 'server' ? 'client' : 'server';
  if (isFor(details, role) || !isFor(details, other)) return undefined;
  const original = leaves.find(
    (one) => one !== leaf && one.certificate.fingerprint256 === certificate.fingerprint256,
  );
  return (
    original &&
    `it is a copy of the ${other}'s certificate ${original.path}: restore the ${role}'s own from a backup, or make a new one: ${mend}`
  );
}

/** The right key can lie there under another name. The one in its place may be the only copy of a key: it stays. */
function misplacedKey(
  { path, certificate, view, key }: JudgedLeaf,
  inventory: JudgedSet['inventory'],
): string | undefined {
  if (!view.key?.matches?.startsWith('another')) return undefined;
  const right = keyOf({ path, index: 0, certificate, role: view.role }, inventory);
  if (!right?.publicKey || !key) return undefined;
  return `its key is ${right.path}: move ${key.path} aside, and copy ${right.path} to ${key.path}`;
}

/**
 * By which names a server is judged: by one that its certificate has, and by an address that stands there as a name. How it
 * is called nobody knows here; a wildcard is taken for a host that it covers.
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
