import { DirectoryError, InterruptedError, isDockerTlsError, PassphraseError } from '../../errors.js';
import { change } from '../../execute/change.js';
import type { RunControl } from '../../execute/run-control.js';
import { askingKeyring } from '../../issue/keyring.js';
import type { Note, Plan, Step } from '../../plan/step.js';
import { planLeafRenewal } from '../../renew/plan-leaf-renewal.js';
import { parseRenewRequest, type RenewRequest } from '../../renew/renew-request.js';
import { archiveSteps, folderSteps, newArchiveFolder, type Replaced } from '../../set/archive.js';
import { readSet, type CertificateSet } from '../../set/certificate-set.js';
import { parseNow } from '../../x509/validity.js';
import type { Fleet } from '../fleet.js';
import { certificateText, membersOf, pendingFor, trustFor, type RollOverMember } from './members.js';
import { restorePlan } from './restore.js';
import { readRollOver, type RollOver } from './state.js';
import { isBack, isStep, type RollOverStep } from './steps.js';

/** What opens the CA's key, and what else a run needs. */
export interface PrepareOptions extends RunControl {
  /**
   * The passphrase of the CA's private key, or the PIN of its token, or a function that is asked for it when a certificate is to be
   * signed.
   */
  readonly passphrase?: RenewRequest['passphrase'];
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
  /** Returns random bytes for serial numbers. Default: `crypto.randomBytes`. */
  readonly random?: ((size: number) => Uint8Array) | undefined;
}

/** A host or a client by its role and name. */
export interface MemberName {
  readonly role: 'server' | 'client';
  readonly name: string;
}

/** The files that were written for a step. */
export interface Prepared {
  /** Whose files were written: they have to be rolled out. */
  readonly prepared: readonly MemberName[];
  /** Those for whom it failed; the others were done. */
  readonly failed: readonly (MemberName & { readonly why: string })[];
  readonly notes: readonly Note[];
}

/** So many certificates are made and committed together: a run that is interrupted keeps the groups before. */
const GROUP = 250;

/**
 * Writes what a step still lacks in the certificate directory: certificates of the CA that signs, for the same keys, and the CAs to
 * trust beside them. What was interrupted is continued; where nothing is missing, nothing is written. Errors: those of `renew`, for
 * all that is not the fault of one host or client alone.
 */
export async function prepare(
  fleet: Fleet,
  rollOver: RollOver,
  step: RollOverStep,
  options: PrepareOptions,
): Promise<Prepared> {
  const { directory } = fleet.ca;
  const set = await readSet(directory);
  const pending = pendingFor(step, membersOf(fleet, set), rollOver);
  const context = { directory, rollOver, step, options };
  const prepared = new Map<string, MemberName>();
  const failed = new Map<string, MemberName & { readonly why: string }>();
  const notes: Note[] = [];
  for (const group of groupsOf(pending.certificates)) {
    const { skipped, ...made } = await certify(group, context);
    notes.push(...made.notes);
    for (const { role, name } of group) {
      const why = skipped.get(`${role} ${name}`);
      if (why === undefined) prepared.set(`${role} ${name}`, { role, name });
      else failed.set(`${role} ${name}`, { role, name, why });
    }
  }
  for (const group of groupsOf(pending.trust)) {
    await trust(group, context);
    for (const { role, name } of group) prepared.set(`${role} ${name}`, { role, name });
  }
  return { prepared: [...prepared.values()], failed: [...failed.values()], notes };
}

interface PrepareContext {
  readonly directory: string;
  readonly rollOver: RollOver;
  readonly step: RollOverStep;
  readonly options: PrepareOptions;
}

function groupsOf(members: readonly RollOverMember[]): RollOverMember[][] {
  const groups: RollOverMember[][] = [];
  for (let at = 0; at < members.length; at += GROUP) groups.push(members.slice(at, at + GROUP));
  return groups;
}

interface MadeForGroup {
  /** Why a certificate was not made, by role and name. */
  readonly skipped: ReadonlyMap<string, string>;
  readonly notes: readonly Note[];
}

/** Makes the certificates of a group; where one member spoils it, of its halves. */
async function certify(group: readonly RollOverMember[], context: PrepareContext): Promise<MadeForGroup> {
  try {
    return await certifyTogether(group, context);
  } catch (error) {
    if (!isOfOne(error)) throw error;
    const [only, ...others] = group;
    if (only && others.length === 0)
      return { skipped: new Map([[`${only.role} ${only.name}`, error.message]]), notes: [] };
    const middle = Math.ceil(group.length / 2);
    const halves = [
      await certify(group.slice(0, middle), context),
      await certify(group.slice(middle), context),
    ];
    return {
      skipped: new Map(halves.flatMap(({ skipped }) => [...skipped])),
      notes: halves.flatMap(({ notes }) => notes),
    };
  }
}

/** Whether an error can be that of one member's files: then the others go on. */
function isOfOne(error: unknown): error is Error {
  if (!isDockerTlsError(error)) return false;
  if (error instanceof PassphraseError || error instanceof InterruptedError) return false;
  if (error instanceof DirectoryError)
    return ['ERR_LEAF_UNUSABLE', 'ERR_READ_BACK', 'ERR_EXISTS', 'ERR_UNSAFE', 'ERR_FILE'].includes(
      error.code,
    );
  return error.code === 'ERR_OPENSSL_FAILED';
}

async function certifyTogether(
  group: readonly RollOverMember[],
  { directory, rollOver, step, options }: PrepareContext,
): Promise<MadeForGroup> {
  const names = group.map(({ files }) => files.certificate);
  const byPath = new Map(group.map((one) => [one.files.certificate, `${one.role} ${one.name}`]));
  const { passphrase, now, random } = options;
  const left = new Set(names);
  if (isBack(step)) {
    const { restored } = await change(directory, options, {
      preview: () => Promise.resolve(undefined),
      plan: async () => {
        await refuseChanged(directory, rollOver);
        return restorePlan(directory, group, rollOver, parseNow(now ?? new Date()));
      },
    });
    for (const path of restored) left.delete(path);
    if (left.size === 0) return { skipped: new Map(), notes: [] };
  }
  const request = { directory, names: [...left], passphrase, now, random };
  const { skipped, notes } = await change(directory, options, {
    preview: () => Promise.resolve(undefined),
    plan: async () => {
      await refuseChanged(directory, rollOver);
      return planLeafRenewal({ ...parseRenewRequest(request, askingKeyring), keptCsrs: true });
    },
  });
  return {
    skipped: new Map(skipped.map(({ path, why }) => [byPath.get(path) ?? path, why])),
    notes,
  };
}

/** Writes the CAs of a step beside the certificates of a group. */
async function trust(
  group: readonly RollOverMember[],
  { directory, rollOver, step, options }: PrepareContext,
): Promise<void> {
  await change(directory, options, {
    preview: () => Promise.resolve(undefined),
    plan: async () => {
      await refuseChanged(directory, rollOver);
      const set = await readSet(directory);
      const now = parseNow(options.now ?? new Date());
      return { plan: await trustPlan(group, { directory, rollOver, step }, set, now), notes: [] };
    },
  });
}

async function trustPlan(
  group: readonly RollOverMember[],
  { directory, rollOver, step }: Omit<PrepareContext, 'options'>,
  set: CertificateSet,
  now: Date,
): Promise<Plan> {
  const paths = group.map(({ files }) => files.ca);
  const replaced = paths.flatMap((path): Replaced[] => {
    const stats = set.entries.get(path);
    return stats ? [{ path, product: 'certificate', mode: stats.mode & 0o777 }] : [];
  });
  const archive = replaced.length === 0 ? undefined : await newArchiveFolder(directory, now);
  return {
    recipe: 'fleet roll-over',
    steps: [
      ...(archive === undefined ? [] : archiveSteps(directory, archive, replaced, 'fleet roll-over', now)),
      ...folderSteps(...paths),
      ...group.map(({ role, files }): Step => ({
        kind: 'write-file',
        path: files.ca,
        content: certificateText(trustFor(step, role, rollOver) ?? []),
      })),
      { kind: 'set-mode', mode: 0o444, paths },
    ],
    replaces: replaced.map(({ path }) => path),
    notes: [],
    departures: [],
  };
}

/** Refuses to go on where another run has taken the roll-over further meanwhile. Errors: `ERR_LOCKED`; those of `readRollOver`. */
export async function refuseChanged(directory: string, rollOver: RollOver): Promise<RollOver> {
  const now = await readRollOver(directory);
  if (
    now?.stage === rollOver.stage &&
    now.startedAt.getTime() === rollOver.startedAt.getTime() &&
    isStep(now.stage)
  )
    return now;
  throw new DirectoryError('ERR_LOCKED', directory, 'another run has changed the roll-over meanwhile', {
    hint: 'nothing was changed; look at its status, and run the command again',
  });
}
