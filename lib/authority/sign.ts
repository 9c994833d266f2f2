import { running, type Run } from '../execute/run.js';
import { InputError } from '../errors.js';
import { change, type Done } from '../execute/change.js';
import { refuseInTheWay } from '../execute/in-the-way.js';
import { askOnce } from '../issue/ask-passphrase.js';
import { askingKeyring, previewKeyring } from '../issue/keyring.js';
import { planSign, type SignPlan } from './plan-sign.js';
import { readRequests, type FoundRequest } from './read-requests.js';
import { lookAtRequests } from './look-at-requests.js';
import {
  parseSignRequest,
  type AskedRequest,
  type SignOptions,
  type SignRequest,
  type SignValues,
} from './sign-options.js';

/** The certificates that were signed, and those that had been before. */
export type Signed = Omit<SignPlan, 'plan'> & Done;

/**
 * Signs CSRs with the CA of the directory: files, or all in a directory. Each CSR's own signature is verified, weak keys are
 * refused, and its names must be among those allowed. Its extensions are never copied: the certificate gets those of `server`
 * or `client`. Certificate, CSR and the CA's certificate go to `servers/NAME/` or `clients/NAME/`, ready to be carried to the key.
 * A CSR that was signed before stays as it is. After success the directory holds all of it; after any error, what it held before.
 *
 * @throws `ERR_INPUT`: an option is unknown, its value cannot be used, or a CSR asks for what was not allowed; nothing has run.
 * @throws `ERR_FILE`: a file cannot be read, holds no CSR, or one with a weak key or a wrong signature.
 * @throws `ERR_PASSPHRASE_NEEDED`, `ERR_PASSPHRASE_WRONG`: the CA's key needs a passphrase, or another one.
 * @throws `ERR_CA_MISSING`, `ERR_CA_UNUSABLE`: the directory holds no CA, or one that cannot sign.
 * @throws `ERR_EXISTS`: another certificate, or a private key, is where a certificate would go.
 * @throws `ERR_TEMPLATE`: a template cannot be read or rendered.
 * @throws `ERR_CLOCK`: the machine's clock is certainly wrong.
 * @throws `ERR_UNSAFE`: others could change the directory.
 * @throws `ERR_LOCKED`, `ERR_LOCK_LOST`: another process works in the directory.
 * @throws `ERR_OPENSSL_NOT_FOUND`, `ERR_OPENSSL_TOO_OLD`, `ERR_OPENSSL_FAILED`, `ERR_READ_BACK`: openssl is missing, too old, failed, or made
 * something else.
 * @throws `ERR_TIMEOUT`, `ERR_ABORTED`: `timeoutMs` has passed, or `signal` aborted.
 * @example
 * ```ts
 * import { sign } from 'docker-tls-openssl';
 *
 * const { signed } = await sign(['server.csr'], {
 *   directory: 'docker-tls',
 *   hosts: ['docker.example.com'],
 *   passphrase: 'correct horse battery staple',
 * });
 * for (const { certificate, names } of signed) console.log(certificate, names);
 * ```
 */
export function sign(csrs: readonly string[], options: SignOptions = {}): Run<Signed> {
  return running(options, (observed) => signNow(csrs, observed));
}

async function signNow(csrs: readonly string[], options: SignOptions): Promise<Signed> {
  const request = { ...options, passphrase: askOnce(options.passphrase) };
  const values = parseSignRequest(csrs, request, askingKeyring);
  let read: Promise<FoundRequest[]> | undefined;
  const readOnce = (): Promise<FoundRequest[]> => (read ??= readRequests(values.files));
  // A run that has its plan needs them no more; one that begins again reads them again.
  const takeRequests = async (): Promise<FoundRequest[]> => {
    const requests = await readOnce();
    read = undefined;
    return requests;
  };
  return change(values.directory, options, {
    preview: async () => {
      const preview = parseSignRequest(csrs, request, previewKeyring);
      const looked = await lookAtRequests(preview, await readOnce());
      return looked.toMake.length === 0 ? planSign(preview, looked) : undefined;
    },
    plan: async () =>
      planSign(values, await lookAtRequests(values, await takeRequests()), (asked) =>
        confirmed(asked, values),
      ),
  });
}

/** What `sign` would do; asks for no passphrase and no confirmation. Errors: those of `sign`, as far as they can be known beforehand. */
export async function previewSign(csrs: readonly string[], request: SignRequest = {}): Promise<SignPlan> {
  const values = parseSignRequest(csrs, request, previewKeyring);
  const planned = await planSign(values, await lookAtRequests(values, await readRequests(values.files)));
  await refuseInTheWay(planned.plan, planned.directory);
  return planned;
}

/** Throws `ERR_INPUT` where the caller says no. */
async function confirmed(asked: readonly AskedRequest[], { namesFromCsr }: SignValues): Promise<void> {
  if (typeof namesFromCsr !== 'function' || (await namesFromCsr(asked))) return;
  throw new InputError('namesFromCsr', 'nothing was signed: the names were not confirmed');
}
