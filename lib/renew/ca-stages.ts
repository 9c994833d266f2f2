import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import type { Note, Step } from '../plan/step.js';
import { ownCommand } from '../plan/own-command.js';
import { keyStep } from '../recipes/recommended.js';
import { reqX509Step } from '../steps/req-x509.js';
import { verifyStep } from '../steps/verify.js';
import { x509ReqStep } from '../steps/x509-req.js';
import { x509ToReqStep } from '../steps/x509-to-req.js';
import { notAfter, notBefore, subjectOf } from '../x509/certificate.js';
import { isIssuedBy } from '../x509/issued.js';
import { keptExtensions, keptSection } from '../x509/kept-extensions.js';
import type { KeyType } from '../x509/key-type.js';
import { Passphrase } from '../x509/passphrase.js';
import type { Serial } from '../x509/serial.js';
import { rdn, type Subject } from '../x509/subject.js';
import { DAY_MS, parseDays, type Days } from '../x509/validity.js';
import { askPassphrase } from '../issue/ask-passphrase.js';
import { refuseClock } from '../issue/authority.js';
import type { CertificateSet } from '../set/certificate-set.js';
import { leavesOf, type FoundCertificate, type FoundLeaf } from '../set/found.js';
import { digestFor, kindOfKey } from './leaf-renewal-steps.js';
import type { Values } from '../issue/request.js';
import { openSigner, type Signer } from './signer.js';

/** A `RenewCaRequest` after parsing. */
export interface CaValues {
  readonly directory: string;
  readonly newKey: boolean;
  readonly finish: boolean;
  readonly key: KeyType | undefined;
  readonly days: Days | undefined;
  readonly passphrase: Values['passphrase'];
  readonly now: Date;
  readonly serial: () => Serial;
}

/** What is there, and what is asked for. */
export interface About {
  readonly values: CaValues;
  readonly inventory: CertificateSet;
  readonly signer: Signer;
}

/** What is done between keeping the old and copying the new. */
export interface Change {
  readonly steps: readonly Step[];
  readonly replacesKey: boolean;
  readonly notes: readonly Note[];
  readonly endsOn: Date;
}

export function signedBy(ca: X509Certificate, inventory: CertificateSet): FoundLeaf[] {
  return leavesOf(inventory).filter(({ certificate }) => isIssuedBy(certificate, ca));
}

function lifetime({ days }: CaValues, { certificate }: FoundCertificate): Days {
  const before = Math.round((notAfter(certificate).getTime() - notBefore(certificate).getTime()) / DAY_MS);
  return days ?? parseDays(Math.min(Math.max(before, 2), 36_500), 'days');
}

export async function sameKey({ values, inventory, signer }: About, show: boolean): Promise<Change> {
  const { directory, now, serial } = values;
  refuseClock(now);
  const { path, certificate } = signer.found;
  const passphrase = await openSigner(signer, inventory, values, show);
  const before = join(directory, path);
  const [csr, config] = [`${path}.csr`, `${path}.cnf`];
  const days = lifetime(values, signer.found);
  const setSerial = serial();
  const { digest } = digestFor(certificate, certificate);
  const leaves = signedBy(certificate, inventory).filter((leaf) => notAfter(leaf.certificate) > now);
  return {
    steps: [
      {
        kind: 'write-file',
        path: config,
        content: keptExtensions(certificate, { issuer: 'itself', newKey: false }),
      },
      x509ToReqStep({
        in: before,
        signKey: signer.key.path,
        passin: passphrase,
        out: csr,
        title: 'certificate signing request of the CA',
      }),
      x509ReqStep({
        in: csr,
        signKey: signer.key.path,
        passin: passphrase,
        days,
        setSerial,
        digest,
        extfile: config,
        extensions: keptSection,
        out: path,
        title: 'certificate of the CA',
      }),
      // What it has signed stays valid: shown, not believed.
      ...leaves.map((leaf) =>
        verifyStep({
          in: join(directory, leaf.path),
          caFile: path,
          purpose: leaf.role === 'server' ? 'sslserver' : 'sslclient',
          title: `verification of ${leaf.path} with the new certificate`,
        }),
      ),
      {
        kind: 'check',
        certificate: path,
        key: signer.key.path,
        ...(passphrase && { passphrase }),
        issuer: path,
        serial: setSerial,
        role: 'ca',
        altNames: [],
        like: before,
      },
      { kind: 'remove', paths: [csr, config] },
    ],
    replacesKey: false,
    notes: [],
    endsOn: new Date(now.getTime() + days * DAY_MS),
  };
}

/** The new CA signs from now on, and both are trusted. The new one comes first: openssl signs with the first of a file. */
export async function rollingOver({ values, inventory, signer }: About, show: boolean): Promise<Change> {
  const { directory, now, serial, key } = values;
  refuseClock(now);
  const { path, certificate } = signer.found;
  const keyPath = signer.key.path;
  await openSigner(signer, inventory, values, true); // whoever begins this need not have the old passphrase
  const unknown = show && values.passphrase !== null;
  const passphrase = unknown
    ? Passphrase.unknown()
    : await askPassphrase(values, { purpose: 'create', path: join(directory, keyPath) });
  const kind = kindOfKey(certificate, key);
  const setSerial = serial();
  const days = lifetime(values, signer.found);
  const [alone, config] = [`${path}.new`, `${path}.cnf`];
  return {
    steps: [
      keyStep(kind, keyPath, 'private key of the new CA', passphrase),
      {
        kind: 'write-file',
        path: config,
        content: `${requestSection}\n${keptExtensions(certificate, { issuer: 'itself', newKey: true })}`,
      },
      reqX509Step({
        key: keyPath,
        passin: passphrase,
        config,
        subj: newName(certificate, setSerial),
        extensions: keptSection,
        days,
        setSerial,
        digest:
          kind.algorithm === 'ed25519' ? undefined : (digestFor(certificate, certificate).digest ?? 'sha256'),
        out: alone,
        title: 'certificate of the new CA',
      }),
      {
        kind: 'check',
        certificate: alone,
        key: keyPath,
        ...(passphrase && { passphrase }),
        issuer: alone,
        serial: setSerial,
        role: 'ca',
        altNames: [],
      },
      { kind: 'concatenate', from: [alone, join(directory, path)], to: path },
      { kind: 'remove', paths: [alone, config] },
    ],
    replacesKey: true,
    notes: [
      {
        code: 'ROLL_OVER',
        text: `${path} holds the new CA and the old one: bring it to every host and client, and restart each daemon, before anything is made anew`,
      },
    ],
    endsOn: new Date(now.getTime() + days * DAY_MS),
  };
}

const requestSection = ['[req]', 'distinguished_name = dn', '[dn]'].join('\n');

/** A name of its own, so that two CAs in one file are told apart. */
function newName(certificate: X509Certificate, serial: Serial): Subject {
  const subject = subjectOf(certificate);
  const before = subject.find(({ type }) => type === 'CN')?.value ?? 'Docker TLS CA';
  const mark = serial.slice(-8).toLowerCase();
  const name = rdn('CN', `${before.replace(/ [0-9a-f]{8}$/, '').slice(0, 55)} ${mark}`);
  return [...subject.filter(({ type }) => type !== 'CN'), name];
}

export function finishing({ values: { directory }, inventory, signer }: About): Change {
  const { path, certificate } = signer.found;
  const [, ...going] = signer.trusted;
  const old = inventory.certificates.filter(
    (one) => one.role !== 'ca' && going.some((ca) => isIssuedBy(one.certificate, ca)),
  );
  if (old.length > 0) {
    const paths = old.map((leaf) => leaf.path).join(', ');
    throw new DirectoryError('ERR_LEAF_UNUSABLE', join(directory, path), `of the old CA still: ${paths}`, {
      hint: `nothing was changed; make them anew first with \`${ownCommand(['renew', '--all'], directory)}\``,
    });
  }
  return {
    steps: [{ kind: 'write-file', path, content: certificate.toString() }],
    replacesKey: false,
    notes: [],
    endsOn: notAfter(certificate),
  };
}
