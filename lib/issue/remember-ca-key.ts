import type { Note, Plan, Step } from '../plan/step.js';
import { caFiles, caKeyFile } from '../set/layout.js';
import { readCaKey, uriText } from '../set/remembered-key.js';
import type { CaPair } from './ca-pair.js';
import type { BareIssuePlan } from './issue-plan.js';

/** The steps that remember a CA's key in a token, and the note on it: none where it is remembered already. `fresh`: as in an empty directory. */
export async function rememberCaKey(
  planned: BareIssuePlan,
  { keyRef, isInToken }: Pick<CaPair, 'keyRef' | 'isInToken'>,
  fresh: boolean,
): Promise<BareIssuePlan> {
  if (!isInToken) return planned;
  const text = uriText(keyRef);
  const before = fresh ? undefined : await readCaKey(planned.directory, caFiles);
  if (before !== undefined && uriText(before) === text) return planned;
  const path = caKeyFile(caFiles);
  const note: Note = {
    code: 'CA_KEY_REMEMBERED',
    text: `${path} remembers which key in a token is the CA's; it contains no PIN`,
  };
  const steps: Step[] = [
    ...planned.plan.steps,
    { kind: 'write-file', path, content: text },
    { kind: 'set-mode', mode: 0o444, paths: [path] },
  ];
  const notes = [...planned.notes, note];
  const replaces = before === undefined ? planned.plan.replaces : [...planned.plan.replaces, path];
  const plan: Plan = { ...planned.plan, steps, replaces, notes };
  return { ...planned, notes, plan };
}
