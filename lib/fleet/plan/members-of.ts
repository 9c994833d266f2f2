import { DockerTlsError } from '../../errors.js';
import { permittedNames, refuseClientOutside } from '../../issue/outside-names.js';
import { formatAltName, localNames, uniqueNames } from '../../x509/alt-names.js';
import type { NameConstraints } from '../../x509/name-constraints.js';
import type { LeafRole } from '../../x509/role.js';
import type { Fleet, FleetHost } from '../fleet.js';
import type { Member } from './member.js';

/** The name constraints of the CA that signs each role, and of those above it. */
export type ConstraintsByRole = Readonly<Record<LeafRole, readonly NameConstraints[]>>;

/** The members of a fleet in the order of the file, with the names that their certificates get. */
export function membersOfFleet(
  { ca, hosts, clients }: Fleet,
  { server, client }: ConstraintsByRole = { server: [], client: [] },
): Member[] {
  return [
    ...hosts.map((of): Member => ({
      kind: 'host',
      role: 'server',
      of,
      ...signedNames(of, ca.directory, server),
    })),
    ...clients.map((of): Member => ({
      kind: 'client',
      role: 'client',
      of,
      altNames: [],
      names: [],
      constraints: client,
      fault: faultOf(() => refuseClientOutside(of.name, client)),
    })),
  ];
}

/** The names of a host's certificate; where the CA must not sign for them, why. */
export function signedNames(
  { names, localhost }: FleetHost,
  directory: string,
  constraints: readonly NameConstraints[],
): Pick<Member, 'altNames' | 'names' | 'constraints' | 'fault'> {
  const all = uniqueNames([...names, ...(localhost ? localNames : [])]);
  let permitted = all;
  const fault =
    constraints.length === 0
      ? undefined
      : faultOf(() => {
          const given = { names, localhost: undefined, permit: undefined, directory };
          permitted = permittedNames(all, given, constraints, []);
        });
  return { altNames: permitted, names: permitted.map(formatAltName), constraints, fault };
}

function faultOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof DockerTlsError) return error.message;
    throw error;
  }
}
