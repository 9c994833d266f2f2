import { resolve } from 'node:path';
import { OpensslError } from '../errors.js';
import { can, signsWithSha1, whoCan } from '../openssl/capabilities.js';
import type { Openssl } from '../openssl/find.js';
import { commandLine } from '../plan/command-line.js';
import { inputsOf, tokenOf } from '../plan/schedule.js';
import type { OpensslStep, Plan } from '../plan/step.js';
import { option, words, type Text } from '../words.js';
import { readAny } from './read-back/files.js';
import { digestFlag, hasFlag } from './read-back/words.js';

/** Before anything runs: refuses a plan that this openssl cannot do. Errors: `ERR_OPENSSL_TOO_OLD`. */
export async function refuseTooOld(plan: Plan, openssl: Openssl, directory: string): Promise<void> {
  const { path, version } = openssl;
  const refuse = (why: string, hint: Text, step?: OpensslStep): never => {
    throw new OpensslError('ERR_OPENSSL_TOO_OLD', `${path} is ${version.text}, which ${why}`, {
      ...(step && { command: commandLine(step) }),
      hint,
    });
  };
  // What its words would not tell: it takes such a key for none.
  for (const input of can(version, 'ed25519') ? [] : inputsOf(plan)) {
    const { publicKey } = await readAny(resolve(directory, input), input);
    if (publicKey?.object.asymmetricKeyType === 'ed25519')
      refuse(
        `cannot read the Ed25519 key of ${input}`,
        words`${whoCan('ed25519')} can; name one with ${option('openssl')}`,
      );
  }
  for (const step of plan.steps) {
    if (step.kind !== 'openssl') continue;
    if (step.needs && !can(version, step.needs))
      refuse(
        `cannot do this: ${step.title}`,
        words`${whoCan(step.needs)} can; name one with ${option('openssl')}`,
        step,
      );
    if (tokenOf(step) && !can(version, 'token-keys'))
      refuse(
        `cannot do this: ${step.title}`,
        words`${whoCan('token-keys')} can; name one with ${option('openssl')}`,
        step,
      );
    if (signsWithSha1(version) && leavesDigestOpen(step))
      refuse(
        `would sign with SHA-1, which today's clients refuse: ${step.title}`,
        words`name OpenSSL 1.0.2 or newer with ${option('openssl')}${plan.recipe === 'step' ? words`, or give ${option('digest', 'sha256')}` : ''}`,
        step,
      );
  }
}

/** Tells whether a command signs with the digest that openssl has by default; a configuration of `req` may name one. */
function leavesDigestOpen(step: OpensslStep): boolean {
  if (digestFlag(step) !== undefined) return false;
  if (step.command === 'x509') return true;
  return step.command === 'req' && !hasFlag(step, '-config');
}
