import type { X509Certificate } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DockerTlsError } from '../../errors.js';
import { shellWord } from '../../shell/sh.js';
import { isKeyOf } from '../../set/found.js';
import { parseKey } from '../../set/held.js';
import { Rooted } from '../../store/rooted.js';
import { lifetimeOf, notAfter, notBefore } from '../../x509/certificate.js';
import { endsSoon } from '../../x509/life.js';
import { pathTo } from '../../x509/path.js';
import { readableCertificates } from '../../x509/pem.js';
import { day } from '../../x509/validity.js';
import type { DaemonTls } from '../daemon/daemon-tls.js';
import { accessFault } from './access.js';
import type { Found } from './finding.js';
import type { Entry } from './folder.js';

/** A file that the daemon is told to read. */
interface NamedFile {
  /** As this machine has it. */
  readonly path: string;
  /** Undefined where it is missing. */
  readonly text: string | undefined;
  /** Undefined where it is missing, or a link of an image. */
  readonly stats: Stats | undefined;
  /** Why it could not be read. */
  readonly unread: string | undefined;
}

const finding = { id: 'daemon-files', title: "The daemon's files" } as const;

function problem(detail: string, fix?: string): Found {
  return { ...finding, state: 'problem', detail, fix };
}

function unstartable(why: string, fix?: string): Found {
  return problem(`dockerd does not start: ${why}`, fix);
}

/** Checks the files that the daemon is told to read, wherever they lie: as dockerd loads them, and who else can read the key. */
export async function daemonFileFindings(
  root: string,
  { ca, certificate, key, verify }: DaemonTls,
  now: Date,
): Promise<Found[]> {
  if (certificate === undefined || key === undefined) {
    const unset = [
      ...(certificate === undefined ? ['tlscert'] : []),
      ...(key === undefined ? ['tlskey'] : []),
    ];
    return [unstartable(`${unset.join(' and ')} ${unset.length === 1 ? 'is' : 'are'} not set`)];
  }
  const [own, secret, trusted] = await Promise.all([
    readNamed(root, certificate),
    readNamed(root, key),
    ca === undefined || !verify ? undefined : readNamed(root, ca),
  ]);
  const all = [...(trusted ? [trusted] : []), own, secret];
  const cas = certificatesOf(trusted);
  const chain = certificatesOf(own);
  const fault = accessFault(all.flatMap(entryOf), entryOf(secret), (path) => path);
  const found = [
    ...unread(all),
    ...withoutCertificate([trusted, cas], [own, chain]),
    ...keyFindings(secret, own, chain[0]),
    ...dateFindings(own, chain[0], now),
    ...dateFindings(trusted, cas[0], now),
    ...(fault ? [{ ...finding, ...fault }] : []),
  ];
  if (found.length > 0) return found;
  const [leaf, ...sent] = chain;
  const isOfOne = leaf !== undefined && pathTo(leaf, sent, cas) !== undefined;
  const signed = isOfOne ? '; one CA signed server and clients' : '';
  return [{ ...finding, state: 'ok', detail: `${own.path} and its key belong together${signed}` }];
}

function certificatesOf(file: NamedFile | undefined): readonly X509Certificate[] {
  return file?.text === undefined ? [] : readableCertificates(file.text);
}

function entryOf({ path, stats }: NamedFile): Entry[] {
  return stats ? [{ path, stats }] : [];
}

function unread(files: readonly NamedFile[]): Found[] {
  const missing = files.filter((file) => file.text === undefined && file.unread === undefined);
  const paths = missing.map(({ path }) => path).join(', ');
  return [
    ...files.flatMap((file): Found[] =>
      file.unread === undefined
        ? []
        : [{ ...finding, state: 'unknown', detail: file.unread, fix: 'run this as root' }],
    ),
    ...(missing.length > 0 ? [unstartable(`${paths} ${missing.length === 1 ? 'is' : 'are'} missing`)] : []),
  ];
}

function withoutCertificate(
  ...files: readonly (readonly [NamedFile | undefined, readonly X509Certificate[]])[]
): Found[] {
  return files.flatMap(([file, certificates]) =>
    file?.text !== undefined && certificates.length === 0
      ? [unstartable(`${file.path} contains no certificate`)]
      : [],
  );
}

/** Without a passphrase, as dockerd opens it. */
function keyFindings({ path, text }: NamedFile, own: NamedFile, leaf: X509Certificate | undefined): Found[] {
  if (text === undefined) return [];
  try {
    const { encrypted, publicKey, unread: algorithm } = parseKey(text);
    if (encrypted !== undefined)
      return [unstartable(`${path} is encrypted`, `openssl pkey -in ${shellWord(path)} -out NEW`)];
    if (algorithm !== undefined)
      return [
        { ...finding, state: 'unknown', detail: `this Node cannot read a key of ${algorithm}: ${path}` },
      ];
    if (!leaf || !publicKey || isKeyOf(publicKey, leaf)) return [];
    return [unstartable(`${path} is not the key of ${own.path}`)];
  } catch {
    return [unstartable(`${path} contains no private key`)];
  }
}

function dateFindings(
  file: NamedFile | undefined,
  certificate: X509Certificate | undefined,
  now: Date,
): Found[] {
  if (!file || !certificate) return [];
  const end = notAfter(certificate);
  const fix = 'renew it, and restart the daemon';
  if (end <= now) return [problem(`${file.path} expired on ${day(end)}`, fix)];
  if (notBefore(certificate) > now)
    return [problem(`${file.path} is not valid before ${day(notBefore(certificate))}`)];
  if (!endsSoon(lifetimeOf(certificate), now)) return [];
  return [{ ...finding, state: 'warning', detail: `${file.path} expires on ${day(end)}`, fix }];
}

/** Reads a file of the host as dockerd would; in an image links are followed inside it. */
async function readNamed(root: string, path: string): Promise<NamedFile> {
  const shown = join(resolve(root), path);
  const none = { path: shown, text: undefined, stats: undefined, unread: undefined };
  const files = await Rooted.open(root);
  try {
    const text = await files.readText(path);
    const folder = await files.realPath(dirname(path), false);
    if (text === undefined || folder === undefined) return none;
    const at = join(folder, basename(path));
    // A link of an image may lead out of it, and has no mode of its own.
    const stats = await (resolve(root) === '/' ? stat(at) : lstat(at));
    return { ...none, text, stats: stats.isFile() ? stats : undefined };
  } catch (error) {
    if (!(error instanceof DockerTlsError)) throw error;
    return { ...none, unread: error.message };
  } finally {
    await files.close();
  }
}
