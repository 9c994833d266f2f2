import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileError } from '../errors.js';
import { readRegularNow } from '../store/read-regular.js';
import { certificateSummary, type CertificateSummary } from '../x509/certificate-summary.js';
import { mistaken } from '../x509/contents.js';
import { DerError } from '../x509/der.js';
import { certificateBlocks, heldIn } from '../x509/pem.js';
import { pathsBelow, readable, roleOf, whyUnread } from '../set/inventory.js';
import type { Part } from '../x509/role.js';

/** A certificate, with all places in which it lies. */
export interface SurveyedCertificate extends CertificateSummary {
  /** The first of its files, relative to the directory. */
  readonly path: string;
  /** Which of that file's certificates it is, from 0. */
  readonly index: number;
  /** The other files that hold the very same. */
  readonly alsoIn: readonly string[];
  readonly role: Part;
}

/** What lies in a directory, or in a file, as far as dates go. */
export interface Survey {
  /** Absolute; for a file the one that it lies in. */
  readonly directory: string;
  readonly certificates: readonly SurveyedCertificate[];
  /** Files that should hold a certificate, and cannot be read. */
  readonly broken: readonly { readonly path: string; readonly why: string }[];
}

/** Whoever waits gets a turn after so many files. */
const AT_ONCE = 200;

/**
 * Reads every certificate in a file, or in a directory and all below it: the same files as `readInventory`, each certificate
 * once, and no keys. It is made for tens of thousands of them. Errors: `ERR_FILE` where there is nothing by that name, or it
 * cannot be listed.
 */
export async function survey(path: string): Promise<Survey> {
  const stats = await stat(path).catch((error: unknown) => {
    throw fileError(path, 'read', error);
  });
  const named = !stats.isDirectory();
  const directory = resolve(named ? dirname(path) : path);
  const paths = named ? [basename(path)] : pathsBelow(path).filter((file) => readable.test(file));
  const certificates = new Map<string, SurveyedCertificate & { alsoIn: string[] }>();
  const broken: { path: string; why: string }[] = [];
  for (const [at, file] of paths.entries()) {
    if (at % AT_ONCE === AT_ONCE - 1) await setImmediate();
    try {
      const found = certificatesOf(join(directory, file));
      if (typeof found === 'string') broken.push({ path: file, why: found });
      else
        for (const [index, der] of found.entries()) {
          const id = der.toString('latin1');
          const known = certificates.get(id);
          if (!known) {
            const summary = certificateSummary(der);
            certificates.set(id, { path: file, index, alsoIn: [], role: roleOf(file, summary), ...summary });
          } else if (known.path !== file && known.alsoIn.at(-1) !== file) known.alsoIn.push(file);
        }
    } catch (error) {
      broken.push({ path: file, why: error instanceof DerError ? UNPARSABLE : whyUnread(error) });
    }
  }
  return { directory, certificates: [...certificates.values()], broken };
}

const UNPARSABLE = 'it holds a certificate that cannot be parsed';

/** In DER, or what is wrong with the file; none where it holds something else, and is right so. */
function certificatesOf(path: string): Buffer[] | string {
  const bytes = readRegularNow(path);
  if (!bytes) return []; // a link to a directory
  const text = bytes.toString('latin1');
  const kind = heldIn(text);
  if (kind !== undefined && kind !== 'certificate') return [];
  const blocks = certificateBlocks(text);
  if (blocks.length === 0) return mistaken(bytes, 'a certificate').why;
  const whole = blocks.filter((block) => block !== undefined);
  return whole.length === blocks.length ? whole : UNPARSABLE;
}
