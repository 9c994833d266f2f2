import type { TokenAccess } from '../openssl/capabilities.js';
import { tokenOf } from './schedule.js';
import type { Arg, Plan, Step } from './step.js';

/** Whether a plan signs with a key in a token. */
export function usesToken({ steps }: Pick<Plan, 'steps'>): boolean {
  return steps.some((step) => tokenOf(step) !== undefined);
}

/** A plan for an openssl that reaches keys in tokens so. */
export function withTokenAccess(plan: Plan, access: TokenAccess): Plan {
  if (!usesToken(plan)) return plan;
  const word = (arg: Arg): Arg => (typeof arg === 'object' && 'token' in arg ? { ...arg, access } : arg);
  const spelled = (step: Step): Step =>
    step.kind === 'openssl' ? { ...step, args: step.args.map(word) } : step;
  return { ...plan, steps: plan.steps.map(spelled) };
}
