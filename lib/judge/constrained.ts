import { extensionIds, type CertificateDetails } from '../x509/certificate-details.js';
import {
  namesInSubjectAltName,
  type ConstrainedName,
  type NameConstraints,
  type NameType,
} from '../x509/name-constraints.js';
import type { CertificateView } from './certificate-view.js';

/** A name of a certificate, and what one CA above it permits and excludes of that type (RFC 5280 §4.2.1.10). */
export interface Constrained {
  readonly name: ConstrainedName;
  /** How far the certificate with the name is from the leaf: 0 for the leaf itself. */
  readonly depth: number;
  /** The same of the CA. */
  readonly height: number;
  /** Whether the CA is the trusted one, whose constraints some clients ignore. */
  readonly byAnchor: boolean;
  /** Nothing of the type may be permitted, which permits all. */
  readonly permitted: readonly ConstrainedName[];
  readonly excluded: readonly ConstrainedName[];
}

/** A CA that constrains names, with its distance from the leaf. */
interface Constrainer {
  readonly height: number;
  readonly byAnchor: boolean;
  readonly constraints: NameConstraints;
}

/** The CAs with constraints, from the issuer of the leaf to the trusted one. */
export function constrainers({ ca, between }: Pick<CertificateView, 'ca' | 'between'>): Constrainer[] {
  return [...between, ca].flatMap(({ nameConstraints }, at) =>
    nameConstraints
      ? [{ height: at + 1, byAnchor: at === between.length, constraints: nameConstraints }]
      : [],
  );
}

/**
 * The names that are constrained, in the order in which Go looks at them: by the CAs from the leaf up, and then as they stand in
 * the certificate. Those of CAs below are their subjects.
 */
export function constrainedNames(view: CertificateView): Constrained[] {
  const below = [view.certificate, ...view.between];
  return constrainers(view).flatMap(({ height, byAnchor, constraints }) =>
    below.slice(0, height).flatMap((certificate, depth) => {
      const names = depth === 0 ? namesIn(certificate) : subjectOf(certificate);
      return names.map((name) => ({
        name,
        depth,
        height,
        byAnchor,
        permitted: ofType(constraints.permitted, name.type),
        excluded: ofType(constraints.excluded, name.type),
      }));
    }),
  );
}

/** The names that a constraint can be about: the subject, and the subjectAltName. */
function namesIn(certificate: CertificateDetails): ConstrainedName[] {
  const found = certificate.extensions.find(({ id }) => id === extensionIds.subjectAltName);
  return [...subjectOf(certificate), ...(found ? namesInSubjectAltName(found.value) : [])];
}

function subjectOf({ subject }: CertificateDetails): ConstrainedName[] {
  return subject.length === 0 ? [] : [{ type: 'directory', octets: subject }];
}

/** Those of one type. */
export function ofType(names: readonly ConstrainedName[], type: NameType): ConstrainedName[] {
  return names.filter((name) => name.type === type);
}

/** Tells whether the CA excludes it. */
export function isExcluded({ name, excluded }: Constrained): boolean {
  return excluded.some((base) => isWithin(name, base));
}

/** Tells whether the CA permits names of its type, and not this one. */
export function isUnpermitted({ name, permitted }: Constrained): boolean {
  return permitted.length > 0 && !permitted.some((base) => isWithin(name, base));
}

/** Tells whether a constraint covers a name of its type. */
export function isWithin({ type, octets }: ConstrainedName, { octets: base }: ConstrainedName): boolean {
  if (type === 'DNS') return isBelow(textOf(octets), textOf(base));
  if (type === 'directory') return octets.subarray(0, base.length).equals(base);
  if (type !== 'IP' || base.length !== 2 * octets.length) return false;
  return octets.every((octet, at) => {
    const mask = base[octets.length + at] ?? 0;
    return (octet & mask) === ((base[at] ?? 0) & mask);
  });
}

/** A constraint that begins with a dot covers what is below the name alone; an empty one covers all. */
function isBelow(name: string, base: string): boolean {
  if (base === '' || name === base) return true;
  return name.endsWith(base.startsWith('.') ? base : `.${base}`);
}

/** A name as it is compared. */
export function textOf(octets: Buffer): string {
  return octets.toString('latin1').toLowerCase();
}

/** The constraint that excludes one of the hosts for which a wildcard stands, but not the wildcard itself. */
export function isPartlyExcluded({ name, excluded }: Constrained): boolean {
  const text = textOf(name.octets);
  if (name.type !== 'DNS' || !text.startsWith('*.')) return false;
  return excluded.some(({ octets }) => {
    const base = textOf(octets);
    return !base.startsWith('.') && base.slice(base.indexOf('.')) === text.slice(1);
  });
}
