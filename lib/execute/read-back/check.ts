import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { OpensslVersion } from '../../openssl/capabilities.js';
import { formatAltName } from '../../x509/alt-names.js';
import { altNamesOf, extendedKeyUsageOf, notAfter } from '../../x509/certificate.js';
import { roleUsage } from '../../x509/role.js';
import { certificateDetails, extensionIds, type CertificateDetails } from '../../x509/certificate-details.js';
import { certificateFields, type Extension } from '../../x509/certificate-fields.js';
import { showConstraints } from '../../x509/name-constraints.js';
import type { Passphrase } from '../../x509/passphrase.js';
import { isSameKey, spki } from '../../x509/spki.js';
import type { CheckKeyStep, CheckStep } from '../../plan/step.js';
import { readMade } from './files.js';
import { checkPrivateKey, plainKey } from './private-key.js';
import { unexpected } from './refusal.js';

/** Where the user's own template was followed. */
const ownTemplate = 'nothing was changed; check the template of your own that it was made from';

/**
 * Compares a key that was rewritten with what it was, and its encryption with what was asked for: the older form would do
 * for openssl, but keeps a passphrase badly. Throws `ERR_READ_BACK` with the first difference.
 */
export function checkKey(
  step: CheckKeyStep,
  locate: (path: string) => string,
  version: OpensslVersion | undefined,
): void {
  const text = readMade(locate(step.key), step.key);
  const key = checkPrivateKey(text, step.key, plainKey(step.passphrase, version));
  if (key.text !== spki(createPublicKey(step.publicKey)))
    throw unexpected(step.key, 'it is another key than before');
}

/** Compares a certificate with what was asked for. Throws `ERR_READ_BACK` with the first difference. */
export function checkCertificate(
  step: CheckStep,
  locate: (path: string) => string,
  read: (path: string) => X509Certificate,
): void {
  const shown = step.certificate;
  const certificate = read(step.certificate);
  const issuer = read(step.issuer);
  const differs = (what: string): never => {
    throw unexpected(shown, what, step.moreNames ? ownTemplate : undefined);
  };

  if (step.key !== undefined) {
    const key = parseKey(readMade(locate(step.key), step.key), step.key, step.passphrase);
    if (!certificate.checkPrivateKey(key)) differs(`it does not belong to the key ${step.key}`);
  }
  if (step.publicKey !== undefined && !hasKey(certificate, step.publicKey))
    differs('it has another key than its request');
  if (step.publicKeyOf !== undefined) {
    const of = read(step.publicKeyOf);
    if (!isSameKey(certificate.publicKey, of.publicKey))
      differs(`it does not have the public key of ${step.publicKeyOf}`);
  }
  // Before its signature: what may not sign is not the issuer of itself either.
  if (certificate.ca !== (step.role === 'ca')) differs(step.role === 'ca' ? 'it is not a CA' : 'it is a CA');
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey))
    differs(`it is not signed by ${step.issuer}`);
  if (step.serial !== undefined && !sameSerial(certificate.serialNumber, step.serial))
    differs(`its serial is ${certificate.serialNumber}, not ${step.serial}`);
  if (step.strict) {
    const usage = step.role === 'ca' ? [] : [roleUsage[step.role]];
    if ((extendedKeyUsageOf(certificate) ?? []).join() !== usage.join())
      differs(`its extendedKeyUsage is not that of a ${step.role}`);
    if (notAfter(certificate) > notAfter(issuer)) differs('it outlives its CA');
  }

  if (step.permit) {
    const { nameConstraints: has } = certificateDetails(certificate);
    const found = has ? showConstraints(has).join(', ') : 'missing';
    const wanted = showConstraints(step.permit).join(', ');
    if (found !== wanted) differs(`its nameConstraints are ${found}, not ${wanted}`);
    if (has?.critical !== true) differs('its nameConstraints are not critical');
  }

  if (step.pathLength !== undefined) {
    const found = certificateDetails(certificate).basicConstraints?.pathLength;
    if (found !== step.pathLength) differs(`its pathlen is ${found ?? 'missing'}, not ${step.pathLength}`);
  }

  if (step.like !== undefined) {
    const before = read(step.like);
    const difference = differenceFrom(before, certificate, step.completed);
    if (difference !== undefined) differs(difference);
    if (notAfter(certificate) > notAfter(issuer)) differs('it outlives its CA');
    return;
  }
  const { names, others } = altNamesOf(certificate);
  const has = new Set(names.map(formatAltName));
  const asked = new Set(step.altNames.map(formatAltName));
  const missing = [...asked].filter((name) => !has.has(name));
  const more = [...[...has].filter((name) => !asked.has(name)), ...others];
  if (missing.length > 0) differs(`it lacks the name ${missing.join(', ')}`);
  if (more.length > 0 && !step.moreNames) differs(`it has a name that was not asked for: ${more.join(', ')}`);
}

/** What of a certificate its successor has to keep: all but its key, its time, the identifiers of keys, and what is completed. */
function differenceFrom(
  before: X509Certificate,
  after: X509Certificate,
  completed: readonly string[] = [],
): string | undefined {
  const [old, now] = [certificateDetails(before), certificateDetails(after)];
  if (!old.subject.equals(now.subject)) return 'it has another subject than the one before';
  const identifiers: readonly string[] = [
    extensionIds.subjectKeyIdentifier,
    extensionIds.authorityKeyIdentifier,
    ...completed,
  ];
  const kept = (details: CertificateDetails): Extension[] =>
    details.extensions.filter(({ id }) => !identifiers.includes(id));
  const isSame = (one: Extension, other: Extension): boolean =>
    one.id === other.id && one.critical === other.critical && one.value.equals(other.value);
  const has = (list: Extension[], one: Extension): boolean => list.some((other) => isSame(one, other));
  const lost = kept(old).find((one) => !has(kept(now), one));
  if (lost) return `it lacks an extension of the one before (${lost.id})`;
  const more = kept(now).find((one) => !has(kept(old), one));
  return more && `it has an extension that the one before had not (${more.id})`;
}

/** By its octets, where they are the same: to make keys of them takes longer than all else. */
function hasKey(certificate: X509Certificate, pem: string): boolean {
  const [, base64 = ''] = /^-----BEGIN PUBLIC KEY-----([^-]*)-----END/.exec(pem) ?? [];
  return (
    certificateFields(certificate.raw).spki.equals(Buffer.from(base64, 'base64')) ||
    isSameKey(certificate.publicKey, createPublicKey(pem))
  );
}

function sameSerial(one: string, other: string): boolean {
  return one.replace(/^0+/, '').toUpperCase() === other.replace(/^0+/, '').toUpperCase();
}

/** Errors: `ERR_READ_BACK`. */
export function parseCertificate(text: string, shown: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw unexpected(shown, 'it is not a certificate', undefined, error);
  }
}

/** Without its passphrase an encrypted key can only be looked at from outside. */
function parseKey(text: string, shown: string, passphrase: Passphrase | undefined): KeyObject {
  const secret = passphrase?.reveal();
  try {
    return createPrivateKey(secret === undefined ? text : { key: text, passphrase: secret });
  } catch (error) {
    throw unexpected(shown, 'it is not a private key', undefined, error);
  }
}
