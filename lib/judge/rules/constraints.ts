import type { ConstrainedName, NameConstraints, NameType } from '../../x509/name-constraints.js';
import { addressOf } from '../../x509/socket-address.js';
import type { CertificateView } from '../certificate-view.js';
import {
  constrainedNames,
  constrainers,
  isExcluded,
  isPartlyExcluded,
  isUnpermitted,
  isWithin,
  type Constrained,
} from '../constrained.js';
import { either, ofNss, go, python, type Rule, type Says } from './rule.js';

const byTheName = 'x509: a root or intermediate certificate is not authorized to sign for this name: ';

/** A text from the first of the names for which the client finds one. */
function first(
  say: (constrained: Constrained) => string | undefined,
  inOrder = constrainedNames,
): (view: CertificateView) => string | undefined {
  return (view) => {
    for (const each of inOrder(view)) {
      const words = say(each);
      if (words !== undefined) return words;
    }
    return undefined;
  };
}

/** OpenSSL begins with the CA at the top, and with the certificates just below it. */
function fromTheTop(view: CertificateView): Constrained[] {
  return constrainedNames(view)
    .map((each, at) => ({ each, at }))
    .sort(
      (one, other) =>
        other.each.depth - one.each.depth || other.each.height - one.each.height || one.at - other.at,
    )
    .map(({ each }) => each);
}

const isOf = ({ name }: Constrained, ...types: readonly NameType[]): boolean => types.includes(name.type);

function isOutside(constrained: Constrained): boolean {
  return isExcluded(constrained) || isUnpermitted(constrained);
}

/** The names and the addresses; Go does not look at directory names. */
const goWords: Says = first((each) => {
  if (!isOf(each, 'DNS', 'IP')) return undefined;
  const name = `${byTheName}${called(each.name)} is`;
  if (isExcluded(each)) return `${name} excluded by constraint`;
  return isUnpermitted(each) ? `${name} not permitted by any constraint` : undefined;
});

function called({ type, octets }: ConstrainedName): string {
  return type === 'IP'
    ? `IP address "${addressOf(octets) ?? ''}"`
    : `DNS name "${octets.toString('latin1')}"`;
}

function violation(each: Constrained): string | undefined {
  if (isUnpermitted(each)) return 'permitted subtree violation';
  return isExcluded(each) ? 'excluded subtree violation' : undefined;
}

const reason = first(violation, fromTheTop);

function withReason(words: (reason: string) => string): Says {
  return (view) => {
    const said = reason(view);
    return said === undefined ? undefined : words(said);
  };
}

const opensslWords: Says = first((each) => {
  const said = violation(each);
  const number = said?.startsWith('permitted') === true ? 47 : 48;
  return said && `error ${number} at ${each.depth} depth lookup: ${said}`;
}, fromTheTop);

/** An address under a constraint of addresses. */
function isAddress(each: Constrained): boolean {
  return isOf(each, 'IP') && each.permitted.length + each.excluded.length > 0;
}

/** BoringSSL knows no constraints of addresses, and takes no address under one. */
const boringsslWords: Says = first((each) => {
  return isAddress(each) ? 'UNSPECIFIED: unsupported name constraint type' : violation(each);
}, fromTheTop);

/** For GnuTLS an address of the other family is of another type, and a directory name is no matter. */
function isOutsideForGnutls(each: Constrained): boolean {
  if (!isOf(each, 'DNS', 'IP')) return false;
  const alike = ({ octets }: ConstrainedName): boolean =>
    !isOf(each, 'IP') || octets.length === 2 * each.name.octets.length;
  return isOutside({ ...each, permitted: each.permitted.filter(alike) });
}

const checkFailed =
  'PKIX path validation failed: java.security.cert.CertPathValidatorException: name constraints check failed';

/** OpenJDK compares an IPv4 address with the constraints of IPv6 too, until one covers it, and ends there; at an empty name too. */
function javaWords(each: Constrained): string | undefined {
  const { name, permitted, excluded, byAnchor } = each;
  if (byAnchor || !isOf(each, 'DNS', 'IP', 'directory')) return undefined;
  for (const bases of [excluded, permitted]) {
    const until = bases.findIndex((base) => isWithin(name, base));
    const compared = until === -1 ? bases : bases.slice(0, until);
    if (isOf(each, 'IP') && compared.some(({ octets }) => octets.length > 2 * name.octets.length))
      return either('Index 4 out of bounds for length 4', checkFailed);
    if (isOf(each, 'DNS') && bases.some(({ octets }) => octets.length === 0))
      return 'String index out of range: 0';
  }
  return isOutside(each) ? checkFailed : undefined;
}

function isRefusedBySome(each: Constrained): boolean {
  return isOutside(each) || isAddress(each) || javaWords(each) !== undefined;
}

function has(constraints: NameConstraints, ...types: readonly NameType[]): boolean {
  return [...constraints.permitted, ...constraints.excluded].some(({ type }) => types.includes(type));
}

/** Rules about the names for which the CAs of the path may sign. */
export const constraintRules: readonly Rule[] = [
  {
    id: 'name-constraints',
    what: 'it has a name for which a CA above it must not sign: its nameConstraints exclude that name, or permit others alone',
    flawOf: 'leaf',
    fix: 'leave that name out, or have a CA sign it whose nameConstraints cover all its names',
    noticedBy: 'peer',
    applies: (view) => constrainedNames(view).some(isRefusedBySome),
    says: {
      ...go(goWords),
      python: withReason(python),
      'python-3.13': withReason(python),
      node: withReason((said) => `UNSPECIFIED: ${said}`),
      curl: withReason((said) => said),
      java: first(javaWords),
      gnutls: first((each) =>
        isOutsideForGnutls(each) ? "The certificate chain violates the signer's constraints." : undefined,
      ),
      nss: first((each) => (isOutside(each) ? ofNss('SEC_ERROR_CERT_NOT_IN_NAME_SPACE') : undefined)),
      rustls: first((each) =>
        isOf(each, 'DNS', 'IP') && isOutside(each)
          ? 'invalid peer certificate: Other(OtherError(NameConstraintViolation))'
          : undefined,
      ),
      boringssl: boringsslWords,
      openssl: opensslWords,
      'openssl-strict': opensslWords,
    },
    source:
      'RFC 5280 §4.2.1.10, and §6.1.1, by which the constraints of a trusted CA need not count: for Java they do not; measured',
  },
  {
    id: 'name-constraints-wildcard',
    what: 'a CA above it excludes one of the hosts for which its wildcard stands',
    flawOf: 'leaf',
    fix: 'name the hosts instead of the wildcard',
    noticedBy: 'peer',
    applies: (view) => constrainedNames(view).some((each) => isPartlyExcluded(each)),
    says: {
      ...go(
        first((each) =>
          isPartlyExcluded(each) ? `${byTheName}${called(each.name)} is excluded by constraint` : undefined,
        ),
      ),
      rustls: 'invalid peer certificate: Other(OtherError(NameConstraintViolation))',
      boringssl: 'UNSPECIFIED: excluded subtree violation',
    },
    only: {
      docker: 'built with a newer Go: 28.5 refuses it, 20.10 takes it',
      dockerd: 'built with a newer Go',
    },
    source: 'CVE-2025-61727; measured',
  },
  {
    id: 'ca-name-constraints-type',
    what: 'its CA has nameConstraints of directory names or of registered identifiers, which many clients do not read',
    flawOf: 'ca',
    fix: 'use a CA whose nameConstraints are about DNS names and addresses alone',
    noticedBy: 'peer',
    applies: (view) =>
      constrainers(view).some(({ constraints }) => has(constraints, 'directory', 'registered id')),
    says: {
      ...go((view) =>
        constrainers(view).some(
          ({ constraints }) => constraints.critical && has(constraints, 'directory', 'registered id'),
        )
          ? 'x509: unhandled critical extension'
          : undefined,
      ),
      gnutls: (view) =>
        constrainers(view).some(
          ({ constraints }) =>
            has(constraints, 'registered id') ||
            constraints.excluded.some(({ type }) => type === 'directory'),
        )
          ? "The certificate chain violates the signer's constraints."
          : undefined,
      rustls: (view) =>
        constrainers(view).some(({ constraints }) => has(constraints, 'directory'))
          ? 'invalid peer certificate: Other(OtherError(NameConstraintViolation))'
          : undefined,
    },
    source: 'Go, crypto/x509/parser.go, parseNameConstraintsExtension; measured',
  },
];
