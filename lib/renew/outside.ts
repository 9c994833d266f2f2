import { InputError } from '../errors.js';
import { isCommonNameOutside, namesOutside } from '../judge/outside.js';
import type { Note } from '../plan/step.js';
import { commonNameOf } from '../x509/certificate.js';
import { certificateDetails } from '../x509/certificate-details.js';
import { constraintsAbove } from '../x509/constraints-above.js';
import { showConstraints, type NameConstraints } from '../x509/name-constraints.js';
import { permitOf } from '../x509/permit.js';
import type { FoundLeaf } from '../set/found.js';
import type { Signer } from './signer.js';
import { call, option, words, type Text } from '../words.js';

/** Says which names of a leaf its CA must not sign for; undefined if it may sign for all of them. */
export function whyOutside(leaf: FoundLeaf, { found, trusted }: Signer, directory: string): Text | undefined {
  const constraints = constraintsAbove(found.certificate, trusted);
  const names = outside(leaf, constraints);
  if (names.length === 0) return undefined;
  const [only, ...more] = constraints;
  const permit = only && more.length === 0 ? permitOf(only) : undefined;
  const change = permit
    ? words`, or change what the CA may sign for with \`${call('renewCa', { permit: [...permit, ...names] }, directory)}\``
    : '';
  const has = constraints.flatMap(showConstraints).join(', ');
  return words`it names ${names.join(', ')}, for which its CA ${found.path} must not sign (its name constraints are ${has}): recreate it without them${change}`;
}

/** The common name counts where there are no DNS names: OpenSSL takes it for one. */
function outside({ certificate }: FoundLeaf, constraints: readonly NameConstraints[]): string[] {
  const details = certificateDetails(certificate);
  const names = namesOutside(details, constraints);
  const commonName = commonNameOf(certificate);
  const isCompared = details.subjectAltName?.names.some(({ type }) => type === 'DNS') !== true;
  return isCompared && commonName !== undefined && isCommonNameOutside(commonName, constraints)
    ? [...new Set([...names, commonName])]
    : names;
}

/** Refuses to permit a CA less than it has signed for. Throws `ERR_INPUT`. */
export function refuseOutside(leaves: readonly FoundLeaf[], permit: NameConstraints | undefined): void {
  if (!permit) return;
  const found = leaves.map((leaf) => ({ leaf, names: outside(leaf, [permit]) }));
  const texts = found.flatMap(({ leaf, names }) =>
    names.length === 0 ? [] : [`${leaf.path} names ${names.join(', ')}`],
  );
  if (texts.length === 0) return;
  const names = [...new Set(found.flatMap((one) => one.names))];
  throw new InputError('permit', `clients would refuse certificates of this CA: ${texts.join('; ')}`, {
    hint: words`nothing was changed; permit these names, too, with ${option('permit', names)}, or recreate the certificates without them first`,
  });
}

/** A note on who heeds new name constraints. */
export function permitNote(path: string, permit: NameConstraints | undefined): Note[] {
  if (!permit) return [];
  return [
    {
      code: 'CA_CONSTRAINED',
      text: `${path} has new name constraints (${showConstraints(permit).join(', ')}): only those who have the new file know them`,
    },
  ];
}
