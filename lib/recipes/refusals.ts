import type { AltName } from '../x509/alt-names.js';
import type { RecipeRefusal } from './tutorial.js';

/** Go 1.15 and 1.16 (docker 20.10.8 and its like) have other words, and a variable that makes them lenient. */
const goClients = 'docker 20.10.24, 28.5 and others built with Go 1.17 or newer';

/** What Go (crypto/x509, verify.go) says to a server without subjectAltNames. */
export const refusedWithoutNames: RecipeRefusal = {
  who: goClients,
  when: 'always',
  byName: () => 'x509: certificate relies on legacy Common Name field, use SANs instead',
  byAddress: (address) =>
    `x509: cannot validate certificate for ${address} because it doesn't contain any IP SANs`,
};

/** What it says to a server whose subjectAltNames are addresses alone. */
export const refusedByName: RecipeRefusal = {
  who: goClients,
  when: 'by name',
  byName: (host) => `x509: certificate is not valid for any names, but wanted to match ${host}`,
};

/** Who will refuse a server with these subjectAltNames; undefined where they will do. */
export function refusalOf(altNames: readonly AltName[]): RecipeRefusal | undefined {
  if (altNames.length === 0) return refusedWithoutNames;
  return altNames.some(({ type }) => type === 'DNS') ? undefined : refusedByName;
}
