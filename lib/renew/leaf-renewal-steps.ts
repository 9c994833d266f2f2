import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { Note, Step } from '../plan/step.js';
import { keyStep } from '../recipes/recommended.js';
import { digests, type Digest } from '../steps/req.js';
import { verifyStep } from '../steps/verify.js';
import { x509ReqStep } from '../steps/x509-req.js';
import { x509ToReqStep } from '../steps/x509-to-req.js';
import { commonNameOf, notAfter } from '../x509/certificate.js';
import { certificateDetails } from '../x509/certificate-details.js';
import { keptExtensions, keptSection } from '../x509/kept-extensions.js';
import { keyTypeNameOf, keyTypeNames, parseKeyType, type KeyType } from '../x509/key-type.js';
import type { Passphrase } from '../x509/passphrase.js';
import { day, type Days } from '../x509/validity.js';
import { folderSteps, type Replaced } from '../set/archive.js';
import type { CertificateSet } from '../set/certificate-set.js';
import type { FoundLeaf } from '../set/found.js';
import type { RenewedCertificate } from './renewal-plan.js';
import type { RenewValues } from './renew-request.js';
import type { Signer } from './signer.js';

/** A leaf that can be made anew. */
export interface Wanted {
  readonly leaf: FoundLeaf;
  readonly signer: Signer;
  /** Relative to the directory. */
  readonly keyPath: string;
  readonly keyEncrypted: boolean;
  readonly days: Days;
  /** What was asked for, where that is more. */
  readonly asked: Days;
}

/** One certificate's share of the plan. */
export interface Made {
  readonly make: readonly Step[];
  readonly check: readonly Step[];
  readonly modes: readonly Step[];
  readonly scaffolding: readonly string[];
  readonly replaced: readonly Replaced[];
  readonly notes: readonly Note[];
  readonly renewed: RenewedCertificate;
}

export function leafRenewalSteps(
  { leaf, signer, keyPath, days, asked }: Wanted,
  { directory, entries }: CertificateSet,
  opened: { readonly ca: Passphrase | undefined; readonly leaf: Passphrase | undefined },
  { newKey, key, serial }: RenewValues,
): Made {
  const { path, role, certificate } = leaf;
  const [csr, config] = [`${path}.csr`, `${path}.cnf`];
  const ca = signer.found;
  const whose = `of the ${role} (${path})`;
  const modeOf = (file: string, usual: number): number => (entries.get(file)?.mode ?? usual) & 0o777;
  const before = join(directory, path); // what is there now, not what is made
  const { digest, changed } = digestFor(certificate, ca.certificate);
  const setSerial = serial();
  return {
    make: [
      ...folderSteps(path, ...(newKey ? [keyPath] : [])),
      ...(newKey ? [keyStep(kindOfKey(certificate, key), keyPath, `private key ${whose}`)] : []),
      {
        kind: 'write-file',
        path: config,
        content: keptExtensions(certificate, { issuer: ca.certificate, newKey }),
      },
      x509ToReqStep({
        in: before,
        signKey: keyPath,
        newKey,
        passin: opened.leaf,
        out: csr,
        title: `certificate signing request ${whose}`,
      }),
      x509ReqStep({
        in: csr,
        ca: ca.path,
        caKey: signer.key.path,
        passin: opened.ca,
        days,
        setSerial,
        digest,
        extfile: config,
        extensions: keptSection,
        out: path,
        title: `certificate ${whose}`,
      }),
    ],
    check: [
      verifyStep({
        in: path,
        caFile: ca.path,
        purpose: role === 'server' ? 'sslserver' : 'sslclient',
        title: `verification ${whose}`,
      }),
      {
        kind: 'check',
        certificate: path,
        key: keyPath,
        ...(opened.leaf && { passphrase: opened.leaf }),
        issuer: ca.path,
        serial: setSerial,
        role,
        altNames: [],
        like: before,
      },
    ],
    modes: [
      { kind: 'set-mode', mode: modeOf(path, 0o444), paths: [path] },
      ...(newKey
        ? [{ kind: 'set-mode', mode: modeOf(keyPath, 0o400) & 0o700, paths: [keyPath] } as const]
        : []),
    ],
    scaffolding: [csr, config],
    replaced: [
      { path, product: 'certificate', mode: modeOf(path, 0o444), certificate },
      ...(newKey && entries.has(keyPath)
        ? [{ path: keyPath, product: 'private-key', mode: modeOf(keyPath, 0o400) & 0o700 } as const]
        : []),
    ],
    notes: [
      ...(days < asked
        ? [
            {
              code: 'LEAF_SHORTENED',
              text: `${path} gets ${days} days instead of ${asked}: the CA ends on ${day(notAfter(ca.certificate))} (\`renew ca\`)`,
            } as const,
          ]
        : []),
      ...(changed === undefined
        ? []
        : [
            {
              code: 'DIGEST_CHANGED',
              text: `${path} was signed with ${changed}, which today's clients refuse: now with sha256`,
            } as const,
          ]),
    ],
    renewed: {
      path,
      role,
      commonName: commonNameOf(certificate),
      endedOn: notAfter(certificate),
      days,
      newKey: newKey ? keyPath : undefined,
    },
  };
}

/** As before, where today's clients take it; a CA's Ed25519 key signs without any. */
export function digestFor(
  before: X509Certificate,
  ca: X509Certificate,
): { readonly digest: Digest | undefined; readonly changed: string | undefined } {
  if (ca.publicKey.asymmetricKeyType === 'ed25519') return { digest: undefined, changed: undefined };
  const old = certificateDetails(before).digest;
  const kept = digests.find((digest) => digest === old);
  return { digest: kept ?? 'sha256', changed: kept === undefined ? old : undefined };
}

/** A new key is of the kind of the old one, where such a one can be made. */
export function kindOfKey(certificate: X509Certificate, asked: KeyType | undefined): KeyType {
  const before = keyTypeNameOf(certificate.publicKey);
  return asked ?? parseKeyType(keyTypeNames.includes(before) ? before : 'rsa:4096');
}
