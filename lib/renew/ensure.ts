import { InputError } from '../errors.js';
import type { RunControl } from '../execute/run-control.js';
import { running, type Run } from '../execute/run.js';
import { askOnce } from '../issue/ask-passphrase.js';
import { issue, type Issued, type IssueOptions } from '../issue/issue.js';
import { readOptions, refuseUnheeded } from '../issue/read-options.js';
import { defaultDirectory } from '../issue/request.js';
import { readSet } from '../set/certificate-set.js';
import { parseDirectory } from '../set/layout.js';
import { call, words } from '../words.js';
import { parseWithin } from '../x509/life.js';
import { renew, type Renewal } from './renew.js';
import type { RenewRequest } from './renew-request.js';

/** Options of `ensure`: those of `all` for a set that is made, and when its certificates are due. */
export type EnsureOptions = Omit<IssueOptions, 'force'> & Pick<RenewRequest, 'within'> & RunControl;

const parts = ['ca', 'server', 'client'] as const;

/** A set that is there, and what became of it. */
export interface Ensured extends Issued, Pick<Renewal, 'renewed' | 'skipped'> {
  /**
   * `made`: the set, or a part of it, was not there. `renewed`: certificates were due. `kept`: nothing was written.
   */
  readonly outcome: 'made' | 'renewed' | 'kept';
}

/**
 * Makes a set where there is none, renews what is due, and else keeps it: to be called whenever a program starts. Processes that call it
 * at the same time wait for each other, and one of them does the work. `days` is the lifetime of what it makes or renews. The CA is not
 * renewed: `notes` say when it is due.
 *
 * @throws The errors of {@link all} and {@link renew}.
 * @example
 * ```ts
 * import { ensure } from 'docker-tls-openssl';
 *
 * const { outcome, directory, skipped } = await ensure({
 *   directory: 'docker-tls',
 *   hosts: ['docker.example.com', '10.0.0.5'],
 *   within: '30d',
 *   passphrase: 'correct horse battery staple',
 * });
 * console.log(outcome, directory, skipped);
 * ```
 */
export function ensure(options: EnsureOptions = {}): Run<Ensured> {
  return running(options, ensureNow);
}

async function ensureNow({ within, ...options }: EnsureOptions): Promise<Ensured> {
  if ((options as IssueOptions).force !== undefined)
    throw new InputError('force', 'force is not for a set that is kept', {
      hint: words`recreate it with \`${call('all', { force: ['ca'] }, options.directory)}\``,
    });
  // A call that is refused has renewed nothing, and is refused whatever is there.
  refuseUnheeded(parts, options);
  readOptions(options);
  if (within !== undefined) parseWithin(within);
  const { passphrase: asked, openssl, signal, lockTimeoutMs, timeoutMs, allowOpenModes, observer } = options;
  const directory = parseDirectory(options.directory ?? defaultDirectory);
  const passphrase = asked === undefined ? undefined : askOnce(asked);
  const control = { openssl, signal, lockTimeoutMs, timeoutMs, allowOpenModes, observer };
  const { days, now, random } = options;
  const renewal = (await holdsCertificates(directory))
    ? await renew({ ...control, directory, passphrase, within, days, now, random })
    : undefined;
  const issued = await issue(parts, { ...options, directory, passphrase });
  const { renewed = [], skipped = [] } = renewal ?? {};
  return {
    ...issued,
    made: [...(renewal?.made ?? []), ...issued.made],
    commands: [...(renewal?.commands ?? []), ...issued.commands],
    openssl: issued.openssl ?? renewal?.openssl,
    archive: issued.archive ?? renewal?.archive,
    notes: [...(renewal?.notes ?? []), ...issued.notes],
    ...{ renewed, skipped },
    outcome: issued.made.length > 0 ? 'made' : renewed.length > 0 ? 'renewed' : 'kept',
  };
}

/** What cannot be read is left to `issue`, which says why. */
async function holdsCertificates(directory: string): Promise<boolean> {
  const set = await readSet(directory).catch(() => undefined);
  return (set?.certificates.length ?? 0) > 0;
}
