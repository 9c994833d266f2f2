import { createPublicKey } from 'node:crypto';
import { askedExtensions, type AskedExtension } from '../../x509/asked-extensions.js';
import { extensionIds } from '../../x509/certificate-details.js';
import { certificateFields, keyOctets } from '../../x509/certificate-fields.js';
import { isSelfSigned, readCsr, type Csr } from '../../x509/csr.js';
import { confValue, type Conf } from '../../x509/openssl-conf.js';
import { oneObject } from '../../x509/one-object.js';
import { keyIn, spki, type PublicKey } from '../../x509/spki.js';
import type { OpensslStep } from '../../plan/step.js';
import { askedSubject, nameDifference, subjectDifference } from './asked-subject.js';
import { printsRequests } from './defaults.js';
import { extensionDifference } from './extensions.js';
import type { Asked } from './asked.js';
import { unexpected } from './refusal.js';
import { algorithmDifference } from './signature.js';
import { digestFlag, hasFlag, wordAfter } from './words.js';

/**
 * Compares a CSR with what the command asks for. Throws `ERR_READ_BACK` with the first difference. `isVerified`: whether its own
 * signature is verified here too; the `openssl ca` that signs many does that itself.
 */
export function checkCsr(text: string, shown: string, asked: Asked, isVerified = true): Csr {
  const { step, conf, key, of, version } = asked;
  const refuse = (what: string, cause?: unknown): never => {
    throw unexpected(shown, what, undefined, cause);
  };
  const found = oneObject(text, hasFlag(step, '-x509toreq') && printsRequests(version));
  if ('wrong' in found) return refuse(`it is not a certificate signing request: ${found.wrong}`);
  if (!/^(?:NEW )?CERTIFICATE REQUEST$/.test(found.label))
    refuse(`it is not a certificate signing request: it holds ${found.label}`);
  const csr = parsed(found.der ?? Buffer.alloc(0), refuse);
  // To make a key of its octets takes longer than all else: it is made where they are others than those of the key that is known.
  const isKnown = csr.spki.toString('base64') === key?.publicKey.text;
  if (key && !isKnown && !isKey(csr.spki, key.publicKey))
    refuse(`it does not belong to the key ${key.shown}`);
  if (isVerified && isSelfSigned(csr, isKnown ? key.publicKey.object : keyIn(csr.spki)) === false)
    refuse('its signature is not that of its own key');
  const differs = (difference: string | undefined): void => {
    if (difference !== undefined) refuse(difference);
  };
  if (of?.certificate)
    differs(nameDifference(csr.subject, certificateFields(of.certificate.raw).subject, 'subject'));
  else if (step.command === 'req') {
    const subject = askedSubject(step, conf);
    differs(subject && subjectDifference(csr.subject, subject));
  }
  differs(algorithmDifference(csr.algorithm, key?.publicKey.kind, digestOf(step, conf)));
  differs(attributeDifference(csr, step, conf));
  if (!conf.includes) differs(extensionDifference(csr.extensions, wantedExtensions(csr, step, conf)));
  return csr;
}

function parsed(der: Buffer, refuse: (what: string, cause?: unknown) => never): Csr {
  try {
    return readCsr(der);
  } catch (error) {
    return refuse('it is not a certificate signing request', error);
  }
}

/** Whether octets are a public key, however they are written. */
export function isKey(octets: Buffer, { text }: PublicKey): boolean {
  if (octets.toString('base64') === text) return true;
  try {
    return spki(createPublicKey({ key: octets, format: 'der', type: 'spki' })) === text;
  } catch {
    return false;
  }
}

/** By its flag, or of a `req` by its configuration (openssl-req(1), default_md). */
export function digestOf(step: OpensslStep, conf: Conf): string | undefined {
  const configured = step.command === 'req' ? confValue(conf, 'req', 'default_md')?.toLowerCase() : undefined;
  const named = step.command === 'ca' ? wordAfter(step, '-md') : undefined;
  return digestFlag(step) ?? named ?? (configured === 'default' ? undefined : configured);
}

function attributeDifference({ attributes }: Csr, step: OpensslStep, conf: Conf): string | undefined {
  const [first] = attributes;
  if (first === undefined) return undefined;
  if (step.command === 'req' && confValue(conf, 'req', 'attributes') !== undefined) return undefined;
  return `it has an attribute that was not asked for (${first})`;
}

/**
 * `req` asks for those of `req_extensions`. From 4.0 on `x509 -x509toreq` asks for those of the configuration's own
 * `extensions`, which for ours are the identifiers of keys; there may be none, too.
 */
function wantedExtensions(csr: Csr, step: OpensslStep, conf: Conf): AskedExtension[] {
  const toReq = hasFlag(step, '-x509toreq');
  const section = toReq ? confValue(conf, 'default', 'extensions') : confValue(conf, 'req', 'req_extensions');
  if (section === undefined) return [];
  const key = keyOctets(csr.spki);
  const issuer = { key, identifier: undefined, issuer: Buffer.alloc(0), serial: 0n };
  return askedExtensions(conf, section, { key, isSelfSigned: true, issuer })
    .filter(({ optional }) => !optional || toReq)
    .map((one) => ({
      ...one,
      optional: one.optional || toReq,
      // Nobody signs yet, so that it says nothing.
      values: one.id === extensionIds.authorityKeyIdentifier ? undefined : one.values,
    }));
}
