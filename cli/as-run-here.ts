import { tokenAccess, usesToken, withTokenAccess } from '../lib/internal.js';
import { findOpenssl, type Plan } from '../lib/index.js';

/** A plan that is only shown, in the words of the openssl that would run it: they differ for a key in a token. */
export async function asRunHere(plan: Plan, openssl: string | undefined): Promise<Plan> {
  if (!usesToken(plan)) return plan;
  const { version } = await findOpenssl({ openssl });
  return withTokenAccess(plan, tokenAccess(version));
}
