import type { SigningRequest } from '../../x509/signing-request.js';
import type { Member } from './member.js';

/** Why a CSR that came for the first time is not the member's; undefined where it is. */
export function csrFault(
  request: Pick<SigningRequest, 'commonName' | 'names' | 'role'>,
  member: Pick<Member, 'role' | 'of' | 'names'>,
): string | undefined {
  return commonNameFault(request, member) ?? foreignNames(request, member) ?? roleFault(request, member);
}

/** Why the subject of a CSR cannot be that of a member's certificate; undefined where it can. */
export function commonNameFault(
  { commonName }: Pick<SigningRequest, 'commonName'>,
  { role, of, names }: Pick<Member, 'role' | 'of' | 'names'>,
): string | undefined {
  const isOwn =
    role === 'client'
      ? commonName === of.name
      : names.some((name) => name.slice(name.indexOf(':') + 1) === commonName);
  return isOwn
    ? undefined
    : `it is for ${JSON.stringify(commonName)}, and the fleet file names ${role === 'client' ? of.name : valuesOf(names).join(', ')}`;
}

/** Why a CSR cannot be that of the other role. */
export function roleFault(
  { role }: Pick<SigningRequest, 'role'>,
  member: Pick<Member, 'role'>,
): string | undefined {
  return role === undefined || role === member.role
    ? undefined
    : `it asks for a ${role} certificate, not for one of a ${member.role}`;
}

/** Names that a host must not have. Those of a client are not heeded. */
function foreignNames(
  { names: asked }: Pick<SigningRequest, 'names'>,
  { names, role }: Pick<Member, 'names' | 'role'>,
): string | undefined {
  const foreign = asked.map(({ type, value }) => `${type}:${value}`).filter((name) => !names.includes(name));
  if (role === 'client' || foreign.length === 0) return undefined;
  return `it asks for ${valuesOf(foreign).join(', ')}, which the fleet file does not name for it`;
}

function valuesOf(names: readonly string[]): string[] {
  return names.map((name) => name.slice(name.indexOf(':') + 1));
}
