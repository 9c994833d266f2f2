import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { Note, Step } from '../plan/step.js';
import { byRoot, chainLeafStep, type ChainNames } from '../recipes/chain.js';
import { keyStep } from '../recipes/recommended.js';
import { digests, fittingDigest, type Digest } from '../steps/req.js';
import { verifyStep } from '../steps/verify.js';
import { x509ReqStep } from '../steps/x509-req.js';
import { x509SignkeyStep } from '../steps/x509-signkey.js';
import { x509ToReqStep } from '../steps/x509-to-req.js';
import { commonNameOf, notAfter } from '../x509/certificate.js';
import { certificateDetails } from '../x509/certificate-details.js';
import { isIssuedBy } from '../x509/issued.js';
import { keptExtensions, keptSection } from '../x509/kept-extensions.js';
import { keyKindOf, keyTypeNameOf, keyTypeNames, parseKeyType, type KeyType } from '../x509/key-type.js';
import type { Passphrase } from '../x509/passphrase.js';
import { day, type Days } from '../x509/validity.js';
import { folderSteps, type Replaced } from '../set/archive.js';
import type { CertificateSet } from '../set/certificate-set.js';
import type { FoundLeaf } from '../set/found.js';
import type { RenewedCertificate } from './renewal-plan.js';
import type { RenewValues } from './renew-request.js';
import type { Signer } from './signer.js';
import { note } from '../plan/note.js';
import { renewCaCall } from '../issue/renew-ca-call.js';
import { words } from '../words.js';

/** A leaf that can be renewed. */
export interface LeafRenewal {
  readonly leaf: FoundLeaf;
  readonly signer: Signer;
  /** The files of the chain that it carries; undefined under a root. */
  readonly chain: ChainNames | undefined;
  /** Relative to the directory. */
  readonly keyPath: string;
  readonly keyEncrypted: boolean;
  /** The CSR that is signed again, relative to the directory, where the key is elsewhere; else undefined. */
  readonly keptCsr: string | undefined;
  readonly days: Days;
  /** The requested days, which may be more. */
  readonly asked: Days;
}

/** One certificate's part of the plan. */
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
  { leaf, signer, chain, keyPath, keptCsr, days, asked }: LeafRenewal,
  { directory, entries }: CertificateSet,
  opened: { readonly ca: Passphrase | undefined; readonly leaf: Passphrase | undefined },
  { newKey, key, serial }: RenewValues,
): Made {
  const { path, role, certificate } = leaf;
  const [csr, config] = [`${path}.csr`, `${path}.cnf`];
  const ca = signer.found;
  const whose = `of the ${role} (${path})`;
  const modeOf = (file: string, usual: number): number => (entries.get(file)?.mode ?? usual) & 0o777;
  const before = join(directory, path); // the existing file, not the new one
  const { digest, changed } = digestFor(certificate, ca.certificate);
  const newKind = newKey ? kindOfKey(certificate, key) : undefined;
  const ownDigest = fittingDigest(newKind ?? keyKindOf(certificate.publicKey));
  // The CSR is made of a certificate of the key: for a new key, of one with the subject of the old.
  const own = newKind ? `${path}.own` : before;
  const setSerial = serial();
  return {
    make: [
      ...folderSteps(path, ...(newKey ? [keyPath] : [])),
      ...(newKind
        ? [
            keyStep(newKind, keyPath, `private key ${whose}`),
            x509SignkeyStep({
              in: before,
              signKey: keyPath,
              digest: ownDigest,
              out: own,
              title: `name for the new key ${whose}`,
            }),
          ]
        : []),
      {
        kind: 'write-file',
        path: config,
        content: keptExtensions(certificate, { issuer: ca.certificate, newKey }),
      },
      ...(keptCsr === undefined
        ? [
            x509ToReqStep({
              in: own,
              signKey: keyPath,
              passin: opened.leaf,
              digest: ownDigest,
              out: csr,
              title: `certificate signing request ${whose}`,
            }),
          ]
        : []),
      x509ReqStep({
        in: keptCsr === undefined ? csr : join(directory, keptCsr),
        ca: ca.path,
        caKey: signer.key.ref,
        passin: opened.ca,
        days,
        setSerial,
        digest,
        extfile: config,
        extensions: keptSection,
        out: path,
        title: `certificate ${whose}`,
      }),
      ...(chain ? [chainLeafStep(path, chain)] : []),
    ],
    check: [
      verifyStep({
        in: path,
        ...(chain ? byRoot(chain) : { caFile: ca.path }),
        purpose: role === 'server' ? 'sslserver' : 'sslclient',
        title: `verification ${whose}`,
      }),
      {
        kind: 'check',
        certificate: path,
        ...(keptCsr === undefined ? { key: keyPath } : { publicKeyOf: before }),
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
    scaffolding: [...(keptCsr === undefined ? [csr] : []), config, ...(newKind ? [own] : [])],
    replaced: [
      { path, product: 'certificate', mode: modeOf(path, 0o444), certificate },
      ...(newKey && entries.has(keyPath)
        ? [{ path: keyPath, product: 'private-key', mode: modeOf(keyPath, 0o400) & 0o700 } as const]
        : []),
    ],
    notes: [
      ...(days < asked
        ? [
            note(
              'LEAF_SHORTENED',
              words`${path} gets ${days} days instead of ${asked}: the CA expires on ${day(notAfter(ca.certificate))} (renew it with \`${renewCaCall(ca.certificate, directory, signer.ofRole)}\`)`,
            ),
          ]
        : []),
      ...(changed === undefined
        ? []
        : [
            {
              code: 'DIGEST_CHANGED',
              text: `${path} was signed with ${changed}, which today's clients refuse: now with ${digest}`,
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

/** The digest as before, if today's clients accept it; another CA with an EC key signs with the one that fits that. */
export function digestFor(
  before: X509Certificate,
  ca: X509Certificate,
): { readonly digest: Digest | undefined; readonly changed: string | undefined } {
  const kind = keyKindOf(ca.publicKey);
  const fitting = fittingDigest(kind);
  if (fitting === undefined) return { digest: undefined, changed: undefined };
  const old = certificateDetails(before).digest;
  const kept = digests.find((digest) => digest === old);
  if (kept === undefined) return { digest: fitting, changed: old };
  return { digest: kind.algorithm === 'ec' && !isIssuedBy(before, ca) ? fitting : kept, changed: undefined };
}

/** A new key has the type of the old one, if such a key can be created. */
export function kindOfKey(certificate: X509Certificate, asked: KeyType | undefined): KeyType {
  const before = keyTypeNameOf(certificate.publicKey);
  return asked ?? parseKeyType(keyTypeNames.includes(before) ? before : 'rsa:4096');
}
