import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DirectoryError } from '../../errors.js';
import type { Step } from '../../plan/step.js';
import { folderSteps } from '../../set/archive.js';
import type { FoundKey } from '../../set/found.js';
import { caFiles } from '../../set/layout.js';
import { isThere } from '../../store/is-there.js';
import { readRegular } from '../../store/read-regular.js';
import { altNamesOf } from '../../x509/certificate.js';
import { isIssuedBy } from '../../x509/issued.js';
import { option, words } from '../../words.js';
import type { Parts } from './imported-files.js';
import type { ImportedIndex } from './index-files.js';
import type { Target } from './targets.js';

/** The steps of an import: copies, then a check of each pair, then the index. None where the directory has all of it. */
export async function copySteps(
  directory: string,
  targets: readonly Target[],
  { adopted, caKey, placed }: Parts,
  index: ImportedIndex,
): Promise<Step[]> {
  if (await areThere(directory, targets, index)) return [];
  const beside = placed.flatMap(({ name, files }) => (name === undefined ? [] : [files.ca]));
  const written = [...targets.map(({ path }) => path), ...beside, ...index.files.map(({ path }) => path)];
  const ca = adopted.ca.certificate;
  return [
    ...folderSteps(...written),
    ...targets.map(copyStep),
    ...beside.map((to): Step => ({ kind: 'copy-file', from: caFiles.certificate, to })),
    ...check(caFiles.certificate, ca, ca, 'ca', caKey && [caFiles.key, caKey]),
    ...placed.flatMap(({ leaf, key, files }) =>
      check(files.certificate, leaf.certificate, ca, leaf.role, key && [files.key, key]),
    ),
    ...index.files.map(({ path, content }): Step => ({ kind: 'write-file', path, content })),
    ...modeSteps([
      ...targets,
      ...beside.map((path) => ({ path, mode: 0o444 })),
      ...index.files.map(({ path }) => ({ path, mode: 0o600 })),
    ]),
  ];
}

function copyStep({ path, product, content, copyOf }: Target): Step {
  return copyOf === undefined
    ? { kind: 'write-file', path, content: content.toString() }
    : { kind: 'copy-file', from: copyOf, to: path, product };
}

function modeSteps(files: readonly { readonly path: string; readonly mode: number }[]): Step[] {
  return [...new Set(files.map(({ mode }) => mode))].map((mode) => ({
    kind: 'set-mode',
    mode,
    paths: files.filter((file) => file.mode === mode).map(({ path }) => path),
  }));
}

/** Checks that a copy is what was judged: a certificate of this CA with its key. What only a path or a passphrase tells is left. */
function check(
  path: string,
  certificate: X509Certificate,
  ca: X509Certificate,
  role: 'ca' | 'server' | 'client',
  key: readonly [path: string, key: FoundKey] | undefined,
): Step[] {
  const isPlain =
    certificate.ca === (role === 'ca') && certificate.checkIssued(ca) && isIssuedBy(certificate, ca);
  if (!isPlain) return [];
  const { names, others } = altNamesOf(certificate);
  return [
    {
      kind: 'check',
      certificate: path,
      ...(key?.[1].publicKey ? { key: key[0] } : {}),
      issuer: caFiles.certificate,
      role,
      altNames: names,
      ...(others.length > 0 ? { moreNames: true } : {}),
    },
  ];
}

/**
 * Whether a directory has all of it. A list of revoked certificates may be a newer one there. Errors: `ERR_EXISTS` where something
 * is there that is not what would be copied.
 */
async function areThere(
  directory: string,
  targets: readonly Target[],
  index: ImportedIndex,
): Promise<boolean> {
  const there: string[] = [];
  const differing: string[] = [];
  for (const { path, content, product } of targets) {
    const full = join(directory, path);
    if (!(await isThere(full))) continue;
    there.push(full);
    const read = await readRegular(full, { followLinks: false }).catch(() => undefined);
    if (product !== 'crl' && !read?.bytes.equals(content)) differing.push(full);
  }
  if (there.length === targets.length && differing.length === 0) return true;
  for (const { path } of index.files)
    if (await isThere(join(directory, path))) there.push(join(directory, path));
  const [inTheWay] = [...differing, ...there];
  if (inTheWay === undefined) return false;
  throw new DirectoryError('ERR_EXISTS', inTheWay, `${inTheWay} exists, and nothing is overwritten`, {
    hint: words`nothing was imported; choose a new directory with ${option('directory')}`,
  });
}
