import type { CertificateView } from './certificate-view.js';
import type { LeafRole } from '../x509/role.js';
import { clientIds, type ClientId } from './clients.js';
import { caRules } from './rules/ca.js';
import { keyRules } from './rules/keys.js';
import { leafRules } from './rules/leaf.js';
import { nameRules } from './rules/names.js';
import type { Rule, Says } from './rules/rule.js';

/** Everything for which a client refuses a certificate. */
export const rules: readonly Rule[] = [...keyRules, ...caRules, ...leafRules, ...nameRules];

/** One rule that makes one client refuse. */
export interface Refused {
  readonly rule: Rule;
  readonly client: ClientId;
  /** In the client's own words. */
  readonly words: string;
}

/** Who refuses a leaf, and why: its peers, and whoever loads it. `among`: by these rules alone. */
export function refusals(view: CertificateView, among = rules): Refused[] {
  return rulesFor(view.role, among).flatMap(({ rule, client, says }) => {
    if (!rule.applies(view)) return [];
    const words = typeof says === 'function' ? says(view) : says;
    return words === undefined ? [] : [{ rule, client, words }];
  });
}

/**
 * Who judges a certificate in that role by which rule. The daemon is shown the clients', and loads the server's with its key;
 * with everybody else it is the other way round.
 */
export function rulesFor(role: LeafRole, among = rules): { rule: Rule; client: ClientId; says: Says }[] {
  return among.flatMap((rule) => {
    const byDaemon = (role === 'client') === (rule.noticedBy === 'peer');
    return clientIds.flatMap((client) => {
      const says = rule.says[client];
      return says !== undefined && byDaemon === (client === 'dockerd') ? [{ rule, client, says }] : [];
    });
  });
}
