import { InputError } from '../../errors.js';
import { nearest } from '../../known-options.js';
import type { Fleet } from '../fleet.js';

/** Throws `ERR_INPUT` for a name that the fleet file does not have. */
export function refuseUnknownMembers(names: readonly string[], { hosts, clients }: Fleet): void {
  const known = new Set([...hosts, ...clients].map(({ name }) => name));
  const unknown = names.find((name) => !known.has(name));
  if (unknown === undefined) return;
  const near = nearest(unknown, [...known].slice(0, 10_000));
  throw new InputError('hosts', `the fleet file has no host or client named ${JSON.stringify(unknown)}`, {
    hint: near === undefined ? undefined : `did you mean '${near}'?`,
  });
}
