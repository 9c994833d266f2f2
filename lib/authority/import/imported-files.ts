import type { CertificateSet } from '../../set/certificate-set.js';
import type { FoundCertificate, FoundKey } from '../../set/found.js';
import { caFiles } from '../../set/layout.js';
import { notAfter } from '../../x509/certificate.js';
import type { Part } from '../../x509/role.js';
import { crlFilesOf } from '../../set/crl-files.js';
import type { Adopted } from './authority.js';
import type { PlacedLeaf } from './leaves.js';

/** A file that is imported. */
export interface ImportedFile {
  /** Relative to the directory that is imported. */
  readonly from: string;
  /** Relative to the certificate directory. */
  readonly to: string;
  readonly kind: 'certificate' | 'private-key' | 'crl';
  readonly role: Part;
  /** NAME of `servers/NAME` or `clients/NAME`; undefined for a default pair and a CA. */
  readonly name: string | undefined;
  /** What a person should know of it: that it has expired, that others could read it. */
  readonly remarks: readonly string[];
}

/** A file that the set lacks. */
export interface MissingFile {
  /** Where it belongs, relative to the certificate directory. */
  readonly path: string;
  readonly role: Part;
  /** What cannot be done without it. */
  readonly why: string;
}

/** What a set consists of. */
export interface Parts {
  readonly adopted: Adopted;
  readonly caKey: FoundKey | undefined;
  readonly placed: readonly PlacedLeaf[];
  /** The CRL of the CA. */
  readonly crl: string | undefined;
}

/** Maps each part to its file in the certificate directory. */
export function importedFiles(
  { adopted, caKey, placed, crl }: Parts,
  set: CertificateSet,
  now: Date,
): ImportedFile[] {
  const { ca, above } = adopted;
  const own = { role: 'ca', name: undefined } as const;
  const certificate = { kind: 'certificate', to: caFiles.certificate, ...own } as const;
  return [
    { from: ca.path, ...certificate, remarks: expiry(ca, now) },
    ...above.map((one) => ({
      from: one.path,
      ...certificate,
      remarks: ['a CA above it', ...expiry(one, now)],
    })),
    ...keyFile(caKey, caFiles.key, own, set),
    ...(crl === undefined
      ? []
      : [{ from: crl, to: crlFilesOf(undefined).crl, kind: 'crl', ...own, remarks: [] } as const]),
    ...placed.flatMap(({ leaf: { path, role }, key, name, files, remarks }): ImportedFile[] => [
      { from: path, to: files.certificate, kind: 'certificate', role, name, remarks },
      ...keyFile(key, files.key, { role, name }, set),
    ]),
  ];
}

function keyFile(
  key: FoundKey | undefined,
  to: string,
  whose: Pick<ImportedFile, 'role' | 'name'>,
  set: CertificateSet,
): ImportedFile[] {
  if (!key) return [];
  return [{ from: key.path, to, kind: 'private-key', ...whose, remarks: keyRemarks(key, whose.role, set) }];
}

function expiry({ certificate }: FoundCertificate, now: Date): string[] {
  const end = notAfter(certificate);
  return end <= now ? [`expired on ${end.toISOString().slice(0, 10)}`] : [];
}

function keyRemarks(
  { path, encrypted, publicKey, unread }: FoundKey,
  role: Part,
  set: CertificateSet,
): string[] {
  const mode = set.entries.get(path)?.mode ?? 0;
  const isOpen = process.geteuid !== undefined && (mode & 0o044) !== 0;
  const unreadWhy = unread === undefined ? '' : `: this Node cannot read a key of ${unread}`;
  return [
    ...(encrypted === undefined
      ? []
      : [role === 'ca' ? 'encrypted' : 'encrypted: docker opens no encrypted key']),
    ...(publicKey === undefined ? [`found by its name, not compared${unreadWhy}`] : []),
    ...(isOpen ? [`others could read it there (mode 0${(mode & 0o777).toString(8)})`] : []),
  ];
}

/** What is not in the imported directory. */
export function missingFiles({ caKey, placed }: Parts): MissingFile[] {
  return [
    ...(caKey
      ? []
      : [
          {
            path: caFiles.key,
            role: 'ca',
            why: 'without the private key of the CA, nothing can be signed, renewed or revoked here',
          } as const,
        ]),
    ...placed
      .filter(({ key }) => !key)
      .map(({ leaf: { role }, files: { key: path } }) => ({
        path,
        role,
        why: `its private key is not there; it may be on the ${role === 'server' ? 'host' : "client's machine"}`,
      })),
  ];
}
