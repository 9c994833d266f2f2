import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { fittingDigest } from '../steps/req.js';
import { reqX509Step } from '../steps/req-x509.js';
import { verifyStep } from '../steps/verify.js';
import { x509ReqStep } from '../steps/x509-req.js';
import { x509ToReqStep } from '../steps/x509-to-req.js';
import { notAfter, subjectOf } from '../x509/certificate.js';
import { certificateDetails } from '../x509/certificate-details.js';
import { caExtensions } from '../x509/ca-extensions.js';
import { keptSection } from '../x509/kept-extensions.js';
import { parseSerial, type Serial } from '../x509/serial.js';
import { rdn, type Subject } from '../x509/subject.js';
import { DAY_MS } from '../x509/validity.js';
import { refuseClock } from '../issue/authority.js';
import type { FoundCertificate, FoundLeaf } from '../set/found.js';
import {
  checkAgain,
  checkedKey,
  completedNote,
  lifetime,
  signedBy,
  type About,
  type CaValues,
  type Change,
} from './ca-change.js';
import { permitNote, refuseOutside } from './outside.js';
import { digestFor } from './leaf-renewal-steps.js';
import { keyForNewCa } from './new-ca-key.js';
import { openSigner, refuseUnsafeSigner } from './signer.js';
import { call, words } from '../words.js';

export async function sameKey({ values, inventory, signer }: About): Promise<Change> {
  const { directory, now, serial, permit, pathLength } = values;
  refuseClock(now);
  const { path, certificate } = signer.found;
  const leaves = signedBy(certificate, inventory).filter((leaf) => notAfter(leaf.certificate) > now);
  refuseOutside(leaves, permit);
  const passphrase = await openSigner(signer, inventory, values.keyring);
  const before = join(directory, path);
  const [csr, config] = [`${path}.csr`, `${path}.cnf`];
  const days = lifetime(values, signer.found);
  const { digest, changed } = digestFor(certificate, certificate);
  const keptSerial = serialToKeep(signer.found, leaves, values);
  const setSerial = keptSerial ?? serial();
  const extensions = caExtensions(certificate, false, { permit, pathLength });
  return {
    steps: [
      { kind: 'write-file', path: config, content: extensions.config },
      x509ToReqStep({
        in: before,
        signKey: signer.key.ref,
        passin: passphrase,
        digest,
        out: csr,
        title: 'certificate signing request of the CA',
      }),
      x509ReqStep({
        in: csr,
        signKey: signer.key.ref,
        passin: passphrase,
        days,
        setSerial,
        digest,
        extfile: config,
        extensions: keptSection,
        out: path,
        title: 'certificate of the CA',
      }),
      // Verify that every certificate it signed stays valid.
      ...leaves.map((leaf) =>
        verifyStep({
          in: join(directory, leaf.path),
          caFile: path,
          purpose: leaf.role === 'server' ? 'sslserver' : 'sslclient',
          title: `verification of ${leaf.path} with the new certificate`,
        }),
      ),
      checkAgain({ values, inventory, signer }, { passphrase, issuer: path, serial: setSerial, extensions }),
      { kind: 'remove', paths: [csr, config] },
    ],
    replacesKey: false,
    notes: [
      ...completedNote(path, extensions),
      ...permitNote(path, permit),
      ...(changed === undefined
        ? []
        : [
            {
              code: 'DIGEST_CHANGED',
              text: `${path} was signed with ${changed}: now with ${digest}`,
            } as const,
          ]),
      ...(keptSerial === undefined
        ? []
        : [
            {
              code: 'CA_SERIAL_KEPT',
              text: `${path} keeps its serial number, by which certificates that it signed name it`,
            } as const,
          ]),
    ],
    endsOn: new Date(now.getTime() + days * DAY_MS),
  };
}

/**
 * The serial number of the CA, where the certificates that it signed name it by that (RFC 5280 §4.2.1.1): those that were
 * seen, and without a key identifier all those that name it at all. Another one would make them invalid. Errors:
 * `ERR_CA_UNUSABLE` if no certificate may have that number.
 */
function serialToKeep(
  { certificate, path }: FoundCertificate,
  leaves: readonly FoundLeaf[],
  { directory, role }: CaValues,
): Serial | undefined {
  const { serial, serialOctets, subjectKeyIdentifier } = certificateDetails(certificate);
  const naming = leaves.filter(
    (leaf) => certificateDetails(leaf.certificate).authorityKeyIdentifier?.isBySerial,
  );
  if (serial > 0n && serialOctets <= 20)
    return naming.length > 0 || subjectKeyIdentifier === undefined
      ? parseSerial(serial.toString(16))
      : undefined;
  if (naming.length === 0) return undefined;
  throw new DirectoryError(
    'ERR_CA_UNUSABLE',
    join(directory, path),
    `${naming.map((leaf) => leaf.path).join(', ')}: its CA is named by its serial number ${serial}, which no new certificate may have`,
    {
      hint: words`nothing was changed; roll over to a new CA with \`${call('renewCa', { role, newKey: true }, directory)}\``,
    },
  );
}

/** The new CA signs from now on, and both are trusted. It comes first: openssl signs with the first certificate of a file. */
export async function rollingOver({ values, inventory, signer }: About): Promise<Change> {
  const { directory, now, serial, permit, pathLength } = values;
  refuseClock(now);
  const { path, certificate } = signer.found;
  refuseOutside(
    signedBy(certificate, inventory).filter((leaf) => notAfter(leaf.certificate) > now),
    permit,
  );
  await refuseUnsafeSigner(signer, inventory); // beginning a roll-over does not need the old passphrase
  const made = await keyForNewCa(signer, values);
  const { kind, passphrase } = made;
  const setSerial = serial();
  const days = lifetime(values, signer.found);
  const [alone, config] = [`${path}.new`, `${path}.cnf`];
  const extensions = caExtensions(certificate, true, { permit, pathLength });
  return {
    steps: [
      ...made.steps,
      {
        kind: 'write-file',
        path: config,
        content: `${requestSection}\n${extensions.config}`,
      },
      reqX509Step({
        key: made.key.ref,
        passin: passphrase,
        config,
        subj: newName(certificate, setSerial),
        extensions: keptSection,
        days,
        setSerial,
        digest:
          kind?.algorithm === 'rsa'
            ? (digestFor(certificate, certificate).digest ?? fittingDigest(kind))
            : kind && fittingDigest(kind),
        out: alone,
        title: 'certificate of the new CA',
      }),
      {
        kind: 'check',
        certificate: alone,
        ...checkedKey(made.key, passphrase),
        issuer: alone,
        serial: setSerial,
        role: 'ca',
        altNames: [],
        ...(permit && { permit }),
        ...(pathLength !== undefined && { pathLength }),
      },
      { kind: 'concatenate', from: [alone, join(directory, path)], to: path },
      { kind: 'remove', paths: [alone, config] },
    ],
    replacesKey: true,
    notes: [
      ...completedNote(path, extensions),
      ...permitNote(path, permit),
      {
        code: 'ROLL_OVER',
        text: `${path} contains the new CA and the old one: ${rollOverFirst[signer.ofRole ?? 'both']}, before you renew certificates`,
      },
    ],
    endsOn: new Date(now.getTime() + days * DAY_MS),
  };
}

/** Who trusts a CA, and has to get it first. */
const rollOverFirst = {
  both: 'copy it to every host and client, and restart each daemon',
  client: 'copy it to every host, as its ca.pem, and restart each daemon',
  server: 'copy it to every client',
} as const;

const requestSection = ['[req]', 'distinguished_name = dn', '[dn]'].join('\n');

/** A unique name, so that two CAs in one file can be distinguished. */
function newName(certificate: X509Certificate, serial: Serial): Subject {
  const subject = subjectOf(certificate);
  const before = subject.find(({ type }) => type === 'CN')?.value ?? 'Docker TLS CA';
  const mark = serial.slice(-8).toLowerCase();
  const name = rdn('CN', `${before.replace(/ [0-9a-f]{8}$/, '').slice(0, 55)} ${mark}`);
  return [...subject.filter(({ type }) => type !== 'CN'), name];
}
