import type { CertificateView } from './certificate-view.js';
import type { LeafRole } from '../x509/role.js';
import { clientIds, ofClient, type ClientId } from './clients.js';
import { caRules } from './rules/ca.js';
import { constraintRules } from './rules/constraints.js';
import { formRules } from './rules/forms.js';
import { keyRules } from './rules/keys.js';
import { leafRules } from './rules/leaf.js';
import { nameRules } from './rules/names.js';
import { pairRules } from './rules/pair.js';
import { pathRules } from './rules/path.js';
import { acceptsTrusted } from './trusted-itself.js';
import type { Rule, Says } from './rules/rule.js';

/** Every rule by which a client refuses a certificate. */
export const rules: readonly Rule[] = [
  ...keyRules,
  ...formRules,
  ...caRules,
  ...pathRules,
  ...leafRules,
  ...nameRules,
  ...constraintRules,
  ...pairRules,
];

/** One rule by which one client refuses. */
export interface Refused {
  readonly rule: Rule;
  readonly client: ClientId;
  /** The client's message. */
  readonly words: string;
}

/** The words of a rule for a client. How clients that judge by another's code load their own pair was not measured. */
export function saysOf({ says, noticedBy }: Rule, client: ClientId): Says | null | undefined {
  return noticedBy === 'holder' ? says[client] : ofClient(says, client);
}

/** The refusals of a leaf by its peers and the program that loads it. `among`: only these rules. */
export function refusals(view: CertificateView, among = rules): Refused[] {
  return rulesFor(view.role, among).flatMap(({ rule, client, says }) => {
    if (!rule.applies(view) || acceptsTrusted(view, rule, client)) return [];
    const words = typeof says === 'function' ? says(view) : says;
    return words === undefined ? [] : [{ rule, client, words }];
  });
}

/**
 * The clients that judge a certificate in that role, and their rules. The daemon receives the clients' certificates and loads
 * the server's with its key; for all others it is the reverse.
 */
export function rulesFor(role: LeafRole, among = rules): { rule: Rule; client: ClientId; says: Says }[] {
  return among.flatMap((rule) => {
    const byDaemon = (role === 'client') === (rule.noticedBy === 'peer');
    return clientIds.flatMap((client) => {
      const says = saysOf(rule, client);
      return says != null && byDaemon === (client === 'dockerd') ? [{ rule, client, says }] : [];
    });
  });
}
