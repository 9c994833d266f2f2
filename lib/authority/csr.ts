import { join } from 'node:path';
import { running, type Run } from '../execute/run.js';
import { change, type Done } from '../execute/change.js';
import type { RunControl } from '../execute/run-control.js';
import { defaultDirectory } from '../issue/request.js';
import { parseDirectory } from '../set/layout.js';
import { readRegular } from '../store/read-regular.js';
import type { LeafRole } from '../x509/role.js';
import { planCsr, type CsrPlan, type PlanCsrOptions } from './plan-csr.js';
import { refuseOthersOptions, type CsrOptions } from './request-options.js';

/** The key and the CSR that were made, and those that were there already. `pem` has the text of the CSR in either case. */
export type MadeCsr = Omit<CsrPlan, 'plan'> & Done;

/**
 * Makes a private key and a certificate signing request (CSR) where the key is to be used, so that the key never travels: `sign`
 * makes the certificate elsewhere. A key that exists is used, and stays. A second run with the same options changes nothing.
 * After success the directory holds both; after any error, what it held before.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used; nothing has run.
 * @throws `ERR_EXISTS`: there is a CSR that asks for something else, or a key of another type.
 * @throws `ERR_INCOMPLETE`: there is a certificate without its key.
 * @throws `ERR_LEAF_UNUSABLE`: the existing key is encrypted, or cannot be read.
 * @throws `ERR_TEMPLATE`: a template cannot be read or rendered.
 * @throws `ERR_UNSAFE`, `ERR_OPEN_MODES`: others could change the directory, or read its keys.
 * @throws `ERR_LOCKED`, `ERR_LOCK_LOST`: another process works in the directory.
 * @throws `ERR_FILE`: the file system refused.
 * @throws `ERR_OPENSSL_NOT_FOUND`, `ERR_OPENSSL_TOO_OLD`, `ERR_OPENSSL_FAILED`, `ERR_READ_BACK`: openssl is missing, too old, failed, or made
 * something else.
 * @throws `ERR_TIMEOUT`, `ERR_ABORTED`: `timeoutMs` has passed, or `signal` aborted.
 * @example
 * ```ts
 * import { csr } from 'docker-tls-openssl';
 *
 * const { files } = await csr('server', {
 *   directory: 'docker-tls',
 *   hosts: ['docker.example.com'],
 * });
 * console.log(`take ${files.csr} to the CA`);
 * ```
 */
export function csr<Role extends LeafRole>(role: Role, options?: CsrOptions<Role> & RunControl): Run<MadeCsr>;
export function csr(role: LeafRole, options: CsrOptions & RunControl = {}): Run<MadeCsr> {
  return running(options, (observed) => csrNow(role, observed));
}

async function csrNow(role: LeafRole, options: CsrOptions & RunControl): Promise<MadeCsr> {
  refuseOthersOptions(role, options);
  const plan = (): Promise<CsrPlan> => planCsr(role, options);
  const { pem, ...done } = await change(directoryOf(options), options, { preview: plan, plan });
  const path = done.files.csr;
  if (pem.has(path)) return { ...done, pem };
  const { bytes } = await readRegular(join(done.directory, path));
  return { ...done, pem: new Map([[path, bytes.toString('utf8')]]) };
}

/** What `csr` would do. Errors: those of `csr`, as far as they can be known beforehand. */
export async function previewCsr<Role extends LeafRole>(
  role: Role,
  options?: CsrOptions<Role>,
  how?: PlanCsrOptions,
): Promise<CsrPlan>;
export async function previewCsr(
  role: LeafRole,
  options: CsrOptions = {},
  how: PlanCsrOptions = {},
): Promise<CsrPlan> {
  refuseOthersOptions(role, options);
  return planCsr(role, options, how);
}

function directoryOf({ directory = defaultDirectory }: CsrOptions): string {
  return parseDirectory(directory);
}
