import { change, type Done } from '../../execute/change.js';
import { running, type Run } from '../../execute/run.js';
import { controlNames, type RunControl } from '../../execute/run-control.js';
import { refuseUnknown } from '../../known-options.js';
import { verifyDirectory } from '../../report/verify-directory.js';
import { importNames, parseImport, type ImportRequest } from './options.js';
import { planImport, type ImportPlan } from './plan-import.js';

export type ImportOptions = ImportRequest & RunControl;

/** What was imported. */
export type ImportedSet = Omit<ImportPlan, 'plan'> & Done;

/**
 * Adopts a set that other tools made: copies its CA, keys and certificates into a certificate directory under Docker's names, all
 * or nothing, and records everything that the CA has issued in the index. What a file is, its content tells; its name gives
 * the NAME of `servers/NAME` and `clients/NAME`. The imported directory stays as it is, and nothing that exists is overwritten. A
 * second run changes nothing. `previewImport` shows the mapping first.
 *
 * @throws `ERR_INPUT`: an option is unknown, its value cannot be used, or there are several CAs and none was named.
 * @throws `ERR_CA_MISSING`: there is no CA certificate in the directory.
 * @throws `ERR_EXISTS`: another file is where one would go.
 * @throws `ERR_FILE`: the file system refused, or there is no such directory.
 * @throws `ERR_UNSAFE`, `ERR_OPEN_MODES`: others could change a file or directory, or read the keys.
 * @throws `ERR_LOCKED`, `ERR_LOCK_LOST`: another process works in the certificate directory.
 * @throws `ERR_READ_BACK`: a file changed while it was copied.
 * @throws `ERR_ABORTED`: `signal` aborted.
 * @example
 * ```ts
 * import { importSet, previewImport } from 'docker-tls-openssl';
 *
 * const options = { directory: 'adopted' };
 * const { files, missing } = await previewImport('easy-rsa/pki', options);
 * for (const { from, to } of files) console.log(from, '->', to);
 * if (missing.length === 0) await importSet('easy-rsa/pki', options);
 * ```
 */
export function importSet(from: string, options: ImportOptions = {}): Run<ImportedSet> {
  return running(options, (observed) => importNow(from, observed));
}

async function importNow(from: string, options: ImportOptions): Promise<ImportedSet> {
  refuseUnknown(options, { ...importNames, ...controlNames });
  const { directory, ca, now } = options;
  const values = parseImport(from, { directory, ca, now });
  const plan = (): Promise<ImportPlan> => planImport(values);
  const imported = await change(values.directory, options, { preview: plan, plan });
  const verification = await verifyDirectory({ directory: values.directory, now: values.now });
  return { ...imported, verification };
}

/** What `importSet` would do. Changes nothing. Errors: those of `importSet`, as far as they can be known beforehand. */
export async function previewImport(from: string, request: ImportRequest = {}): Promise<ImportPlan> {
  return planImport(parseImport(from, request));
}
