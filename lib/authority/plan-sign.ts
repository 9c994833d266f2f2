import { refuseClock } from '../issue/authority.js';
import { existingCas, signerOfRole } from '../issue/separate-cas.js';
import { refuseCaSubject } from '../issue/wanted-leaf.js';
import type { Note, Plan } from '../plan/step.js';
import { loadTemplates } from '../recipes/templates.js';
import { archiveSteps, newArchiveFolder } from '../set/archive.js';
import { recording } from '../set/issued/recording.js';
import { leafFiles } from '../set/layout.js';
import type { Days } from '../x509/validity.js';
import { daysOfCas, type LookedAt } from './look-at-requests.js';
import type { AskedRequest, SignValues } from './sign-options.js';
import { signingSteps } from './signing-steps.js';

/** A certificate that is signed, or was before. */
export interface SignedRequest extends AskedRequest {
  /** Relative to the directory. The CA's certificate lies beside it, so that its directory is complete. */
  readonly certificate: string;
  readonly days: Days;
  /** It exists, and stays. */
  readonly kept: boolean;
}

/** The plan for CSRs. */
export interface SignPlan {
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** Without steps if all of them were signed before. */
  readonly plan: Plan;
  readonly signed: readonly SignedRequest[];
  /** The directory that keeps the certificates that are replaced, relative to `directory`; undefined if there is none. */
  readonly archive: string | undefined;
  readonly notes: readonly Note[];
}

/**
 * Plans what is to be signed. `confirm` is shown the requests before the CA's key is opened: they were read, and cannot change any
 * more. Errors: those of `sign`, as far as they can be known beforehand, but for files in the way.
 */
export async function planSign(
  values: SignValues,
  { cas, roles, authorityOf, targets, toMake, notes: found }: LookedAt,
  confirm?: (asked: readonly SignedRequest[]) => Promise<void>,
): Promise<SignPlan> {
  const { directory, now, templates: own } = values;
  const notes: Note[] = [...found];
  const daysFor = daysOfCas(cas, roles, values, notes);
  const signed = targets.map(({ wanted: { file, role, name, subject, names, keyType }, kept }) => ({
    ...{ file, role, name, subject, names, keyType, days: daysFor(role), kept },
    certificate: leafFiles(role, name).certificate,
  }));
  const nothing: Plan = { recipe: 'sign', steps: [], replaces: [], notes, departures: [] };
  if (toMake.length === 0) return { directory, plan: nothing, signed, archive: undefined, notes };

  refuseClock(now);
  for (const { wanted: leaf } of toMake) refuseCaSubject(authorityOf[leaf.role], leaf);
  await confirm?.(signed.filter(({ kept }) => !kept));
  const making = roles.filter((role) => toMake.some((one) => one.wanted.role === role));
  const opened = await existingCas(cas, making, values);
  const signers = { server: signerOfRole('server', opened), client: signerOfRole('client', opened) };
  const { templates, changed } = await loadTemplates('recommended', ['server.cnf', 'client.cnf'], own);
  const replaced = toMake.flatMap((one) => one.replaced);
  const archive = replaced.length > 0 ? await newArchiveFolder(directory, now) : undefined;
  const signing: Plan = {
    ...nothing,
    steps: [
      ...(archive === undefined ? [] : archiveSteps(directory, archive, replaced, 'sign --overwrite', now)),
      ...signingSteps(
        toMake.map((one) => ({ ...one.wanted, days: daysFor(one.wanted.role), serial: values.serial() })),
        { signers, templates, ownTemplates: changed },
      ),
    ],
    replaces: toMake.flatMap(({ replaces }) => replaces),
  };
  const plan = await recording(signing, directory, true);
  return { directory, plan, signed, archive, notes };
}
