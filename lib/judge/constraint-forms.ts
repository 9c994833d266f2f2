import { extensionIds, type CertificateDetails } from '../x509/certificate-details.js';
import { DerError, TAG } from '../x509/der.js';
import { readName } from '../x509/distinguished-name.js';
import type { ConstrainedName } from '../x509/name-constraints.js';
import type { CertificateView } from './certificate-view.js';
import {
  constrainedNames,
  constrainers,
  isExcluded,
  isUnpermitted,
  isWithin,
  ofType,
  textOf,
  type Constrained,
} from './constrained.js';

/** Why nobody can tell from measured answers whether a client finds a name within the constraints; undefined where it is known. */
export function unclearConstraint(view: CertificateView): string | undefined {
  const malformed = [...view.between, view.ca].some(
    ({ extensions, nameConstraints }) =>
      !nameConstraints && extensions.some(({ id }) => id === extensionIds.nameConstraints),
  );
  if (malformed) return 'name constraints that cannot be parsed';
  const all = constrainers(view).flatMap(({ constraints: { permitted, excluded } }) => [
    ...permitted,
    ...excluded,
  ]);
  if (all.length === 0) return undefined;
  const odd = all.find((base) => isOddBase(base));
  if (odd) return `a name constraint that is written as ${textOf(odd.octets)}`;
  if (all.some(({ type }) => type === 'other')) return 'a name constraint of such a type';
  const names = constrainedNames(view);
  const beyond = names.find(
    ({ name, permitted, excluded }) =>
      !['DNS', 'IP', 'directory'].includes(name.type) && permitted.length + excluded.length > 0,
  );
  if (beyond) return `a ${beyond.name.type} name under constraints of that type`;
  if (all.some(({ type }) => type === 'email') && hasEmail(view.certificate))
    return 'an email address in the subject under constraints of that type';
  if (names.some(isNearlyNamed)) return 'a directory name that is spelled otherwise than in the constraint';
  return isCommonNameOutside(view) ? 'a common name outside the constraints' : undefined;
}

/** A form that some clients do not read: a trailing dot or a wildcard; a mask with gaps; a length that no address has. */
function isOddBase({ type, octets }: ConstrainedName): boolean {
  if (type === 'DNS') return !/^(?:\.?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)?$/.test(textOf(octets));
  if (type !== 'IP') return false;
  if (octets.length !== 8 && octets.length !== 32) return true;
  const mask = Array.from(octets.subarray(octets.length / 2), (octet) => octet.toString(2).padStart(8, '0'));
  return mask.join('').includes('01');
}

/** emailAddress, RFC 2985 §5.2.1, in DER. */
const emailAttribute = Buffer.from('06092a864886f70d010901', 'hex');

function hasEmail({ subject }: CertificateDetails): boolean {
  return subject.includes(emailAttribute);
}

/** The same name in other letters or another kind of string: clients compare them in ways of their own. */
function isNearlyNamed({ name, permitted, excluded }: Constrained): boolean {
  if (name.type !== 'directory') return false;
  return [...permitted, ...excluded].some((base) => {
    if (isWithin(name, base)) return false;
    const wanted = spelled(base.octets);
    const has = spelled(name.octets);
    return !wanted || !has || wanted.every((rdn, at) => rdn === has[at]);
  });
}

/** The RDNs without what spelling adds; undefined for what is no name. */
function spelled(octets: Buffer): string[] | undefined {
  try {
    const rdns = readName({ tag: TAG.sequence, content: octets, octets });
    return rdns.map((rdn) =>
      JSON.stringify(rdn.map(({ id, value }) => [id, value.toLowerCase().trim().replace(/\s+/g, ' ')])),
    );
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** Some clients take the common name for a DNS name where there is none. */
function isCommonNameOutside(view: CertificateView): boolean {
  const { commonName, role, certificate } = view;
  if (role !== 'server' || commonName === undefined) return false;
  if (certificate.subjectAltName?.names.some(({ type }) => type === 'DNS') === true) return false;
  const name = { type: 'DNS', octets: Buffer.from(commonName, 'latin1') } as const;
  return constrainers(view).some(({ constraints, byAnchor, height }) => {
    const permitted = ofType(constraints.permitted, 'DNS');
    const excluded = ofType(constraints.excluded, 'DNS');
    const constrained = { name, depth: 0, height, byAnchor, permitted, excluded };
    return isExcluded(constrained) || isUnpermitted(constrained);
  });
}
