import { DockerTlsError, InputError, previewIssue, type Part, type Revocations } from '../lib/index.js';
import type { AskedRequest, IssueRequest } from '../lib/internal.js';
import { atTerminal } from './passphrase.js';
import { prompts } from './present.js';
import { authorityWords, describeRequests } from './present-authority.js';
import { describeToRevoke, indexWords } from './present-index.js';
import { fleetWords } from './present-fleet.js';
import { errorStyle, say, visible } from './streams.js';

/** Asks before a CA is replaced: a new one invalidates every certificate of the old one. */
export async function confirmNewCa(
  parts: readonly Part[],
  request: IssueRequest,
  yes: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { plan, directory } = await previewIssue(parts, request);
  if (yes || plan.replaces.length === 0) return;
  if (!atTerminal()) {
    throw new DockerTlsError('ERR_EXISTS', prompts.caThere(directory), { hint: prompts.confirmHint });
  }
  const { default: confirm } = await import('@inquirer/confirm');
  const message = visible(prompts.replaceCa(directory));
  if (!(await confirm({ message, default: false }, { output: process.stderr, signal }))) {
    throw new DockerTlsError('ERR_EXISTS', prompts.notReplaced);
  }
}

/** Shows the names that CSRs ask for, and asks whether to sign them. */
export function confirmNames(
  yes: boolean,
  signal: AbortSignal,
): (requests: readonly AskedRequest[]) => Promise<boolean> {
  return async (requests) => {
    if (yes) return true;
    if (!atTerminal())
      throw new InputError('namesFromCsr', authorityWords.unconfirmed, {
        hint: authorityWords.unconfirmedHint,
      });
    say(...describeRequests(requests, errorStyle()));
    const { default: confirm } = await import('@inquirer/confirm');
    return confirm(
      { message: visible(authorityWords.confirm(requests.length)), default: false },
      { output: process.stderr, signal },
    );
  };
}

/** Shows what is to be revoked, and asks: a revocation cannot be taken back. */
export async function confirmRevocation(
  certificates: Revocations['certificates'],
  yes: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (yes) return;
  if (!atTerminal())
    throw new InputError('names', indexWords.unconfirmed, { hint: indexWords.unconfirmedHint });
  say(...describeToRevoke(certificates));
  const { default: confirm } = await import('@inquirer/confirm');
  const message = visible(indexWords.confirm(certificates.length));
  if (!(await confirm({ message, default: false }, { output: process.stderr, signal })))
    throw new InputError('names', indexWords.notRevoked);
}

/** Asks before certificates are revoked that a fleet file does not name. */
export async function confirmPrune(count: number, yes: boolean, signal: AbortSignal): Promise<void> {
  if (yes || count === 0) return;
  if (!atTerminal())
    throw new InputError('prune', fleetWords.unconfirmed, { hint: fleetWords.unconfirmedHint });
  const { default: confirm } = await import('@inquirer/confirm');
  const message = visible(fleetWords.confirmPrune(count));
  if (!(await confirm({ message, default: false }, { output: process.stderr, signal })))
    throw new InputError('prune', fleetWords.notPruned);
}
